"""Activities: what each is bound to, whom it reaches, and when its deadline is."""

from collections.abc import Mapping, Sequence

import numpy as np

from . import php
from .clock import Clock
from .fields import Field
from .records import Records
from .seed_activities import SeededActivities
from .table import Ids, Row, Table
from .values import KEEP, ValueWriter
from .zone import Zone

CONTACT = 3
_MEETING, _CALL, _TASK = "1", "2", "3"
_STAYS = ("ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "CREATED", "AUTHOR_ID", "LAST_UPDATED", "EDITOR_ID")


class ActivityRecords(Records):
    """The activities of all records; besides its owner one may be bound to others."""

    def __init__(
        self,
        seeded: SeededActivities,
        fields: Mapping[str, Field],
        clock: Clock,
        zone: Zone,
        writer: ValueWriter,
    ) -> None:
        super().__init__(Table(seeded.rows))
        self._fields = fields
        self._clock = clock
        self._zone = zone
        self._writer = writer
        self._ids = seeded.rows.ids
        self._contacts = seeded.contacts
        self._further: dict[int, list[tuple[int, int]]] = {}

    def add(self, fields: Mapping[str, object], user: int = 1) -> int:
        """Add an activity; its deadline follows from its times where none is given."""
        number = php.to_int(fields.get("ID")) or self.table.next_id()
        now = self._zone.text(self._clock.time())
        row: Row = {code: None for code, field in self._fields.items() if field.in_rows}
        row |= {
            **dict.fromkeys(
                ("OWNER_ID", "OWNER_TYPE_ID", "ASSOCIATED_ENTITY_ID", "DIRECTION", "NOTIFY_TYPE"), "0"
            ),
            **dict.fromkeys(("NOTIFY_VALUE", "RESULT_MARK", "RESULT_STATUS", "RESULT_STREAM"), "0"),
            "AUTOCOMPLETE_RULE": "0",
            "DESCRIPTION": "",
            "LOCATION": "",
            "SETTINGS": [],
            "PROVIDER_PARAMS": [],
            **dict.fromkeys(("CREATED", "LAST_UPDATED", "START_TIME", "END_TIME"), now),
            **dict.fromkeys(("RESPONSIBLE_ID", "AUTHOR_ID", "EDITOR_ID"), str(user)),
            "ID": str(number),
            "COMPLETED": "N",
            "PRIORITY": "2",
            "DESCRIPTION_TYPE": "1",
            "TYPE_ID": "6",
        }
        self._write(row, fields, stays=("ID",))
        if "DEADLINE" not in fields:
            row["DEADLINE"] = self._deadline(row)
        row["STATUS"] = "2" if row["COMPLETED"] == "Y" else "1"
        self.table.put(row)
        self._bind(number, fields)
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object], user: int = 1) -> None:
        """Change an activity: LAST_UPDATED becomes the portal's now."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        row |= {"LAST_UPDATED": self._zone.text(self._clock.time()), "EDITOR_ID": str(user)}
        self._write(row, fields, stays=_STAYS)
        if {"START_TIME", "END_TIME"} & set(fields) and "DEADLINE" not in fields:
            row["DEADLINE"] = self._deadline(row)
        if "COMPLETED" in fields:
            row["STATUS"] = "2" if row["COMPLETED"] == "Y" else "1"
        self.table.put(row)
        self._bind(int(row_id), fields)

    def bindings(self, row: Mapping[str, object]) -> list[tuple[int, int]]:
        """Give the (entityTypeId, id) pairs an activity is bound to, its owner first."""
        number = php.to_int(row["ID"])
        owner = (php.to_int(row["OWNER_TYPE_ID"]), php.to_int(row["OWNER_ID"]))
        return list(dict.fromkeys([owner, *self._others(number)]))

    def bound_further(self, type_id: int, wanted: int | None) -> Ids:
        """Give the ids of activities bound to one besides their owner, to any of the type for None."""
        found = [
            number
            for number, pairs in self._further.items()
            if any(pair[0] == type_id and wanted in (None, pair[1]) for pair in pairs)
        ]
        ids = np.array(sorted(found), dtype=np.int64)
        if type_id == CONTACT:
            mine = self._contacts > 0 if wanted is None else self._contacts == wanted
            seeded = [n for n in self._ids[mine].tolist() if n not in self._further and n in self.table]
            ids = np.union1d(ids, np.array(seeded, dtype=np.int64))
        return ids

    def forget(self, type_id: int, owner: int) -> None:
        """Delete the activities of a deleted record; those bound to others too only lose this one."""
        for number in self.bound_further(type_id, owner).tolist():
            self._further[number] = [pair for pair in self._others(number) if pair != (type_id, owner)]
        for number in self.table.where_number("OWNER_ID", owner):
            row = self.table.get(number)
            if row is None or php.to_int(row["OWNER_TYPE_ID"]) != type_id:
                continue
            others = [pair for pair in self.bindings(row)[1:] if pair != (type_id, owner)]
            if others:
                self._further[number] = others[1:]
                now = self._zone.text(self._clock.time())
                next_owner = {"OWNER_TYPE_ID": str(others[0][0]), "OWNER_ID": str(others[0][1])}
                self.table.put(row | next_owner | {"LAST_UPDATED": now})
            else:
                self.table.remove(number)

    def _others(self, number: int) -> Sequence[tuple[int, int]]:
        if number in self._further:
            return self._further[number]
        at = int(np.searchsorted(self._ids, number))
        known = at < len(self._ids) and self._ids[at] == number and self._contacts[at] > 0
        return [(CONTACT, int(self._contacts[at]))] if known else []

    def _bind(self, number: int, fields: Mapping[str, object]) -> None:
        sent = fields.get("COMMUNICATIONS") or fields.get("BINDINGS")
        pairs = []
        for _, one in php.items_of(sent):
            if isinstance(one, dict):
                type_id = php.to_int(one.get("ENTITY_TYPE_ID", one.get("OWNER_TYPE_ID")))
                pairs.append((type_id, php.to_int(one.get("ENTITY_ID", one.get("OWNER_ID")))))
        if pairs or number not in self._ids:
            self._further[number] = [pair for pair in pairs if all(pair)]

    def _write(self, row: Row, fields: Mapping[str, object], stays: Sequence[str]) -> None:
        for code, value in fields.items():
            field = self._fields.get(code)
            if field is None or code in stays or not field.in_rows:
                continue
            if field.type == "object":
                row[code] = value if isinstance(value, list | dict) else []
                continue
            stored = self._writer.stored(field, value)
            if stored is not KEEP:
                row[code] = stored

    def _deadline(self, row: Mapping[str, object]) -> object:
        kind = php.to_text(row["TYPE_ID"])
        if kind in (_MEETING, _CALL):
            return row["START_TIME"]
        if kind == _TASK:
            return row["END_TIME"]
        return f"9999-12-31T00:00:00{self._zone.text(self._clock.time())[19:]}"
