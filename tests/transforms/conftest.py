"""Portals of the tests, each written and built once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.report import BuildReport, build
from tests.transforms import hand_case
from tests.transforms.raw_file import Tables, write_items, write_portal, write_raw

AS_OF = datetime(2024, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The rows of the hand-checkable portal."""
    return hand_case.raw_tables()


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The moment the reports speak of."""
    return AS_OF


@pytest.fixture(scope="session")
def target_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One parsed dbt project for all tests."""
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Path:
    """The file with the hand-checkable portal; reports in it are built once."""
    db = tmp_path_factory.mktemp("small") / "my-warehouse 2.duckdb"
    write_raw(db, tables)
    write_items(db)
    write_portal(db)
    return db


@pytest.fixture(scope="session")
def report(warehouse: Path, target_dir: Path) -> BuildReport:
    """The build of the hand-checkable portal."""
    return build(warehouse, as_of=AS_OF, target_dir=target_dir)


@pytest.fixture
def built(warehouse: Path, report: BuildReport) -> Iterator[duckdb.DuckDBPyConnection]:
    """A reader of the hand-checkable portal's reports."""
    assert report.ok, report.failed
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
