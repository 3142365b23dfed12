"""Brings the raw tables of a warehouse file into PostgreSQL, with dlt, and counts them there.

The file stays the working warehouse: reading, deletions and receipts happen there. What PostgreSQL lacks is
told by the rows themselves. Each carries the time it was read at and the time it was found to be gone, so
both sides are counted by these times, rows of times of which PostgreSQL has fewer are merged by their keys,
and both sides are counted again. There is no other mark that could be committed without its rows, or rows
without it: a copy that was killed goes on where it stopped, and one that missed two syncs catches up.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from pipelines.places import places_of
from pipelines.postgres_load import Part, send
from pipelines.postgres_rows import FileTable, Times, tables_of, times_of
from pipelines.postgres_server import PostgresError, Server, Session
from pipelines.raw_schema import RAW_SCHEMA
from pipelines.warehouse import reading

OPS: Final = "ops"
_COLUMNS = """
    select table_name, column_name, data_type from information_schema.columns
    where table_schema = %(schema)s and left(table_name, 5) <> '_dlt_' and left(column_name, 5) <> '_dlt_'
"""


@dataclass(frozen=True)
class TableCopy:
    """What became of one table in PostgreSQL."""

    table: str
    rows: int  # of the file
    rows_sent: int
    is_sent: bool  # a table may be made without a row
    is_equal: bool

    @property
    def verdict(self) -> str:
        """As in the receipts of a sync."""
        return "equal" if self.is_equal else "differs"


@dataclass(frozen=True)
class CopyReport:
    """What was brought to which server; tables by schema and name."""

    server: str
    tables: tuple[TableCopy, ...]

    @property
    def ok(self) -> bool:
        """PostgreSQL holds every row of the file, of the same times."""
        return all(table.is_equal for table in self.tables)


@dataclass
class _There:
    """The tables of one schema as PostgreSQL has them."""

    session: Session
    schema: str
    columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def look(self) -> None:
        """See which there are."""
        self.columns.clear()
        for table, column, kind in self.session.rows(_COLUMNS, {"schema": self.schema}):
            self.columns.setdefault(table, {})[column] = kind
        self.session.connection.commit()

    def times(self, table: FileTable) -> Mapping[Times, int]:
        """The rows of a table by their times."""
        have = self.columns.get(table.name, {})
        if not have:
            return {}
        same = FileTable(table.schema, table.name, dict.fromkeys(have, ""))
        found = times_of(self.session.rows(same.times()))
        self.session.connection.commit()  # a lock that outlives the question would stop dlt
        return found

    def count_for_planner(self, tables: Sequence[FileTable]) -> None:
        """Have PostgreSQL count tables now: it would do so minutes after a build has planned its queries."""
        for table in tables:
            self.session.rows(f'analyze "{table.schema}"."{table.name}"')
        self.session.connection.commit()

    def drop(self, table: FileTable) -> None:
        """Make room for a table whose columns have other types now; views on it are made again by a build."""
        self.session.rows(f'drop table "{table.schema}"."{table.name}" cascade')
        self.session.rows(f'delete from "{table.schema}"._dlt_version')  # or dlt would take it for present
        self.session.connection.commit()
        del self.columns[table.name]


def bring(db: str | Path, server: Server, *, whole: bool = False) -> CopyReport:
    """Bring the raw tables and `ops` of the published file into PostgreSQL.

    Args:
        db: the warehouse file.
        server: where to.
        whole: send every row, also those that seem to be there.

    Raises:
        PostgresError: the server cannot be used, or holds another portal.
        LockedError: another run is bringing rows into this database.
        WarehouseError: the file cannot be read.
    """
    with reading(db) as file, server.alone(), server.connect() as session:
        _check_ours(file, session, server)
        copies = []
        for schema in (RAW_SCHEMA, OPS):
            with _working_folder(Path(db)) as folder:
                load = partial(send, server, schema, file, folder=folder)
                copies += _bring_schema(file, _There(session, schema), load, whole=whole)
        return CopyReport(server.name, tuple(copies))


def _bring_schema(
    file: duckdb.DuckDBPyConnection, there: _There, load: Callable[..., None], *, whole: bool
) -> list[TableCopy]:
    """Send what is missing; where the counts differ after it, send the table once more, whole."""
    there.look()
    tables = tables_of(file, there.schema)
    wanted = {table.name: times_of(file.execute(table.times()).fetchall()) for table in tables}
    parts = [part for table in tables if (part := _part(table, wanted[table.name], there, whole=whole))]
    load(parts)
    there.look()
    sent = {part.table.name: part.rows for part in parts}
    wrong = [table for table in tables if there.times(table) != wanted[table.name]]
    again = [_whole(table, wanted[table.name], there) for table in wrong if there.columns.get(table.name)]
    load(again)
    sent |= {part.table.name: part.rows for part in again}
    there.count_for_planner([part.table for part in (*parts, *again)])
    return [
        TableCopy(
            f"{table.schema}.{table.name}",
            sum(wanted[table.name].values()),
            sent.get(table.name, 0),
            table.name in sent,
            table not in wrong or there.times(table) == wanted[table.name],
        )
        for table in tables
    ]


def _part(table: FileTable, wanted: Mapping[Times, int], there: _There, *, whole: bool) -> Part | None:
    """What has to be sent of one table; nothing where both sides count the same."""
    if not table.fits(there.columns.get(table.name, {})):
        there.drop(table)
    have = there.columns.get(table.name)
    if have is None or whole or table.schema == OPS:
        return _whole(table, wanted, there)
    held = there.times(table)
    more = [times for times, count in wanted.items() if count > held.get(times, 0)]
    if held == wanted and have.keys() >= table.columns.keys():
        return None
    if not more:
        return _whole(table, wanted, there)
    if not table.key:
        # rows without a key are added, so of no time may some be there
        added = {"disposition": "append"}
        kept = all(held[times] == wanted.get(times) for times in held)
        return Part(table, added, more, _count(wanted, more)) if kept else _whole(table, wanted, there)
    return Part(table, {"disposition": "merge", "strategy": "upsert"}, more, _count(wanted, more))


def _whole(table: FileTable, wanted: Mapping[Times, int], there: _There) -> Part:
    """Every row, in place of what is there."""
    disposition = "replace" if table.name in there.columns else "append"
    return Part(table, {"disposition": disposition}, None, sum(wanted.values()))


def _count(wanted: Mapping[Times, int], times: Sequence[Times]) -> int:
    return sum(wanted[each] for each in times)


def _check_ours(file: duckdb.DuckDBPyConnection, session: Session, server: Server) -> None:
    """Refuse a database whose schema `bitrix24` another program made, or that holds another portal."""
    known = {
        (schema, name)
        for schema, name in session.rows(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('bitrix24', 'ops')"
        )
    }
    if any(schema == RAW_SCHEMA for schema, _ in known) and (RAW_SCHEMA, "_dlt_version") not in known:
        raise PostgresError(
            f"PostgreSQL at {server.name} has a schema {RAW_SCHEMA!r} that this program did not make; "
            "nothing was touched. Use another database"
        )
    if (OPS, "portal") in known:
        ours = file.execute("SELECT max(host) FROM ops.portal").fetchone()
        theirs = session.rows("select max(host) from ops.portal")[0]
        if ours and ours[0] and theirs[0] and ours[0] != theirs[0]:
            raise PostgresError(
                f"PostgreSQL at {server.name} holds the portal {theirs[0]}, and the file is of {ours[0]}; "
                "ids would be mixed up. Use another database"
            )
    session.connection.commit()


@contextmanager
def _working_folder(db: Path) -> Iterator[Path]:
    """Where dlt works, beside the file; nothing of it is kept."""
    beside = places_of(db).folder
    folder = beside / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not any(beside.iterdir()):
            beside.rmdir()
