"""Rows of bare values become a table: where the header is, which rows count, what is wrong with them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pipelines.writeback.cells import CellError, Cells
from pipelines.writeback.rows import Place, Problem, SourceRow

RESULT_COLUMNS: Final = ("_status", "_id", "_error")
"""What a file of results adds; a source that still has them is read without."""

_LOOKED_AT: Final = 20
_SHORT: Final = 40
_HALF: Final = 2


@dataclass(frozen=True)
class Header:
    """The header row: its number, and the place of every named column in the row."""

    number: int
    places: Mapping[str, int]
    names: Mapping[int, str]
    """Of every column that has one, also those that are not read."""


@dataclass
class Grid:
    """One sheet on its way to a table; problems and notes gather here.

    Args:
        sheet: its name, "" where there is none.
        value: makes our value of a raw one that is no text; raises CellError.
    """

    sheet: str
    value: Callable[[object], object]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def header_of(self, rows: Iterable[tuple[int, Sequence[object]]]) -> tuple[Header | None, list[int]]:
        """Find the header among the first rows; the numbers are those of the rows above it.

        It is the first row of texts at least half as wide as the widest row: titles above a table are not.
        """
        filled = ((number, row) for number, row in rows if any(map(_is_something, row)))
        first = list(islice(filled, _LOOKED_AT))
        if not first:
            return None, []
        widest = max(_filled(row) for _, row in first)
        place = next(
            (
                index
                for index, (_, row) in enumerate(first)
                if _filled(row) * _HALF >= widest and all(isinstance(each, str) for each in row if each)
            ),
            0,
        )
        number, row = first[place]
        if place:
            self.notes.append(f"{self._named()}the header is row {number}; the rows above it are not read")
        return self._header(number, row), [above for above, _ in first[:place]]

    def rows(self, header: Header, numbered: Iterable[tuple[int, Sequence[object]]]) -> Iterator[SourceRow]:
        """Every row below the header with something in it; what is wrong with a cell becomes a problem."""
        places = {name: place for place, name in enumerate(header.places)}
        columns = list(header.places.items())
        pool: dict[str, str] = {}
        homeless: set[int] = set()
        value = self.value
        for number, row in numbered:
            if len(row) > len(header.names):
                self._nameless(header, number, row, homeless)
            cells: list[object] = []
            filled = False
            for name, place in columns:
                raw = row[place] if place < len(row) else None
                if raw is None or raw == "":
                    cells.append(None)
                    continue
                filled = True
                if type(raw) is str:
                    # labels repeat a hundred thousand times
                    cells.append(pool.setdefault(raw, raw) if len(raw) < _SHORT else raw)
                    continue
                try:
                    cells.append(value(raw))
                except CellError as error:
                    self.problems.append(Problem(Place(self.sheet, number, name), str(raw), str(error)))
                    cells.append(None)
            if filled:
                yield SourceRow(self.sheet, number, Cells(places, tuple(cells)))

    def _header(self, number: int, row: Sequence[object]) -> Header:
        places: dict[str, int] = {}
        names: dict[int, str] = {}
        known: dict[str, int] = {}
        dropped = []
        for index, raw in enumerate(row):
            name = " ".join(str(raw).split()) if _is_something(raw) else ""
            if not name:
                continue
            names[index] = name
            if name.casefold() in RESULT_COLUMNS:
                dropped.append(name)
                continue
            if name.casefold() in known:
                first = column_letters(known[name.casefold()])
                self.problems.append(
                    Problem(
                        Place(self.sheet, number, column_letters(index)),
                        name,
                        f"is also the header of column {first}: rename or remove one of them",
                    )
                )
                continue
            known[name.casefold()] = index
            places[name] = index
        if dropped:
            self.notes.append(f"{self._named()}{', '.join(dropped)}: columns of results, not read")
        return Header(number, places, names)

    def _nameless(self, header: Header, number: int, row: Sequence[object], known: set[int]) -> None:
        for index, raw in enumerate(row):
            if index not in header.names and index not in known and _is_something(raw):
                known.add(index)
                self.problems.append(
                    Problem(
                        Place(self.sheet, number, column_letters(index)),
                        str(raw),
                        f"has no header above it in row {header.number}: name the column or empty it",
                    )
                )

    def _named(self) -> str:
        return f"{self.sheet}: " if self.sheet else ""


def column_letters(index: int) -> str:
    """The letters of a column that counts from 0: A, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The number from 0 of a column's letters."""
    index = 0
    for letter in re.sub(r"[^A-Z]", "", letters.upper()):
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _is_something(raw: object) -> bool:
    return raw is not None and raw != "" and not (isinstance(raw, str) and raw.isspace())


def _filled(row: Sequence[object]) -> int:
    return sum(map(_is_something, row))
