"""What the raw tables hold, as the reading asks for it: answered by DuckDB, rows never become objects."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt

from pipelines.raw_schema import RAW_SCHEMA
from sources.bitrix24.reading import Vanished

if TYPE_CHECKING:
    import pyarrow as pa

_SERVICE = ("_deleted_at", "_synced_at")
_OF_DLT = "_dlt_"
_BATCH_ROWS = 100_000

Connect = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


@dataclass(frozen=True)
class RawTables:
    """The raw tables of one warehouse file, compared with files of rows that are about to be loaded.

    Args:
        connect: opens the file for one question; its session's time zone is UTC.
    """

    connect: Connect
    # of two threads that open one file at the same moment DuckDB refuses one
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def write_vanished(self, search: Vanished, target: Path) -> int:
        """Write the live rows that the search finds, whole and marked as deleted, to Parquet."""
        with self._table(search.table) as table:
            if not table.columns:
                return 0
            kept = table.whole_rows(without=_SERVICE)
            parameters: dict[str, object] = {}
            conditions = ["_deleted_at IS NULL"]
            for number, (column, value) in enumerate(search.among.items()):
                conditions.append(f"{_quoted(column)} = $among_{number}")
                parameters[f"among_{number}"] = value
            if search.owner_column:
                conditions.append(f"{_quoted(search.owner_column)} IN (SELECT unnest($owners))")
                parameters["owners"] = list(search.owners)
            seen = ""
            if search.seen:
                keys = ", ".join(map(_quoted, search.key))
                seen = f"ANTI JOIN read_parquet($seen, union_by_name = true) AS s USING ({keys})"
                parameters["seen"] = _paths(search.seen)
            return table.write(
                f"""SELECT {kept}, now() AS _deleted_at, now() AS _synced_at FROM (
                    SELECT * FROM {table.name} WHERE {" AND ".join(conditions)}
                ) AS t {seen}""",
                parameters,
                target,
            )

    def live_ids(self, table: str, id_column: str, files: Sequence[Path]) -> npt.NDArray[np.int64]:
        """Return the ids, ascending, that the table will hold as live once these files are loaded."""
        with self._table(table) as found:
            live = found.live([id_column], id_column, files)
            rows = found.connection.execute(
                f"SELECT DISTINCT {_quoted(id_column)}::BIGINT AS id FROM ({live}) "
                f"WHERE {_quoted(id_column)} IS NOT NULL ORDER BY 1",
                _files(files),
            )
            return np.asarray(rows.fetchnumpy()["id"], dtype=np.int64)

    def modified_times(self, table: str, id_column: str, modified: str, files: Sequence[Path]) -> "pa.Table":
        """Return id and modification time of every live row, by ascending id; the files' rows win."""
        with self._table(table) as found:
            live = found.live([id_column, modified], id_column, files)
            rows = found.connection.sql(
                f"SELECT {_quoted(id_column)}::BIGINT AS id, "
                f"try_cast({_quoted(modified)} AS TIMESTAMPTZ) AS modified "
                f"FROM ({live}) WHERE {_quoted(id_column)} IS NOT NULL ORDER BY 1",
                params=_files(files),
            )
            return rows.to_arrow_reader(_BATCH_ROWS).read_all()

    def write_changed(self, table: str, key: Sequence[str], source: Path, target: Path) -> int:
        """Write the rows of a Parquet file that are new or not as the table has them; return how many.

        A row is as it was when the live row of its key has the same content: every column but the time it
        was read at. A column that one side lacks counts as NULL; one that changed its type is compared as
        text, and so is JSON. Nothing is written when no row is new.
        """
        with self._table(table) as found:
            brought = found.columns_of([source])
            content = dict.fromkeys(
                name
                for name in (*brought, *found.columns)
                if name not in (*key, *_SERVICE) and not name.startswith(_OF_DLT)
            )
            differs = [f"t.{_quoted(key[0])} IS NULL"]
            if "_deleted_at" in brought:  # read in this run, and gone before its end
                differs.append("s._deleted_at IS NOT NULL")
            differs += [
                f"{_side('s', name, brought, found.columns)} IS DISTINCT FROM "
                f"{_side('t', name, found.columns, brought)}"
                for name in content
            ]
            same_key = " AND ".join(f"t.{_quoted(name)} = s.{_quoted(name)}" for name in key)
            known = found.live([*key, *content], key[0], [])
            parameters: dict[str, object] = {"source": str(source)}
            if found.columns.get(key[0]) == brought[key[0]]:  # rows are in about the order of their ids
                known = f"SELECT * FROM ({known}) WHERE {_quoted(key[0])} BETWEEN $low AND $high"
                parameters |= found.bounds(key[0], source)
            return found.write(
                f"SELECT s.* FROM read_parquet($source) AS s LEFT JOIN ({known}) AS t ON {same_key} "
                f"WHERE {' OR '.join(differs)}",
                parameters,
                target,
            )

    def write_first_versions(self, table: str, history: str, target: Path) -> int:
        """Write the live rows, whole, to Parquet unless there is a table of versions; return how many."""
        with self._table(table) as found:
            kept = found.connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?",
                [RAW_SCHEMA, history],
            ).fetchone()
            if kept or not found.columns:
                return 0
            rows = f"SELECT {found.whole_rows()} FROM {found.name} WHERE _deleted_at IS NULL"
            return found.write(rows, {}, target)

    @contextmanager
    def _table(self, name: str) -> "Iterator[_Table]":
        with self._one_at_a_time, self.connect() as connection:
            whole = f"{RAW_SCHEMA}.{_quoted(name)}"
            try:  # the catalogue's own table takes eight times as long
                described = connection.execute(f"SELECT * FROM {whole} LIMIT 0").description
            except duckdb.CatalogException:
                described = None
            yield _Table(connection, whole, {column[0]: str(column[1]) for column in described or ()})


