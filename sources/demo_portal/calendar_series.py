"""Expands a series of events into the occurrences that fall into a window."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count as numbers
from typing import cast

from . import php
from .calendar_rows import DAYS, begin, dates, day, local, read_day, zone_of
from .table import Row

_LONGEST = 10_000  # occurrences looked at, more than a daily series of 27 years has


def occurrences(row: Mapping[str, object], low: float, high: float) -> Iterator[int]:
    """Give the first seconds of all occurrences that touch the window, by the wall clock of the series."""
    length = php.to_int(row["DT_LENGTH"])
    rule = row["RRULE"]
    if not isinstance(rule, dict):
        if begin(row) <= high and begin(row) + length >= low:
            yield begin(row)
        return
    excluded = set(str(row["EXDATE"] or "").split(";"))
    last = read_day(str(rule["UNTIL"])).date()
    limit = php.to_int(rule.get("COUNT")) or _LONGEST
    for place, moment in enumerate(_steps(local(begin(row), zone_of(row)), rule)):
        at = int(moment.timestamp())
        if place >= limit or moment.date() > last or at > high:
            return
        if at + length >= low and day(moment) not in excluded:
            yield at


def touches(row: Mapping[str, object], low: float, high: float) -> bool:
    """Tell whether any occurrence touches the window."""
    return next(occurrences(row, low, high), None) is not None


def instances(row: Mapping[str, object], low: float, high: float) -> list[Row]:
    """Give one row an occurrence: the date texts move, the UTC seconds stay those of the first."""
    return [{**row, **dates(row, at)} for at in occurrences(row, low, high)]


def _steps(first: datetime, rule: Mapping[str, object]) -> Iterator[datetime]:
    interval = max(1, php.to_int(rule.get("INTERVAL")))
    frequency = rule["FREQ"]
    if frequency == "WEEKLY":
        chosen = cast("dict[str, str]", rule.get("BYDAY") or {DAYS[first.weekday()]: ""})
        monday = first - timedelta(days=first.weekday())
        for week in numbers():
            for place, name in enumerate(DAYS):
                moment = monday + timedelta(days=7 * interval * week + place)
                if name in chosen and moment >= first:
                    yield moment
    elif frequency == "DAILY":
        for step in numbers():
            yield first + timedelta(days=interval * step)
    else:
        months = interval * (12 if frequency == "YEARLY" else 1)
        for step in numbers():
            year, month = divmod(first.year * 12 + first.month - 1 + months * step, 12)
            try:
                yield first.replace(year=year, month=month + 1)
            except ValueError:
                continue  # no 31st in that month
