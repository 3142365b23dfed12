"""Rows as the portal's users change them: modification time, history and flags follow from the change."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from . import php
from .bindings import Bindings
from .clock import Clock
from .entities import CrmEntity
from .fields import Field
from .multifields import MULTIFIELDS, change_multifield
from .stages import StageBook
from .table import Row, Table
from .values import KEEP, ValueWriter
from .zone import Zone

_MOMENTS = ("DATE_CREATE", "DATE_MODIFY", "MOVED_TIME", "LAST_ACTIVITY_TIME")
_PEOPLE = ("ASSIGNED_BY_ID", "CREATED_BY_ID", "MODIFY_BY_ID", "MOVED_BY_ID", "LAST_ACTIVITY_BY")
_FLAGS = ("HAS_PHONE", "HAS_EMAIL", "HAS_IMOL")


class StoredTable(Protocol):
    """What every table of a store can do; keys are ids, codes or pairs."""

    def __len__(self) -> int:
        """Give the number of rows."""
        ...

    def rows(self) -> list[Row]:
        """Give all rows, copies."""
        ...

    def get(self, row_id: Any) -> Row | None:  # noqa: ANN401
        """Give one row, a copy, or None."""
        ...

    def add(self, fields: Mapping[str, object]) -> Any:  # noqa: ANN401
        """Add a row and give its key."""
        ...

    def update(self, row_id: Any, fields: Mapping[str, object]) -> None:  # noqa: ANN401
        """Change fields of a row."""
        ...

    def delete(self, row_id: Any) -> None:  # noqa: ANN401
        """Delete a row."""
        ...


class Records:
    """A table whose rows have no rules of their own."""

    def __init__(self, table: Table, key: str = "ID", *, bare: bool = False) -> None:
        self.table = table
        self._key = key
        self._bare = bare  # ids are integers, not texts
        self.deleted: list[
            Callable[[int], object]
        ] = []  # told of each deleted id: what belongs to it goes too

    def __len__(self) -> int:
        return len(self.table)

    def rows(self) -> list[Row]:
        """Give all rows with all their fields."""
        return self.table.rows()

    def get(self, row_id: int | str) -> Row | None:
        """Give one row, a copy, or None."""
        return self.table.get(int(row_id))

    def add(self, fields: Mapping[str, object]) -> int:
        """Add a row as given; an ID is made up where it has none."""
        number = php.to_int(fields.get(self._key)) or self.table.next_id()
        self.table.put({self._key: number if self._bare else str(number), **fields})
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object]) -> None:
        """Change fields of a row."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        self.table.put({**row, **fields})

    def delete(self, row_id: int | str) -> None:
        """Delete a row."""
        if not self.table.remove(int(row_id)):
            raise KeyError(row_id)
        for tell in self.deleted:
            tell(int(row_id))


