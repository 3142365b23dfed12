"""What is brought into PostgreSQL, whatever was there before."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import LockedError
from pipelines.postgres import CopyReport, bring
from pipelines.postgres_server import PostgresError, Server, server
from tests.postgres.contents import differences, of_file, of_server
from tests.postgres.server import PostgresServer

KEYED = {"tables": {"deals": {"columns": {"id": {"primary_key": True}}}}}
FIRST = """
    create schema bitrix24;
    create schema ops;
    create table ops.portal as select 'one.example' as host;
    create table bitrix24.deals (
        id bigint, title varchar, amount decimal(18, 2), share double, is_new boolean, closes date,
        raw json, _deleted_at timestamptz, _synced_at timestamptz
    );
    insert into bitrix24.deals values
        (1, '', 0.10, 1e300, true, '2024-02-29', '{"a": "x\\u0000y", "b": "\\\\u0000"}',
            null, '2024-01-01 00:00:00+00'),
        (2, null, -99999999999999.99, -0.1, false, null, 'false', null, '2024-01-01 00:00:00.000001+00'),
        (3, 'a' || chr(0) || 'b', null, null, null, '0001-01-01', null, null, '2024-01-01 00:00:00+00'),
        (9223372036854775807, e'"Ж", \\\\N\\r\\n', 1, 0, true, '9999-12-31', '""',
            '2024-01-02 00:00:00+00', null);
    create table bitrix24.deals_history as select * from bitrix24.deals where id < 3;
    create table bitrix24.rejected_rows (entity varchar, _synced_at timestamptz);
"""
CLEANED = "update bitrix24.deals set title = 'ab', raw = raw where id = 3; "
CLEANED += """update bitrix24.deals set raw = '{"a": "xy", "b": "\\\\u0000"}' where id = 1;"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with awkward values, as a sync leaves it."""
    db = tmp_path / "w.duckdb"
    _change(db, FIRST)
    with duckdb.connect(str(db)) as connection:
        connection.execute("create table bitrix24._dlt_version (schema varchar, inserted_at timestamptz)")
        connection.execute("insert into bitrix24._dlt_version values (?, now())", [json.dumps(KEYED)])
    return db


@pytest.fixture
def there(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Server:
    """An empty database."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres.create(request.node.name[:60]))
    return server()


@pytest.fixture
def wrong(postgres: PostgresServer, there: Server, file: Path, tmp_path: Path) -> Callable[[], list[str]]:
    """Where PostgreSQL differs from the file; the character 0 it cannot hold."""

    def look() -> list[str]:
        clean = tmp_path / "clean.duckdb"
        clean.write_bytes(file.read_bytes())
        _change(clean, CLEANED + CLEANED.replace("deals", "deals_history"))
        with postgres.connect(there.credentials.database) as connection:
            return differences(of_file(clean, ["bitrix24"]), of_server(connection, ["bitrix24"]))

    return look


def test_every_value_arrives_and_only_what_changed_is_sent_again(
    file: Path, there: Server, wrong: Callable[[], list[str]]
) -> None:
    """Empty texts stay empty, NULL stays NULL; later rows of new times, columns and deletions are sent."""
    assert _sent(bring(file, there)) == {"deals": 4, "deals_history": 2, "rejected_rows": 0}
    assert wrong() == []
    assert _sent(bring(file, there)) == {}
    _change(
        file,
        "alter table bitrix24.deals add column uf_crm_1 varchar;"
        "update bitrix24.deals set uf_crm_1 = '', _synced_at = '2024-02-01 00:00:00+00' where id = 2;"
        "update bitrix24.deals set _deleted_at = '2024-02-02 00:00:00+00' where id = 3;"
        "insert into bitrix24.deals_history (id, _synced_at) values (2, '2024-02-01 00:00:00+00');",
    )

    again = bring(file, there)

    assert again.ok
    assert _sent(again) == {"deals": 2, "deals_history": 1}
    assert wrong() == []


def test_a_table_that_lost_or_got_rows_is_mended(
    file: Path, there: Server, wrong: Callable[[], list[str]]
) -> None:
    """Rows missing there are sent, rows that are not the file's vanish, another type makes the table anew."""
    bring(file, there)
    with there.connect() as session:
        session.rows("delete from bitrix24.deals where id = 2")
        session.rows("insert into bitrix24.deals_history (id) values (77)")
        session.rows("create view public.looks as select id from bitrix24.deals")
    assert bring(file, there).ok
    assert wrong() == []
    _change(file, "alter table bitrix24.deals alter amount type varchar")

    assert bring(file, there).ok
    assert wrong() == []


def test_another_portal_and_another_run_are_kept_apart(file: Path, there: Server) -> None:
    """A database with another portal's rows is refused, and so is one in which another run is at work."""
    bring(file, there)
    with there.alone(), pytest.raises(LockedError):
        bring(file, there)
    _change(file, "update ops.portal set host = 'two.example'")

    with pytest.raises(
        PostgresError, match=r"holds the portal one\.example, and the file is of two\.example"
    ):
        bring(file, there)


def _sent(report: CopyReport) -> dict[str, int]:
    """Rows of raw tables that were sent, and the tables that were made."""
    assert report.ok
    made = {table.table.removeprefix("bitrix24."): table for table in report.tables if table.is_sent}
    return {name: table.rows_sent for name, table in made.items() if not name.startswith("ops.")}


def _change(db: Path, statements: str) -> None:
    with duckdb.connect(str(db)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(statements)
