"""XLSX: one sheet as a table, with what an export of ours hid in the workbook."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipelines.errors import UsageError
from pipelines.writeback.cells import CellError, Cells, cell_text, of_float, to_the_second
from pipelines.writeback.grid import Grid, Header, column_index, column_letters
from pipelines.writeback.rows import InvalidRowsError, Place, Problem, SourceRow, SourceTable
from pipelines.writeback.workbook_base import (
    BASE_SHEET,
    LISTS_SHEET,
    Base,
    BaseCells,
    BaseError,
    read_base,
    settled,
)
from pipelines.writeback.workbook_scan import Scan, scan_sheet

_UNTOUCHED: Final[Mapping[str, str]] = MappingProxyType({})
_CODE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_workbook(path: Path, sheet: str | None, digest: str) -> SourceTable:
    """Read one sheet; without a name, the only one that holds anything.

    Raises:
        UsageError: the file is no workbook, or it is not clear which sheet is meant.
        InvalidRowsError: with everything that is wrong in the sheet.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        base = _base(book)
        found = _sheet(book, path, sheet, base)
        scan = scan_sheet(path, found.name)
    except (CalamineError, BadZipFile, KeyError) as error:
        raise UsageError(
            f"{path} cannot be read as a workbook ({error}): open it in a spreadsheet and save it as .xlsx, "
            "without a password"
        ) from None
    reading = _Reading(found, scan, base)
    rows = tuple(reading.rows())
    if reading.grid.problems:
        raise InvalidRowsError(sorted(reading.grid.problems, key=lambda each: each.place.row))
    headers = tuple(reading.header.places) if reading.header else ()
    return SourceTable(
        path.name,
        headers,
        reading.codes,
        rows,
        tuple(reading.grid.notes),
        digest,
        base.origin if base else None,
    )


def _base(book: CalamineWorkbook) -> Base | None:
    if BASE_SHEET not in book.sheet_names:
        return None
    try:
        return read_base(book.get_sheet_by_name(BASE_SHEET).iter_rows())
    except BaseError as error:
        raise InvalidRowsError([Problem(Place(BASE_SHEET, 0, ""), "", str(error))]) from None


def _sheet(book: CalamineWorkbook, path: Path, name: str | None, base: Base | None) -> CalamineSheet:
    if name is not None:
        if name not in book.sheet_names:
            raise UsageError(f"{path} has no sheet {name!r}; it has {', '.join(book.sheet_names)}")
        return book.get_sheet_by_name(name)
    visible = [
        each.name
        for each in book.sheets_metadata
        if each.visible is SheetVisibleEnum.Visible
        and each.typ is SheetTypeEnum.WorkSheet
        and each.name not in (BASE_SHEET, LISTS_SHEET)
    ]
    if base is not None and base.origin.entity in visible:
        return book.get_sheet_by_name(base.origin.entity)
    sheets = {each: book.get_sheet_by_name(each) for each in visible}
    filled = [each for each, found in sheets.items() if found.start is not None]
    if len(filled) > 1:
        raise UsageError(f"{path} has several sheets ({', '.join(filled)}): say which one with --sheet")
    if not visible:
        raise UsageError(f"{path} has no visible sheet: say which one with --sheet")
    return sheets[filled[0] if filled else visible[0]]