class CrmRecords(Records):
    """Deals, leads, contacts or companies."""

    def __init__(
        self,
        entity: CrmEntity,
        table: Table,
        fields: Callable[[], Mapping[str, Field]],
        book: StageBook | None,
        clock: Clock,
        zone: Zone,
        next_part: Callable[[], int],
    ) -> None:
        super().__init__(table)
        self._entity = entity
        self._fields = fields
        self._book = book
        self._clock = clock
        self._zone = zone
        self._next_part = next_part
        self._writer = ValueWriter(zone, next_part)
        self.links: dict[str, Bindings] = {}  # by the field that shows the primary one
        self.total: Callable[[int], str | None] | None = None  # amount of the product rows

    def add(self, fields: Mapping[str, object], user: int = 1) -> int:
        """Add a row with the portal's defaults and give its id."""
        number = php.to_int(fields.get("ID")) or self.table.next_id()
        known = self._fields()
        row = self._blank(number, user, known)
        self._write(row, fields, known)
        if "TITLE" in known and not row["TITLE"]:
            row["TITLE"] = f"{self._entity.name.capitalize()} #{number}"
        if self._book is not None:
            self._settle_stage(row, self._book, strict=True)
            self._book.entered(row, self._clock.time())
        self.table.put(row)
        self._link(number, fields)
        return number

    def _blank(self, number: int, user: int, known: Mapping[str, Field]) -> Row:
        row: Row = {"ID": str(number)}
        for code, field in known.items():
            if field.in_rows and not field.multifield and code != "ID":
                row[code] = False if field.multiple or field.kind == "flag" else None
        now = self._zone.text(self._clock.time())
        given = {
            **dict.fromkeys(_MOMENTS, now),
            **dict.fromkeys(_PEOPLE, str(user)),
            **dict.fromkeys(_FLAGS, "N"),
        }
        row.update({code: value for code, value in given.items() if code in known})
        row.update(self._entity.defaults)
        return row

    def update(self, row_id: int | str, fields: Mapping[str, object], user: int = 1) -> None:
        """Change a row: DATE_MODIFY becomes the portal's now, a stage move is registered."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        known = self._fields()
        before = (row.get(self._entity.stage_field), row.get("CATEGORY_ID"))
        now = self._clock.time()
        row["DATE_MODIFY"] = self._zone.text(now)
        row["MODIFY_BY_ID"] = str(user)
        self._write(row, fields, known)
        if self._book is not None:
            category = row.get("CATEGORY_ID")
            self._settle_stage(row, self._book, strict=category != before[1])
            after = (row.get(self._entity.stage_field), row.get("CATEGORY_ID"))
            if after != before:
                row["MOVED_TIME"] = self._zone.text(now)
                row["MOVED_BY_ID"] = str(user)
                self._book.moved(row, now, pipeline_changed=after[1] != before[1])
        if self.total is not None and row.get("IS_MANUAL_OPPORTUNITY") == "N":
            row["OPPORTUNITY"] = self.total(int(row_id)) or row["OPPORTUNITY"]
        self.table.put(row)
        self._link(int(row_id), fields)

    def would_change(self, row: Row, code: str, value: object) -> bool:
        """Tell whether writing a value would leave another one than the row has."""
        field = self._fields().get(code)
        stored = KEEP if field is None or not field.in_rows else self._writer.stored(field, value)
        return stored is not KEEP and stored != row.get(code)

    def overwrite(self, row_id: int, fields: Mapping[str, object]) -> None:
        """Set stored values as they are: no modification time moves, no history is written."""
        row = self.table.get(row_id)
        if row is not None and any(row.get(code) != value for code, value in fields.items()):
            self.table.put({**row, **fields})

    def delete(self, row_id: int | str) -> None:
        """Delete a row and its history."""
        super().delete(row_id)
        if self._book is not None:
            self._book.forget(int(row_id))

    def _write(self, row: Row, fields: Mapping[str, object], known: Mapping[str, Field]) -> None:
        for code, value in fields.items():
            if code in MULTIFIELDS and code in known:
                change_multifield(row, code, value, self._next_part)
            elif code in known and known[code].in_rows and code != "ID":
                stored = self._writer.stored(known[code], value)
                if stored is not KEEP:
                    row[code] = stored
            elif code in ("CONTACT_IDS", "COMPANY_IDS"):
                self._link_first(row, code, value)

    def _link_first(self, row: Row, code: str, value: object) -> None:
        target = code.removesuffix("S")
        if target in row:
            linked = [php.to_int(item) for _, item in php.items_of(value)]
            row[target] = str(linked[0]) if linked else "0"

    def _link(self, row_id: int, fields: Mapping[str, object]) -> None:
        for code, bindings in self.links.items():
            if f"{code}S" in fields:
                linked = [php.to_int(item) for _, item in php.items_of(fields[f"{code}S"])]
                bindings.set_ids(row_id, linked)
            elif code in fields:
                bindings.follow(row_id, php.to_int(fields[code]))

    def _settle_stage(self, row: Row, book: StageBook, *, strict: bool) -> None:
        stages = book.stages(php.to_text(row.get("CATEGORY_ID")))
        stage = php.to_text(row.get(self._entity.stage_field))
        if not stage or (strict and stage not in stages):
            stage = next(iter(stages), stage)
            row[self._entity.stage_field] = stage
        semantic = stages.get(stage) or php.to_text(row.get(self._entity.semantic_field)) or "P"
        row[self._entity.semantic_field] = semantic
        if "CLOSED" in row:
            row["CLOSED"] = "N" if semantic == "P" else "Y"
            row["IS_NEW"] = "Y" if stage == next(iter(stages), "") else "N"
        if "DATE_CLOSED" in row:
            if semantic == "P":
                row["DATE_CLOSED"] = ""
            elif not row["DATE_CLOSED"]:
                row["DATE_CLOSED"] = self._zone.text(self._clock.time())


class NamedRecords:
    """Rows with a text key: currencies."""

    def __init__(self, rows: list[Row], key: str) -> None:
        self._rows = {str(row[key]): row for row in rows}
        self._key = key

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> list[Row]:
        """Give all rows."""
        return [dict(row) for row in self._rows.values()]

    def get(self, row_id: int | str) -> Row | None:
        """Give one row, a copy, or None."""
        row = self._rows.get(str(row_id))
        return dict(row) if row is not None else None

    def add(self, fields: Mapping[str, object]) -> str:
        """Add a row."""
        self._rows[str(fields[self._key])] = dict(fields)
        return str(fields[self._key])

    def update(self, row_id: int | str, fields: Mapping[str, object]) -> None:
        """Change fields of a row."""
        self._rows[str(row_id)].update(fields)

    def delete(self, row_id: int | str) -> None:
        """Delete a row."""
        del self._rows[str(row_id)]
