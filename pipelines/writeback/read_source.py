"""A source of changes, whatever it is, becomes a table, once all of it was looked at."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from pipelines.errors import UsageError
from pipelines.writeback.rows import SourceTable

if TYPE_CHECKING:
    import pandas as pd

WAREHOUSE: Final = Path("warehouse.duckdb")

_WORKBOOKS: Final = (".xlsx", ".xlsm")
_TEXTS: Final = (".csv", ".tsv", ".txt")
_LINES: Final = (".jsonl", ".ndjson")
_PARQUET: Final = (".parquet", ".pq")
_SCHEMAS: Final = ("reporting", "core", "staging", "bitrix24")
_CHUNK: Final = 1 << 20


def read_source(
    source: "str | Path | pd.DataFrame",
    *,
    sql: str | None = None,
    db: Path | None = None,
    sheet: str | None = None,
) -> SourceTable:
    """Read a workbook, CSV, Parquet, JSON lines, a model of the warehouse, a query on it, or a DataFrame.

    Args:
        source: a file, the name of a model such as `rpt_deals`, or a DataFrame; of no matter beside `sql`.
        sql: a query on the warehouse instead.
        db: the warehouse for both; `warehouse.duckdb` without.
        sheet: of a workbook with several.

    Raises:
        UsageError: there is no such source, or it cannot be told what it is.
        InvalidRowsError: with everything that is wrong in it.
        WarehouseError: a model or a query is asked for, and there is no warehouse.
    """
    if sql is not None:
        return _query(sql, "query", db)
    if not isinstance(source, str | Path):
        from pipelines.writeback.read_rows import read_frame  # noqa: PLC0415 - pandas, only where it is used

        return read_frame(source)
    path = Path(source).expanduser()
    if path.is_file():
        return _file(path, sheet)
    if path.suffix.lower() in (*_WORKBOOKS, *_TEXTS, *_LINES, *_PARQUET) or len(path.parts) > 1:
        raise UsageError(f"{path}: there is no such file")
    return _model(str(source), db)


def _file(path: Path, sheet: str | None) -> SourceTable:
    from pipelines.writeback import read_rows  # noqa: PLC0415

    suffix = path.suffix.lower()
    if sheet is not None and suffix not in _WORKBOOKS:
        raise UsageError(f"--sheet {sheet}: {path.name} is no workbook and has no sheets")
    if suffix in _WORKBOOKS:
        from pipelines.writeback.read_workbook import read_workbook  # noqa: PLC0415

        return read_workbook(path, sheet, _digest(path))
    if suffix in _TEXTS:
        from pipelines.writeback.read_csv import read_csv  # noqa: PLC0415

        return read_csv(path, _digest(path))
    if suffix in _LINES:
        return read_rows.read_json_lines(path, _digest(path))
    if suffix in _PARQUET:
        return read_rows.read_parquet(path, _digest(path))
    known = ", ".join((*_WORKBOOKS, *_TEXTS, *_LINES, *_PARQUET))
    raise UsageError(f"{path}: a file of changes is one of {known}; save it as one of these")


def _digest(path: Path) -> str:
    taken = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            taken.update(chunk)
    return taken.hexdigest()


def _query(sql: str, name: str, db: Path | None) -> SourceTable:
    from pipelines.warehouse import reading  # noqa: PLC0415
    from pipelines.writeback.read_rows import read_query  # noqa: PLC0415

    with reading(db or WAREHOUSE) as connection:
        return read_query(connection, sql, name)


def _model(name: str, db: Path | None) -> SourceTable:
    from pipelines.warehouse import reading  # noqa: PLC0415

    with reading(db or WAREHOUSE) as connection:
        schema, table = _found(connection, name)
    return _query(f'SELECT * FROM "{schema}"."{table}"', f"{schema}.{table}", db)


def _found(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, str]:
    schema, _, table = name.rpartition(".")
    known = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN "
        "(SELECT unnest($schemas)) ORDER BY list_position($schemas, table_schema), table_name",
        {"schemas": list(_SCHEMAS)},
    ).fetchall()
    for found_schema, found in known:
        if found == table.lower() and schema.lower() in ("", found_schema):
            return str(found_schema), str(found)
    raise UsageError(
        f"{name}: there is neither a file nor a model of that name; the reports are "
        + (
            ", ".join(found for found_schema, found in known if found_schema == "reporting")
            or "not built yet"
        )
    )