class _Reading:
    """One sheet being read."""

    def __init__(self, sheet: CalamineSheet, scan: Scan, base: Base | None) -> None:
        self.grid = Grid(sheet.name, _value)
        self.header: Header | None = None
        self.codes: dict[str, str] = {}
        self._sheet = sheet
        self._scan = scan
        self._base = base

    def rows(self) -> Iterator[SourceRow]:
        self.header, _ = self.grid.header_of(self._numbered(0))
        if self.header is None:
            self.grid.notes.append(f"{self.grid.sheet}: the sheet is empty")
            return
        first = self.header.number + 1
        self.codes = self._codes()
        if self.codes:
            first += 1
        self._look_at_scan(self.header, first)
        self._look_at_merged(self.header)
        numbered = self._numbered(first - 1)
        made = self.grid.rows(self.header, numbered)
        if self._base is not None:
            made = _Comparison(self.grid, self._base, list(self.header.places), self.codes).rows(made)
        yield from made

    def _numbered(self, skipped: int) -> Iterator[tuple[int, Sequence[object]]]:
        if self._sheet.start is None:
            return
        left = [""] * self._sheet.start[1]  # empty rows above a table are given, empty columns beside it not
        for number, row in enumerate(self._sheet.iter_rows(), 1):
            if number > skipped:
                yield number, [*left, *row] if left else row

    def _codes(self) -> dict[str, str]:
        """The codes in the row below the header: hidden, or known from the hidden sheet."""
        assert self.header is not None  # noqa: S101 - called with one
        number = self.header.number + 1
        row = next((row for at, row in self._numbered(number - 1) if at == number), ())
        codes = {
            name: str(row[place])
            for name, place in self.header.places.items()
            if place < len(row) and row[place] not in (None, "")
        }
        known = self._base is not None and set(codes.values()) <= set(self._base.origin.codes)
        hidden = number in self._scan.hidden and all(_CODE.fullmatch(code) for code in codes.values())
        if not codes or not (known or hidden):
            return {}
        for code, count in Counter(codes.values()).items():
            if count > 1:
                self.grid.problems.append(
                    Problem(
                        Place(self.grid.sheet, number, ""),
                        code,
                        "is the code of two columns: remove one of them",
                    )
                )
        return codes

    def _look_at_scan(self, header: Header, first: int) -> None:
        for row, letters, text in self._scan.errors:
            if row >= first:
                self._problem(
                    header, row, letters, text, "is the error of a formula: correct it, or write the value"
                )
        for row, letters in self._scan.uncalculated:
            if row >= first:
                self._problem(
                    header,
                    row,
                    letters,
                    "",
                    "has a formula that was never calculated: open the file in a spreadsheet and save it",
                )
        hidden = sum(row >= first for row in self._scan.hidden)
        if hidden:
            why = "by a filter or by hand" if self._scan.filtered else "by hand"
            self.grid.notes.append(
                f"{self.grid.sheet}: {hidden:,} rows are hidden {why} and count like all others"
            )

    def _look_at_merged(self, header: Header) -> None:
        for (top, left), (bottom, right) in self._sheet.merged_cell_ranges or ():
            if bottom + 1 >= header.number and any(
                left <= place <= right for place in header.places.values()
            ):
                area = f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
                self._problem(
                    header,
                    top + 1,
                    column_letters(left),
                    area,
                    "are merged cells, of which only the first has a value: unmerge them and fill each",
                )

    def _problem(self, header: Header, row: int, letters: str, value: str, message: str) -> None:
        column = header.names.get(column_index(letters), letters) if letters else ""
        self.grid.problems.append(Problem(Place(self.grid.sheet, row, column), value, message))


class _Comparison:
    """Rows beside what they were at export."""

    def __init__(self, grid: Grid, base: Base, header_names: Sequence[str], codes: Mapping[str, str]) -> None:
        origin = base.origin
        self._grid = grid
        self._texts = base.texts
        self._zone = ZoneInfo(origin.timezone or "UTC")
        places = {code: place for place, code in enumerate(origin.codes)}
        self._columns = [
            (header, here, places[codes[header]], origin.kinds[places[codes[header]]])
            for here, header in enumerate(header_names)
            if codes.get(header) in places
        ]
        by_code = {code: header for header, code in codes.items()}
        self._key = [by_code[code] for code in origin.key if code in by_code]
        self._headers = {header: place for place, (header, *_) in enumerate(self._columns)}
        if len(self._key) < len(origin.key):
            self._key = []
            grid.notes.append(
                f"{grid.sheet}: without the column {' and '.join(origin.key)} as exported, "
                "it is not known what the cells were"
            )

    def rows(self, rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
        added = 0
        for row in rows:
            key = tuple([cell_text(row.cells[header]) for header in self._key])
            packed = self._texts.pop(key, None) if key else None  # a second row of one key has no base
            added += packed is None
            texts = msgspec.json.decode(packed, type=list[str]) if packed is not None else None
            yield self._settled(row, texts)
        if added and self._key:
            self._grid.notes.append(f"{self._grid.sheet}: {added:,} rows were not in the export")

    def _settled(self, row: SourceRow, texts: list[str] | None) -> SourceRow:
        assert isinstance(row.cells, Cells)  # noqa: S101 - of a grid
        values = row.cells.in_order
        changed: dict[str, object] = {}
        differing: dict[str, str] = {}
        for header, here, there, kind in self._columns:
            value = values[here]
            text = "" if texts is None else texts[there]
            if value is None:
                now = ""
            elif type(value) is str:
                now = value
            else:
                try:
                    better = settled(value, text, kind, self._zone)
                except CellError as error:
                    self._grid.problems.append(Problem(row.place(header), cell_text(value), str(error)))
                    continue
                if better is not value:
                    changed[header] = value = better
                now = cell_text(value)
            if now != text and texts is not None and not _same_lines(now, text):
                differing[header] = text
        cells = row.cells.with_values(changed) if changed else row.cells
        base = BaseCells(self._headers, cells, differing or _UNTOUCHED) if texts is not None else None
        return SourceRow(row.sheet, row.number, cells, base)


def _same_lines(left: str, right: str) -> bool:
    """Spreadsheets end lines their own way."""
    return "\r" in right and left.replace("\r\n", "\n") == right.replace("\r\n", "\n")


def _value(raw: object) -> object:
    if raw is None or isinstance(raw, str):
        return raw or None
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, float):
        return of_float(raw)
    if isinstance(raw, datetime):
        return to_the_second(raw)
    if isinstance(raw, int | date | time):
        return raw
    return str(raw)
