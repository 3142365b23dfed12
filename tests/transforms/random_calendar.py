"""Events of the random portal: single ones, series of every frequency, as such or instance by instance."""

import json
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.transforms.raw_file import Row

EVENTS = 130
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
HOURS = {  # at which nothing is under way at as_of; at some, clocks that change make days and hours odd
    "Europe/Berlin": (0, 2, 4, 7, 9, 10, 15, 17, 22, 23),
    "America/New_York": (2, 5, 9, 13, 16, 17, 18, 19, 20, 22),
    "Asia/Yekaterinburg": (3, 4, 6, 9, 12, 18, 20, 23),
    "Mars/Olympus": (2, 5, 9, 10, 16),
    "": (1, 5, 9, 10, 16),
}


def events(chance: Random, first: int) -> list[Row]:
    """The raw table of events."""
    rows: list[Row] = []
    for place in range(EVENTS):
        rows += _event(chance, first + 1 + place)
    return rows


def _event(chance: Random, number: int) -> list[Row]:
    zone = chance.choice(tuple(HOURS))
    whole = chance.random() < 0.15
    clock = (
        ZoneInfo("UTC")
        if whole
        else ZoneInfo(zone if "/" in zone and "Mars" not in zone else "Europe/Berlin")
    )
    day = datetime(2023, 4, 1, tzinfo=clock) + timedelta(days=chance.randrange(0, 700))
    begins = day if whole else day.replace(hour=chance.choice(HOURS[zone]), minute=chance.choice((0, 5, 30)))
    length = 86_400 * chance.choice((1, 1, 3)) if whole else chance.choice((900, 3_600, 5_400, 10_800))
    meeting = chance.random() < 0.7
    kind = chance.choice(("user", "user", "user", "user", "group", "company_calendar"))
    row = {
        "id": number,
        "parent_id": number - chance.choice((0, 0, 1)),
        "cal_type": kind,
        "owner_id": chance.choice((1, 2, 3, 4, 20, 903)) if kind == "user" else 0 if kind != "group" else 5,
        "name": "E",
        "date_from": _locale(begins, whole=whole),
        "tz_from": zone,
        "tz_to": zone,
        "date_from_ts_utc": int(begins.timestamp()),
        "date_to_ts_utc": int(begins.timestamp()) + length,
        "dt_length": length,
        "exdate": "",
        "rrule": "",
        "deleted": "Y" if chance.random() < 0.04 else "N",
        "dt_skip_time": "Y" if whole else "N",
        "is_meeting": meeting,
        "meeting_status": chance.choice("HHYYQN") if meeting else None,
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.04 else None,
    }
    if chance.random() < 0.5:
        return [row]
    row |= _rule(chance, begins)
    if chance.random() < 0.4:
        later = [begins + timedelta(days=days) for days in (1, 7, 8)]  # what the text says does not matter
        return [row, *({**row, "date_from": _locale(at, whole=whole)} for at in later)]
    return [row]


def _locale(at: datetime, *, whole: bool = True) -> str:
    return at.strftime("%d.%m.%Y" if whole else "%d.%m.%Y %H:%M:%S")


def _rule(chance: Random, begins: datetime) -> Row:
    frequency = chance.choice(("DAILY", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"))
    rule: dict[str, object] = {"FREQ": frequency, "INTERVAL": chance.choice((1, 1, 2, "1", 3))}
    if frequency == "WEEKLY" and chance.random() < 0.8:
        days = sorted({DAYS[begins.weekday()], *chance.choices(DAYS, k=2)}, key=DAYS.index)
        rule["BYDAY"] = chance.choice(({day: day for day in days}, days))
    if chance.random() < 0.4:
        rule["COUNT"] = chance.choice((1, 5, "12", 40))
    end = begins + timedelta(days=chance.randrange(0, 500)) if chance.random() < 0.5 else None
    rule["UNTIL"] = _locale(end) if end else chance.choice(("", "01.01.2038"))
    taken = [begins + timedelta(days=days) for days in (0, 1, 7, 14, 21) if chance.random() < 0.3]
    return {"rrule": json.dumps(rule), "exdate": ";".join(_locale(day) for day in taken)}
