"""Reading calendars: calendar.section.get, calendar.event.get, .getbyid, .get.nearest (API.md 15 and 25)."""

from . import php
from .answers import Answer
from .calendar_rows import begin
from .calendar_series import instances, occurrences
from .context import Context
from .errors import classic
from .params import pick
from .seed_calendar import COMPANY
from .table import Row
from .zone import DAY

_BACK, _AHEAD, _NEAREST = 30, 90, 60  # days
_FAR = 2_147_483_647.0  # `from` alone runs to the far future
TYPES = ("user", "group", COMPANY)


def missing(name: str, method: str) -> str:
    """Say that a required parameter is not there."""
    return f'The required parameter "{name}" for the method "{method}" is not set'


def owner_of(context: Context, params: dict[str, object], kind: str, method: str) -> int:
    """Read `ownerId`: nothing for the company, the webhook's owner where a user may be left out."""
    value = pick(params, "ownerId")
    if kind == COMPANY:
        return 0
    if value in (None, ""):
        if kind == "user" and method == "calendar.section.get":
            return context.user_id
        raise classic(missing("ownerId", method))
    return php.to_int(value)


def section_get(context: Context, params: dict[str, object]) -> Answer:
    """calendar.section.get: all sections of an owner; an unknown type or owner has none."""
    kind = php.to_text(pick(params, "type"))
    if not kind:
        raise classic(missing("type", "calendar.section.get"))
    owner = owner_of(context, params, kind, "calendar.section.get")
    rows = context.store.office.sections.of(kind, owner)
    return Answer(rows, rows=len(rows))


def event_get(context: Context, params: dict[str, object]) -> Answer:
    """calendar.event.get: everything of one owner in a window, without pages."""
    method = "calendar.event.get"
    kind = php.to_text(pick(params, "type"))
    if not kind:
        raise classic(f'Mandatory parameter not specified "type" for the method "{method}"')
    owner = owner_of(context, params, kind, method)
    now = context.clock.time()
    start, end = php.to_text(pick(params, "from")), php.to_text(pick(params, "to"))
    low, high = context.zone.parse(start), context.zone.parse(end)
    if high is None:
        high = now + _AHEAD * DAY if low is None else _FAR
    elif len(end) <= len("2024-01-01"):
        high += DAY - 1  # a day counts to its end
    low = now - _BACK * DAY if low is None else low
    sections = {php.to_int(one) for _, one in php.items_of(pick(params, "section"))}
    rows = [
        row for row in _events(context, kind, owner) if not sections or php.to_int(row["SECT_ID"]) in sections
    ]
    found = _inside(context, rows, low, high)
    return Answer(found, rows=len(found))


def _events(context: Context, kind: str, owner: int) -> list[Row]:
    """Give an owner's events in sections that may be seen."""
    office = context.store.office
    found = (
        office.events.get(number) or {} for number in office.events.table.where_number("OWNER_ID", owner)
    )
    return [row for row in found if row["CAL_TYPE"] == kind and office.sections.visible(row)]


def _inside(context: Context, rows: list[Row], low: float, high: float) -> list[Row]:
    """Give what touches the window: each series once, or one row an occurrence, as the portal is set up."""
    found: list[tuple[int, Row]] = []
    for row in rows:
        first = next(occurrences(row, low, high), None)
        if first is not None:
            shown = instances(row, low, high) if context.calendar_instances else [row]
            found += [(begin(row), one) for one in shown]
    return [row for _, row in sorted(found, key=lambda pair: (pair[0], php.to_int(pair[1]["ID"])))]


def event_by_id(context: Context, params: dict[str, object]) -> Answer:
    """calendar.event.getbyid: one event, a series as it is stored; an empty list where there is none."""
    value = pick(params, "id")
    if not php.truthy(value):
        raise classic('The required parameter "id" for the method "calendar.event.getbyid" is not set')
    office = context.store.office
    row = office.events.get(php.to_int(value))
    return Answer(row if row is not None and office.sections.visible(row) else [])


def nearest(context: Context, params: dict[str, object]) -> Answer:
    """calendar.event.get.nearest: what comes next, of the webhook's owner unless forCurrentUser is off."""
    method = "calendar.event.get.nearest"
    mine = pick(params, "forCurrentUser")
    if mine is None or (php.truthy(mine) and mine not in ("N", "false")):
        kind, owner = "user", context.user_id
    else:
        kind = php.to_text(pick(params, "type"))
        if kind not in TYPES:
            raise classic("Access denied")
        owner = owner_of(context, params, kind, method)
    now = context.clock.time()
    days = php.to_int(pick(params, "days")) or _NEAREST
    # here a series is asked for its next occurrences, whatever event.get answers
    found = [
        (at, one)
        for row in _events(context, kind, owner)
        for at, one in zip(
            occurrences(row, now, now + days * DAY), instances(row, now, now + days * DAY), strict=True
        )
    ]
    rows = [one for _, one in sorted(found, key=lambda pair: (pair[0], php.to_int(pair[1]["ID"])))]
    most = php.to_int(pick(params, "maxEventsCount"))
    rows = rows[:most] if most else rows
    return Answer(rows, rows=len(rows))


ROWS = (
    ("calendar.section.get", "calendar", section_get),
    ("calendar.event.get", "calendar", event_get),
    ("calendar.event.getbyid", "calendar", event_by_id),
    ("calendar.event.get.nearest", "calendar", nearest),
)
