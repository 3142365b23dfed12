"""Seeds calendars: a section for each user, group and the company, and about ten events a user."""
# ruff: noqa: PLR2004, RUF001  texts in two scripts; shares and places of demo data are plain numbers

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from . import calendar_rows as rows_of
from .seed_staff import Staff
from .table import Row
from .zone import DAY, Zone

HOUR = 3_600
COMPANY = "company_calendar"
_NAMES = (
    "Review",
    "Jour fixe",
    "Встреча с клиентом",
    'Demo "Titan 3" & more',
    "Lunch 🍝",
    "Site visit <2>",
    "Training",
)
_PLACES = ("", "Room 2", "Переговорная", "Berlin, Am Markt 3/4")
_TEXTS = ("", "Bring [B]numbers[/B].", "Zeile 1\nZeile 2", "Повестка: план & бюджет")
_ZONES = ("America/New_York", "Asia/Yekaterinburg")
_COLORS = ("#9dcf00", "#9cbeee", "")
_LINKS = (False, ["D_26", "C_12"], "", ["CO_9"])


def seed_sections(users: Sequence[Row], groups: Sequence[Row], epoch: int) -> list[Row]:
    """Make the rows of calendar.section.get."""
    owners = [
        *(("user", int(str(row["ID"])), "My calendar") for row in users),
        *(("group", int(str(row["ID"])), f"{row['NAME']}: calendar") for row in groups),
        (COMPANY, 0, "Company calendar"),
    ]
    return [
        section_row(4 + 3 * place, kind, owner, name, _utc_text(epoch - 800 * DAY + place * HOUR))
        for place, (kind, owner, name) in enumerate(owners)
    ]


def _utc_text(seconds: int) -> str:
    return rows_of.local(seconds, "UTC").strftime("%Y-%m-%d %H:%M:%S")


def section_row(number: int, kind: str, owner: int, name: str, now: str) -> Row:
    """Make a section; its times have no zone."""
    return {
        "ID": str(number),
        "NAME": name,
        "GAPI_CALENDAR_ID": None,
        "DESCRIPTION": "" if number % 2 else "Shared with the team",
        "COLOR": _COLORS[number % 2],
        "TEXT_COLOR": "#283000" if number % 2 else "",
        "EXPORT": {"ALLOW": True},
        "CAL_TYPE": kind,
        "OWNER_ID": str(owner),
        "CREATED_BY": str(owner or 1),
        "DATE_CREATE": now,
        "TIMESTAMP_X": now,
        "CAL_DAV_CON": None,
        "SYNC_TOKEN": None,
        "PAGE_TOKEN": None,
        "EXTERNAL_TYPE": "local",
        "ACCESS": {f"U{owner}": 19, "G2": 13} if kind == "user" else {"G2": 15},
        "IS_COLLAB": False,
        "PERM": dict.fromkeys(
            ("view_time", "view_title", "view_full", "add", "edit", "edit_section", "access"), True
        ),
    }