@dataclass(frozen=True)
class _Table:
    """One raw table while the file is open; without columns there is none."""

    connection: duckdb.DuckDBPyConnection
    name: str
    columns: dict[str, str]

    def whole_rows(self, without: Sequence[str] = ()) -> str:
        """All columns of the portal's, and ours."""
        return ", ".join(
            # as text, as the files of rows have it: dlt takes no two types for one column of a load
            f"{_quoted(name)}::VARCHAR AS {_quoted(name)}" if kind == "JSON" else _quoted(name)
            for name, kind in self.columns.items()
            if name not in without
        )

    def live(self, columns: Sequence[str], key: str, files: Sequence[Path]) -> str:
        """A query for these columns of the live rows; a row of the files stands for the table's own."""
        parts = []
        if self.columns:
            newer = f"ANTI JOIN read_parquet($files, union_by_name = true) AS f USING ({_quoted(key)})"
            parts.append(
                f"SELECT {_listed(columns, self.columns)} FROM (SELECT * FROM {self.name}) AS t "
                f"{newer if files else ''} WHERE t._deleted_at IS NULL"
            )
        if files:
            brought = self.columns_of(files)
            parts.append(
                f"SELECT {_listed(columns, brought)} FROM read_parquet($files, union_by_name = true) "
                "WHERE _deleted_at IS NULL"
            )
        if not parts:
            parts.append(f"SELECT {_listed(columns, {})} WHERE false")
        return " UNION ALL BY NAME ".join(parts)

    def columns_of(self, files: Sequence[Path]) -> dict[str, str]:
        """Names and types of the columns in Parquet files."""
        described = self.connection.execute(
            "SELECT * FROM read_parquet($files, union_by_name = true) LIMIT 0", _files(files)
        ).description
        return {column[0]: str(column[1]) for column in described or ()}

    def bounds(self, column: str, file: Path) -> dict[str, object]:
        """The lowest and the highest value in a file."""
        low, high = self.connection.execute(
            f"SELECT min({_quoted(column)}), max({_quoted(column)}) FROM read_parquet($file)",
            {"file": str(file)},
        ).fetchone() or (None, None)
        return {"low": low, "high": high}

    def write(self, query: str, parameters: dict[str, object], target: Path) -> int:
        """Write the rows of a query to Parquet, if there are any; return how many."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {query}", parameters)
        (count,) = self.connection.execute("SELECT count(*) FROM found").fetchone() or (0,)
        if count:
            path = str(target).replace("'", "''")
            self.connection.execute(f"COPY found TO '{path}' (FORMAT parquet)")
        self.connection.execute("DROP TABLE found")
        return int(count)


def _side(alias: str, name: str, own: dict[str, str], other: dict[str, str]) -> str:
    """A column on one side of a comparison."""
    if name not in own:
        return "NULL"
    text = name in other and own[name] != other[name]
    return f"{alias}.{_quoted(name)}{'::VARCHAR' if text else ''}"


def _listed(columns: Sequence[str], known: dict[str, str]) -> str:
    return ", ".join(_quoted(name) if name in known else f"NULL AS {_quoted(name)}" for name in columns)


def _files(files: Sequence[Path]) -> dict[str, object]:
    return {"files": _paths(files)} if files else {}


def _paths(files: Sequence[Path]) -> list[str]:
    return [str(path) for path in files]


def _quoted(name: str) -> str:
    return f'"{name.replace(chr(34), chr(34) * 2)}"'
