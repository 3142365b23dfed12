"""The file holds the whole portal: every table equals it, whatever happened while it was read."""

import os
from pathlib import Path

import pytest

from tests.pipelines.everything import TABLES, change, differences
from tests.pipelines.rig import MovableClock, rig_with, small_portal

pytestmark = pytest.mark.slow

SEEDS = int(os.environ.get("B24_SEEDS", "2"))
"""Each takes two syncs of all tables, some fifteen seconds: B24_SEEDS=20 for a thorough look."""


@pytest.fixture(autouse=True)
def _everything_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells no modification time is read again in every run."""
    monkeypatch.setenv("SOURCES__BITRIX24__WALK_HOURS", "0")
    monkeypatch.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "60")
    monkeypatch.setenv("SOURCES__BITRIX24__CALENDAR_DAYS_BACK", "3000")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_table_equals_the_portal_after_changes_during_the_sync(tmp_path: Path, seed: int) -> None:
    """5 % of the rows of every table come, change and go while a sync reads; the next one has them all."""
    clock = MovableClock()
    portal = small_portal(40, seed=seed, clock=clock)
    with rig_with(portal, tmp_path) as rig:
        for request in range(1, 7):
            for table in TABLES:
                portal.before(
                    request, lambda store, t=table, n=request: change(store, t, seed * 100 + n, 0.05 / 6)
                )
        first = rig.sync()
        assert first.status == "done", [e for e in first.entities if e.error]
        clock.skew += 120
        second = rig.sync()
        assert second.status == "done", [e for e in second.entities if e.error]
        assert portal.stats.requests > 6
        problems = [problem for table in TABLES for problem in differences(rig, table)]
        assert not problems, "\n".join(problems)
