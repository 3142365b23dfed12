"""A large first read is loaded while it goes on, and ends as if it had been loaded at once."""

from pathlib import Path

import pytest

from pipelines.load import SyncReport, sync_into
from pipelines.order import order_of
from pipelines.settings import Settings
from pipelines.working_copy import working_copy
from sources.bitrix24.client import Limits
from sources.bitrix24.portal_read import Connection, SilentObserver
from sources.demo_portal import DemoPortal, Store
from tests.pipelines.rig import Rig, rig_with

pytestmark = pytest.mark.slow

DEALS = 60_000  # two lanes fill a file each before they end


def sync_deals(rig: Rig) -> SyncReport:
    """A sync whose little memory makes it load files as soon as there are some."""
    limits = Limits(requests_per_second=0, operating_seconds=0)
    connection = Connection(rig.url, limits=limits, detect_limits=False)
    with working_copy(rig.db, "test") as copy:
        return sync_into(copy, connection, order_of(["deals"]), Settings(memory_mb=128), SilentObserver())


def test_rows_are_there_once_whatever_happens_meanwhile(tmp_path: Path) -> None:
    """Rows of files that are loaded already are deleted before the read is over."""
    portal = DemoPortal(
        counts={"deals": DEALS, "contacts": 5, "companies": 3, "leads": 5}, rate=0, operating_limit=0
    )
    gone = [int(number) for number in portal.store.records("deals").table.ids[100:103]]

    def delete(store: Store) -> None:
        for number in gone:
            store.table("deals").delete(number)

    portal.before(24, delete)
    with rig_with(portal, tmp_path) as rig:
        report = sync_deals(rig)
        (deals,) = report.entities
        assert (deals.status, deals.verdict) == ("done", "equal")
        assert rig.fetch("SELECT count(*), count(DISTINCT id) FROM bitrix24.deals") == [(DEALS, DEALS)]
        assert rig.live_ids() == rig.portal_ids()
        marked = rig.fetch("SELECT id FROM bitrix24.deals WHERE _deleted_at IS NOT NULL ORDER BY id")
        assert [number for (number,) in marked] == gone
