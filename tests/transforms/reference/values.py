"""What the values of raw rows mean: empties, ids, money, moments and days; means and shares of many."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Cell = Any  # what a cell of a table may hold
Row = dict[str, Cell]

NOTHING = (None, "", "false", "null", "[]", "{}", '""')
MICRO = Decimal("0.000001")


def text(value: Cell) -> str | None:
    """A text; the five forms of nothing are None."""
    return None if value is False or value in NOTHING else str(value)


def number(value: Cell) -> int | None:
    """A whole number."""
    return None if text(value) is None else int(value)


def reference(value: Cell) -> int | None:
    """The id of another row: 0 is none."""
    return number(value) or None


def decimal(value: Cell) -> Decimal | None:
    """An exact number."""
    return None if text(value) is None else Decimal(str(value))


def flag(value: Cell) -> bool:
    """Y, true or 1."""
    return str(value).upper() in ("Y", "TRUE", "1")


def parsed(value: Cell) -> Cell:
    """A JSON value; nothing is None."""
    return None if text(value) is None else json.loads(value)


def instant(value: Cell) -> datetime | None:
    """A moment; one in the year 9999 says that there is none."""
    known = text(value)
    if known is None or known.startswith("9999"):
        return None
    return datetime.fromisoformat(known).astimezone(UTC)


def midnight(value: Cell) -> date | None:
    """The day of the midnight that is nearest on the wall clock; noon belongs to the day it is in."""
    known = text(value)
    if known is None:
        return None
    wall = datetime.fromisoformat(known).replace(tzinfo=None)
    before = datetime(wall.year, wall.month, wall.day)  # noqa: DTZ001 - a wall clock
    return (before if wall - before <= timedelta(hours=12) else before + timedelta(days=1)).date()


def locale_day(value: Cell) -> date | None:
    """A day as calendars write it, 12/24/2024 or 24.12.2024, with a time behind it or not."""
    known = text(value)
    if known is None:
        return None
    numbers = [int(part) for part in re.split(r"[/.]", known.split()[0])]
    month, day = numbers[:2] if "/" in known else (numbers[1], numbers[0])
    return date(numbers[2], month, day)


def days(later: datetime | None, earlier: datetime | None) -> float | None:
    """Real days from one moment to another."""
    return (later - earlier) / timedelta(days=1) if later and earlier else None


def hours(later: datetime | None, earlier: datetime | None) -> float | None:
    """Real hours from one moment to another."""
    return (later - earlier) / timedelta(hours=1) if later and earlier else None


def micro(value: Decimal | None) -> Decimal | None:
    """Money in the base currency, kept to a millionth."""
    return None if value is None else value.quantize(MICRO, ROUND_HALF_UP)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """A sum that is 0 over nothing."""
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def share(part: Decimal | float, whole: Decimal | float) -> float | None:
    """A rate, None over nothing."""
    return float(part) / float(whole) if whole else None


def mean(values: Iterable[Decimal | float | None]) -> float | None:
    """The average of those that are known."""
    known = [float(value) for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def percentile(values: Sequence[float], part: float) -> float | None:
    """The value at a part of the way from the least to the greatest, between two neighbours if need be."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def month(day: date | None) -> str:
    """YYYY-MM; 'none' where there is no day."""
    return f"{day:%Y-%m}" if day else "none"


def monday(day: date) -> date:
    """The first day of the week."""
    return day - timedelta(days=day.weekday())
