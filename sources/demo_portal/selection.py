"""Finds and sorts the rows of a table: seeded ones by whole columns, written ones one by one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import php
from .columns import Column, Moment, Numbers, decode
from .filters import NUMERIC, Condition, Mask

if TYPE_CHECKING:
    from .table import Ids, Row

_CACHED_RESULTS = 8
_INDEXED_OPERANDS = 5_000


class Selection:
    """Works on the very arrays and dictionaries of its table; `clear` after each write."""

    def __init__(
        self, ids: "Ids", columns: Mapping[str, Column], touched: Mask, overlay: Mapping[int, "Row"]
    ) -> None:
        self._ids = ids
        self._columns = columns
        self._touched = touched
        self._overlay = overlay
        self._numbers: dict[str, Numbers | None] = {}
        self._indexes: dict[str, tuple[Ids, Numbers]] = {}
        self._results: dict[object, Ids] = {}

    def clear(self, column: str | None = None) -> None:
        """Forget results, and what is known of a column that was replaced."""
        self._results.clear()
        if column is not None:
            self._numbers.pop(column, None)
            self._indexes.pop(column, None)

    def matching(self, conditions: Sequence[Condition]) -> "Ids":
        """Give the ids of the rows that pass all conditions, ascending."""
        key = tuple(one.key for one in conditions)
        if key not in self._results:
            kept = self._ids[self._seeded_positions(conditions)]
            written = [
                row_id
                for row_id, row in self._overlay.items()
                if all(one.accepts(row.get(one.field)) for one in conditions)
            ]
            self._remember(key, np.union1d(kept, np.array(written, dtype=np.int64)) if written else kept)
        return self._results[key]

    def _seeded_positions(self, conditions: Sequence[Condition]) -> "Ids":
        exact = next((one for one in conditions if self._is_exact(one)), None)
        if exact is None:
            mask = ~self._touched
            for one in conditions:
                mask = mask & self._mask(one, None)
            return np.flatnonzero(mask)
        at = self._positions_of(exact.field, exact.operands)
        at = at[~self._touched[at]]
        for one in conditions:
            if one is not exact and len(at):
                at = at[self._mask(one, at)]
        return at

    def _is_exact(self, one: Condition) -> bool:
        """Tell whether an index finds the rows: a number or a few of them, none of which means empty."""
        return (
            one.operator == "="
            and not one.negated
            and one.kind in ("integer", "number")
            and 0 < len(one.operands) <= _INDEXED_OPERANDS
            and all(isinstance(operand, float) and operand for operand in one.operands)
            and one.field in self._columns
            and self.numbers(one.field) is not None
        )

    def _positions_of(self, name: str, wanted: Sequence[object]) -> "Ids":
        if name not in self._indexes:
            numbers = self.numbers(name)
            values = np.zeros(0) if numbers is None else numbers
            order = np.argsort(values, kind="stable")
            self._indexes[name] = (order, values[order])
        order, values = self._indexes[name]
        sought = np.unique(np.array(wanted, dtype=np.float64))
        first, stop = np.searchsorted(values, sought), np.searchsorted(values, sought, side="right")
        pieces = [order[a:b] for a, b in zip(first.tolist(), stop.tolist(), strict=True) if b > a]
        return np.sort(np.concatenate(pieces)) if pieces else np.zeros(0, dtype=np.int64)

    def where_number(self, name: str, wanted: int) -> list[int]:
        """Give the ids of the rows whose field is that number, ascending."""
        found: list[int] = []
        if name in self._columns and self.numbers(name) is not None:
            at = self._positions_of(name, [wanted])
            found = self._ids[at[~self._touched[at]]].tolist()
        written = (number for number, row in self._overlay.items() if php.to_int(row.get(name)) == wanted)
        return sorted([*found, *written])

    def _mask(self, one: Condition, at: "Ids | None") -> Mask:
        """Tell which of these seeded rows (None: all) pass one condition."""
        rows = len(self._ids) if at is None else len(at)
        column = self._columns.get(one.field)
        if column is None:
            return np.full(rows, one.accepts(None), dtype=bool)
        palette = column.palette()
        if palette is not None:
            codes, values = palette
            passing = np.array([one.accepts(value) for value in values], dtype=bool)
            return passing[codes if at is None else codes[at]]
        numbers = self.numbers(one.field)
        if numbers is not None and one.kind in NUMERIC and one.operator not in ("contains", "pattern"):
            return one.accepts_numbers(numbers if at is None else numbers[at])
        decoded = decode(column, np.arange(rows, dtype=np.int64) if at is None else at)
        return np.array([one.accepts(value) for value in decoded], dtype=bool)

    def numbers(self, name: str) -> Numbers | None:
        """Give a column as numbers, None where it has none."""
        if name not in self._numbers:
            self._numbers[name] = self._columns[name].numbers()
        return self._numbers[name]

    # --- sorting

    def ordered(self, ids: "Ids", order: Sequence[tuple[str, bool]], key: object) -> "Ids":
        """Sort ids by (field, descending); `key` names the set of ids, None for one that is not kept."""
        known = None if key is None else ("order", tuple(order), key)
        if known is None:
            return self._sorted(ids, order)
        if known not in self._results:
            self._remember(known, self._sorted(ids, order))
        return self._results[known]

    def _sorted(self, ids: "Ids", order: Sequence[tuple[str, bool]]) -> "Ids":
        keys: list[npt.NDArray[np.float64] | Ids] = [ids]
        for name, descending in reversed(order):
            rank = self._rank(name, ids)
            keys.append(-rank if descending else rank)
        return ids[np.lexsort(keys)]

    def _rank(self, name: str, ids: "Ids") -> npt.NDArray[np.float64]:
        """Give each row's place in the order of one field; empty values come first."""
        written = np.array([number in self._overlay for number in ids.tolist()], dtype=bool)
        at = np.searchsorted(self._ids, ids[~written])
        own = [self._overlay[number].get(name) for number in ids[written].tolist()]
        rank = np.zeros(len(ids))
        column = self._columns.get(name)
        numbers = self.numbers(name) if column is not None else None
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

    def _remember(self, key: object, ids: "Ids") -> None:
        while len(self._results) >= _CACHED_RESULTS:
            self._results.pop(next(iter(self._results)))
        self._results[key] = ids


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
