"""Rows of calendar events: texts in the portal's locale, whole days, series and meetings.

Dates are texts without an offset in the event's own zone (12/11/2024 05:59:00 pm, a whole day 12/11/2024);
only DATE_FROM_TS_UTC and DATE_TO_TS_UTC are unambiguous (REST page calendar.event.get; API.md section 15).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from . import php
from .cards import full_name
from .table import Row
from .zone import DAY

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ENDLESS = "01/01/2038"  # what the server writes where a series has no end
_EVERY = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


def local(seconds: float, zone: str) -> datetime:
    """Give a moment on the wall clock of a zone."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone))


def stamp(moment: datetime) -> str:
    """Write date and time as the portal's locale does."""
    return moment.strftime("%m/%d/%Y %I:%M:%S ") + ("am" if moment.hour < 12 else "pm")  # noqa: PLR2004


def day(moment: datetime) -> str:
    """Write a date as the portal's locale does."""
    return moment.strftime("%m/%d/%Y")


def read_day(text: str) -> datetime:
    """Read a date that `day` wrote, as midnight UTC."""
    return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC)


def whole_day(row: Mapping[str, object]) -> bool:
    """Tell events that have dates instead of times."""
    return row["DT_SKIP_TIME"] == "Y"


def begin(row: Mapping[str, object]) -> int:
    """Give the unix second at which an event, or the first of a series, begins."""
    return php.to_int(row["DATE_FROM_TS_UTC"])


def zone_of(row: Mapping[str, object]) -> str:
    """Name the zone whose wall clock an event keeps."""
    return "UTC" if whole_day(row) else str(row["TZ_FROM"])


def dates(row: Mapping[str, object], first: float) -> Row:
    """Give the date texts of an occurrence that begins then."""
    name = zone_of(row)
    length = php.to_int(row["DT_LENGTH"])
    starts = local(first, name)
    if whole_day(row):
        # the last day counts as a whole, so a single day ends on itself
        ends = starts + timedelta(seconds=max(length, DAY) - DAY)
        texts = (day(starts), day(ends))
    else:
        ends = local(first + length, name)
        texts = (stamp(starts), stamp(ends))
    return {
        "DATE_FROM": texts[0],
        "DATE_TO": texts[1],
        "DATE_FROM_FORMATTED": starts.strftime("%a %b %d %Y %H:%M:%S"),
        "DATE_TO_FORMATTED": ends.strftime("%a %b %d %Y %H:%M:%S"),
    }


def set_times(row: Row, first: int, last: int, *, skip_time: bool, zone: str) -> None:
    """Put an event at a time; a whole day is given as midnight UTC of its first and last day."""
    length = last - first + DAY if skip_time else last - first
    offsets = [int((local(at, zone).utcoffset() or timedelta()).total_seconds()) for at in (first, last)]
    row |= {
        "DT_SKIP_TIME": "Y" if skip_time else "N",
        "DT_LENGTH": length,
        "TZ_FROM": zone,
        "TZ_TO": zone,
        "TZ_OFFSET_FROM": str(offsets[0]),
        "TZ_OFFSET_TO": str(offsets[1]),
        "DATE_FROM_TS_UTC": str(first),
        "DATE_TO_TS_UTC": str(last),
        "~USER_OFFSET_FROM": 0 if skip_time else offsets[0],
        "~USER_OFFSET_TO": 0 if skip_time else offsets[1],
    }
    row |= dates(row, first)


