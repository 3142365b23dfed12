"""Sources whose values have types already: DataFrames, queries, Parquet, JSON lines."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from pipelines.errors import UsageError
from pipelines.writeback.cells import CellError, cell_text, of_double, of_float, to_the_second
from pipelines.writeback.grid import Grid
from pipelines.writeback.rows import InvalidRowsError, Place, Problem, SourceTable

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE: Final = 5_000


def read_frame(frame: "pd.DataFrame") -> SourceTable:
    """Read a DataFrame; an index with a name counts as columns.

    Raises:
        InvalidRowsError: with every value that cannot be taken over.
    """
    if any(frame.index.names):
        frame = frame.reset_index()
    # NaN, NaT and NA are all the same nothing
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return _table("DataFrame", [str(each) for each in frame.columns], rows, _of_frame)


def read_query(connection: duckdb.DuckDBPyConnection, query: str, name: str) -> SourceTable:
    """Read what a query answers.

    Raises:
        UsageError: it is no query, or it fails.
        InvalidRowsError: with every value that cannot be taken over.
    """
    try:
        statements = duckdb.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise UsageError("--sql takes one SELECT, and nothing else")
        result = connection.execute(statements[0])
        headers = [column[0] for column in result.description or ()]
        return _table(name, headers, _fetched(result), _of_database)
    except duckdb.Error as error:
        raise UsageError(f"The query fails: {str(error).splitlines()[0]}") from None


def read_parquet(path: Path, digest: str) -> SourceTable:
    """Read a Parquet file.

    Raises:
        UsageError: it is none.
        InvalidRowsError: with every value that cannot be taken over.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            headers = [column[0] for column in result.description or ()]
            return _table(path.name, headers, _fetched(result), _of_database, digest)
        except duckdb.Error as error:
            raise UsageError(f"{path} is no Parquet file: {str(error).splitlines()[0]}") from None


def read_json_lines(path: Path, digest: str) -> SourceTable:
    """Read a file of JSON objects, one a line; numbers are read exactly.

    Raises:
        InvalidRowsError: with every line that is no object, and every key that stands twice in one.
    """
    problems: list[Problem] = []
    objects: list[tuple[int, dict[str, Any]]] = []
    headers: dict[str, None] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(
                line.decode("utf-8-sig"),
                parse_float=Decimal,
                parse_constant=_no_constant,
                object_pairs_hook=_unique,
            )
            if not isinstance(found, dict):
                raise CellError('is no object: write one a line, such as {"ID": 1}')
        except (ValueError, RecursionError) as error:
            problems.append(Problem(Place("", number, ""), "", _told(error)))
            continue
        objects.append((number, found))
        headers |= dict.fromkeys(found)
    if problems:
        raise InvalidRowsError(problems)
    names = list(headers)
    rows = ((number, [found.get(name) for name in names]) for number, found in objects)
    return _numbered_table(path.name, names, rows, lambda raw: raw or _nothing(raw), digest)


def _table(
    name: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    value: Callable[[object], object],
    digest: str | None = None,
) -> SourceTable:
    return _numbered_table(name, headers, enumerate(rows, 2), value, digest)


def _numbered_table(
    name: str,
    headers: Sequence[str],
    numbered: Iterable[tuple[int, Sequence[object]]],
    value: Callable[[object], object],
    digest: str | None,
) -> SourceTable:
    grid = Grid("", value)
    header, _ = grid.header_of([(1, list(headers))])
    rows = tuple(grid.rows(header, numbered)) if header else ()
    if grid.problems:
        raise InvalidRowsError(grid.problems)
    made = SourceTable(
        name, tuple(header.places) if header else (), {}, rows, tuple(grid.notes), digest or ""
    )
    return made if digest else replace(made, digest=_digest(made))


def _digest(table: SourceTable) -> str:
    """Of headers, and of values with their types: 1 and "1" are two things."""
    taken = hashlib.sha256(json.dumps(table.headers).encode())
    for row in table.rows:
        told = [f"{type(value).__name__[:3]}{cell_text(value)}" for value in row.cells.values()]
        taken.update("\x1f".join(told).encode() + b"\x1e")
    return taken.hexdigest()


def _fetched(result: duckdb.DuckDBPyConnection) -> Iterator[Sequence[object]]:
    while rows := result.fetchmany(_AT_ONCE):
        yield from rows


def _of_database(raw: object) -> object:
    if raw is None or raw == "":
        return None
    if isinstance(raw, float):
        return of_double(raw)
    if isinstance(raw, datetime):
        return to_the_second(raw)
    if isinstance(raw, str | bool | int | Decimal | date | time | list | dict):
        return raw
    if isinstance(raw, bytes | bytearray):
        raise CellError("is binary: leave the column out")
    return str(raw)


def _of_frame(raw: object) -> object:
    if isinstance(raw, str | bool | int | Decimal) or type(raw) in (datetime, date, time, list, dict):
        return to_the_second(raw) if isinstance(raw, datetime) else _of_database(raw)
    if isinstance(raw, float):
        return of_float(float(raw))
    python = getattr(raw, "to_pydatetime", None) or getattr(raw, "tolist", None)
    return _of_frame(python()) if python is not None else _of_database(raw)


def _nothing(raw: object) -> object:
    """0 and false are values; "", [] and {} are none."""
    return raw if isinstance(raw, bool | int | Decimal) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise CellError("has one key twice: remove one of them")
    return made


def _no_constant(word: str) -> None:
    raise CellError(f"has {word}, which is no number: write null")


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, CellError) else f"is no JSON ({error}): correct the line"
