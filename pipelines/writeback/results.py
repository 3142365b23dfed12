"""Files of what became of a source's rows: its own columns, and what happened beside them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.writeback.cells import cell_text
from pipelines.writeback.grid import RESULT_COLUMNS
from pipelines.writeback.rows import SourceRow, SourceTable
from pipelines.writeback.workbook_write import SheetColumn, SheetRow, write_workbook

RESULTS: Final = "results.xlsx"
REJECTS: Final = "rejects.xlsx"


@dataclass(frozen=True)
class RowResult:
    """What became of one row: its state, the record's id where there is one, the portal's or our reason."""

    status: str
    id: str = ""
    error: str = ""


def write_results(folder: Path, table: SourceTable, results: Mapping[tuple[str, int], RowResult]) -> Path:
    """Write `results.xlsx`: every row of the source, with `_status`, `_id` and `_error`.

    Args:
        folder: where to.
        table: the source.
        results: by sheet and number of the row; a row that is not in it was not looked at.
    """
    return _written(folder / RESULTS, table, table.rows, results)


def write_rejects(
    folder: Path, table: SourceTable, results: Mapping[tuple[str, int], RowResult], rejected: Iterable[str]
) -> Path | None:
    """Write `rejects.xlsx`: the rows of these states only; None, and no file, where there are none.

    It can be corrected and planned from as it is: the three columns are not read, and what the source knew of
    its cells at export is in it as well.
    """
    wanted = frozenset(rejected)
    rows = [row for row in table.rows if _of(results, row).status in wanted]
    target = folder / REJECTS
    if not rows:
        target.unlink(missing_ok=True)
        return None
    return _written(target, table, rows, results)


def _written(
    target: Path,
    table: SourceTable,
    rows: Sequence[SourceRow],
    results: Mapping[tuple[str, int], RowResult],
) -> Path:
    origin = table.origin
    by_code = {code: header for header, code in table.codes.items()}
    kinds = dict(zip(origin.codes, origin.kinds, strict=True)) if origin else {}
    columns = [
        SheetColumn(header, table.codes.get(header, ""), kinds.get(table.codes.get(header, ""), ""))
        for header in table.headers
    ]
    columns += [SheetColumn(name, grey=True) for name in RESULT_COLUMNS]
    exported = [by_code.get(code, "") for code in origin.codes] if origin else []
    key = [by_code[code] for code in origin.key if code in by_code] if origin else []
    made = (_sheet_row(row, table.headers, _of(results, row), exported, key) for row in rows)
    write_workbook(target, origin.entity if origin else "rows", columns, made, origin)
    return target


def _sheet_row(
    row: SourceRow, headers: Sequence[str], result: RowResult, exported: Sequence[str], key: Sequence[str]
) -> SheetRow:
    values = [_cell(row.cells[header]) for header in headers]
    values += [result.status, result.id, result.error]
    if row.base is None:
        return SheetRow(values)
    base = [cell_text(row.base.get(header, "")) for header in exported]
    return SheetRow(values, tuple(cell_text(row.cells[header]) for header in key), base)


def _cell(value: object) -> object:
    """Lists and objects of JSON as their text."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _of(results: Mapping[tuple[str, int], RowResult], row: SourceRow) -> RowResult:
    return results.get((row.sheet, row.number), RowResult("not looked at"))
