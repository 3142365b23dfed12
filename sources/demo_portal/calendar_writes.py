"""Writing calendars: calendar.event.add, .update and .delete (API.md section 15)."""

from collections.abc import Mapping
from datetime import timedelta

from . import calendar_rows as rows_of
from . import php
from .answers import Answer
from .calendar_methods import missing, owner_of
from .context import Context
from .errors import classic
from .params import pick
from .table import Row
from .zone import DAY, Zone, written_day

_PLAIN = {
    "name": "NAME",
    "description": "DESCRIPTION",
    "location": "LOCATION",
    "color": "COLOR",
    "accessibility": "ACCESSIBILITY",
    "importance": "IMPORTANCE",
}
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def _yes(value: object) -> bool:
    return value in (True, 1, "1", "Y", "y", "true")


def adding(context: Context, params: dict[str, object]) -> Answer:
    """calendar.event.add: answers the id; attendees get copies in their own calendars."""
    method = "calendar.event.add"
    kind = _required(params, "type", method)
    owner = owner_of(context, params, kind, method)
    for name in ("from", "to", "name"):
        if not php.truthy(pick(params, f"{name}_ts")):
            _required(params, name, method)
    events = context.store.office.events
    section = php.to_int(pick(params, "section"))
    if not section and not _yes(pick(params, "auto_detect_section")):
        raise classic(missing("section", method))
    fields = {**_fields(params), **_times(context, params, None)}
    fields |= {
        "CAL_TYPE": kind,
        "OWNER_ID": str(owner),
        "SECTION_ID": str(section or events.section_of(kind, owner)),
    }
    number = events.add(fields, context.user_id)
    _repeat(context, number, params)
    _meet(context, number, params)
    return Answer(number, writes=True)


def updating(context: Context, params: dict[str, object]) -> Answer:
    """calendar.event.update: of a series all, one occurrence, or one and all after it."""
    method = "calendar.event.update"
    number = php.to_int(pick(params, "id"))
    if not number:
        raise classic(missing("id", method))
    kind = _required(params, "type", method)
    owner_of(context, params, kind, method)
    events = context.store.office.events
    row = events.get(number)
    if row is None:
        raise classic("Event not found")
    host = php.to_int(row["MEETING_HOST"])
    if row["IS_MEETING"] and host != context.user_id and php.to_int(pick(params, "host")) != host:
        raise classic(missing("host", method))  # only the organiser may leave it out
    mode = php.to_text(pick(params, "recurrence_mode"))
    if isinstance(row["RRULE"], dict) and mode in ("this", "next"):
        return _part_of_series(context, row, params, mode)
    events.update(number, {**_fields(params), **_times(context, params, row)})
    _repeat(context, number, params)
    _meet(context, number, params)
    return Answer(number, writes=True)


def deleting(context: Context, params: dict[str, object]) -> Answer:
    """calendar.event.delete: with the host's event go the copies."""
    number = php.to_int(pick(params, "id"))
    if not number:
        raise classic("Event id not specified")
    if context.store.office.events.get(number) is None:
        raise classic("Event not found")
    context.store.office.events.delete(number)
    return Answer(True, writes=True)


def _required(params: dict[str, object], name: str, method: str) -> str:
    value = pick(params, name)
    if not php.truthy(value):
        raise classic(missing(name, method))
    return php.to_text(value)


def _fields(params: dict[str, object]) -> Row:
    fields: Row = {
        code: php.to_text(value) for name, code in _PLAIN.items() if (value := pick(params, name)) is not None
    }
    private, section = pick(params, "private_event"), pick(params, "section")
    if private is not None:
        fields["PRIVATE_EVENT"] = "1" if _yes(private) else ""
    if php.truthy(section):
        fields |= {"SECTION_ID": str(php.to_int(section)), "SECT_ID": str(php.to_int(section))}
    for name, code, empty in (("remind", "REMIND", []), ("crm_fields", "UF_CRM_CAL_EVENT", False)):
        value = pick(params, name)
        if value is not None:
            fields[code] = [item for _, item in php.items_of(value)] or empty
    return fields


def _times(context: Context, params: dict[str, object], row: Mapping[str, object] | None) -> Row:
    """Read when the event is: an offset wins over timezone_from, that one over the portal's zone."""
    skip = pick(params, "skip_time")
    whole = _yes(skip) if skip is not None else row is not None and rows_of.whole_day(row)
    zone = php.to_text(pick(params, "timezone_from")) or str((row or {}).get("TZ_FROM") or context.zone.name)
    fields: Row = {}
    for name, code in (("from", "DATE_FROM_TS_UTC"), ("to", "DATE_TO_TS_UTC")):
        seconds = _seconds(params, name, zone, whole=whole)
        if seconds is not None:
            fields[code] = str(seconds)
    if fields or skip is not None:
        fields |= {"DT_SKIP_TIME": "Y" if whole else "N", "TZ_FROM": zone}
    return fields


