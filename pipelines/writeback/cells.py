"""One value of a table: what it is to us, whatever library it came from, and the text that tells it."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

MOST_DIGITS: Final = 15
"""Digits of a number that a spreadsheet keeps (IEEE 754 doubles; Excel shows and stores no more)."""

CLEAR: Final = "#CLEAR"
"""In a cell: empty the field. An empty cell of a plain file leaves it as it is."""

_TOO_LARGE: Final = 10**MOST_DIGITS


class CellError(ValueError):
    """A value cannot be taken over without guessing; the message says what to do."""


class Cells(Mapping[str, object]):
    """The values of one row by header: a tuple beside the one header of all rows, a fraction of a dict."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: tuple[object, ...]) -> None:
        self._places = places
        self._values = values

    def __getitem__(self, header: str) -> object:
        return self._values[self._places[header]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(dict(self))

    @property
    def in_order(self) -> tuple[object, ...]:
        """The values in the order of the headers."""
        return self._values

    def with_values(self, others: Mapping[str, object]) -> "Cells":
        """The same row with other values under some headers."""
        values = list(self._values)
        for header, value in others.items():
            values[self._places[header]] = value
        return Cells(self._places, tuple(values))


def of_float(number: float) -> int | Decimal:
    """The number that a spreadsheet or a DataFrame means by a double: what it shows, to 15 digits.

    Raises:
        CellError: a whole number with more digits than a double keeps, or no number at all.
    """
    if not math.isfinite(number):
        raise CellError(f"{number} is no number: write a number, or leave the cell empty")
    if number == (whole := int(number)):
        if abs(whole) >= _TOO_LARGE:
            raise CellError(
                f"has more than {MOST_DIGITS} digits as a number, so its last digits are already lost: "
                "format the column as text and type or import it again"
            )
        return whole
    return Decimal(format(number, f".{MOST_DIGITS}g"))


def of_double(number: float) -> int | Decimal:
    """A double of the warehouse to its last digit: nothing has passed it through a spreadsheet.

    Raises:
        CellError: it is no number.
    """
    if not math.isfinite(number):
        raise CellError(f"{number} is no number: write a number, or leave the cell empty")
    exact = Decimal(repr(number))
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < _TOO_LARGE else exact


def to_the_second(moment: datetime) -> datetime:
    """A moment as portals keep it: a serial number of a spreadsheet is off by some milliseconds."""
    if not moment.microsecond:
        return moment
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def plain(number: int | Decimal) -> str:
    """The number without exponent and trailing zeros: `1234.5`, `10`, `0.00001`."""
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def cell_text(value: object) -> str:  # noqa: PLR0911 - one line a type
    """The text that tells a value, "" for an empty cell: what the hidden base of a workbook holds."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, int | Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
