"""What of the warehouse file goes to PostgreSQL: which rows it lacks, in a form that it takes."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

BATCH_ROWS = 50_000

Times = tuple[datetime | None, datetime | None]
"""When a row was read, and when it was found to be gone."""

_SYNCED, _DELETED = "_synced_at", "_deleted_at"
# types of raw columns as DuckDB, dlt and PostgreSQL call them; any other would be sent as text
_TYPES: Mapping[str, tuple[str, str]] = {
    "BIGINT": ("bigint", "bigint"),
    "INTEGER": ("bigint", "bigint"),
    "BOOLEAN": ("bool", "boolean"),
    "DATE": ("date", "date"),
    "DOUBLE": ("double", "double precision"),
    "JSON": ("json", "jsonb"),
    "TIMESTAMP WITH TIME ZONE": ("timestamp", "timestamp with time zone"),
    "VARCHAR": ("text", "character varying"),
}

# parts of JSON texts: an escaped backslash, the code of the character 0
_BACKSLASH, _ZERO = r"\\", r"\u0000"


@dataclass(frozen=True)
class FileTable:
    """One table of the file: its columns with DuckDB's types, and the key of its rows.

    Rows without a key are only ever added.
    """

    schema: str
    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()

    @property
    def hints(self) -> dict[str, dict[str, Any]]:
        """Its columns as dlt declares them."""
        return {
            name: {"name": name, "nullable": True, "primary_key": name in self.key, **_hint(kind)}
            for name, kind in self.columns.items()
        }

    def fits(self, there: Mapping[str, str]) -> bool:
        """Whether a table of PostgreSQL with these columns can take its rows, perhaps with columns added."""
        return all(there.get(name, _called(kind)) == _called(kind) for name, kind in self.columns.items())

    def times(self) -> str:
        """A query for its rows by their times; both engines understand it."""
        synced, deleted = (
            name if name in self.columns else "cast(null as timestamp with time zone)"
            for name in (_SYNCED, _DELETED)
        )
        return (
            f"select synced, deleted, count(*) from (select {synced} as synced, {deleted} as deleted "
            f'from "{self.schema}"."{self.name}") as rows_of_it group by synced, deleted'
        )


def tables_of(db: duckdb.DuckDBPyConnection, schema: str) -> list[FileTable]:
    """The tables of a schema of the file, without dlt's own."""
    keys = _keys(db, schema)
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in db.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = ? "
        "AND NOT starts_with(table_name, '_dlt_') AND NOT starts_with(column_name, '_dlt_') "
        "ORDER BY table_name, column_index",
        [schema],
    ).fetchall():
        columns.setdefault(table, {})[column] = kind
    return [FileTable(schema, name, found, keys.get(name, ())) for name, found in columns.items()]


def times_of(rows: Sequence[tuple[Any, ...]]) -> Counter[Times]:
    """The answer to a table's `times`."""
    return Counter({(synced, deleted): count for synced, deleted, count in rows})


def batches(
    db: duckdb.DuckDBPyConnection, table: FileTable, times: Sequence[Times] | None
) -> Iterator[pa.RecordBatch]:
    """Its rows of these times, all without; texts without what PostgreSQL cannot hold."""
    wanted = ", ".join(_exported(name, kind) for name, kind in table.columns.items())
    query = f'SELECT {wanted} FROM "{table.schema}"."{table.name}" AS t'
    parameters: dict[str, object] = {}
    if times is not None:
        query += (
            " SEMI JOIN ("
            "SELECT unnest($synced::TIMESTAMPTZ[]) AS synced, unnest($deleted::TIMESTAMPTZ[]) AS deleted"
            f") AS wanted ON t.{_SYNCED} IS NOT DISTINCT FROM wanted.synced "
            f"AND t.{_DELETED} IS NOT DISTINCT FROM wanted.deleted"
        )
        parameters = {"synced": [pair[0] for pair in times], "deleted": [pair[1] for pair in times]}
    with db.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        yield from cursor.sql(query, params=parameters).to_arrow_reader(BATCH_ROWS)


def _keys(db: duckdb.DuckDBPyConnection, schema: str) -> dict[str, tuple[str, ...]]:
    """The keys that dlt merges the tables by: it keeps them in the file."""
    try:
        found = db.execute(
            f'SELECT schema FROM "{schema}"._dlt_version ORDER BY inserted_at DESC LIMIT 1'
        ).fetchone()
    except duckdb.CatalogException:
        return {}
    tables = json.loads(found[0])["tables"] if found else {}
    return {
        name: tuple(column for column, hints in table["columns"].items() if hints.get("primary_key"))
        for name, table in tables.items()
    }


def _hint(kind: str) -> dict[str, Any]:
    if kind.startswith("DECIMAL"):
        precision, scale = kind.removeprefix("DECIMAL(").removesuffix(")").split(",")
        return {"data_type": "decimal", "precision": int(precision), "scale": int(scale)}
    return {"data_type": _TYPES.get(kind, _TYPES["VARCHAR"])[0]}


def _called(kind: str) -> str:
    return "numeric" if kind.startswith("DECIMAL") else _TYPES.get(kind, _TYPES["VARCHAR"])[1]


def _exported(name: str, kind: str) -> str:
    """A column as PostgreSQL takes it: its texts cannot hold the character 0."""
    quoted = f't."{name}"'
    if kind == "VARCHAR":
        return f"replace({quoted}, chr(0), '') AS \"{name}\""
    if kind != "JSON":
        sent = {"INTEGER": "::BIGINT"}.get(kind, "" if kind in _TYPES or "DECIMAL" in kind else "::VARCHAR")
        return f'{quoted}{sent} AS "{name}"'
    text = f"{quoted}::VARCHAR"
    # no control character stands in JSON as such, so one can stand for backslashes that are no part of a code
    cleaned = f"replace(replace({text}, '{_BACKSLASH}', chr(1)), '{_ZERO}', '')"
    restored = f"replace({cleaned}, chr(1), '{_BACKSLASH}')"
    return f"CASE WHEN contains({text}, '{_ZERO}') THEN {restored} ELSE {text} END AS \"{name}\""
