"""Columns of seeded rows: numbers and codes in memory, JSON text only when a page is asked for.

A column gives its JSON as parts, literal strings and Arrow arrays, which the renderer joins in one pass:
300,000 deals are ready in a second and a page costs a few microseconds a row.
"""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .jsontext import encode
from .zone import DAY, Zone, offset_text

Positions = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Part: TypeAlias = "str | pa.Array"


ABSENT = object()


class Column(Protocol):
    """One field of all seeded rows of a table."""

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give `prefix` and the JSON of the values at these positions."""
        ...

    def cell(self, position: int) -> object:
        """Give one value as it would leave a JSON parser; ABSENT where the row has no such key."""
        ...

    def numbers(self) -> Numbers | None:
        """Give the values as numbers (moments as unix seconds), NaN where empty; None for other columns."""
        ...

    def palette(self) -> tuple[npt.NDArray[np.int64], Sequence[object]] | None:
        """Give a code for each row and the value of each code; None for other columns."""
        ...


def decode(column: Column, at: Positions) -> list[object]:
    """Give the values at these positions as they would leave a JSON parser; None where a key is absent."""
    texts = joined(column.parts("", at), len(at)).to_pylist()
    values: list[object] = json.loads("[" + ",".join(text or "null" for text in texts) + "]")
    return values


def joined(parts: list[Part], rows: int) -> pa.Array:
    """Join the parts of each row; neighbouring literals are merged first."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] = str(merged[-1]) + part
        else:
            merged.append(part)
    if all(isinstance(part, str) for part in merged):
        return pa.array(["".join(str(part) for part in merged)] * rows, pa.string())
    return pc.binary_join_element_wise(*[pa.scalar(p) if isinstance(p, str) else p for p in merged], "")


@dataclass(frozen=True)
class Same:
    """The same value in every row."""

    value: object
    rows: int

    def parts(self, prefix: str, at: Positions) -> list[Part]:  # noqa: ARG002
        """Give one literal."""
        return [prefix + encode(self.value)]

    def cell(self, position: int) -> object:  # noqa: ARG002
        """Give the value."""
        return deepcopy(self.value)

    def numbers(self) -> None:
        """Give nothing: the palette serves better."""

    def palette(self) -> tuple[npt.NDArray[np.int64], Sequence[object]]:
        """Give a palette of one."""
        return np.zeros(self.rows, dtype=np.int64), (self.value,)


@dataclass
class Choice:
    """One of a few values in each row."""

    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.int64]
    values: Sequence[object]
    _texts: dict[str, pa.Array] = field(default_factory=dict, repr=False)

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give the texts of the codes, the prefix already in them."""
        if prefix not in self._texts:
            self._texts[prefix] = pa.array([prefix + encode(value) for value in self.values], pa.string())
        return [self._texts[prefix].take(pa.array(self.codes[at].astype(np.int32)))]

    def cell(self, position: int) -> object:
        """Give the chosen value."""
        return deepcopy(self.values[int(self.codes[position])])

    def numbers(self) -> None:
        """Give nothing: the palette serves better."""

    def palette(self) -> tuple[npt.NDArray[np.int64], Sequence[object]]:
        """Give codes and values."""
        return self.codes.astype(np.int64), self.values


@dataclass(frozen=True)
class Number:
    """An integer in each row, as text unless `bare`; 0 and below pick one of the forms of `empty`."""

    values: npt.NDArray[np.int64]
    empty: Sequence[object] = ()
    bare: bool = False

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give the digits, quoted unless bare."""
        values = self.values[at]
        digits = pa.array(values).cast(pa.string())
        quote = "" if self.bare else '"'
        if not self.empty or not (values <= 0).any():
            return [prefix + quote, digits, quote]
        forms = pa.array([encode(value) for value in self.empty])
        missing = forms.take(pa.array(np.clip(-values, 0, len(self.empty) - 1)))
        quoted = digits if self.bare else joined(['"', digits, '"'], len(at))
        return [prefix, pc.if_else(pa.array(values <= 0), missing, quoted)]

    def cell(self, position: int) -> object:
        """Give the integer, as text unless bare."""
        value = int(self.values[position])
        if self.empty and value <= 0:
            return self.empty[min(-value, len(self.empty) - 1)]
        return value if self.bare else str(value)

    def numbers(self) -> Numbers:
        """Give the values, NaN for the empty forms that are not zero."""
        numbers = self.values.astype(np.float64)
        if self.empty:
            zeros = np.array([0.0 if form in ("0", 0) else np.nan for form in self.empty])
            below = self.values <= 0
            numbers[below] = zeros[np.clip(-self.values[below], 0, len(zeros) - 1)]
        return numbers

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


