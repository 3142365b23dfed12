"""The tables around the records of the CRM, and what happens to them when a record changes or goes."""

from collections.abc import Callable, Mapping

from . import php
from .activities import ActivityRecords
from .bindings import BindingRecords, Bindings
from .clock import Clock
from .custom_fields import CustomFieldRecords
from .entities import ENTITIES
from .field_tables import ACTIVITY_FIELDS
from .fields import Field, custom_field
from .item_fields_of import ItemFields
from .item_records import ItemRecords
from .item_types import BUILT_IN, ItemType, smart_process
from .item_view import ItemView, Linked
from .product_rows import ProductRows
from .records import CrmRecords, Records
from .seed_satellites import SatelliteSeed
from .table import Row, Table
from .values import ValueWriter
from .zone import Zone


class Satellites:
    """Product rows, bindings, activities, calls, types and items of one portal."""

    def __init__(  # noqa: PLR0913  it stands on all of these
        self,
        seed: SatelliteSeed,
        crm: Mapping[str, CrmRecords],
        *,
        custom: Table,
        statuses: Table,
        rate: Callable[[str], float],
        fields: Callable[[str], Mapping[str, Field]],
        clock: Clock,
        zone: Zone,
        next_part: Callable[[], int],
    ) -> None:
        self._crm = crm
        self._custom = custom
        self._statuses = statuses
        self._rate = rate
        self._fields = fields
        self._clock = clock
        self._zone = zone
        self._next_part = next_part
        self._seed = seed
        self._known: dict[int, tuple[object, ItemFields]] = {}
        self._types: tuple[int, dict[int, ItemType]] = (-1, {})
        self._items: dict[int, ItemRecords] = {}
        self._views: dict[int, ItemView] = {}
        self.item_fields = CustomFieldRecords(Table(rows=seed.item_fields), self._table_of)
        self.custom_fields = CustomFieldRecords(custom, self._table_of)
        self.item_pipelines = Records(Table(rows=seed.item_pipelines, key="id"), "id", bare=True)
        self.types = Records(Table(rows=seed.types, key="id"), "id", bare=True)
        self.calls = Records(Table(seed.calls))
        known = {field.code: field for field in ACTIVITY_FIELDS}
        writer = ValueWriter(zone, next_part)
        self.activities = ActivityRecords(seed.activities, known, clock, zone, writer)
        self.deal_contacts = Bindings(seed.deal_contacts, self._shows("deals", "CONTACT_ID"))
        self.contact_companies = Bindings(seed.contact_companies, self._shows("contacts", "COMPANY_ID"))
        self.product_rows = ProductRows(Table(seed.product_rows, key="id"), self._account, self._amount)
        self._connect()

    def records(self) -> dict[str, Records]:
        """Give the tables with integer ids by name."""
        items = {
            f"items_{number}": self.items(number) for number in self.item_types() if number not in _CLASSIC
        }
        return {
            "product_rows": self.product_rows,
            "activities": self.activities,
            "calls": self.calls,
            "smart_process_types": self.types,
            **items,
        }

    def bindings(self) -> dict[str, BindingRecords]:
        """Give the tables of pairs by name."""
        return {"deal_contacts": BindingRecords(self.deal_contacts, "DEAL_ID", "CONTACT_ID")}

    # --- object types

    def item_types(self) -> dict[int, ItemType]:
        """Give the object types as they are now, by entityTypeId."""
        version, known = self._types
        if version != self.types.table.version:
            processes = [smart_process(row) for row in self.types.rows()]
            known = {**BUILT_IN, **{one.type_id: one for one in processes}}
            self._types = (self.types.table.version, known)
        return known

    def fields(self, type_id: int) -> ItemFields:
        """Give the fields of an object type as they are now."""
        # both tables: classic objects have their custom fields in one, items in the other
        state = (self._custom.version, self.item_fields.table.version, self.types.table.version)
        known = self._known.get(type_id)
        if known is not None and known[0] == state:
            return known[1]
        kind = self.item_types()[type_id]
        if kind.entity is not None:
            classic = self._fields(kind.entity.name)
            custom = {code: field for code, field in classic.items() if field.custom}
        else:
            classic = {}
            rows = [row for row in self.item_fields.rows() if row.get("ENTITY_ID") == kind.custom_entity]
            custom = {str(row["FIELD_NAME"]): custom_field(row) for row in rows}
        made = ItemFields(kind, sum(state), custom, classic)
        self._known[type_id] = (state, made)
        return made

    def items(self, type_id: int) -> ItemRecords:
        """Give the items of a type without classic methods; a type that is new has none yet."""
        if type_id not in self._items:
            seeded = self._seed.items.get(type_id)
            records = ItemRecords(
                Table(seeded, key="id"),
                lambda: self.fields(type_id),
                self._statuses,
                self.first_pipeline,
                self._clock,
                self._zone,
                self._next_part,
            )
            kind = self.item_types()[type_id]
            records.total = lambda row_id: self.product_rows.total(kind.short, row_id)
            records.deleted.append(lambda row_id: self._forget(kind.short, type_id, row_id))
            self._items[type_id] = records
        return self._items[type_id]

    def owner(self, short: str) -> CrmRecords | ItemRecords | None:
        """Give the rows of the type with a short code (D, L, SI, T82); None for codes without rows."""
        kind = next((one for one in self.item_types().values() if one.short == short), None)
        return None if kind is None else self.rows_of(kind)

    def rows_of(self, kind: ItemType) -> CrmRecords | ItemRecords:
        """Give the rows of an object type."""
        return self._crm[kind.table] if kind.entity else self.items(kind.type_id)

    def view(self, type_id: int) -> ItemView:
        """Give the rows of a type as crm.item.* shows them."""
        if type_id not in self._views:
            linked = {
                2: Linked("contactIds", self.deal_contacts),
                3: Linked("companyIds", self.contact_companies),
                4: Linked("contactIds", self.contact_companies, backwards=True),
            }.get(type_id)
            table = self.rows_of(self.item_types()[type_id]).table
            self._views[type_id] = ItemView(table, lambda: self.fields(type_id), linked)
        return self._views[type_id]

    def first_pipeline(self, type_id: int) -> int:
        """Give the pipeline that new items of a type go to, 0 where it has none."""
        rows = [row for row in self.item_pipelines.rows() if row["entityTypeId"] == type_id]
        rows.sort(key=lambda row: row["isDefault"] != "Y")
        return php.to_int(rows[0]["id"]) if rows else 0

    # --- what follows from what

    def _connect(self) -> None:
        deals, contacts = self._crm["deals"], self._crm["contacts"]
        deals.links["CONTACT_ID"] = self.deal_contacts
        contacts.links["COMPANY_ID"] = self.contact_companies
        deals.deleted.append(self.deal_contacts.forget_owner)
        # a deleted contact or company stays bound: nothing says that it is taken out of rows of others
        contacts.deleted.append(self.contact_companies.forget_owner)
        for kind in BUILT_IN.values():
            if kind.entity is not None:
                records = self._crm[kind.table]
                records.total = self._total_of(kind.short)
                records.deleted.append(self._forgetting(kind))

    def _total_of(self, short: str) -> Callable[[int], str | None]:
        def total(row_id: int) -> str | None:
            amount = self.product_rows.total(short, row_id)
            return None if amount is None else f"{amount:.2f}"

        return total

    def _forgetting(self, kind: ItemType) -> Callable[[int], object]:
        return lambda row_id: self._forget(kind.short, kind.type_id, row_id)

    def _forget(self, short: str, type_id: int, row_id: int) -> None:
        self.product_rows.forget(short, row_id)
        self.activities.forget(type_id, row_id)

    def _shows(self, table: str, code: str) -> Callable[[int, int], object]:
        def change(owner: int, primary: int) -> None:
            self._crm[table].overwrite(owner, {code: str(primary) if primary else "0"})

        return change

    def _amount(self, owner_type: str, owner_id: int) -> None:
        """Let the amount of an owner follow its product rows, unless it is typed in by hand."""
        records = self.owner(owner_type)
        row = None if records is None else records.get(owner_id)
        if records is None or row is None:
            return
        amount = self.product_rows.total(owner_type, owner_id) or 0
        if isinstance(records, ItemRecords):
            if row.get("isManualOpportunity") == "N":
                records.overwrite(owner_id, {"opportunity": amount})
        elif row.get("IS_MANUAL_OPPORTUNITY") == "N":
            records.overwrite(owner_id, {"OPPORTUNITY": f"{amount:.2f}"})

    def _account(self, owner_type: str, owner_id: int, price: float) -> float:
        """Give a price in the base currency."""
        records = self.owner(owner_type)
        row = (records.get(owner_id) if records is not None else None) or {}
        return price * self._rate(php.to_text(row.get("CURRENCY_ID", row.get("currencyId"))))

    def _table_of(self, entity: str) -> Table | None:
        kind = next((one for one in self.item_types().values() if one.custom_entity == entity), None)
        return None if kind is None else self.rows_of(kind).table


_CLASSIC = frozenset(entity.type_id for entity in ENTITIES)


def rate_of(row: Row | None) -> float:
    """Give what one unit of a currency is worth in the base currency; 1 where it is not known."""
    if row is None:
        return 1.0
    return php.to_float(row["AMOUNT"]) / (php.to_float(row["AMOUNT_CNT"]) or 1.0)
