"""Tables of the portal: seeded columns below, rows that were written since on top."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from . import php
from .columns import Column, Moment, Numbers, decode
from .filters import NUMERIC, Condition, Mask
from .jsontext import encode
from .render import BLOCK, Renderer

Ids = npt.NDArray[np.int64]
Row = dict[str, object]
_CACHED_RESULTS = 8


class Base(Protocol):
    """What seeding gives a table."""

    @property
    def ids(self) -> Ids:
        """Give the ids, ascending."""
        ...

    @property
    def columns(self) -> Mapping[str, Column]:
        """Give the columns by field code, ID first."""
        ...


class Table:
    """Rows with an integer ID: paging by bisection, filters on whole columns, writes kept in an overlay."""

    def __init__(self, base: Base | None = None, rows: Sequence[Row] = (), key: str = "ID") -> None:
        self._key = key
        self._ids: Ids = base.ids if base else np.zeros(0, dtype=np.int64)
        self._columns: Mapping[str, Column] = base.columns if base else {}
        self._renderer = Renderer(self._columns, len(self._ids))
        self._touched: Mask = np.zeros(len(self._ids), dtype=bool)
        self._overlay: dict[int, Row] = {int(str(row[key])): dict(row) for row in rows}
        self._live: Ids | None = None
        self._numbers: dict[str, Numbers | None] = {}
        self._results: dict[object, Ids] = {}
        self.version = 0  # counts writes
        self._last_id: int = max([0, *self._ids[-1:].tolist(), *self._overlay])

    # --- reading

    @property
    def ids(self) -> Ids:
        """Give the ids of all rows, ascending."""
        if self._live is None:
            kept = self._ids[~self._touched]
            written = np.array(sorted(self._overlay), dtype=np.int64)
            self._live = np.union1d(kept, written) if len(written) else kept
        return self._live

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._overlay or self._position(row_id) is not None

    def get(self, row_id: int) -> Row | None:
        """Give one row with all its fields, a copy."""
        row = self._overlay.get(row_id)
        if row is not None:
            return dict(row)
        position = self._position(row_id)
        if position is None:
            return None
        return next(self._seeded(np.array([position], dtype=np.int64)))

    def rows(self) -> list[Row]:
        """Give all rows with all their fields, by ascending ID."""
        positions = np.flatnonzero(~self._touched)
        found = {row_id: dict(row) for row_id, row in self._overlay.items()}
        for start in range(0, len(positions), BLOCK):
            chunk = positions[start : start + BLOCK]
            found.update(zip(self._ids[chunk].tolist(), self._seeded(chunk), strict=True))
        return [found[row_id] for row_id in sorted(found)]

    def select(self, conditions: Sequence[Condition], order: Sequence[tuple[str, bool]] = ()) -> Ids:
        """Give the ids of the rows that pass, sorted by (field, descending), by ascending ID without any."""
        bounds = [one for one in conditions if self._is_bound(one)]
        rest = [one for one in conditions if not self._is_bound(one)]
        ids = self._matching(rest)
        first, stop = 0, len(ids)
        for bound in bounds:
            first, stop = _narrow(ids, bound, first, stop)
        ids = ids[first : max(first, stop)]
        if not order or order[0] == (self._key, False):
            return ids
        if order[0] == (self._key, True):
            return ids[::-1]
        key = ("order", tuple(order), *(one.key for one in conditions))
        if key not in self._results:
            self._remember(key, self._sorted(ids, order))
        return self._results[key]

    def where_number(self, name: str, wanted: int) -> list[int]:
        """Give the ids of the rows whose field is that number, ascending."""
        found: list[int] = []
        if name in self._columns:
            numbers = self._column_numbers(name)
            if numbers is not None:
                found = self._ids[(numbers == wanted) & ~self._touched].tolist()
        return sorted(found + [number for number, row in self._overlay.items() if row.get(name) == wanted])

    def render(self, ids: Ids, names: tuple[str, ...]) -> list[bytes | memoryview]:
        """Give the JSON of these rows with these fields (ID first), commas not between the pieces."""
        if not len(self._ids):
            return [self._written(number, names) for number in ids.tolist()]
        at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        clean = (self._ids[at] == ids) & ~self._touched[at]
        if len(ids) and clean.all() and int(at[-1]) - int(at[0]) == len(at) - 1 and (np.diff(at) == 1).all():
            return list(self._renderer.run(names, int(at[0]), int(at[-1]) + 1))
        seeded = iter(self._renderer.rows(names, at[clean]))
        pairs = zip(ids.tolist(), clean.tolist(), strict=True)
        return [next(seeded) if kept else self._written(number, names) for number, kept in pairs]

    def _written(self, row_id: int, names: tuple[str, ...]) -> bytes:
        row = self._overlay[row_id]
        return encode({name: row[name] for name in names if name in row}).encode()

    def _seeded(self, positions: Ids) -> Iterator[Row]:
        names = tuple(self._columns)
        for piece in self._renderer.rows(names, positions):
            row: Row = json.loads(bytes(piece))
            yield row

    def _position(self, row_id: int) -> int | None:
        position = int(np.searchsorted(self._ids, row_id))
        if position < len(self._ids) and self._ids[position] == row_id and not self._touched[position]:
            return position
        return None

    # --- filtering and sorting

    def _is_bound(self, one: Condition) -> bool:
        return (
            one.field == self._key
            and not one.negated
            and one.operator in (">", ">=", "<", "<=")
            and len(one.operands) == 1
            and isinstance(one.operands[0], float)
        )

    def _matching(self, conditions: Sequence[Condition]) -> Ids:
        if not conditions:
            return self.ids
        key = tuple(one.key for one in conditions)
        if key not in self._results:
            mask = ~self._touched
            for one in conditions:
                mask = mask & self._mask(one)
            written = [
                row_id
                for row_id, row in self._overlay.items()
                if all(one.accepts(row.get(one.field)) for one in conditions)
            ]
            kept = self._ids[mask]
            found = np.union1d(kept, np.array(written, dtype=np.int64)) if written else kept
            self._remember(key, found)
        return self._results[key]

    def _mask(self, one: Condition) -> Mask:
        column = self._columns.get(one.field)
        if column is None:
            return np.full(len(self._ids), one.accepts(None), dtype=bool)
        palette = column.palette()
        if palette is not None:
            codes, values = palette
            return np.array([one.accepts(value) for value in values], dtype=bool)[codes]
        numbers = self._column_numbers(one.field)
        if numbers is not None and one.kind in NUMERIC and one.operator not in ("contains", "pattern"):
            return one.accepts_numbers(numbers)
        values = decode(column, np.arange(len(self._ids), dtype=np.int64))
        return np.array([one.accepts(value) for value in values], dtype=bool)

    def _column_numbers(self, name: str) -> Numbers | None:
        if name not in self._numbers:
            self._numbers[name] = self._columns[name].numbers()
        return self._numbers[name]

    def _sorted(self, ids: Ids, order: Sequence[tuple[str, bool]]) -> Ids:
        keys: list[npt.NDArray[np.float64] | Ids] = [ids]
        for name, descending in reversed(order):
            rank = self._rank(name, ids)
            keys.append(-rank if descending else rank)
        return ids[np.lexsort(keys)]

    def _rank(self, name: str, ids: Ids) -> npt.NDArray[np.float64]:
        """Give each row's place in the order of one field; empty values come first."""
        written = np.array([number in self._overlay for number in ids.tolist()], dtype=bool)
        at = np.searchsorted(self._ids, ids[~written])
        own = [self._overlay[number].get(name) for number in ids[written].tolist()]
        rank = np.zeros(len(ids))
        column = self._columns.get(name)
        numbers = self._column_numbers(name) if column is not None else None
        palette = column.palette() if column is not None else None
        if column is not None and numbers is not None:
            rank[~written] = np.nan_to_num(numbers[at], nan=-np.inf)
            rank[written] = [_as_number(column, value) for value in own]
            return rank
        if palette is not None:
            places = _places([*palette[1], *own])
            rank[~written] = places[: len(palette[1])][palette[0][at]]
            rank[written] = places[len(palette[1]) :]
            return rank
        seeded = [None] * len(at) if column is None else decode(column, at)
        places = _places([*seeded, *own])
        rank[~written], rank[written] = places[: len(seeded)], places[len(seeded) :]
        return rank

    def _remember(self, key: object, ids: Ids) -> None:
        while len(self._results) >= _CACHED_RESULTS:
            self._results.pop(next(iter(self._results)))
        self._results[key] = ids

    # --- writing

    def next_id(self) -> int:
        """Reserve the next id."""
        self._last_id += 1
        return self._last_id

    def put(self, row: Row) -> None:
        """Store a row under its ID, new or not."""
        row_id = int(str(row[self._key]))
        self._forget(row_id)
        self._overlay[row_id] = dict(row)
        self._last_id = max(self._last_id, row_id)

    def remove(self, row_id: int) -> bool:
        """Drop a row; False where there is none."""
        if row_id not in self:
            return False
        self._forget(row_id)
        self._overlay.pop(row_id, None)
        return True

    def _forget(self, row_id: int) -> None:
        position = self._position(row_id)
        if position is not None:
            self._touched[position] = True
        self._live = None
        self.version += 1
        self._results.clear()


def _narrow(ids: Ids, bound: Condition, first: int, stop: int) -> tuple[int, int]:
    limit = int(bound.operands[0] or 0)  # an integer keeps numpy from copying the ids as floats
    side: Literal["left", "right"] = "left" if bound.operator in (">=", "<") else "right"
    place = int(np.searchsorted(ids, np.int64(limit), side=side))
    return (max(first, place), stop) if bound.operator.startswith(">") else (first, min(stop, place))


def _as_number(column: Column, value: object) -> float:
    if isinstance(column, Moment):
        seconds = column.zone.parse(value) if isinstance(value, str) else None
        return -np.inf if seconds is None else seconds
    return -np.inf if value in (None, "") else php.to_float(value)


def _places(values: Sequence[object]) -> npt.NDArray[np.float64]:
    keys = [_sortable(value) for value in values]
    place = {key: float(index) for index, key in enumerate(sorted(set(keys)))}
    return np.array([place[key] for key in keys], dtype=np.float64)


def _sortable(value: object) -> tuple[int, float, str]:
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None or value in (False, "", {}):
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    text = str(value)
    return (1, 0.0, text.casefold()) if not _numeric(text) else (1, float(text), "")


def _numeric(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