_CENTS = pa.array([f'.{cents:02d}"' for cents in range(100)])


@dataclass(frozen=True)
class Money:
    """An amount in cents, written as text with two decimals."""

    cents: npt.NDArray[np.int64]

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give units and cents."""
        units, cents = np.divmod(self.cents[at], 100)
        return [prefix + '"', pa.array(units).cast(pa.string()), _CENTS.take(pa.array(cents))]

    def cell(self, position: int) -> object:
        """Give the amount."""
        units, cents = divmod(int(self.cents[position]), 100)
        return f"{units}.{cents:02d}"

    def numbers(self) -> Numbers:
        """Give the amounts."""
        return self.cents / 100.0

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


_CLOCK_TEXTS = pa.array([f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)])
_FIRST_DAY, _DAYS = 0, 25_567  # 1970 to 2039
_DAY_TEXTS = pa.array(
    np.datetime_as_string(np.arange(_FIRST_DAY, _FIRST_DAY + _DAYS).astype("datetime64[D]"))
)


@cache
def _offset_texts(zone: Zone) -> pa.Array:
    return pa.array([offset_text(int(offset)) + '"' for offset in zone.offsets])


@cache
def _json_openings(openings: tuple[str, ...]) -> pa.Array:
    return pa.array([encode(text)[:-1] for text in openings])


@dataclass(frozen=True)
class Moment:
    """A moment in each row (unix seconds), written in portal time; 0 and below pick a form of `empty`."""

    seconds: npt.NDArray[np.int64]
    zone: Zone
    empty: Sequence[object] = ()

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give day, clock and offset."""
        seconds = self.seconds[at]
        known = np.maximum(seconds, 0)
        change = np.maximum(np.searchsorted(self.zone.starts, known, side="right") - 1, 0)
        day, clock = np.divmod(known + self.zone.offsets[change], DAY)
        days = _DAY_TEXTS.take(pa.array(np.maximum(day - _FIRST_DAY, 0)))
        clocks = _CLOCK_TEXTS.take(pa.array(clock))
        offsets = _offset_texts(self.zone)
        parts: list[Part] = ['"', days, clocks, offsets.take(pa.array(change))]
        if not self.empty or not (seconds <= 0).any():
            return [prefix, *parts]
        forms = pa.array([encode(value) for value in self.empty])
        missing = forms.take(pa.array(np.clip(-seconds, 0, len(self.empty) - 1)))
        return [prefix, pc.if_else(pa.array(seconds <= 0), missing, joined(parts, len(at)))]

    def cell(self, position: int) -> object:
        """Give the moment."""
        seconds = int(self.seconds[position])
        if self.empty and seconds <= 0:
            return self.empty[min(-seconds, len(self.empty) - 1)]
        return self.zone.text(max(seconds, 0))

    def numbers(self) -> Numbers:
        """Give unix seconds."""
        numbers = self.seconds.astype(np.float64)
        if self.empty:
            numbers[self.seconds <= 0] = np.nan
        return numbers

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


@dataclass(frozen=True)
class Phrase:
    """A text made of a chosen opening and a number: many different titles for little memory."""

    codes: npt.NDArray[np.uint16]
    openings: tuple[str, ...]
    suffixes: npt.NDArray[np.int64]

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give opening and digits inside one pair of quotes."""
        texts = _json_openings(self.openings)
        digits = pa.array(self.suffixes[at]).cast(pa.string())
        return [prefix, texts.take(pa.array(self.codes[at].astype(np.int32))), digits, '"']

    def cell(self, position: int) -> object:
        """Give opening and number."""
        return f"{self.openings[int(self.codes[position])]}{int(self.suffixes[position])}"

    def numbers(self) -> None:
        """Give nothing: texts have no numbers."""

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


@dataclass(frozen=True)
class Made:
    """A value computed from the position; `None` leaves the key out of the row."""

    make: Callable[[int], object | None]

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give each value with its prefix, or nothing at all."""
        texts = []
        for position in at.tolist():
            value = self.make(position)
            texts.append("" if value is None else prefix + encode(value))
        return [pa.array(texts, pa.string())]

    def cell(self, position: int) -> object:
        """Give what is made; without a value the key stays away."""
        value = self.make(position)
        return ABSENT if value is None else deepcopy(value)

    def numbers(self) -> None:
        """Give nothing: these are structures."""

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""
