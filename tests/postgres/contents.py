"""What a file and a PostgreSQL database hold, in one form: types aside, the same values are the same."""

import json
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import psycopg2

Row = tuple[Any, ...]
Contents = dict[str, list[Row]]

_NAMES = "select table_schema, table_name from information_schema.tables order by table_schema, table_name"


def of_file(db: Any, schemas: Iterable[str]) -> Contents:  # noqa: ANN401 - a path
    """The tables and views of these schemas of a warehouse file."""
    with duckdb.connect(str(db), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = {}
        for schema, name in connection.execute(_NAMES).fetchall():
            if schema in schemas and not name.startswith("_dlt"):
                answer = connection.execute(f'select * from "{schema}"."{name}"')
                columns = [(column[0], str(column[1])) for column in answer.description or ()]
                found[f"{schema}.{name}"] = _rows(columns, answer.fetchall())
        return found


def of_server(connection: "psycopg2.extensions.connection", schemas: Iterable[str]) -> Contents:
    """The tables and views of these schemas of a database."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES)
        found = {}
        for schema, name in cursor.fetchall():
            if schema in schemas and not name.startswith("_dlt"):
                cursor.execute(f'select * from "{schema}"."{name}"')
                columns = [
                    (column.name, "parsed" if column.type_code == _JSONB else "")
                    for column in cursor.description
                ]
                found[f"{schema}.{name}"] = _rows(columns, cursor.fetchall())
        return found


def differences(one: Contents, other: Contents) -> list[str]:
    """Where the second does not hold what the first does; doubles may differ in their last digits."""
    wrong = [f"{name} is only on one side" for name in sorted(one.keys() ^ other.keys())]
    for name in sorted(one.keys() & other.keys()):
        if len(one[name]) != len(other[name]):
            wrong.append(f"{name}: {len(one[name])} rows against {len(other[name])}")
            continue
        for row, found in zip(one[name], other[name], strict=True):
            odd = [f"{a!r} != {b!r}" for a, b in zip(row, found, strict=False) if not _same(a, b)]
            if odd or len(row) != len(found):
                wrong.append(f"{name}: {', '.join(odd) or 'other columns'} in {row}")
                break
    return wrong


_JSONB = 3802


def _rows(columns: list[tuple[str, str]], rows: Iterable[Row]) -> list[Row]:
    """Rows with their columns by name, in an order that depends on no engine."""
    places = sorted((name, place) for place, (name, _) in enumerate(columns) if not name.startswith("_dlt"))
    plain = [tuple((name, _plain(row[place], columns[place][1])) for name, place in places) for row in rows]
    return sorted(plain, key=_order)


def _order(row: Row) -> list[tuple[bool, str]]:
    return [(value is None, f"{value:.6g}" if isinstance(value, float) else str(value)) for _, value in row]


def _plain(value: Any, kind: str) -> Any:  # noqa: ANN401 - of any column
    if value is None:
        return None
    if kind in {"JSON", "parsed"}:
        return json.dumps(json.loads(value) if kind == "JSON" else value, sort_keys=True)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return float(value)
    return [_plain(each, "") for each in value] if isinstance(value, list) else value


def _same(a: Any, b: Any) -> bool:  # noqa: ANN401
    if a[0] == b[0] and isinstance(a[1], float) and isinstance(b[1], float):
        return math.isclose(a[1], b[1], rel_tol=1e-9, abs_tol=1e-12)
    return bool(a == b)
