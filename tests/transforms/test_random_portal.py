"""Portals that nobody wrote by hand: every table against the reference."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.report import build
from tests.transforms import bare_portal, random_portal
from tests.transforms.raw_file import Tables, write_portal, write_raw
from tests.transforms.reference.compare import differences
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.tables import TABLES

SEEDS = range(1, 1 + int(os.environ.get("B24_SEEDS", "2")))
Written = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture
def written(tmp_path: Path, target_dir: Path) -> Written:
    """Writes raw tables into a file, builds it, and opens it."""

    def write(
        tables: Tables, as_of: datetime, *, timezone: str | None = None, **settings: str
    ) -> duckdb.DuckDBPyConnection:
        db = tmp_path / "random.duckdb"
        write_raw(db, tables)
        if timezone:
            write_portal(db, timezone)
        report = build(db, as_of=as_of, variables=settings, target_dir=target_dir)
        assert report.ok, report.failed
        connection = duckdb.connect(str(db), read_only=True)
        connection.execute("set TimeZone = 'UTC'")
        return connection

    return write


def _all_differences(connection: duckdb.DuckDBPyConnection, portal: Portal) -> str:
    with connection:
        return "\n".join(found for table in TABLES for found in differences(connection, table, portal))


@pytest.mark.slow
def test_random_rows_give_the_tables_of_the_reference(written: Written, as_of: datetime) -> None:
    """Gaps, zeros, ties, deleted users, stages and pipelines: every cell is as the definitions say."""
    tables = random_portal.raw_tables(SEEDS)

    built = written(tables, as_of, timezone="Europe/Berlin", default_country_code="49")

    portal = Portal(tables, as_of, country_code="49")
    assert [table.name for table in TABLES if not table.made_by(portal)] == []
    assert not (found := _all_differences(built, portal)), found


@pytest.mark.slow
def test_records_that_nothing_explains_are_shown_as_unknown(written: Written) -> None:
    """Without lists, rates and histories the build passes, also of a past day, and shows what is inferred."""
    tables = bare_portal.raw_tables()
    past = datetime(2023, 10, 15, 10, tzinfo=UTC)

    built = written(tables, past)

    portal = Portal(tables, past, zone="UTC")
    inferred = [row for table in TABLES for row in table.made_by(portal) if row.get("is_inferred")]
    assert len(inferred) > 10
    assert not (found := _all_differences(built, portal)), found
