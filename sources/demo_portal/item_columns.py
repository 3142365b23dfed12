"""Further columns of seeded rows: JSON numbers with decimals, lists, coded texts, values made from others."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .columns import (
    ABSENT,
    Choice,
    Column,
    Moment,
    Money,
    Number,
    Numbers,
    Part,
    Positions,
    Same,
    decode,
    joined,
)
from .jsontext import encode
from .table import Row

_DECIMALS = pa.array([f".{cents:02d}".rstrip("0") if cents else "" for cents in range(100)])


@dataclass(frozen=True)
class Amount:
    """An amount in hundredths, written as a JSON number: 19000, 999.9, 0.05."""

    cents: npt.NDArray[np.int64]

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give units and decimals, none where they are zero."""
        cents = self.cents[at]
        units, rest = np.divmod(np.abs(cents), 100)
        parts: list[Part] = [prefix]
        if (cents < 0).any():
            parts.append(pc.if_else(pa.array(cents < 0), "-", ""))
        return [*parts, pa.array(units).cast(pa.string()), _DECIMALS.take(pa.array(rest))]

    def cell(self, position: int) -> object:
        """Give the amount."""
        cents = int(self.cents[position])
        return cents / 100 if cents % 100 else cents // 100

    def numbers(self) -> Numbers:
        """Give the amounts."""
        return self.cents / 100.0

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


@dataclass(frozen=True)
class Lists:
    """A list of integers in each row: those of row i are values[starts[i]:starts[i + 1]]."""

    starts: npt.NDArray[np.int64]
    values: npt.NDArray[np.int64]

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give the lists with their brackets."""
        first, stop = (int(at[0]), int(at[-1]) + 1) if len(at) else (0, 0)
        if stop - first == len(at) and (len(at) < 2 or bool((np.diff(at) == 1).all())):  # noqa: PLR2004
            starts, values = self.starts[first : stop + 1], self.values
        else:
            lengths = self.starts[at + 1] - self.starts[at]
            starts = np.concatenate([[0], np.cumsum(lengths)])
            values = self.values[np.repeat(self.starts[at] - starts[:-1], lengths) + np.arange(starts[-1])]
        low, high = (int(starts[0]), int(starts[-1])) if len(starts) else (0, 0)
        texts = pa.array(values[low:high]).cast(pa.string())
        lists = pa.ListArray.from_arrays(pa.array(starts - low, pa.int32()), texts)
        return [prefix + "[", pc.binary_join(lists, ","), "]"]

    def cell(self, position: int) -> object:
        """Give the list."""
        return self.values[int(self.starts[position]) : int(self.starts[position + 1])].tolist()

    def numbers(self) -> None:
        """Give nothing: a list is no number."""

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


@dataclass(frozen=True)
class Coded:
    """A text around a number: sale_basket_8147; rows with 0 and below pick one of the forms of `empty`."""

    opening: str
    values: npt.NDArray[np.int64]
    closing: str = ""
    empty: Sequence[object] = ()

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give opening, digits and closing inside one pair of quotes."""
        values = self.values[at]
        opening, closing = encode(self.opening)[:-1], encode(self.closing)[1:]
        parts: list[Part] = [opening, pa.array(values).cast(pa.string()), closing]
        if not self.empty or not (values <= 0).any():
            return [prefix, *parts]
        forms = pa.array([encode(value) for value in self.empty])
        missing = forms.take(pa.array(np.clip(-values, 0, len(self.empty) - 1)))
        return [prefix, pc.if_else(pa.array(values <= 0), missing, joined(parts, len(at)))]

    def cell(self, position: int) -> object:
        """Give the text."""
        value = int(self.values[position])
        if self.empty and value <= 0:
            return self.empty[min(-value, len(self.empty) - 1)]
        return f"{self.opening}{value}{self.closing}"

    def numbers(self) -> None:
        """Give nothing: texts have no numbers."""

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


@dataclass(frozen=True)
class Derived:
    """A value made from other columns of the same row; `None` is written as null."""

    columns: Mapping[str, Column]
    needs: tuple[str, ...]
    make: Callable[[Row], object]

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give each value with its prefix."""
        rows: list[Row] = [{} for _ in range(len(at))]
        for name in self.needs:
            if name in self.columns:
                for row, value in zip(rows, decode(self.columns[name], at), strict=True):
                    row[name] = value
        return [pa.array([prefix + encode(self.make(row)) for row in rows], pa.string())]

    def cell(self, position: int) -> object:
        """Give what is made of this row."""
        found = {name: self.columns[name].cell(position) for name in self.needs if name in self.columns}
        return self.make({name: value for name, value in found.items() if value is not ABSENT})

    def numbers(self) -> None:
        """Give nothing: these are structures."""

    def palette(self) -> None:
        """Give nothing: there are as many values as rows."""


@dataclass(frozen=True)
class Owned:
    """Any column whose values lie elsewhere: a few rows have one, all others the same empty form."""

    values: Mapping[int, object]
    empty: object = None
    _texts: dict[int, str] = field(default_factory=dict, repr=False)

    def parts(self, prefix: str, at: Positions) -> list[Part]:
        """Give each value with its prefix."""
        empty = prefix + encode(self.empty)
        texts = [
            prefix + encode(self.values[position]) if position in self.values else empty
            for position in at.tolist()
        ]
        return [pa.array(texts, pa.string())]

    def cell(self, position: int) -> object:
        """Give the value, or the empty form."""
        return deepcopy(self.values.get(position, self.empty))

    def numbers(self) -> None:
        """Give nothing."""

    def palette(self) -> None:
        """Give nothing: there may be as many values as rows."""


def converted(column: Column, convert: Callable[[object], object]) -> Column:
    """Give a column with every value in another form, without taking the rows apart where that can be."""
    shown: Column = column
    if isinstance(column, Same):
        shown = Same(convert(column.value), column.rows)
    elif isinstance(column, Choice):
        shown = Choice(column.codes, [convert(value) for value in column.values])
    elif isinstance(column, Number):
        bare = not isinstance(convert("1"), str)
        shown = Number(column.values, [convert(form) for form in column.empty], bare=bare)
    elif isinstance(column, Money):
        shown = Amount(column.cents)
    elif isinstance(column, Moment):
        shown = Moment(column.seconds, column.zone, [convert(form) for form in column.empty])
    elif isinstance(column, Owned):
        values = {position: convert(value) for position, value in column.values.items()}
        shown = Owned(values, convert(column.empty))
    return shown