class CalendarSeed:
    """Makes the events of one portal."""

    def __init__(self, seed: int, epoch: int, zone: Zone, staff: Staff, sections: Sequence[Row]) -> None:
        self._chance = random.Random(f"calendar {seed}")
        self._epoch = epoch
        self._zone = zone
        self._staff = staff
        self._users: Mapping[int, Row] = {int(str(row["ID"])): row for row in staff.rows}
        self._section = {
            (row["CAL_TYPE"], int(str(row["OWNER_ID"]))): int(str(row["ID"])) for row in sections
        }
        self._owners = [(str(row["CAL_TYPE"]), int(str(row["OWNER_ID"]))) for row in sections]
        self._rows: list[Row] = []
        self._last = 1_200

    def events(self, count: int | None) -> list[Row]:
        """Make so many events, ten an owner by default; copies of meetings come on top."""
        total = 10 * len(self._owners) if count is None else count
        for place in range(total):
            self._event(place, *self._owners[place % len(self._owners)])
        return self._rows

    def _number(self) -> int:
        self._last += self._chance.choice((1, 1, 1, 2, 4))
        return self._last

    def _event(self, place: int, kind: str, owner: int) -> None:
        chance = self._chance
        author = owner if kind == "user" else 1
        day = self._epoch // DAY * DAY + chance.randrange(-420, 160) * DAY
        written = min(day, self._epoch - DAY) - chance.randrange(1, 20 * DAY)
        now = rows_of.stamp(rows_of.local(written, self._zone.name))
        row = rows_of.blank_event(self._number(), kind, owner, self._section[kind, owner], author, now)
        row |= {
            "NAME": f"{chance.choice(_NAMES)} {place}",
            "LOCATION": chance.choice(_PLACES),
            "COLOR": chance.choice(_COLORS),
            "ACCESSIBILITY": chance.choice(("busy", "free", "absent", "quest")),
            "IMPORTANCE": chance.choice(("normal", "normal", "high", "low")),
            "PRIVATE_EVENT": chance.choice(("", "", "", "1")),
            "REMIND": chance.choice(([], [{"type": "min", "count": 15}])),
            "UF_CRM_CAL_EVENT": chance.choice(_LINKS),
        }
        rows_of.describe(row, chance.choice(_TEXTS))
        sort = place // len(self._owners) % 10
        if sort in (2, 7):
            last = day + chance.choice((0, 0, 0, 1, 13)) * DAY
            rows_of.set_times(row, day, last, skip_time=True, zone=self._zone.name)
        else:
            zone = chance.choice(_ZONES) if sort == 4 else self._zone.name
            first = day + chance.randrange(6, 16) * HOUR + chance.choice((0, 0, 1_800, 540))
            rows_of.set_times(
                row, first, first + chance.choice((1_800, HOUR, 3 * HOUR)), skip_time=False, zone=zone
            )
        self._rows.append(row)
        if sort == 3:
            self._repeat_weekly(row)
        if sort == 8 or (sort == 7 and chance.random() < 0.3):
            frequency = "YEARLY" if sort == 7 else chance.choice(("DAILY", "MONTHLY"))
            rows_of.set_rule(row, frequency, (), count=chance.choice((0, 10)))
        if sort in (1, 5) and kind == "user":
            self._invite(row)

    def _repeat_weekly(self, row: Row) -> None:
        """Repeat an event for ever or to a date, two dates taken out, one of them moved."""
        chance = self._chance
        first = rows_of.local(rows_of.begin(row), rows_of.zone_of(row))
        until = (
            rows_of.day(rows_of.local(rows_of.begin(row) + 84 * DAY, "UTC")) if chance.random() < 0.7 else ""
        )
        days = {rows_of.DAYS[first.weekday()], chance.choice(("MO", "WE", "FR"))}
        rows_of.set_rule(
            row,
            "WEEKLY",
            [name for name in rows_of.DAYS if name in days],
            interval=chance.choice((1, 1, 2)),
            until=until,
        )
        fortnight = timedelta(days=14)  # on the wall clock, whatever the clocks were set to in between
        moved = int((first + fortnight).timestamp())
        taken = [rows_of.day(first + fortnight), rows_of.day(first + 2 * fortnight)]
        row["EXDATE"] = ";".join(taken)
        exception = {key: value for key, value in row.items() if key != "~RRULE_DESCRIPTION"}
        number = self._number()
        exception |= {"ID": str(number), "PARENT_ID": str(number), "RRULE": "", "EXDATE": ""}
        exception |= {
            "ORIGINAL_DATE_FROM": rows_of.dates(row, moved)["DATE_FROM"],
            "RECURRENCE_ID": int(str(row["ID"])),
            "RELATIONS": {"COMMENT_XML_ID": f"EVENT_{row['ID']}_{taken[0]}"},
            "DAV_XML_ID": f"{number:012d}@demo.example",
        }
        later = moved + 26 * HOUR
        rows_of.set_times(exception, later, later + HOUR, skip_time=False, zone=str(row["TZ_FROM"]))
        self._rows.append(exception)

    def _invite(self, row: Row) -> None:
        host = int(str(row["OWNER_ID"]))
        others = [number for number in self._staff.active if number != host]
        guests = sorted(self._chance.sample(others, self._chance.choice((1, 2, 2, 4))))
        entries = {host: (int(str(row["ID"])), "H")}
        entries |= {guest: (self._number(), self._chance.choice("YYNQ")) for guest in guests}
        rows_of.set_meeting(row, self._users[host], entries)
        self._rows.extend(
            rows_of.copy_for(row, entries[guest][0], guest, self._section["user", guest], entries[guest][1])
            for guest in guests
        )
