"""Days and moments as people and programs write them; what may be two different days is neither."""

import re
from datetime import date, datetime, time
from typing import Final

from pipelines.writeback.cells import to_the_second

_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?")
_OTHER: Final = re.compile(r"\d{1,4}[./-]\d{1,2}([./-]\d{0,4})?( .*)?")
_TIME: Final = re.compile(r"[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")
_TOKENS: Final = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
_DAYS: Final = 10


class DateError(ValueError):
    """A value is no day or moment, or may be two."""


def day_of(value: object, declared: str | None) -> str:
    """The day as `YYYY-MM-DD`; `declared` is a format such as `DD.MM.YYYY`.

    A text with an offset is what a portal gives for a day: its time is technical and goes (API.md 2).

    Raises:
        DateError: it is none; the message says what to do.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    portals_own = isinstance(value, str) and bool(re.search(r"(Z|[+-]\d{2}:?\d{2})$", value.strip()))
    moment = _moment(value, declared)
    if moment.time() != time() and not portals_own:
        raise DateError("has a time, and the field holds a day only: remove the time")
    return moment.date().isoformat()


def moment_of(value: object, declared: str | None) -> str:
    """The moment as ISO 8601 to the second, with the offset that the value has, if it has one.

    Raises:
        DateError: it is none; the message says what to do.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00"
    return to_the_second(_moment(value, declared)).isoformat(timespec="seconds")


def moment_in(text: str) -> datetime | None:
    """The moment in a text that a portal or this program wrote; None where there is none."""
    try:
        return to_the_second(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _moment(value: object, declared: str | None) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, time):
        raise DateError("is a time without a day: write the day as well, such as 2024-01-31 09:30")
    if not isinstance(value, str):
        raise DateError(
            "is a bare number, which may be any day: give the cell a date format, or write 2024-01-31"
        )
    text = value.strip()
    try:
        if _ISO_DAY.fullmatch(text) or _ISO.fullmatch(text):
            return datetime.fromisoformat(text.replace(",", "."))
        if declared is not None:
            return _declared(text, declared)
    except ValueError:
        raise DateError("is no day of the calendar: correct it") from None
    if _OTHER.fullmatch(text):
        raise DateError(
            "is a date in a format that nobody declared (day or month first?): write it as 2024-01-31, "
            "or declare the format, such as DD.MM.YYYY, under `dates:` in the mapping file"
        )
    raise DateError("is no date: write it as 2024-01-31 or 2024-01-31 09:30")


def _declared(text: str, declared: str) -> datetime:
    written = declared.split(" ", maxsplit=1)[0]
    pattern = re.sub("|".join(_TOKENS), lambda token: _TOKENS[token.group()], written)
    clock = _TIME.search(text)
    day = text[: clock.start()] if clock else text
    try:
        made = datetime.strptime(day.strip(), pattern)  # noqa: DTZ007 - portal time, as all without offset
    except ValueError:
        raise DateError(f"is not written as the declared {declared}: correct it") from None
    if clock is None:
        return made
    if text[clock.end() :].strip():
        raise DateError(f"is not written as the declared {declared}: correct it")
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return made.replace(hour=hours, minute=minutes, second=seconds)
