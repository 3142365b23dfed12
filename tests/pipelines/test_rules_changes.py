"""Sync rules 1 and 2: no change and no row is lost or doubled, whatever happens on the portal meanwhile."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sources.demo_portal import Fault, Store
from sources.demo_portal.control import random_changes
from tests.pipelines.rig import CRM, MovableClock, Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

HOURS = 3_600.0


def touch(store: Store, number: int, text: str) -> None:
    store.table("deals").update(number, {"TITLE": text})


def title_of(rig: Rig, number: int) -> str:
    ((title,),) = rig.fetch(f"SELECT title FROM bitrix24.deals WHERE id = {number}")
    return str(title)


class TestNoLostChange:
    """Rule 1."""

    @pytest.mark.parametrize("skew", [-26 * HOURS, 26 * HOURS])
    def test_change_during_the_read_is_in_this_run_or_the_next(self, tmp_path: Path, skew: float) -> None:
        """At whichever request a row changes, and however wrong the local clock is."""
        clock = MovableClock(skew)
        portal = small_portal(130, clock=clock)
        with rig_with(portal, tmp_path) as rig:
            ids = rig.portal_ids()
            for request in (1, 2):
                for number in (ids[request], ids[60 + request], ids[-request]):
                    portal.before(request, lambda store, n=number: touch(store, n, "during"))
            rig.sync("deals")
            assert portal.stats.requests >= 2
            rig.sync("deals")
            assert rig.differences("deals") == []

    def test_tie_on_one_second_is_not_lost(self, tmp_path: Path) -> None:
        """A row that changes in the second of the cursor, after it was read, comes with the next run."""

        class StoppedClock(MovableClock):
            def time(self) -> float:
                return 1_790_000_000.9

        portal = small_portal(60, clock=StoppedClock())
        with rig_with(portal, tmp_path) as rig:
            rig.sync("deals")
            touch(portal.store, rig.portal_ids()[0], "same second")
            rig.sync("deals")
            assert title_of(rig, rig.portal_ids()[0]) == "same second"

    def test_cursor_is_the_portals_clock_before_the_first_page(self, tmp_path: Path) -> None:
        """Neither the local clock nor the newest row decides where the next read begins."""
        clock = MovableClock(-30 * HOURS)
        portal = small_portal(60, clock=clock)
        with rig_with(portal, tmp_path) as rig:
            number = rig.portal_ids()[0]
            row = portal.store.table("deals").get(number) or {}
            portal.store.records("deals").table.put({**row, "DATE_MODIFY": "2099-01-01T00:00:00+01:00"})
            before = datetime.fromtimestamp(int(clock.time()), UTC)
            portal.before(2, lambda _: setattr(clock, "skew", clock.skew + 900))
            report = rig.sync("deals", "users")
            for entity in report.entities:
                cursor = datetime.fromisoformat(str(entity.cursor_to))
                assert before <= cursor < before + timedelta(seconds=60)

    def test_read_since_a_date_does_not_pass_over_earlier_changes(self, tmp_path: Path) -> None:
        """`--since` brings less than what changed: what it left out must come with the next run."""
        clock = MovableClock()
        portal = small_portal(60, clock=clock)
        with rig_with(portal, tmp_path) as rig:
            rig.sync("deals")
            clock.skew += 10 * HOURS
            touch(portal.store, rig.portal_ids()[0], "early")
            clock.skew += 10 * HOURS
            touch(portal.store, rig.portal_ids()[1], "late")
            since = datetime.fromtimestamp(clock.time() - HOURS, UTC).isoformat()
            rig.sync("deals", since=since)
            assert title_of(rig, rig.portal_ids()[1]) == "late"
            rig.sync("deals")
            assert title_of(rig, rig.portal_ids()[0]) == "early"

    def test_failed_entity_keeps_its_cursor(self, tmp_path: Path) -> None:
        """A run that could not read an entity leaves it where it was; the next one brings the change."""
        clock = MovableClock()
        portal = small_portal(60, clock=clock)
        with rig_with(portal, tmp_path) as rig:
            rig.sync("deals")
            clock.skew += HOURS
            touch(portal.store, rig.portal_ids()[0], "while failing")
            denied = Fault("command_error", method="crm.deal.list", times=-1, code="", description="no")
            portal.faults.add(denied)
            assert rig.sync("deals", "users").exit_code == 1
            portal.faults.clear()
            clock.skew += HOURS
            rig.sync("deals")
            assert title_of(rig, rig.portal_ids()[0]) == "while failing"


class TestNoLostOrDoubledRow:
    """Rule 2."""

    @pytest.mark.parametrize(("seed", "page_size", "tables"), [(1, 50, CRM), (2, 20, ("deals", "contacts"))])
    def test_raw_tables_equal_the_portal_after_concurrent_changes(
        self, tmp_path: Path, seed: int, page_size: int, tables: tuple[str, ...]
    ) -> None:
        """Rows come, change and go at every request of a sync; after the next one raw is the portal."""
        clock = MovableClock(-5 * HOURS)
        portal = small_portal(160, seed=seed, clock=clock, page_size=page_size)
        names = (*tables, "deal_stage_history")
        with rig_with(portal, tmp_path) as rig:
            for _ in range(2):  # a first read, then an incremental one, both under fire
                at = portal.stats.requests
                for n in range(1, 4):
                    for table in tables:
                        portal.before(
                            at + n,
                            lambda store, t=table, n=at + n: random_changes(store, t, seed * 100 + n, 0.05),
                        )
                assert rig.sync(*names).exit_code == 0
                clock.skew += 60
            while portal.stats.requests < at + 3:  # until the last change is made
                rig.sync(*names)
            rig.sync(*names)
            for table in tables:
                assert rig.differences(table) == []
                ((rows, ids),) = rig.fetch(f"SELECT count(*), count(DISTINCT id) FROM bitrix24.{table}")
                assert rows == ids
            rig.sync(*names, full=True)
            for table in tables:
                assert rig.live_ids(table) == rig.portal_ids(table)
            _assert_history_equal(rig)
            _assert_contact_points_equal(rig, tables)


def _assert_history_equal(rig: Rig) -> None:
    rows = rig.portal.store.table("deal_stage_history").rows()
    expected = [
        (row["ID"], row["OWNER_ID"], row["STAGE_ID"], datetime.fromisoformat(str(row["CREATED_TIME"])))
        for row in rows
    ]
    found = rig.fetch(
        "SELECT id, owner_id, stage_id, created_time FROM bitrix24.deal_stage_history "
        "WHERE _deleted_at IS NULL"
    )
    assert sorted(found) == sorted(expected)


def _assert_contact_points_equal(rig: Rig, tables: tuple[str, ...]) -> None:
    expected = sorted(
        (owner, int(str(row["ID"])), int(str(point["ID"])), point["VALUE"])
        for table, owner in (("contacts", "contact"), ("companies", "company"), ("leads", "lead"))
        if table in tables
        for row in rig.portal.store.table(table).rows()
        for code in ("PHONE", "EMAIL", "WEB", "IM", "LINK")
        for point in row.get(code) or []  # type: ignore[attr-defined]
    )
    found = rig.fetch(
        "SELECT owner_type, owner_id, id, value FROM bitrix24.contact_points WHERE _deleted_at IS NULL"
    )
    assert sorted(found) == expected
