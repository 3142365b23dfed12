"""Calendars as the portal's users change them: copies of a meeting follow the host's event."""

from collections.abc import Mapping

from . import calendar_rows as rows_of
from . import php
from .clock import Clock
from .records import Records
from .seed_calendar import section_row
from .table import Row, Table
from .zone import Zone

_OWN = frozenset(
    {
        "ID",
        "OWNER_ID",
        "CAL_TYPE",
        "SECTION_ID",
        "SECT_ID",
        "MEETING_STATUS",
        "REMIND",
        "PARENT_ID",
        "DATE_CREATE",
    }
)  # what each copy of a meeting has for itself
_TIMED = frozenset({"DATE_FROM_TS_UTC", "DATE_TO_TS_UTC", "DT_SKIP_TIME", "TZ_FROM"})


class SectionRecords(Records):
    """Sections; a hidden one is left out of every answer, as one is that the webhook's owner may not see."""

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__(table)
        self._clock = clock
        self._hidden: set[int] = set()

    def hide(self, section: int) -> None:
        """Take the right to see a section away."""
        self._hidden.add(section)

    def visible(self, row: Mapping[str, object]) -> bool:
        """Tell whether a section, or an event by its section, may be seen."""
        return php.to_int(row.get("SECT_ID", row["ID"])) not in self._hidden

    def add(self, fields: Mapping[str, object]) -> int:
        """Add a section: CAL_TYPE, OWNER_ID and NAME, or any field of a row."""
        number = self.table.next_id()
        now = rows_of.local(self._clock.time(), "UTC").strftime("%Y-%m-%d %H:%M:%S")
        kind, owner = php.to_text(fields.get("CAL_TYPE")) or "user", php.to_int(fields.get("OWNER_ID"))
        row = section_row(number, kind, owner, php.to_text(fields.get("NAME")), now)
        return super().add({**row, **fields, "ID": str(number)})

    def of(self, kind: str, owner: int) -> list[Row]:
        """Give an owner's sections that may be seen."""
        return [
            row
            for row in self.rows()
            if row["CAL_TYPE"] == kind and php.to_int(row["OWNER_ID"]) == owner and self.visible(row)
        ]


class EventRecords(Records):
    """Events of all calendars."""

    def __init__(
        self, table: Table, clock: Clock, zone: Zone, sections: SectionRecords, users: Records
    ) -> None:
        super().__init__(table)
        self._clock = clock
        self._zone = zone
        self._sections = sections
        self._users = users
        sections.deleted.append(self._forget_section)

    def add(self, fields: Mapping[str, object], user: int = 1) -> int:
        """Add an event by fields of a row; texts of dates follow from DATE_FROM_TS_UTC and DATE_TO_TS_UTC."""
        number = self.table.next_id()
        kind, owner = php.to_text(fields.get("CAL_TYPE")) or "user", php.to_int(fields.get("OWNER_ID"))
        section = php.to_int(fields.get("SECTION_ID")) or self.section_of(kind, owner)
        row = rows_of.blank_event(number, kind, owner, section, user, self.now())
        row["TZ_FROM"] = self._zone.name
        self._write(row, {**fields, "SECTION_ID": str(section), "SECT_ID": str(section)})
        self.table.put(row)
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object]) -> None:
        """Change an event; the copies in other calendars change with the host's."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        self._write(row, fields)
        self._touch(row)
        for number in self._copies(int(row_id)):
            copy = self.table.get(number) or {}
            copy |= {name: value for name, value in row.items() if name not in _OWN}
            self.table.put(copy)

    def delete(self, row_id: int | str) -> None:
        """Delete an event; with the host's event go the copies of the attendees."""
        for number in self._copies(int(row_id)):
            super().delete(number)
        super().delete(row_id)

    def invite(self, row_id: int, attendees: list[int]) -> None:
        """Set who attends besides the host: a copy for each, none for those who are not asked any more."""
        row = self.table.get(row_id) or {}
        owner = php.to_int(row["OWNER_ID"]) if row["CAL_TYPE"] == "user" else 0
        host = php.to_int(row["MEETING_HOST"]) or owner or php.to_int(row["CREATED_BY"])
        before = {
            php.to_int((self.table.get(number) or {}).get("OWNER_ID")): number
            for number in self._copies(row_id)
        }
        entries = {host: (row_id, "H")}
        for user in attendees:
            if user not in entries and self._users.get(user) is not None:
                entries[user] = (
                    (before[user], self._answer(before[user]))
                    if user in before
                    else (self.table.next_id(), "Q")
                )
        rows_of.set_meeting(row, self._users.get(host) or {"ID": host}, entries)
        self.table.put(row)
        for user, number in before.items():
            if user not in entries:
                super().delete(number)
        for user, (number, status) in entries.items():
            if number != row_id:
                self.table.put(rows_of.copy_for(row, number, user, self.section_of("user", user), status))

    def section_of(self, kind: str, owner: int) -> int:
        """Give an owner's first section; one is made where there is none."""
        for row in self._sections.rows():
            if row["CAL_TYPE"] == kind and php.to_int(row["OWNER_ID"]) == owner:
                return php.to_int(row["ID"])
        return self._sections.add({"CAL_TYPE": kind, "OWNER_ID": str(owner), "NAME": "My calendar"})

    def now(self) -> str:
        """Write the portal's now as events show it."""
        return rows_of.stamp(rows_of.local(self._clock.time(), self._zone.name))

    def _touch(self, row: Row) -> None:
        row |= {"TIMESTAMP_X": self.now(), "VERSION": str(php.to_int(row["VERSION"]) + 1)}
        self.table.put(row)

    def _write(self, row: Row, fields: Mapping[str, object]) -> None:
        row |= {name: value for name, value in fields.items() if name != "ID"}
        if "DESCRIPTION" in fields:
            rows_of.describe(row, php.to_text(fields["DESCRIPTION"]))
        if _TIMED & set(fields):
            first, last = php.to_int(row["DATE_FROM_TS_UTC"]), php.to_int(row["DATE_TO_TS_UTC"])
            rows_of.set_times(row, first, last, skip_time=rows_of.whole_day(row), zone=str(row["TZ_FROM"]))

    def _answer(self, number: int) -> str:
        return php.to_text((self.table.get(number) or {}).get("MEETING_STATUS")) or "Q"

    def _copies(self, row_id: int) -> list[int]:
        return [number for number in self.table.where_number("PARENT_ID", row_id) if number != row_id]

    def _forget_section(self, section: int) -> None:
        for number in self.table.where_number("SECTION_ID", section):
            if number in self.table:
                super().delete(number)
