"""Quotes, invoices and items of smart processes as users change them; custom fields keep their UF_ names."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from . import php
from .clock import Clock
from .fields import Field
from .item_fields_of import ItemFields
from .item_forms import to_universal
from .records import Records
from .stages import stages_in
from .table import Row, Table
from .values import KEEP, ValueWriter
from .zone import Zone

_IMPORTED = ("createdTime", "updatedTime", "movedTime", "createdBy", "updatedBy", "movedBy")


class ItemRecords(Records):
    """The items of one type."""

    def __init__(
        self,
        table: Table,
        fields: Callable[[], ItemFields],
        statuses: Table,
        first_pipeline: Callable[[int], int],
        clock: Clock,
        zone: Zone,
        next_part: Callable[[], int],
    ) -> None:
        super().__init__(table, "id", bare=True)
        self._fields = fields
        self._statuses = statuses
        self._first_pipeline = first_pipeline
        self._clock = clock
        self._zone = zone
        self._writer = ValueWriter(zone, next_part)
        self.total: Callable[[int], float | None] | None = None  # amount of the product rows

    def add(self, fields: Mapping[str, object], user: int = 1, *, imported: bool = False) -> int:
        """Add an item with the portal's defaults and give its id; an import may set times and authors."""
        number = php.to_int(fields.get("id")) or self.table.next_id()
        row = self._blank(number, user)
        self._write(row, fields, _IMPORTED if imported else ())
        if not row.get("title"):
            row["title"] = f"{self._fields().kind.title} #{number}"
        self._settle(row)
        self.table.put(row)
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object], user: int = 1) -> None:
        """Change an item; nothing is saved, no time moves, where no value would change."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        before = dict(row)
        self._write(row, fields, ())
        self._settle(row, before)
        if row == before:
            return
        now = self._zone.text(self._clock.time())
        row |= {"updatedTime": now, "updatedBy": user}
        if row.get("stageId") != before.get("stageId") and "movedTime" in row:
            row |= {"movedTime": now, "movedBy": user, "previousStageId": before.get("stageId")}
        if row.get("isManualOpportunity") == "N":
            amount = self.total(int(row_id)) if self.total is not None else None
            row["opportunity"] = row["opportunity"] if amount is None else amount
        self.table.put(row)

    def overwrite(self, row_id: int, fields: Mapping[str, object]) -> None:
        """Set stored values as they are: no time moves."""
        row = self.table.get(row_id)
        if row is not None and any(row.get(code) != value for code, value in fields.items()):
            self.table.put({**row, **fields})

    def _blank(self, number: int, user: int) -> Row:
        known = self._fields()
        row: Row = {code: [] if field.multiple else None for code, field in known.system.items()}
        row |= {code: to_universal(field)(None) for code, field in known.custom.items()}
        now = self._zone.text(self._clock.time())
        category = self._first_pipeline(known.kind.type_id)
        defaults: Row = {
            "id": number,
            **dict.fromkeys(("createdTime", "updatedTime", "movedTime", "lastActivityTime"), now),
            **dict.fromkeys(("createdBy", "updatedBy", "movedBy", "assignedById", "lastActivityBy"), user),
            **dict.fromkeys(
                ("companyId", "contactId", "webformId", "mycompanyId", "opportunity", "taxValue"), 0
            ),
            "opened": "Y",
            "currencyId": "EUR",
            "isManualOpportunity": "N",
            "closed": "N",
            "categoryId": category,
            "previousStageId": "",
            "quoteNumber": str(number),
            "accountNumber": str(number),
        }
        row |= {code: value for code, value in defaults.items() if code in row}
        return row | {"entityTypeId": known.kind.type_id}

    def _write(self, row: Row, fields: Mapping[str, object], allowed: tuple[str, ...]) -> None:
        known = self._fields()
        for code, value in fields.items():
            field = known.system.get(code) or known.custom.get(code)
            if field is None or (field.read_only and code not in allowed):
                continue
            stored = self._writer.stored(_written_as(field), value)
            if stored is not KEEP:
                row[code] = to_universal(_written_as(field))(stored)
        if "contactIds" in fields and "contactIds" in row:
            linked = row["contactIds"]
            row["contactId"] = linked[0] if isinstance(linked, list) and linked else 0
        elif "contactId" in fields and "contactIds" in row:
            row["contactIds"] = [row["contactId"]] if row["contactId"] else []

    def _settle(self, row: Row, before: Mapping[str, object] | None = None) -> None:
        """Keep the stage inside its pipeline: a foreign one is dropped, in a new pipeline it is the first."""
        if "stageId" not in row:
            return
        kind = self._fields().kind
        stages = stages_in(self._statuses, kind.directory(php.to_int(row.get("categoryId"))))
        if row["stageId"] not in stages:
            moved = before is None or row.get("categoryId") != before.get("categoryId")
            row["stageId"] = next(iter(stages), None) if moved or before is None else before["stageId"]
        if "closed" in row:
            row["closed"] = "N" if stages.get(php.to_text(row["stageId"])) == "P" else "Y"


def _written_as(field: Field) -> Field:
    # system flags are Y and N on both sides, only custom ones are true and false in between
    return replace(field, type="char") if field.type == "boolean" and not field.custom else field
