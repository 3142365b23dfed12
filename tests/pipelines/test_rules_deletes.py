"""Sync rules 3 and 4: what was deleted is found without a full read, and every run proves its result."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import status
from pipelines.load import SyncReport, sync_into
from pipelines.ops import EntityReport
from pipelines.order import order_of
from pipelines.settings import Settings
from pipelines.working_copy import working_copy
from sources.bitrix24.fields import column_name
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reading import Rules
from sources.demo_portal import Store
from tests.pipelines.everything import differences, entity_of
from tests.pipelines.rig import MovableClock, Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

NAMES = ("deals", "contacts", "activities", "calls", "items_31", "product_rows", "deal_contacts")
WORK = ("tasks", "task_checklist_items", "disk_folders", "disk_files", "calendar_events")
RESTORED = ("deals", "contacts", "items_31", "tasks")
Keys = set[tuple[str, ...]]


@dataclass(frozen=True)
class Story:
    """A synced portal that lost rows, was synced, got some of them back and was synced again."""

    rig: Rig
    gone: dict[str, Keys]
    raw: dict[str, dict[tuple[str, ...], dict[str, Any]]]
    marked: dict[str, dict[tuple[str, ...], dict[str, Any]]]
    restored: dict[str, int]
    reports: tuple[SyncReport, SyncReport, SyncReport]


def keys(store: Store, table: str) -> Keys:
    """The keys of the portal's rows."""
    return {tuple(str(row[code]) for code in entity_of(table).key) for row in store.table(table).rows()}


