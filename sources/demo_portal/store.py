"""All tables of one portal."""

from collections.abc import Mapping

from .bindings import BindingRecords
from .clock import Clock
from .entities import ENTITIES, CrmEntity
from .fields import Field, custom_field
from .office import Office
from .records import CrmRecords, NamedRecords, Records, StoredTable
from .satellites import Satellites, rate_of
from .seed import Seed
from .stages import StageBook
from .table import Table
from .zone import Zone

FIRST_PART_ID = 90_000_000


class Store:
    """The rows of the portal, by table name, and the field descriptions that go with them."""

    def __init__(self, seed: Seed, clock: Clock, zone: Zone) -> None:
        self.zone = zone
        self._parts = FIRST_PART_ID
        self._custom = Table(rows=seed.custom_fields)
        self._known: dict[str, tuple[int, dict[str, Field]]] = {}
        self._currencies = NamedRecords(seed.currencies, "CURRENCY")
        statuses = Table(rows=seed.statuses)
        self._records: dict[str, Records] = {
            "users": Records(Table(rows=seed.users)),
            "departments": Records(Table(rows=seed.departments)),
            "statuses": Records(statuses),
            "pipelines": Records(Table(rows=seed.pipelines, key="id"), "id", bare=True),
            "deal_stage_history": Records(Table(seed.deal_stage_history), bare=True),
            "lead_status_history": Records(Table(seed.lead_status_history), bare=True),
        }
        for entity in ENTITIES:
            book = None
            if entity.history:
                book = StageBook(statuses, self._records[entity.history].table, entity, zone)
            self._records[entity.table] = CrmRecords(
                entity,
                Table(seed.crm[entity.table]),
                self._reader(entity),
                book,
                clock,
                zone,
                self._next_part,
            )
        self.satellites = Satellites(
            seed.satellites,
            {entity.table: self.crm(entity) for entity in ENTITIES},
            custom=self._custom,
            statuses=statuses,
            rate=lambda code: rate_of(self._currencies.get(code)),
            fields=lambda name: self.fields(next(one for one in ENTITIES if one.name == name)),
            clock=clock,
            zone=zone,
            next_part=self._next_part,
        )
        self._records |= {"custom_fields": self.satellites.custom_fields, **self.satellites.records()}
        self.office = Office(seed.office, self._records["users"], clock, zone)
        self._records |= self.office.tables()
        self._others: dict[str, NamedRecords | BindingRecords] = {
            "currencies": self._currencies,
            **self.satellites.bindings(),
        }

    def table(self, name: str) -> StoredTable:
        """Give the rows of one table: rows(), get(), add(), update(), delete()."""
        return self._others[name] if name in self._others else self.records(name)

    def names(self) -> list[str]:
        """Name all tables."""
        return [*self._records, *self._others]

    def records(self, name: str) -> Records:
        """Give a table with integer ids; a smart process that was made since has a table too."""
        if name not in self._records and name.startswith("items_"):
            return self.satellites.items(int(name.removeprefix("items_")))
        return self._records[name]

    def crm(self, entity: CrmEntity) -> CrmRecords:
        """Give the rows of a CRM object."""
        records = self._records[entity.table]
        if not isinstance(records, CrmRecords):
            raise TypeError(entity.table)
        return records

    def fields(self, entity: CrmEntity) -> Mapping[str, Field]:
        """Give system and custom fields of a CRM object as they are now."""
        version, known = self._known.get(entity.name, (-1, {}))
        if version != self._custom.version:
            known = {field.code: field for field in entity.fields}
            for row in self._custom.rows():
                if row.get("ENTITY_ID") == entity.custom_entity:
                    known[str(row["FIELD_NAME"])] = custom_field(row)
            self._known[entity.name] = (self._custom.version, known)
        return known

    def _reader(self, entity: CrmEntity) -> "_FieldReader":
        return _FieldReader(self, entity)

    def _next_part(self) -> int:
        self._parts += 1
        return self._parts


class _FieldReader:
    def __init__(self, store: Store, entity: CrmEntity) -> None:
        self._store = store
        self._entity = entity

    def __call__(self) -> Mapping[str, Field]:
        return self._store.fields(self._entity)
