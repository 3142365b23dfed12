# ruff: noqa: ANN001 - fixtures are typed where they are made

import time

import duckdb
import pytest
from filelock import FileLock

from pipelines.cli.demo import _clear


@pytest.mark.slow
def test_the_demo_shows_the_whole_way_and_leaves_a_file(b24) -> None:
    """In an empty folder, without a webhook: syncs, reports, receipts, the next command, in a minute."""
    began = time.perf_counter()
    done = b24("demo")
    seconds = time.perf_counter() - began

    assert done.returncode == 0, done.stderr
    assert "The first sync reads everything" in done.stdout
    assert "3 requests" in done.stdout or "2 requests" in done.stdout
    assert "█" in done.stdout
    assert "deleted in the portal, kept here" in done.stdout
    assert "11 of 11 tables" in done.stdout
    assert "b24 status --db demo.duckdb" in done.stdout
    assert seconds < 60
    with duckdb.connect(str(b24.folder / "demo.duckdb"), read_only=True) as demo:
        won = "SELECT count(*) FROM core.fct_deal WHERE status = 'won' AND closed_date = current_date"
        assert demo.execute(won).fetchone()[0] >= 3


def test_a_second_demo_makes_room_for_itself(b24, webhook) -> None:
    """A file of an earlier demo is made anew, a locked one is not."""
    assert b24("sync", "users", "--db", "demo.duckdb", webhook=webhook).returncode == 0
    with FileLock(str(b24.folder / "demo.duckdb.b24/lock")):
        assert b24("demo").returncode == 9
    _clear(b24.folder / "demo.duckdb")

    assert not (b24.folder / "demo.duckdb").exists()


def test_the_demo_does_not_touch_a_real_warehouse(b24) -> None:
    """A file that holds something else is not deleted for a demo."""
    path = b24.folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as real:
        real.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    done = b24("demo", "--db", "warehouse.duckdb")

    assert done.returncode == 2
    assert "not of a demo" in done.stderr
    with duckdb.connect(str(path), read_only=True) as real:
        assert real.execute("SELECT answer FROM mine").fetchall() == [(42,)]