# every key an event has, in the order of the documentation
_BLANK: Row = {
    "ID": "",
    "PARENT_ID": "",
    "DELETED": "N",
    "CAL_TYPE": "",
    "OWNER_ID": "",
    "NAME": "",
    "DATE_FROM": "",
    "DATE_TO": "",
    "ORIGINAL_DATE_FROM": None,
    "TZ_FROM": "",
    "TZ_TO": "",
    "TZ_OFFSET_FROM": "0",
    "TZ_OFFSET_TO": "0",
    "DATE_FROM_TS_UTC": "0",
    "DATE_TO_TS_UTC": "0",
    "DT_SKIP_TIME": "N",
    "DT_LENGTH": 0,
    "EVENT_TYPE": None,
    "CREATED_BY": "",
    "DATE_CREATE": "",
    "TIMESTAMP_X": "",
    "DESCRIPTION": "",
    "PRIVATE_EVENT": "",
    "ACCESSIBILITY": "busy",
    "IMPORTANCE": "normal",
    "IS_MEETING": False,
    "MEETING_STATUS": None,
    "MEETING_HOST": "0",
    "MEETING": None,
    "LOCATION": "",
    "REMIND": "",
    "COLOR": "",
    "RRULE": "",
    "EXDATE": "",
    "DAV_XML_ID": "",
    "G_EVENT_ID": "",
    "DAV_EXCH_LABEL": "",
    "CAL_DAV_LABEL": "",
    "VERSION": "1",
    "ATTENDEES_CODES": None,
    "RECURRENCE_ID": None,
    "RELATIONS": None,
    "SECTION_ID": "",
    "SYNC_STATUS": None,
    "UF_CRM_CAL_EVENT": False,
    "UF_WEBDAV_CAL_EVENT": False,
    "SECTION_DAV_XML_ID": None,
    "DATE_FROM_FORMATTED": "",
    "DATE_TO_FORMATTED": "",
    "SECT_ID": "",
    "COLLAB_ID": None,
    "~DESCRIPTION": "",
    "~USER_OFFSET_FROM": 0,
    "~USER_OFFSET_TO": 0,
}


def blank_event(number: int, kind: str, owner: int, section: int, author: int, now: str) -> Row:
    """Make an event with nothing in it; times are still to be set."""
    return {
        **_BLANK,
        **dict.fromkeys(("ID", "PARENT_ID"), str(number)),
        **dict.fromkeys(("SECTION_ID", "SECT_ID"), str(section)),
        **dict.fromkeys(("DATE_CREATE", "TIMESTAMP_X"), now),
        "CAL_TYPE": kind,
        "OWNER_ID": str(owner),
        "CREATED_BY": str(author),
        "REMIND": [],
        "DAV_XML_ID": f"{number:012d}@demo.example",
    }


def describe(row: Row, text: str) -> None:
    """Set the description in both places."""
    row["DESCRIPTION"] = row["~DESCRIPTION"] = text


def set_rule(
    row: Row, frequency: str, days: Sequence[str], *, interval: int = 1, count: int = 0, until: str = ""
) -> None:
    """Turn an event into a series; without count and end it runs on for ever."""
    rule: dict[str, object] = {"FREQ": frequency}
    if count:
        rule["COUNT"] = count
    if frequency == "WEEKLY" and days:
        rule["BYDAY"] = {name: name for name in days}
    end = until or ENDLESS
    rule |= {"INTERVAL": interval, "UNTIL": end, "~UNTIL": until, "UNTIL_TS": int(read_day(end).timestamp())}
    row["RRULE"] = rule
    named = ", ".join(_SHORT[DAYS.index(name)] for name in days)
    first = day(local(begin(row), zone_of(row)))
    row["~RRULE_DESCRIPTION"] = (
        f"every {_EVERY[frequency]}{' on: ' if named else ''}{named}, from {first}"
        + (f" to {until}" if until else "")
    )


def set_meeting(row: Row, host: Mapping[str, object], entries: Mapping[int, tuple[int, str]]) -> None:
    """Invite people: their entry (the id of their copy) and answer by user id, the host's own among them."""
    number = php.to_int(host["ID"])
    row |= {
        "IS_MEETING": True,
        "MEETING_STATUS": "H",
        "MEETING_HOST": str(number),
        "MEETING": {
            "HOST_NAME": full_name(host),
            "NOTIFY": False,
            "REINVITE": False,
            "ALLOW_INVITE": False,
            "HIDE_GUESTS": False,
            "MEETING_CREATOR": number,
            "LANGUAGE_ID": "de",
            "MAIL_FROM": "",
        },
        "ATTENDEES_CODES": [f"U{one}" for one in entries],
        "ATTENDEE_LIST": [
            {"id": one, "entryId": str(entry), "status": status} for one, (entry, status) in entries.items()
        ],
        "attendeesEntityList": [{"entityId": "user", "id": one} for one in entries],
    }


def copy_for(row: Mapping[str, object], number: int, user: int, section: int, status: str) -> Row:
    """Make the copy of a meeting that stands in an attendee's own calendar."""
    return {
        **row,
        "ID": str(number),
        "OWNER_ID": str(user),
        "CAL_TYPE": "user",
        "SECTION_ID": str(section),
        "SECT_ID": str(section),
        "MEETING_STATUS": status,
        "REMIND": [],
    }
