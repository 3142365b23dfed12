"""Rows that somebody took out of an exported workbook: in delete mode, only there, they mean something."""

from dataclasses import replace
from pathlib import Path

from python_calamine import CalamineWorkbook

from pipelines.writeback.cells import cell_text
from pipelines.writeback.errors import CapError
from pipelines.writeback.rows import SourceRow, SourceTable
from pipelines.writeback.workbook_base import BASE_SHEET, read_base


def removed_rows(path: Path, table: SourceTable) -> SourceTable:
    """The records that were exported into a workbook and are in it no more, as a source of their keys.

    Args:
        path: the workbook.
        table: what it holds now.

    Raises:
        CapError: nothing is left in it, or nothing was removed: neither can be meant.
    """
    if not table.rows:
        raise CapError(
            "The workbook has no rows left, so nothing is deleted; this is refused as it is hardly meant"
        )
    origin = table.origin
    if origin is None:
        return table
    by_code = {code: header for header, code in table.codes.items()}
    key = [by_code[code] for code in origin.key]
    kept = {tuple(cell_text(row.cells[header]) for header in key) for row in table.rows}
    with CalamineWorkbook.from_path(str(path)) as book:
        base = read_base(book.get_sheet_by_name(BASE_SHEET).iter_rows())
    gone = [values for values in base.texts if values not in kept]
    if not gone:
        raise CapError(
            "No row was removed from the workbook since it was exported, so nothing is deleted: remove "
            "the rows of the records to delete, or name the records in a plain file such as a CSV"
        )
    rows = tuple(SourceRow(table.rows[0].sheet, 0, dict(zip(key, values, strict=True))) for values in gone)
    note = (
        f"{len(gone):,} rows were removed from the workbook since it was exported; their records are deleted"
    )
    codes = {header: code for header, code in table.codes.items() if header in key}
    return replace(table, headers=tuple(key), codes=codes, rows=rows, notes=(*table.notes, note), origin=None)
