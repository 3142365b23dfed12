"""One portal, one project, two engines: what DuckDB and PostgreSQL hold is the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import build, sync
from pipelines.load import SyncReport
from tests.pipelines.everything import TABLES, change
from tests.pipelines.rig import Rig, rig_with, small_portal
from tests.postgres.contents import differences, of_file, of_server
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow

RAW = ("bitrix24", "ops")
REPORTS = ("core", "reporting")
AS_OF = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def rig(tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A portal of forty deals, a file, and an empty database that dlt's configuration names."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres.create("engines"))
    with rig_with(small_portal(40), tmp_path) as made:
        yield made


def test_both_engines_hold_the_same_after_a_first_and_a_second_sync(
    rig: Rig, postgres: PostgresServer
) -> None:
    """Raw tables and reports are equal, value for value, and so they are after changes and deletions."""
    first = _synced(rig)
    assert _copied(first) == sum(table.rows for table in first.copied.tables)
    _assert_equal(rig, postgres, RAW)
    _people_work(rig)

    second = _synced(rig)

    deleted = sum(entity.rows_deleted for entity in second.entities)
    changed = sum(entity.rows_changed for entity in second.entities)
    assert deleted
    assert _copied(second) < _copied(first)
    assert _copied(second, "bitrix24") >= changed
    _assert_equal(rig, postgres, RAW)
    _built(rig, AS_OF)
    _assert_equal(rig, postgres, REPORTS)
    _built(rig, AS_OF + timedelta(days=1), "settings", "fct_deal_snapshot")  # another day beside the first
    _assert_equal(rig, postgres, ("core",))


def _synced(rig: Rig) -> SyncReport:
    report = sync(db=rig.db, webhook_url=rig.url, destination="postgres")
    assert report.exit_code == 0, [
        entity.error for entity in report.entities if entity.error
    ] or report.copied
    return report


def _copied(report: SyncReport, schema: str = "") -> int:
    return sum(table.rows_sent for table in report.copied.tables if table.table.startswith(schema))


def _people_work(rig: Rig) -> None:
    """Rows of every table come, change and go, and a deal that both engines know is deleted."""
    for table in TABLES:
        change(rig.portal.store, table, seed=5, share=0.05)
    rig.portal.store.table("deals").delete(rig.portal_ids()[3])


def _built(rig: Rig, as_of: datetime, *select: str) -> None:
    for target in ("duckdb", "postgres"):
        report = build(rig.db, as_of=as_of, select=select, target=target)
        assert report.ok, (target, report.failed)


def _assert_equal(rig: Rig, postgres: PostgresServer, schemas: tuple[str, ...]) -> None:
    with postgres.connect("engines") as connection:
        there = of_server(connection, schemas)
    wrong = differences(of_file(rig.db, schemas), there)
    assert len(there) > len(schemas)
    assert not wrong, "\n".join(wrong)