def _seconds(params: dict[str, object], name: str, zone: str, *, whole: bool) -> int | None:
    stamp, text = php.to_int(pick(params, f"{name}_ts")), php.to_text(pick(params, name))
    if not stamp and not text:
        return None
    if whole:
        day = written_day(text) if text else rows_of.local(stamp, zone).date().isoformat()
        seconds = Zone("UTC").parse(day or "")
    else:
        seconds = float(stamp) if stamp else Zone(zone).parse(text)
    if seconds is None:
        raise classic(f"Invalid date in {name}")
    return int(seconds)


def _repeat(context: Context, number: int, params: dict[str, object]) -> None:
    sent = dict(php.items_of(pick(params, "rrule")))
    frequency = php.to_text(sent.get("FREQ")).upper()
    if frequency not in _FREQUENCIES:
        return
    events = context.store.office.events
    row = events.table.get(number) or {}
    until = written_day(php.to_text(sent.get("UNTIL")))
    rows_of.set_rule(
        row,
        frequency,
        [
            name
            for name in rows_of.DAYS
            if name in [php.to_text(one) for _, one in php.items_of(sent.get("BYDAY"))]
        ],
        interval=max(1, php.to_int(sent.get("INTERVAL"))),
        count=php.to_int(sent.get("COUNT")),
        until=f"{until[5:7]}/{until[8:]}/{until[:4]}" if until else "",
    )
    events.table.put(row)


def _meet(context: Context, number: int, params: dict[str, object]) -> None:
    """Invite: without a list of attendees there are none any more."""
    if _yes(pick(params, "is_meeting")):
        attendees = [php.to_int(one) for _, one in php.items_of(pick(params, "attendees"))]
        context.store.office.events.invite(number, attendees)


def _part_of_series(context: Context, row: Row, params: dict[str, object], mode: str) -> Answer:
    """Take one occurrence out of a series, or end the series before it, and make a new event of it."""
    events = context.store.office.events
    number = php.to_int(row["ID"])
    chosen = written_day(php.to_text(pick(params, "current_date_from")))
    if chosen is None:
        raise classic(missing("current_date_from", "calendar.event.update"))
    text = f"{chosen[5:7]}/{chosen[8:]}/{chosen[:4]}"
    wall = rows_of.local(rows_of.begin(row), rows_of.zone_of(row))
    original = int(
        wall.replace(year=int(chosen[:4]), month=int(chosen[5:7]), day=int(chosen[8:])).timestamp()
    )
    kept = {
        name: value
        for name, value in row.items()
        if name not in ("ID", "PARENT_ID", "RRULE", "EXDATE", "~RRULE_DESCRIPTION")
    }
    length = php.to_int(row["DT_LENGTH"]) - (DAY if rows_of.whole_day(row) else 0)
    kept |= {"DATE_FROM_TS_UTC": str(original), "DATE_TO_TS_UTC": str(original + length)}
    kept |= {**_fields(params), **_times(context, params, row)}
    if mode == "this":
        kept |= {
            "ORIGINAL_DATE_FROM": rows_of.dates(row, original)["DATE_FROM"],
            "RECURRENCE_ID": number,
            "RELATIONS": {"COMMENT_XML_ID": f"EVENT_{number}_{text}"},
        }
        events.update(number, {"EXDATE": ";".join(filter(None, [php.to_text(row["EXDATE"]), text]))})
    made = events.add(kept, context.user_id)
    events.table.put({**(events.table.get(made) or {}), "PARENT_ID": str(made)})
    if mode == "next":
        _end_before(context, row, text)
        _repeat(context, made, {"rrule": pick(params, "rrule") or {**row["RRULE"], "UNTIL": ""}})  # type: ignore[dict-item]
    _meet(context, made, params)
    return Answer(
        {
            "originalDate": rows_of.dates(row, original)["DATE_FROM"],
            "originalDavXmlId": row["DAV_XML_ID"],
            "instanceTz": row["TZ_FROM"],
            "recEventId": made,
            "id": number,
        },
        writes=True,
    )


def _end_before(context: Context, row: Row, text: str) -> None:
    rule = row["RRULE"]
    if isinstance(rule, dict):
        last = rows_of.read_day(text) - timedelta(days=1)
        ended = {
            **rule,
            "UNTIL": rows_of.day(last),
            "~UNTIL": rows_of.day(last),
            "UNTIL_TS": int(last.timestamp()),
        }
        ended.pop("COUNT", None)
        context.store.office.events.update(php.to_int(row["ID"]), {"RRULE": ended})


ROWS = (
    ("calendar.event.add", "calendar", adding),
    ("calendar.event.update", "calendar", updating),
    ("calendar.event.delete", "calendar", deleting),
)
