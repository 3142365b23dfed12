"""A table as it was built against the same table of the reference: row by row by key, cell by cell."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import isclose

import duckdb

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.tables import Table
from tests.transforms.reference.values import Cell, Row

FIRST = 12
LAST_DIGIT = Decimal("0.000001")  # of money in the base currency


def differences(connection: duckdb.DuckDBPyConnection, table: Table, portal: Portal) -> list[str]:
    """The first differences in words; none where the tables are equal."""
    expected = table.made_by(portal)
    actual = read(connection, table)
    found = [f"{table.name}: {problem}" for problem in _compare(expected, actual, table.keys)]
    return found[:FIRST] + ([f"and {len(found) - FIRST} more"] if len(found) > FIRST else [])


def read(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Row]:
    """The rows of a built table, in the agreed columns."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    rows = connection.execute(f"select {names} from {table.schema}.{table.name}").fetchall()
    return [dict(zip(table.columns, row, strict=True)) for row in rows]


def _compare(expected: Sequence[Row], actual: Sequence[Row], keys: Sequence[str]) -> Iterable[str]:
    wanted, found = (_by_key(rows, keys) for rows in (expected, actual))
    for side, rows in (("the reference", expected), ("the table", actual)):
        doubled = Counter(_key(row, keys) for row in rows)
        yield from (f"{key} is {times} rows of {side}" for key, times in doubled.items() if times > 1)
    yield from (f"{key} is missing: {wanted[key]}" for key in wanted if key not in found)
    yield from (f"{key} is too much: {found[key]}" for key in found if key not in wanted)
    for key in wanted:
        for column, value in wanted[key].items():
            if key in found and not same(value, found[key][column]):
                yield f"{key} {column}: expected {value!r}, got {found[key][column]!r}"


def _by_key(rows: Iterable[Row], keys: Sequence[str]) -> dict[tuple[Cell, ...], Row]:
    return {_key(row, keys): row for row in rows}


def _key(row: Row, keys: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(row[key] for key in keys)


def same(expected: Cell, actual: Cell) -> bool:
    """Equal; measured numbers to nine digits, money to its last digit."""
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(expected - actual) <= LAST_DIGIT
    if isinstance(expected, float | Decimal) and isinstance(actual, float | Decimal | int):
        return isclose(
            expected, actual, rel_tol=1e-9, abs_tol=float(LAST_DIGIT) if isinstance(actual, Decimal) else 1e-9
        )
    return bool(expected == actual)
