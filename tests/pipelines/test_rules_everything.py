"""The file holds the whole portal: every table equals it, whatever happened while it was read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sources.bitrix24.reading import CalendarWindow, Checks, Rules
from sources.demo_portal import DemoPortal
from tests.pipelines.everything import TABLES, Rows, change, differences, differences_in, shown
from tests.pipelines.merged import MergedTables
from tests.pipelines.rig import MovableClock, rig_with, small_portal

pytestmark = pytest.mark.slow

SEEDS = 20
WHOLE = int(os.environ.get("B24_SEEDS", "1"))
"""So many of the seeds go through all of `b24 sync`, ten seconds each: B24_SEEDS=20 for a thorough look."""
READS = 7
"""Of the other seeds so many change one portal, each during a read of its own: two seconds a seed."""


def changes_to_come(portal: DemoPortal, seed: int, note: Callable[[], object] = bool) -> None:
    """At each of the next six requests some rows of every table come, change and go: 5 % in all."""
    for request in range(1, 7):
        for table in TABLES:
            portal.before(
                portal.stats.requests + request,
                lambda store, t=table, n=request: change(store, t, seed * 100 + n, 0.05 / 6),
            )
        portal.before(portal.stats.requests + request, lambda _: note())


@pytest.fixture
def _everything_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells no modification time is read again in every run."""
    monkeypatch.setenv("SOURCES__BITRIX24__WALK_HOURS", "0")
    monkeypatch.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "60")
    monkeypatch.setenv("SOURCES__BITRIX24__CALENDAR_DAYS_BACK", "3000")


@pytest.mark.usefixtures("_everything_is_due")
@pytest.mark.parametrize("seed", range(WHOLE))
def test_every_table_equals_the_portal_after_changes_during_the_sync(tmp_path: Path, seed: int) -> None:
    """5 % of the rows of every table come, change and go while a sync reads; the next one has them all."""
    clock = MovableClock()
    portal = small_portal(40, seed=seed, clock=clock)
    with rig_with(portal, tmp_path) as rig:
        changes_to_come(portal, seed)
        first = rig.sync()
        assert first.status == "done", [e for e in first.entities if e.error]
        clock.skew += 120
        second = rig.sync()
        assert second.status == "done", [e for e in second.entities if e.error]
        assert portal.stats.requests > 6
        problems = [problem for table in TABLES for problem in differences(rig, table)]
        assert not problems, "\n".join(problems)


@pytest.mark.parametrize("first", range(WHOLE, SEEDS, READS))
def test_every_read_brings_what_changed_during_the_one_before(tmp_path: Path, first: int) -> None:
    """5 % of all rows come, change and go during each read, the very first one too; the next has them all.

    What did not change during a read is afterwards as on the portal; after the last read, in which nothing
    changes, that is everything. The receipts are right at every time.
    """
    clock = MovableClock()
    portal = small_portal(40, seed=first, clock=clock)
    rules = Rules(60, Checks(walk_hours=0), CalendarWindow(days_back=3000))
    tables = MergedTables(portal, tmp_path, rules)
    for seed in (*range(first, min(first + READS, SEEDS)), None):
        states = {table: [shown(portal, table)] for table in TABLES}

        def note(states: dict[str, list[Rows]] = states) -> None:
            for table in TABLES:
                states[table].append(shown(portal, table))

        if seed is not None:
            changes_to_come(portal, seed, note)
        results = tables.sync()
        clock.skew += 120
        assert not [result for result in results.values() if result.error]
        counts = {name: result.portal_count for name, result in results.items()}
        assert [name for name, count in counts.items() if count not in (None, tables.live_rows(name))] == []
        assert {len(each) for each in states.values()} == {1 if seed is None else 7}
        problems = [
            problem for table in TABLES for problem in differences_in(tables.db, table, states[table])
        ]
        assert not problems, f"seed {seed}:\n" + "\n".join(problems)
