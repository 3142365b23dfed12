"""Reading the DuckDB file from a notebook or a script: one call, one DataFrame, and the file is closed.

>>> from pipelines import warehouse
>>> warehouse.frame("rpt_deal_funnel")
>>> warehouse.query("SELECT status, count(*) AS deals FROM core.fct_deal GROUP BY status")

Nothing stays open between two calls, and what is read is the file as the last finished run left it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import UsageError, WarehouseError
from pipelines.file_trouble import unreadable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMAS", "WAREHOUSE", "frame", "query", "reading"]

WAREHOUSE = Path("warehouse.duckdb")
SCHEMAS = ("reporting", "core", "custom", "staging", "ops", "bitrix24")
"""Where a name without a schema is looked for, in this order."""

_MATCHES = 3
_SUM_DIGITS = 38  # of a sum of whole numbers: DuckDB counts them with 128 bits


def frame(name: str, *, db: str | Path = WAREHOUSE) -> "pd.DataFrame":
    """A table or view of the warehouse, whole.

    Args:
        name: as in `rpt_deal_funnel` or `core.fct_deal`; without a schema the first of SCHEMAS that has it.
        db: the warehouse file.

    Raises:
        UsageError: there is no such table; the message names those that are called nearly the same.
        WarehouseError: there is no such file, or it is no warehouse.
    """
    with reading(db) as connection:
        schema, table = _found(connection, name)
        return _frame(connection, f'SELECT * FROM "{schema}"."{table}"')


def query(
    sql: str, parameters: Mapping[str, object] | None = None, *, db: str | Path = WAREHOUSE
) -> "pd.DataFrame":
    """What a query answers; it may name every table of the warehouse, as in `reporting.rpt_deal_funnel`.

    Args:
        sql: one SELECT; `$name` stands for a value of `parameters`.
        parameters: the values, by name.
        db: the warehouse file.

    Raises:
        UsageError: DuckDB refuses the query or finds nothing in it; the message says where.
        WarehouseError: there is no such file, or it is no warehouse.
    """
    with reading(db) as connection:
        try:
            return _frame(connection, sql, dict(parameters or {}))
        except duckdb.Error as error:
            raise UsageError(str(error)) from None


@contextmanager
def reading(db: str | Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published file.

    Raises:
        WarehouseError: there is no such file, or it is no DuckDB database.
    """
    path = Path(db).expanduser()
    if not path.exists():
        raise WarehouseError(f"{path} does not exist yet: `b24 sync --db {path}` makes it")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise unreadable(path, error) from None
    with connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _found(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, str]:
    schema, _, table = name.strip().lower().rpartition(".")
    known = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE list_contains($schemas, table_schema) AND table_name NOT LIKE '\\_dlt\\_%' ESCAPE '\\' "
        "ORDER BY list_position($schemas, table_schema), table_name",
        {"schemas": list(SCHEMAS)},
    ).fetchall()
    for found_schema, found in known:
        if found == table and schema in ("", found_schema):
            return str(found_schema), str(found)
    if not any(found_schema in ("core", "reporting") for found_schema, _ in known):
        raise UsageError(f"There is no table {name!r}, and no report at all yet: `b24 build` makes them")
    raise UsageError(f"There is no table {name!r}; {_near(table, known)}")


def _near(table: str, known: list[tuple[Any, ...]]) -> str:
    names = {found: f"{schema}.{found}" for schema, found in reversed(known)}
    near = get_close_matches(table, names, _MATCHES, cutoff=0.5)
    near += [found for found in sorted(names) if table and table in found and found not in near][:_MATCHES]
    if near:
        return "did you mean " + " or ".join(names[found] for found in near) + "?"
    return "the reports are " + ", ".join(found for schema, found in known if schema == "reporting")


def _frame(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, object] | None = None
) -> "pd.DataFrame":
    """Whole numbers, their sums and flags stay what they are where some are NULL; money becomes float64."""
    import pandas as pd  # noqa: PLC0415 - half a second that the command line does not need
    import pyarrow as pa  # noqa: PLC0415

    answer = connection.sql(sql, params=parameters)
    if answer is None:
        raise UsageError("The query is empty")
    table: Any = answer.to_arrow_table()
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            whole = field.type.scale == 0 and field.type.precision == _SUM_DIGITS
            kind = pa.int64() if whole else pa.float64()
            table = table.set_column(place, field.name, table.column(place).cast(kind))
    kinds: dict[pa.DataType, Any] = {
        pa.int64(): pd.Int64Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = table.to_pandas(types_mapper=kinds.get, date_as_object=False)
    return frame