def raw_rows(rig: Rig, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """The raw rows by key, tombstones included."""
    names = [name for (name,) in rig.fetch(f"SELECT column_name FROM (DESCRIBE bitrix24.{table})")]
    rows = (dict(zip(names, row, strict=True)) for row in rig.fetch(f"SELECT * FROM bitrix24.{table}"))
    places = [column_name(code) for code in entity_of(table).key]
    return {tuple(str(row[place]) for place in places): row for row in rows}


def content(row: dict[str, Any]) -> dict[str, Any]:
    """What the portal said of a row."""
    return {name: value for name, value in row.items() if name not in ("_deleted_at", "_synced_at")}


def delete_some(store: Store) -> None:
    """Delete a row of every table, one of each kind of dependent rows with its owner, one without."""
    products = [row for row in store.table("product_rows").rows() if row["ownerType"] == "D"]
    linked = {row["DEAL_ID"] for row in store.table("deal_contacts").rows()}
    store.table("deals").delete(next(row["ownerId"] for row in products if row["ownerId"] in linked))
    store.table("product_rows").delete(store.table("product_rows").rows()[-1]["id"])
    contacts = store.table("contacts").rows()
    store.table("contacts").delete(next(row["ID"] for row in contacts if isinstance(row.get("PHONE"), list)))
    checklists = store.table("task_checklist_items").rows()
    store.table("tasks").delete(checklists[0]["TASK_ID"])
    store.table("task_checklist_items").delete(checklists[-1]["ID"])
    for table in ("activities", "calls", "items_31", "disk_files", "calendar_events"):
        row = store.table(table).rows()[-2]
        store.table(table).delete(row[entity_of(table).key[0]])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Three syncs of one portal; the tests only read what they left."""
    folder = tmp_path_factory.mktemp("story")
    clock = MovableClock()
    portal = small_portal(30, clock=clock)
    with pytest.MonkeyPatch.context() as environment, rig_with(portal, folder) as rig:
        environment.setenv("B24_STATE_DIR", str(folder / "state"))
        environment.setenv("HOME", str(folder / "home"))
        environment.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "0")
        environment.setenv("SOURCES__BITRIX24__CALENDAR_DAYS_BACK", "3000")
        store = portal.store
        first = rig.sync(*NAMES, *WORK)
        before = {table: keys(store, table) for table in (*NAMES, *WORK)}
        raw = {table: raw_rows(rig, table) for table in (*NAMES, *WORK)}
        kept = {table: store.records(table).table.rows() for table in RESTORED}
        clock.skew += 600
        delete_some(store)
        gone = {table: before[table] - keys(store, table) for table in (*NAMES, *WORK)}
        second = rig.sync(*NAMES, *WORK)
        marked = {table: raw_rows(rig, table) for table in (*NAMES, *WORK)}
        clock.skew += 600
        restored = {}
        for table in RESTORED:
            key = entity_of(table).key[0]
            row = next(row for row in kept[table] if (str(row.get(key, row.get("ID"))),) in gone[table])
            store.records(table).table.put(row)
            restored[table] = int(str(row.get(key, row.get("ID"))))
        third = rig.sync(*RESTORED)
        yield Story(rig, gone, raw, marked, restored, (first, second, third))


class TestTombstones:
    """Rule 3, in a plain incremental run."""

    @pytest.mark.parametrize("table", [*NAMES, *WORK])
    def test_deleted_rows_are_marked_and_keep_their_values(self, story: Story, table: str) -> None:
        """What the portal no longer has is marked, whole, nothing else is; no row is dropped."""
        marked, raw = story.marked[table], story.raw[table]
        assert story.gone[table] or table == "disk_folders"
        assert {key for key, row in marked.items() if row["_deleted_at"]} == story.gone[table]
        assert marked.keys() == raw.keys()
        for key in story.gone[table]:
            assert content(marked[key]) == content(raw[key])
            assert marked[key]["_deleted_at"] > raw[key]["_synced_at"]

    def test_phones_of_a_deleted_contact_are_marked(self, story: Story) -> None:
        """Those that were restored with their owner are live again."""
        number = story.restored["contacts"]
        points = story.rig.fetch(
            f"SELECT count(*), count(_deleted_at) FROM bitrix24.contact_points WHERE owner_id = {number} "
            "AND owner_type = 'contact'"
        )
        ((rows, deleted),) = points
        assert rows > 0
        assert deleted == 0

    @pytest.mark.parametrize("table", RESTORED)
    def test_restored_rows_come_back(self, story: Story, table: str) -> None:
        """A row from the recycle bin has its old id and its old modification time: it is live again."""
        number = story.restored[table]
        found = story.rig.fetch(f"SELECT _deleted_at FROM bitrix24.{table} WHERE id = {number}")
        assert found == [(None,)]
        assert differences(story.rig, table) == []

    def test_every_run_tells_how_it_was_proven(self, story: Story) -> None:
        """Counts of both sides, the verdict and how the portal was asked stand in ops and in the status."""
        assert [report.exit_code for report in story.reports] == [0, 0, 0]
        found = story.rig.fetch(
            "SELECT entity, portal_count, warehouse_count, verdict, check_kind, rows_deleted "
            "FROM ops.sync_entities WHERE run_id = "
            f"'{story.reports[1].run_id}' AND entity IN {(*NAMES, *WORK)!r}"
        )
        receipts = {name: rest for name, *rest in found}
        assert receipts.keys() == {*NAMES, *WORK}
        for table, (there, here, verdict, kind, deleted) in receipts.items():
            gone = len(story.gone[table])
            assert (there, here, verdict) == (len(story.raw[table]) - gone,) * 2 + ("equal",), table
            assert deleted == gone, table
            assert kind == ("count" if entity_of(table).modified else kind)
            assert kind in ("count", "whole")
        told = {row["entity"]: row for row in status(story.rig.db).entities}
        assert {told[table]["receipt"] for table in receipts} == {"equal"}
        assert json.dumps(status(story.rig.db).as_json())


def hide(number: int, lists: bytes) -> bytes:
    """The rows of a list without one of them."""
    rows = json.loads(lists)
    return json.dumps([row for row in rows if int(row["ID"]) != number]).encode()


class TestChecks:
    """Rule 4: no run ends without knowing that the file is right, or saying that it is not."""

    def test_changes_during_the_run_raise_no_alarm(self, tmp_path: Path) -> None:
        """Rows that come at every request belong to the next run; one that was read and goes is not live."""
        portal = small_portal(60)
        with rig_with(portal, tmp_path) as rig:
            first, second = rig.portal_ids()[3], rig.portal_ids()[-3]
            for request in range(1, 8):
                portal.before(request, lambda store: store.table("deals").add({"TITLE": "new"}))
            for number, request in ((first, 2), (second, 3)):
                portal.before(request, lambda store, n=number: store.table("deals").delete(n))
            (deals,) = rig.sync("deals").entities
            assert (deals.status, deals.verdict, deals.check_kind) == ("done", "equal", "count")
            assert deals.rows_read >= 59
            assert not {first, second} & set(rig.live_ids())
            assert rig.fetch(f"SELECT count(*) FROM bitrix24.deals WHERE id = {first}") == [(1,)]
            assert rig.sync("deals").exit_code == 0
            assert rig.live_ids() == rig.portal_ids()

    def test_large_tables_are_checked_when_it_is_due_or_asked_for(self, tmp_path: Path) -> None:
        """Between two counts a run tells no verdict, the status the last one; --verify sees and mends all."""
        clock = MovableClock()
        portal = small_portal(60, clock=clock)
        deals = portal.store.table("deals")
        with rig_with(portal, tmp_path) as rig:
            assert _sync(rig).verdict == "equal"
            clock.skew += 600
            # with a time of the past, that no run asks for
            past = {"TITLE": "corrected", "DATE_MODIFY": "2015-01-01T00:00:00+01:00"}
            portal.store.records("deals").table.put({**(deals.get(rig.portal_ids()[7]) or {}), **past})
            deals.delete(rig.portal_ids()[0])
            waiting = _sync(rig)
            assert (waiting.portal_count, waiting.verdict, waiting.check_kind) == (None, None, None)
            assert waiting.warehouse_count == 60
            told = next(row for row in status(rig.db).entities if row["entity"] == "deals")
            assert (told["receipt"], told["verdict"]) == ("equal", None)
            assert told["counted_at"] < told["synced_at"]
            deep = _sync(rig, verify=True)
            assert (deep.check_kind, deep.rows_repaired, deep.rows_deleted) == ("ids", 1, 1)
            assert (deep.portal_count, deep.warehouse_count, deep.verdict) == (59, 59, "equal")
            assert rig.differences("deals") == []
            deals.delete(rig.portal_ids()[0])
            due = _sync(rig, count_hours=0.0)
            assert (due.check_kind, due.rows_repaired, due.rows_deleted) == ("count", 0, 1)
            assert rig.live_ids() == rig.portal_ids()

    @pytest.mark.parametrize(("deals", "place"), [(40, 7), (60, -2)])
    def test_mismatch_that_nothing_explains_fails_the_run(
        self, tmp_path: Path, deals: int, place: int
    ) -> None:
        """A portal that counts a row it never lists: exit 1, both counts in ops, and what to do."""
        with rig_with(small_portal(deals), tmp_path) as rig:
            number = rig.portal_ids()[place]
            rig.portal.rewrite("crm.deal.list", lambda rows: hide(number, rows))
            report = rig.sync("deals")
            assert report.exit_code == 1
            found = rig.fetch("SELECT status, portal_count, warehouse_count, verdict FROM ops.sync_entities")
            assert found == [("failed", deals, deals - 1, "differs")]
            (error,) = rig.fetch("SELECT error FROM ops.sync_entities")[0]
            assert "b24 sync deals --full" in error
            assert status(rig.db).entities[0]["receipt"] == "differs"
            assert number not in rig.live_ids()

    def test_file_that_holds_a_part_is_not_compared(self, tmp_path: Path) -> None:
        """After --since rows are missing on purpose: no alarm, and nothing is filled up."""
        clock = MovableClock()
        portal = small_portal(60, clock=clock)
        with rig_with(portal, tmp_path) as rig:
            clock.skew += 86_400
            for number in rig.portal_ids()[:3]:
                portal.store.table("deals").update(number, {"TITLE": "recent"})
            clock.skew += 600
            since = datetime.fromtimestamp(clock.time() - 3_600, UTC).isoformat()
            rig.sync("deals", since=since)
            assert rig.live_ids() == rig.portal_ids()[:3]
            portal.store.table("deals").update(rig.portal_ids()[9], {"TITLE": "recent"})
            (deals,) = rig.sync("deals").entities
            assert (deals.status, deals.verdict) == ("done", None)
            assert rig.live_ids() == [*rig.portal_ids()[:3], rig.portal_ids()[9]]


class _FewAreCheap(Settings):
    """Tables of more than ten rows are large."""

    def rules(self, *, verify: bool = False) -> Rules:
        rules = super().rules(verify=verify)
        return replace(rules, checks=replace(rules.checks, cheap_rows=10))


def _sync(rig: Rig, *, verify: bool = False, count_hours: float = 6.0) -> EntityReport:
    settings = _FewAreCheap(webhook_url=rig.url, count_hours=count_hours)
    with working_copy(rig.db, "test") as copy:
        order = order_of(["deals"], verify=verify)
        report = sync_into(copy, settings.connection(), order, settings, SilentObserver())
    return report.entities[0]
