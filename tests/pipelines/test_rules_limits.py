"""Sync rules 8 and 9: limits are obeyed, and one entity's trouble is not everyone's."""

from pathlib import Path

import pytest

from pipelines.load import SyncReport, sync_into
from pipelines.order import order_of
from pipelines.settings import Settings
from pipelines.working_copy import working_copy
from sources.bitrix24.client import Limits
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.limits import SqliteLimitsStore
from sources.bitrix24.portal_read import Connection, SilentObserver
from sources.bitrix24.reading import Observer, ReadResult
from sources.demo_portal import CostModel, DemoPortal, Fault
from tests.pipelines.rig import CRM, MovableClock, Rig, rig_with, small_portal

pytestmark = pytest.mark.slow


class Order(SilentObserver):
    """Remembers in which order entities were finished, and when."""

    def __init__(self, clock: MovableClock) -> None:
        self.clock = clock
        self.finished_at: dict[str, float] = {}

    def finished(self, result: ReadResult) -> None:
        """Note the portal's time."""
        self.finished_at[result.entity.name] = self.clock.time()


def sync_on(
    rig: Rig, clock: MovableClock, limits: Limits, *names: str, observer: Observer | None = None
) -> SyncReport:
    """Sync with waits that pass at once, on the clock that the portal lives by too."""
    store = SqliteLimitsStore()
    connection = Connection(rig.url, limits=limits, detect_limits=False, clock=clock, store=store)
    with working_copy(rig.db, "test") as copy:
        settings = Settings(overlap_seconds=0)
        return sync_into(copy, connection, order_of(names), settings, observer or SilentObserver())


class TestLimits:
    """Rule 8."""

    def test_bucket_is_never_overfilled(self, tmp_path: Path) -> None:
        """Many more requests than the bucket holds, and not one is refused; the waits are told."""
        clock = MovableClock()
        portal = DemoPortal(deals=400, page_size=10, clock=clock, rate=2.0, bucket=5, operating_limit=0)
        with rig_with(portal, tmp_path) as rig:
            limits = Limits(requests_per_second=2.0, bucket=5, operating_seconds=0)
            report = sync_on(rig, clock, limits, *CRM, "users")
            assert report.exit_code == 0
            assert portal.stats.requests > 5
            assert (portal.stats.refused_503, report.totals.refused_503) == (0, 0)
            assert report.totals.waited_seconds > 0
            assert rig.live_ids() == rig.portal_ids()

    def test_standard_limits_hold_for_a_whole_sync(self, tmp_path: Path) -> None:
        """With the portal's usual 2 a second and 50 at once a small sync neither waits nor is refused."""
        portal = small_portal(60, rate=2.0, bucket=50, operating_limit=480.0)
        with rig_with(portal, tmp_path) as rig:
            report = rig.sync()
            assert (report.exit_code, portal.stats.refused_503, portal.stats.refused_429) == (0, 0, 0)
            assert report.totals.waited_seconds < 0.4  # a slot of a full bucket takes half a second

    def test_spent_method_waits_while_others_go_on(self, tmp_path: Path) -> None:
        """A method near its limit is parked until its time comes back, over restarts too; none is refused."""
        clock = MovableClock()
        portal = DemoPortal(
            counts={"deals": 900, "contacts": 30, "companies": 5, "leads": 30},
            clock=clock,
            rate=0,
            operating_limit=30.0,
            cost=CostModel(base=2.0, row=0, counted_row=0, offset_row=0),
        )
        limits = Limits(requests_per_second=0, operating_seconds=24.0)
        with rig_with(portal, tmp_path) as rig:
            began = clock.time()
            order = Order(clock)
            clock.may_jump = lambda: len(order.finished_at) >= 3
            report = sync_on(rig, clock, limits, "deals", "contacts", "leads", "users", observer=order)
            assert report.exit_code == 0
            assert clock.time() - began >= 590  # 19 pages of 2 s do not fit into 24 s
            others = [at for name, at in order.finished_at.items() if name != "deals"]
            assert max(others) - began < 300
            assert rig.live_ids() == rig.portal_ids()
            second = sync_on(Rig(portal, rig.url, tmp_path / "other.duckdb"), clock, limits, "deals")
            assert second.exit_code == 0
            assert portal.stats.refused_429 == 0


class TestOneFailure:
    """Rule 9."""

    def test_failing_entity_does_not_stop_the_others(self, tmp_path: Path) -> None:
        """The run says which failed and why and ends with 1; the others are loaded, and later it is too."""
        portal = small_portal(30)
        broken = Fault("command_error", method="crm.lead.list", times=-1, code="", description="Leads broke")
        portal.faults.add(broken)
        with rig_with(portal, tmp_path) as rig:
            names = (*CRM, "product_rows", "users", "tasks", "calendar_sections")
            report = rig.sync(*names)
            states = {entity.entity: entity.status for entity in report.entities}
            assert report.exit_code == 1
            assert states.pop("leads") == "failed"
            assert states.pop("product_rows") == "failed"  # for they are asked for by their owners
            assert set(states.values()) == {"done"}
            assert rig.live_ids() == rig.portal_ids()
            assert rig.fetch("SELECT status, error FROM ops.sync_entities WHERE entity = 'leads'") == [
                ("failed", next(str(e.error) for e in report.entities if e.entity == "leads"))
            ]
            assert "Leads broke" in str(rig.fetch("SELECT error FROM ops.sync_entities"))
            portal.faults.clear()
            assert rig.sync(*names).exit_code == 0
            assert rig.differences("leads") == []

    def test_missing_scope_is_skipped_unless_asked_for_by_name(self, tmp_path: Path) -> None:
        """A webhook without a scope is no failure of a run over everything, and a refusal for one entity."""
        portal = small_portal(10, scopes=("crm", "department"))
        with rig_with(portal, tmp_path) as rig:
            everything = rig.sync()
            states = {entity.entity: entity.status for entity in everything.entities}
            assert everything.exit_code == 0
            lacking = [e.name for e in ENTITIES.values() if e.scope not in ("crm", "department")]
            assert [name for name, status in states.items() if status == "skipped"] == lacking
            by_name = rig.sync("users")
            assert (by_name.exit_code, by_name.refused) == (10, ("users",))

    def test_nothing_readable_leaves_no_file(self, tmp_path: Path) -> None:
        """Where every entity fails there is nothing to publish."""
        portal = small_portal(5)
        portal.faults.add(Fault("command_error", times=-1, code="", description="broken"))
        with rig_with(portal, tmp_path) as rig:
            with pytest.raises(Exception, match="broken"):
                rig.sync()
            assert not rig.db.exists()
