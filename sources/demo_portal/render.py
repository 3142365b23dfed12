"""Turns columns into the bytes of rows, a block of neighbours at a time."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from .columns import Column, Part, Positions, Same, joined
from .jsontext import encode

BLOCK = 2_048
CACHE_BYTES = 128 * 1024 * 1024  # a table
_CLOSE = 4  # rows that are on average closer than this share blocks worth rendering
_NEW_FIELD = Same(None, 0)  # a custom field that was made after the rows


class RowTexts:
    """JSON of some rows in one piece of memory, each row followed by a comma."""

    def __init__(self, columns: Mapping[str, Column], names: Sequence[str], at: Positions) -> None:
        parts: list[Part] = []
        for index, name in enumerate(names):
            column = columns.get(name, _NEW_FIELD)
            parts.extend(column.parts(("," if index else "{") + encode(name) + ":", at))
        parts.append("},")
        array = joined(parts, len(at))
        _, offsets, data = array.buffers()
        start = array.offset
        self._ends = np.frombuffer(offsets, dtype=np.int32)[start : start + len(at) + 1]
        self._data = memoryview(data)
        self.size = len(self._data)

    def between(self, first: int, stop: int) -> memoryview:
        """Give the rows first..stop-1, commas between them."""
        return self._data[int(self._ends[first]) : int(self._ends[stop]) - 1]


class Renderer:
    """Renders rows of seeded columns and keeps the blocks used last."""

    def __init__(self, columns: Mapping[str, Column], rows: int) -> None:
        self._columns = columns
        self._rows = rows
        self._blocks: OrderedDict[tuple[tuple[str, ...], int], RowTexts] = OrderedDict()
        self._bytes = 0

    def run(self, names: tuple[str, ...], first: int, stop: int) -> list[memoryview]:
        """Give neighbouring rows, in as few pieces as there are blocks."""
        pieces = []
        while first < stop:
            number = first // BLOCK
            end = min(stop, (number + 1) * BLOCK)
            pieces.append(self._block(names, number).between(first - number * BLOCK, end - number * BLOCK))
            first = end
        return pieces

    def rows(self, names: tuple[str, ...], at: Positions) -> list[memoryview]:
        """Give rows one by one: out of their blocks where they lie close together, else just these."""
        if len(at) > 1 and int(at.max()) - int(at.min()) < _CLOSE * len(at):
            return [self.run(names, position, position + 1)[0] for position in at.tolist()]
        texts = RowTexts(self._columns, names, at)
        return [texts.between(index, index + 1) for index in range(len(at))]

    def forget(self, name: str) -> None:
        """Drop the blocks that hold a field whose values changed."""
        for key in [key for key in self._blocks if name in key[0]]:
            self._bytes -= self._blocks.pop(key).size

    def _block(self, names: tuple[str, ...], number: int) -> RowTexts:
        key = (names, number)
        block = self._blocks.get(key)
        if block is not None:
            self._blocks.move_to_end(key)
            return block
        at = np.arange(number * BLOCK, min(self._rows, (number + 1) * BLOCK), dtype=np.int64)
        block = RowTexts(self._columns, names, at)
        self._blocks[key] = block
        self._bytes += block.size
        while self._bytes > CACHE_BYTES and len(self._blocks) > 1:
            _, old = self._blocks.popitem(last=False)
            self._bytes -= old.size
        return block
