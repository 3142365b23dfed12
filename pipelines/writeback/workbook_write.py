"""XLSX of any length in little memory.

openpyxl makes everything around the rows (styles, protection, dropdowns, hidden sheets); the rows themselves,
of which there may be a hundred thousand with sixty cells each, go into its sheets as XML, for a cell object
each would cost minutes.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from pipelines.errors import UsageError
from pipelines.writeback.grid import column_letters
from pipelines.writeback.rows import Origin
from pipelines.writeback.sheet_xml import CellStyle, row_xml, texts_xml
from pipelines.writeback.workbook_base import BASE_SHEET, LISTS_SHEET, Digest, packed, told

MOST_ROWS: Final = 1_048_576
LONGEST_TEXT: Final = 32_767

_TEXT: Final = "@"
_DAY: Final = "yyyy-mm-dd"
_MOMENT: Final = "yyyy-mm-dd hh:mm:ss"
_FORMATS: Final = {
    "date": _DAY,
    "datetime": _MOMENT,
    "integer": "0",
    "decimal": "General",
    "double": "General",
}
_GREY: Final = PatternFill("solid", start_color="EDEDED")
_WIDTHS: Final = {"": 12, "text": 24, "date": 12, "datetime": 20, "status": 18, "user": 20, "multifield": 28}
_WIDEST: Final = 40
_CONTROL: Final = re.compile(r"[\x00-\x1f\ufffe\uffff]+")
_AT_ONCE: Final = 2_000


@dataclass(frozen=True)
class SheetColumn:
    """One column: what stands above it, and how its cells look and behave."""

    header: str
    code: str = ""
    kind: str = ""
    locked: bool = False
    grey: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetRow:
    """The values of a row; `key` and `base` (texts at export) where there are any."""

    values: Sequence[object]
    key: tuple[str, ...] = ()
    base: Sequence[str] | None = None


def write_workbook(
    target: Path,
    sheet: str,
    columns: Sequence[SheetColumn],
    rows: Iterable[SheetRow],
    origin: Origin | None = None,
) -> int:
    """Write one sheet, with its hidden ones where there is an origin; the file appears whole or not at all.

    Raises:
        UsageError: a sheet does not hold so many rows.
    """
    skeleton = _Skeleton(sheet, columns, origin)
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryFile() as spooled, ZipFile(part, "w", ZIP_DEFLATED, compresslevel=3) as book:
            written, digest = _fill_main(book, skeleton, rows, spooled)
            if origin is not None:
                _fill_base(book, skeleton, origin, digest, spooled)
            skeleton.copy_rest(book)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return written


def _fill_main(
    book: ZipFile, skeleton: "_Skeleton", rows: Iterable[SheetRow], spooled: IO[bytes]
) -> tuple[int, str]:
    number, written, digest = skeleton.first_row, 0, Digest()
    with book.open(skeleton.main, "w", force_zip64=True) as sheet:
        before, after = skeleton.around_rows(skeleton.main)
        sheet.write(before)
        for batch in _batches(rows):
            lines, kept = [], []
            for row in batch:
                lines.append(row_xml(number, row.values, skeleton.cells))
                if row.base is not None:
                    cells = packed(row.key, row.base)
                    digest.add(cells)
                    kept.append(texts_xml(cells))
                number += 1
            if number > MOST_ROWS + 1:
                raise UsageError(f"A sheet holds {MOST_ROWS:,} rows: export to .csv or .parquet instead")
            written += len(batch)
            sheet.write("".join(lines).encode())
            spooled.write("".join(kept).encode())
        sheet.write(after)
    return written, digest.hex()


def _fill_base(book: ZipFile, skeleton: "_Skeleton", origin: Origin, digest: str, spooled: IO[bytes]) -> None:
    spooled.seek(0)
    before, after = skeleton.around_rows(skeleton.base)
    with book.open(skeleton.base, "w", force_zip64=True) as sheet:
        sheet.write(before)
        sheet.write((texts_xml([told(origin)]) + texts_xml([digest])).encode())
        while chunk := spooled.read(1 << 20):
            sheet.write(chunk)
        sheet.write(after)


class _Skeleton:
    """The workbook without its rows, and the style numbers that rows refer to."""

    def __init__(self, sheet: str, columns: Sequence[SheetColumn], origin: Origin | None) -> None:
        self.book = Workbook()
        self.main, self.base = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
        page = self.book.active
        page.title = sheet[:31]
        self.first_row = 3 if any(column.code for column in columns) else 2
        self.cells = [self._cell(page, place, column) for place, column in enumerate(columns)]
        page.delete_rows(1, 3)
        self._header(page, columns)
        if origin is not None:
            self.book.create_sheet(BASE_SHEET).sheet_state = "veryHidden"
            self._dropdowns(page, columns)
            self._protect(page)
        saved = BytesIO()
        self.book.save(saved)
        self._parts = ZipFile(saved)

    def around_rows(self, part: str) -> tuple[bytes, bytes]:
        """The XML of a sheet before and after the place where more rows go."""
        xml = self._parts.read(part).replace(b"<sheetData/>", b"<sheetData></sheetData>")
        xml = re.sub(rb"<dimension[^>]*/>", b"", xml)
        before, mark, after = xml.partition(b"</sheetData>")
        return before, mark + after

    def copy_rest(self, book: ZipFile) -> None:
        """Everything that is not written yet."""
        written = set(book.namelist())
        for name in self._parts.namelist():
            if name not in written:
                book.writestr(name, self._parts.read(name))

    def _cell(self, page: Any, place: int, column: SheetColumn) -> "CellStyle":  # noqa: ANN401
        """Register the styles of a column on cells that go again."""
        letters = column_letters(place)
        own = _FORMATS.get(column.kind, _TEXT)
        ids = []
        for row, pattern in enumerate((own, _DAY, _MOMENT), 1):
            cell = page.cell(row=row, column=place + 1)
            _dress(cell, pattern, column)
            ids.append(int(cell.style_id))
        _dress(page.column_dimensions[letters], own, column)
        least = _WIDTHS.get(column.kind, _WIDTHS[""])
        page.column_dimensions[letters].width = min(max(len(column.header) + 2, least), _WIDEST)
        return CellStyle(letters, ids[0], ids[1], ids[2])

    def _header(self, page: Any, columns: Sequence[SheetColumn]) -> None:  # noqa: ANN401
        for place, column in enumerate(columns, 1):
            cell = page.cell(row=1, column=place)
            _put(cell, column.header)
            cell.font, cell.number_format, cell.protection = Font(bold=True), _TEXT, Protection(locked=True)
            cell.fill = _GREY if column.grey else PatternFill()
            if self.first_row == 3:  # noqa: PLR2004 - below the codes
                _put(page.cell(row=2, column=place), column.code)
        if self.first_row == 3:  # noqa: PLR2004
            page.row_dimensions[2].hidden = True
        page.freeze_panes = f"{'B' if self.first_row > 2 else 'A'}{self.first_row}"  # noqa: PLR2004

    def _dropdowns(self, page: Any, columns: Sequence[SheetColumn]) -> None:  # noqa: ANN401
        lists = self.book.create_sheet(LISTS_SHEET)
        lists.sheet_state = "veryHidden"
        ranges: dict[tuple[str, ...], str] = {}
        for place, column in enumerate(columns):
            if not column.choices or column.locked:
                continue
            if column.choices not in ranges:
                letters = column_letters(len(ranges))
                for row, text in enumerate(column.choices, 1):
                    _put(lists.cell(row=row, column=len(ranges) + 1), text)
                ranges[column.choices] = f"{LISTS_SHEET}!${letters}$1:${letters}${len(column.choices)}"
            # a warning, not a refusal: ids and #CLEAR are not in the list
            rule = DataValidation("list", ranges[column.choices], allow_blank=True, errorStyle="warning")
            rule.error = "This is not in the list. Ids and #CLEAR are taken as well."
            rule.showErrorMessage = True
            page.add_data_validation(rule)
            letters = column_letters(place)
            rule.add(f"{letters}{self.first_row}:{letters}{MOST_ROWS}")

    def _protect(self, page: Any) -> None:  # noqa: ANN401
        """Without a password: it keeps ids from being overwritten by accident, nothing more."""
        page.protection.sheet = True
        for allowed in ("formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "sort"):
            setattr(page.protection, allowed, False)
        page.protection.autoFilter = False


def _dress(target: Any, pattern: str, column: SheetColumn) -> None:  # noqa: ANN401 - a cell or a column
    target.number_format = pattern
    target.protection = Protection(locked=column.locked)
    target.fill = _GREY if column.grey else PatternFill()


def _put(cell: Any, text: str) -> None:  # noqa: ANN401 - of openpyxl, which has no types
    cell.value = _CONTROL.sub(" ", text)
    cell.data_type = "s"  # a label that begins with = is no formula


def _batches(rows: Iterable[SheetRow]) -> Iterator[list[SheetRow]]:
    batch: list[SheetRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    yield batch
