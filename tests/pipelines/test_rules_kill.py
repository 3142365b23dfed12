"""Sync rule 5: killed at any moment and run again, a sync ends where an uninterrupted one ends."""

import os
import signal
import time
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.pipelines.prepared import Process
from tests.pipelines.rig import Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

WAIT = 60.0
SOME = ("deals", "contacts", "departments", "deal_stage_history")


def kill_at_request(rig: Rig, number: int, *names: str) -> None:
    """Run a sync in a process that dies, at once, when the portal has its n-th request from now."""
    process: list[Process] = []
    rig.portal.before(rig.portal.stats.requests + number, lambda _: os.kill(process[0].pid, signal.SIGKILL))
    process.append(rig.process(*names))
    _expect_killed(process[0])


def kill_when(rig: Rig, pattern: str, *names: str) -> None:
    """Run a sync in a process that dies when a file like this is seen beside the warehouse.

    On a busy machine that may be too late for it; then its result is out, and what follows holds as well.
    """
    stop_when(rig, pattern, signal.SIGKILL, *names).communicate(timeout=WAIT)


def stop_when(rig: Rig, pattern: str, how: signal.Signals, *names: str) -> Process:
    """Run a sync in a process that gets a signal when a file like this is seen, or the result is out."""
    process = rig.process(*names)
    state = _inode(rig.db)
    deadline = time.monotonic() + WAIT
    while process.poll() is None and not seen(rig, pattern) and _inode(rig.db) == state:
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.002)
    process.send_signal(how)
    return process


def _inode(path: Path) -> int:
    return path.stat().st_ino if path.exists() else 0


def _expect_killed(process: Process) -> None:
    _, errors = process.communicate(timeout=WAIT)
    assert process.returncode == -signal.SIGKILL, errors.decode()[-2_000:]


def seen(rig: Rig, pattern: str) -> bool:
    """Whether there is such a file in the working folder, which others change at this moment."""
    folder = rig.db.with_name(f"{rig.db.name}.b24")
    return any(
        fnmatch(os.path.relpath(os.path.join(where, name), folder), pattern)  # noqa: PTH118 - a walk's own
        for where, _, names in os.walk(folder)
        for name in names
    )


def contents(rig: Rig) -> dict[str, list[tuple[object, ...]]]:
    """Every raw table, without the moments of the sync and of the load."""
    service = "'_synced_at', '_deleted_at', '_dlt_load_id', '_dlt_id'"
    found = {}
    for table in (*SOME, "contact_points"):
        columns = rig.fetch(
            f"SELECT column_name FROM duckdb_columns() WHERE schema_name = 'bitrix24' "
            f"AND table_name = '{table}' AND column_name NOT IN ({service}) ORDER BY 1"
        )
        names = ", ".join(f'"{name}"' for (name,) in columns)
        found[table] = rig.fetch(f"SELECT {names}, _deleted_at IS NULL FROM bitrix24.{table} ORDER BY ALL")
    return found


class TestKillable:
    """Rule 5."""

    def test_killed_at_any_moment_ends_the_same(self, tmp_path: Path) -> None:
        """First read, incremental read and load are killed in turn; the tables are those of a quiet run."""
        portal = small_portal(120)
        (tmp_path / "killed").mkdir()
        (tmp_path / "quiet").mkdir()
        with rig_with(portal, tmp_path / "killed") as rig:
            kill_when(rig, "spool/*/*.parquet", *SOME)
            kill_when(rig, "dlt/*/started_jobs/*.parquet", *SOME)
            assert rig.sync(*SOME).exit_code == 0
            for number in rig.portal_ids()[:40]:
                portal.store.table("deals").update(number, {"TITLE": "changed"})
            portal.store.table("contacts").add({"NAME": "New", "PHONE": [{"VALUE": "+49 40 1"}]})
            kill_at_request(rig, 2, *SOME)
            kill_when(rig, "dlt/*/package_completed.json", *SOME)
            assert rig.fetch("SELECT count(*) FROM bitrix24.deals WHERE title = 'changed'") in (
                [(0,)],
                [(40,)],
            )
            assert rig.sync(*SOME).exit_code == 0
            assert rig.fetch("SELECT DISTINCT status FROM ops.sync_runs") == [("done",)]
            quiet = Rig(portal, rig.url, tmp_path / "quiet" / "w.duckdb")
            quiet.sync(*SOME)
            assert contents(rig) == contents(quiet)

    def test_full_read_goes_on_near_where_it_stopped(self, tmp_path: Path) -> None:
        """What a killed read had spooled is not asked for again, and nothing is lost or doubled by it."""
        portal = small_portal(counts={"deals": 25_000, "contacts": 5, "companies": 5, "leads": 5})
        with rig_with(portal, tmp_path) as rig:
            kill_at_request(rig, 8, "deals")
            spooled = portal.stats.requests
            assert spooled <= 8 + 2
            touched = rig.portal_ids()[0]
            portal.store.table("deals").update(touched, {"TITLE": "after the kill"})
            report = rig.sync("deals")
            assert report.exit_code == 0
            # 25,000 rows are 10 full requests: about 5 of them were made before
            assert portal.stats.requests - spooled <= 10
            assert rig.live_ids() == rig.portal_ids()
            ((rows,),) = rig.fetch("SELECT count(*) FROM bitrix24.deals")
            assert rows == 25_000
            rig.sync("deals")  # the cursor is from before the first page of the killed read
            ((title,),) = rig.fetch(f"SELECT title FROM bitrix24.deals WHERE id = {touched}")
            assert title == "after the kill"


class TestBrokenLoad:
    """Rule 5 for a load that fails instead of being killed."""

    def test_half_a_load_is_not_published(self, tmp_path: Path) -> None:
        """An interrupted load leaves the file as it was; the next run neither doubles nor lacks a row."""
        portal = small_portal(60)
        with rig_with(portal, tmp_path) as rig:
            rig.sync("deals")
            names = ("deals", "companies", "users", "departments")
            tables = (
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'bitrix24' "
                "AND table_name NOT LIKE '\\_dlt%' ESCAPE '\\' ORDER BY 1"
            )
            before = rig.fetch(tables)
            process = stop_when(rig, "dlt/*/completed_jobs/*", signal.SIGINT, *names)
            process.communicate(timeout=WAIT)
            if process.returncode != 0:
                assert ("companies",) not in before
                assert rig.fetch(tables) == before
            assert rig.sync(*names).exit_code == 0
            for table in names:
                ((rows,),) = rig.fetch(f"SELECT count(*) FROM bitrix24.{table}")
                assert rows == len(portal.store.table(table).rows())
