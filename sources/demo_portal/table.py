"""Tables of the portal: seeded columns below, rows that were written since on top."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from .columns import ABSENT, Column
from .filters import Condition, Mask
from .jsontext import encode
from .render import BLOCK, Renderer
from .selection import Selection

Ids = npt.NDArray[np.int64]
Row = dict[str, object]


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
        self.key = key
        self._ids: Ids = base.ids if base else np.zeros(0, dtype=np.int64)
        self._columns: dict[str, Column] = dict(base.columns) if base else {}
        self._renderer = Renderer(self._columns, len(self._ids))
        self._touched: Mask = np.zeros(len(self._ids), dtype=bool)
        self._overlay: dict[int, Row] = {int(str(row[key])): dict(row) for row in rows}
        self._selection = Selection(self._ids, self._columns, self._touched, self._overlay)
        self._live: Ids | None = None
        self.version = 0  # counts writes
        self.columns_version = 0  # counts changes of whole columns
        self._last_id: int = max([0, *self._ids[-1:].tolist(), *self._overlay])

    # --- reading

    @property
    def ids(self) -> Ids:
        """Give the ids of all rows, ascending."""
        if self._live is None:
            kept = self._ids[~self._touched]
            written = np.array(sorted(self._overlay), dtype=np.int64)
            # no id is in both, so one pass merges them, where a union would cost a hundred times as much
            self._live = np.insert(kept, np.searchsorted(kept, written), written) if len(written) else kept
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
        cells = ((name, column.cell(position)) for name, column in self._columns.items())
        return {name: value for name, value in cells if value is not ABSENT}

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
        ids = self._selection.matching(rest) if rest else self.ids
        first, stop = 0, len(ids)
        for bound in bounds:
            first, stop = _narrow(ids, bound, first, stop)
        ids = ids[first : max(first, stop)]
        return self.sort(ids, order, tuple(one.key for one in conditions))

    def scanned(self, conditions: Sequence[Condition]) -> int:
        """Give the number of rows that a count must look at: those between the bounds of the key."""
        first, stop = 0, len(self.ids)
        for one in conditions:
            if self._is_bound(one):
                first, stop = _narrow(self.ids, one, first, stop)
        return max(0, stop - first)

    def sort(self, ids: Ids, order: Sequence[tuple[str, bool]], key: object = None) -> Ids:
        """Sort ascending ids by (field, descending); a `key` that names the set lets the result be kept."""
        if not order or order[0] == (self.key, False):
            return ids
        if order[0] == (self.key, True):
            return ids[::-1]
        return self._selection.ordered(ids, order, key)

    def where_number(self, name: str, wanted: int) -> list[int]:
        """Give the ids of the rows whose field is that number, ascending."""
        return self._selection.where_number(name, wanted)

    def render(self, ids: Ids, names: tuple[str, ...]) -> list[bytes | memoryview]:
        """Give the JSON of these rows with these fields (ID first), commas not between the pieces."""
        if not len(self._ids):
            return [self._written(number, names) for number in ids.tolist()]
        at, clean = self.seeded_at(ids)
        return pieces(self._renderer, names, at, clean, lambda place: self._written(int(ids[place]), names))

    def seeded_at(self, ids: Ids) -> tuple[Ids, Mask]:
        """Give positions among the seeded rows, and which of these rows are still as seeded."""
        if not len(self._ids):
            return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=bool)
        at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return at, (self._ids[at] == ids) & ~self._touched[at]

    @property
    def seeded_rows(self) -> int:
        """Give the number of rows there were at the beginning."""
        return len(self._ids)

    @property
    def columns(self) -> Mapping[str, Column]:
        """Give the seeded columns."""
        return self._columns

    def written(self) -> Mapping[int, Row]:
        """Give the rows that were written since."""
        return self._overlay

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

    def _is_bound(self, one: Condition) -> bool:
        return (
            one.field == self.key
            and not one.negated
            and one.operator in (">", ">=", "<", "<=")
            and len(one.operands) == 1
            and isinstance(one.operands[0], float)
        )

    # --- writing

    def next_id(self) -> int:
        """Reserve the next id."""
        self._last_id += 1
        return self._last_id

    def put(self, row: Row) -> None:
        """Store a row under its ID, new or not."""
        row_id = int(str(row[self.key]))
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

    def set_column(self, name: str, column: Column) -> None:
        """Give all seeded rows new values of one field; written rows keep theirs."""
        self._columns[name] = column
        self._column_changed(name)

    def drop_column(self, name: str) -> None:
        """Take a field out of every row."""
        self._columns.pop(name, None)
        for row in self._overlay.values():
            row.pop(name, None)
        self._column_changed(name)

    def fill(self, name: str, values: Mapping[int, object], default: object = None) -> None:
        """Set one field of every written row, from its id or to the default."""
        for row_id, row in self._overlay.items():
            row[name] = values.get(row_id, default)
        self._column_changed(name)

    def _column_changed(self, name: str) -> None:
        self._renderer.forget(name)
        self._selection.clear(name)
        self.version += 1
        self.columns_version += 1

    def _forget(self, row_id: int) -> None:
        position = self._position(row_id)
        if position is not None:
            self._touched[position] = True
        self._live = None
        self.version += 1
        self._selection.clear()


def pieces(
    renderer: Renderer, names: tuple[str, ...], at: Ids, clean: Mask, written: Callable[[int], bytes]
) -> list[bytes | memoryview]:
    """Give the JSON of rows: those that are `clean` as the renderer has them, the others by place."""
    if clean.all() and _adjoining(at):
        return list(renderer.run(names, int(at[0]), int(at[-1]) + 1))
    seeded = iter(renderer.rows(names, at[clean]))
    return [next(seeded) if kept else written(place) for place, kept in enumerate(clean.tolist())]


def _adjoining(at: Ids) -> bool:
    return len(at) > 0 and int(at[-1]) - int(at[0]) == len(at) - 1 and bool((np.diff(at) == 1).all())


def _narrow(ids: Ids, bound: Condition, first: int, stop: int) -> tuple[int, int]:
    limit = int(bound.operands[0] or 0)  # an integer keeps numpy from copying the ids as floats
    side: Literal["left", "right"] = "left" if bound.operator in (">=", "<") else "right"
    place = int(np.searchsorted(ids, np.int64(limit), side=side))
    return (max(first, place), stop) if bound.operator.startswith(">") else (first, min(stop, place))
