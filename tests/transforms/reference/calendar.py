"""Occurrences of events, and the hours that people spend in meetings."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import rrule

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import (
    Row,
    flag,
    hours,
    locale_day,
    midnight,
    monday,
    number,
    parsed,
    reference,
    text,
)

FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}


@cache
def fct_calendar_occurrence(portal: Portal) -> list[Row]:
    """Every time that an event takes place, a series once for each of its days."""
    events = {row["id"]: row for row in portal.rows("calendar_events") if not flag(row.get("deleted"))}
    return [row for event in events.values() for row in _held(portal, event)]


def _held(portal: Portal, event: Row) -> list[Row]:
    low, high = portal.window
    near: list[tuple[date, date, datetime | None]] = []
    for own_day, start in _starts(portal, event):
        if own_day > high + timedelta(days=1):
            break
        near.append((portal.day(start) or own_day, own_day, start))
    inside = [day for day, _, _ in near if low <= day <= high]
    if len(set(inside)) < len(inside):
        # clocks that change on different nights put two on one day of the portal: then the event's own days
        near = [(own_day, own_day, start) for _, own_day, start in near]
    return [_occurrence(event, day, start) for day, _, start in near if low <= day <= high]


def _occurrence(event: Row, day: date, start: datetime | None) -> Row:
    length = _length(event)
    meeting, status = flag(event.get("is_meeting")), text(event.get("meeting_status"))
    return {
        "event_id": event["id"],
        "parent_id": reference(event.get("parent_id")),
        "owner_user_id": reference(event.get("owner_id")) if event["cal_type"] == "user" else None,
        "start_date": day,
        "start_at_utc": start,
        "end_at_utc": start + length if start else None,
        "duration_minutes": length / timedelta(minutes=1),
        "is_all_day": start is None,
        "is_meeting": meeting,
        "meeting_status": status,
        "counts_as_load": meeting and status in ("H", "Y") and start is not None,
    }


def _length(event: Row) -> timedelta:
    seconds = number(event.get("dt_length"))
    if seconds is None:
        seconds = int(event["date_to_ts_utc"]) - int(event["date_from_ts_utc"])
    return timedelta(seconds=seconds)


def _starts(portal: Portal, event: Row) -> Iterator[tuple[date, datetime | None]]:
    """The days on the event's own calendar, and the moments of all but whole-day events, in order."""
    first = datetime.fromtimestamp(int(event["date_from_ts_utc"]), UTC)
    if flag(event.get("dt_skip_time")):
        day = midnight(first.isoformat())
        assert day is not None
        yield from ((wall.date(), None) for wall in _walls(event, datetime.combine(day, time())))
        return
    zone = _zone(portal, event)
    for wall in _walls(event, first.astimezone(zone).replace(tzinfo=None)):
        yield wall.date(), wall.replace(tzinfo=zone).astimezone(UTC)


def _zone(portal: Portal, event: Row) -> ZoneInfo:
    try:
        return ZoneInfo(text(event.get("tz_from")) or portal.zone.key)
    except (ZoneInfoNotFoundError, ValueError):
        return portal.zone


def _walls(event: Row, first: datetime) -> Iterator[datetime]:
    """What the clock on the wall shows when the event begins, each time."""
    rule = parsed(event.get("rrule")) or {}
    frequency = FREQUENCIES.get(rule.get("FREQ", ""))
    if frequency is None:
        yield first
        return
    names = list(rule.get("BYDAY") or []) if frequency == rrule.WEEKLY else []
    last = locale_day(rule.get("UNTIL"))
    series = rrule.rrule(
        frequency,
        dtstart=first,
        interval=number(rule.get("INTERVAL")) or 1,
        wkst=rrule.MO,
        byweekday=[getattr(rrule, name) for name in names] or None,
        until=datetime.combine(last, time.max) if last else None,
    )
    excluded = {locale_day(day) for day in (text(event.get("exdate")) or "").split(";")}
    for wall in islice(series, number(rule.get("COUNT")) or None):
        if wall.date() not in excluded:
            yield wall


def load(portal: Portal) -> list[Row]:
    """The occurrences that are meetings of somebody."""
    return [
        row
        for row in fct_calendar_occurrence(portal)
        if row["counts_as_load"] and row["owner_user_id"] is not None
    ]


def rpt_meeting_load(portal: Portal) -> list[Row]:
    """Meetings by user and week; one across midnight on a Sunday has hours in two weeks."""
    meetings: dict[tuple[int, date], int] = defaultdict(int)
    spent: dict[tuple[int, date], float] = defaultdict(float)
    for row in load(portal):
        meetings[row["owner_user_id"], monday(row["start_date"])] += 1
        begin, day = row["start_at_utc"], row["start_date"]
        while True:
            next_day = portal.midnight(day + timedelta(days=1))
            end = min(row["end_at_utc"], next_day)
            spent[row["owner_user_id"], monday(day)] += hours(end, begin) or 0.0
            if end == row["end_at_utc"]:
                break
            begin, day = next_day, day + timedelta(days=1)
    return [
        {"user_id": user, "week_start": week, "meetings": meetings[user, week], "meeting_hours": length}
        for (user, week), length in spent.items()
    ]


def meeting_hours(portal: Portal) -> dict[int, float]:
    """Hours of meetings by user, from the first day of the period to as_of."""
    spent: dict[int, float] = defaultdict(float)
    for row in load(portal):
        if row["start_date"] >= portal.period_start and row["start_at_utc"] <= portal.as_of:
            spent[row["owner_user_id"]] += hours(row["end_at_utc"], row["start_at_utc"]) or 0.0
    return spent
