"""The small portal, loaded and built once for all tests of the models."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.report import BuildReport, build
from tests.transforms.small_portal import Tables, raw_tables, write_items, write_portal, write_raw

AS_OF = datetime(2024, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The rows of the small portal."""
    return raw_tables()


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
    """The file with the small portal; reports in it are built once."""
    db = tmp_path_factory.mktemp("small") / "my-warehouse 2.duckdb"
    write_raw(db, tables)
    write_items(db)
    write_portal(db)
    return db


@pytest.fixture(scope="session")
def report(warehouse: Path, target_dir: Path) -> BuildReport:
    """The build of the small portal."""
    return build(warehouse, as_of=AS_OF, target_dir=target_dir)


@pytest.fixture
def built(warehouse: Path, report: BuildReport) -> Iterator[duckdb.DuckDBPyConnection]:
    """A reader of the small portal's reports."""
    assert report.ok, report.failed
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
