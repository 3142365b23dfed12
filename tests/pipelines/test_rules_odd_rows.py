"""Bad input: whatever a portal sends or lacks, nothing crashes, nothing is lost silently, all is counted."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.load import SyncReport
from pipelines.ops import EntityReport
from sources.demo_portal import DemoPortal, Fault
from sources.demo_portal.app import Receive, Scope, Send
from tests.pipelines.everything import TABLES, change, differences, entity_of
from tests.pipelines.rig import MovableClock, Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

LISTS = {
    "deals": ("crm.deal.list", "", "ID"),
    "statuses": ("crm.status.list", "", "STATUS_ID"),
    "tasks": ("tasks.task.list", "tasks", "id"),
    "task_checklist_items": ("task.checklistitem.getlist", "", "ID"),
    "product_rows": ("crm.item.productrow.list", "productRows", "id"),
    "calls": ("voximplant.statistic.get", "", "ID"),
    "calendar_events": ("calendar.event.get", "", "ID"),
    "disk_files": ("disk.folder.getChildren", "", "ID"),
}
"""Tables of every way of reading: their method, where its rows are, what tells them apart."""

TEXT = '🏔 Бергхоф\x00, "quoted", \\ and \u2028 a line'
ODD = {
    "DATE_CREATE": "0000-00-00 00:00:00",
    "MOVED_TIME": "2026-02-31T10:00:00+01:00",
    "LAST_ACTIVITY_TIME": "20222-05-05T00:00:00+03:00",
    "OPPORTUNITY": "1 500.00",
    "PROBABILITY": "15 %",
    "TITLE": TEXT,
    "COMMENTS": "ж" * 150_000,
}
"""Values of a deal; the first five are none of their type."""


def spoilt(place: str, code: str, numbers: tuple[object, object, object]) -> Callable[[bytes], bytes]:
    """Take its id from one row, give a second one that of a third."""
    empty, doubled, other = (str(number) for number in numbers)

    def change(answer: bytes) -> bytes:
        result = json.loads(answer)
        rows = result[place] if place else result
        for row in rows if isinstance(rows, list) else ():
            if str(row.get(code)) == empty:
                row[code] = ""
            elif str(row.get(code)) == doubled:
                row[code] = type(row[code])(other)
        return json.dumps(result).encode()

    return change


@dataclass(frozen=True)
class Story:
    """A portal that gives some rows without an id of their own, and what two syncs made of it."""

    rig: Rig
    reports: dict[str, EntityReport]
    again: SyncReport


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two syncs of it; the tests only read what they left."""
    folder = tmp_path_factory.mktemp("story")
    portal = small_portal(60, counts={"leads": 0})
    with pytest.MonkeyPatch.context() as environment, rig_with(portal, folder) as rig:
        environment.setenv("B24_STATE_DIR", str(folder / "state"))
        environment.setenv("HOME", str(folder / "home"))
        environment.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "0")
        environment.setenv("SOURCES__BITRIX24__CALENDAR_DAYS_BACK", "3000")
        for table, (method, place, code) in LISTS.items():
            rows = _last_rows(portal, table)
            portal.rewrite(method, spoilt(place, code, tuple(row[code] for row in rows)))
        deals = portal.store.records("deals").table
        deals.put({**(deals.get(rig.portal_ids()[0]) or {}), **ODD})
        portal.rewrite("crm.company.list", broken_titles)
        first = rig.sync(*LISTS, "leads", "companies")
        second = rig.sync(*LISTS, "leads", "companies")
        yield Story(rig, {each.entity: each for each in first.entities}, second)


def broken_titles(answer: bytes) -> bytes:
    """Half a character before a title in bytes, half of one before the next as an escape."""
    return answer.replace(b'"TITLE":"', b'"TITLE":"\xff', 1).replace(b'"TITLE":"', b'"TITLE":"\\ud83d', 2)


def _last_rows(portal: DemoPortal, table: str) -> list[dict[str, Any]]:
    """Three rows that come in one answer, of the first owner that has three."""
    rows = portal.store.table(table).rows()
    owner = entity_of(table).owner_id or {"calendar_events": "OWNER_ID", "disk_files": "PARENT_ID"}.get(table)
    if owner:
        counts = Counter(str(row[owner]) for row in rows)
        busy = next(str(row[owner]) for row in rows if counts[str(row[owner])] > 2)
        rows = [row for row in rows if str(row[owner]) == busy]
    return rows[-3:]


class TestOddRows:
    """Rows and values that no table can hold as they are."""

    def test_no_run_fails(self, story: Story) -> None:
        """Every table is read, and holds as many rows as the portal has keys."""
        told = [*story.reports.values(), *story.again.entities]
        assert [each for each in told if each.status == "failed" or each.verdict != "equal"] == []

    @pytest.mark.parametrize("table", LISTS)
    def test_rows_without_an_id_of_their_own_are_kept_aside(self, story: Story, table: str) -> None:
        """One with an empty id, one of two with the same: counted, and kept once as they came."""
        method, _, code = LISTS[table]
        told = story.reports[table]
        rows = [
            json.loads(row)
            for (row,) in story.rig.fetch(
                f"SELECT \"row\" FROM bitrix24.rejected_rows WHERE entity = '{table}'"
            )
        ]
        # an event's key is its id and its beginning
        assert told.rows_rejected == len(rows) == (1 if table == "calendar_events" else 2), method
        assert sum(row[code] == "" for row in rows) == 1
        assert told.odd_values >= told.rows_rejected
        if table != "task_checklist_items":  # no one can ask for those of a task without an id
            shown = len(story.rig.portal.store.table(table).rows())
            assert told.warehouse_count == shown - len(rows)

    def test_values_that_are_none_are_kept_beside_the_row(self, story: Story) -> None:
        """Days that no calendar has, amounts that are words: NULL in the column, exact in `_raw_values`."""
        number = story.rig.portal_ids()[0]
        ((kept, title, comments),) = story.rig.fetch(
            f"SELECT _raw_values, title, comments FROM bitrix24.deals WHERE id = {number}"
        )
        assert json.loads(kept) == dict(list(ODD.items())[:5])
        assert story.reports["deals"].odd_values == 5 + story.reports["deals"].rows_rejected
        assert (title, comments) == (ODD["TITLE"], ODD["COMMENTS"])
        wrong = [each for each in story.rig.differences("deals") if "is missing" not in each]
        assert wrong == []

    def test_bytes_that_are_no_text_are_marked_and_counted(self, story: Story) -> None:
        """A character that is cut in two spoils itself, not the answer that it came in."""
        assert story.reports["companies"].odd_values == 7  # the bytes of halves are three
        found = story.rig.fetch("SELECT count(*) FROM bitrix24.companies WHERE contains(title, '\ufffd')")
        assert found == [(2,)]

    def test_empty_entity_is_an_empty_table(self, story: Story) -> None:
        """No row is no failure, and a table that can be queried."""
        told = story.reports["leads"]
        assert (told.status, told.portal_count, told.verdict) == ("done", 0, "equal")
        assert story.rig.fetch("SELECT count(title) FROM bitrix24.leads") == [(0,)]


class SelfHosted(DemoPortal):
    """A portal with pages of twenty rows that tells nothing of operating time."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer without the figures."""

        async def without_figures(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if pair[0] != b"content-length"]
            elif "body" in message:
                message["body"] = _FIGURES.sub(b"", message["body"])
            await send(message)

        await super().__call__(scope, receive, without_figures)


_FIGURES = re.compile(rb',"operating(?:_reset_at)?":[0-9.e-]+')


def first_owner_alone(answer: bytes) -> bytes:
    """What a portal answers that takes a list of owners for its first."""
    result = json.loads(answer)
    rows = result["productRows"]
    result["productRows"] = [row for row in rows if row["ownerId"] == rows[0]["ownerId"]]
    return json.dumps(result).encode()


def test_self_hosted_portal_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other pages, no figures, no list of types for this user, no lists of owners: every table is equal."""
    monkeypatch.setenv("SOURCES__BITRIX24__CALENDAR_DAYS_BACK", "3000")
    clock = MovableClock()
    portal = SelfHosted(deals=50, rate=0, operating_limit=0, page_size=20, app_info=False, clock=clock)
    portal.rewrite("crm.item.productrow.list", first_owner_alone)
    denied = {"code": "ACCESS_DENIED", "description": "Access denied."}
    portal.faults.add(Fault("command_error", method="crm.type.list", times=-1, **denied))
    portal.faults.add(Fault("error", method="crm.type.list", times=-1, status=400, **denied))
    with rig_with(portal, tmp_path) as rig:
        first = rig.sync()
        assert first.exit_code == 0, [each for each in first.entities if each.error]
        assert [each.entity for each in first.entities if each.status == "skipped"] == ["smart_process_types"]
        assert first.totals.operating_seconds >= 0
        tables = [table for table in TABLES if table != "smart_process_types"]
        assert [problem for table in tables for problem in differences(rig, table)] == []
        clock.skew += 600
        again = ("deals", "tasks")
        for table in again:
            change(portal.store, table, 7, 0.2)
        assert rig.sync(*again).status == "done"
        assert [problem for table in again for problem in differences(rig, table)] == []


def test_what_the_portal_lacks_is_skipped(tmp_path: Path) -> None:
    """A scope or a method that is missing: a status in a run over everything, exit 10 by name."""
    with rig_with(small_portal(5, scopes=("crm", "user", "department", "telephony")), tmp_path) as rig:
        missing = {"code": "ERROR_METHOD_NOT_FOUND", "description": "Method not found!"}
        for kind, status in (("command_error", 200), ("error", 404)):
            fault = Fault(kind, method="voximplant.statistic.get", times=-1, status=status, **missing)
            rig.portal.faults.add(fault)
        everything = rig.sync()
        assert everything.exit_code == 0
        skipped = {each.entity: each.error for each in everything.entities if each.status == "skipped"}
        assert skipped.keys() == {
            *("tasks", "task_checklist_items", "task_time_entries", "calls"),
            *("calendar_sections", "calendar_events", "disk_storages", "disk_folders", "disk_files"),
        }
        assert all(skipped.values())
        assert rig.differences("deals") == []
        by_name = rig.sync("calls", "task_checklist_items", "departments")
        assert (by_name.exit_code, set(by_name.refused)) == (10, {"calls", "task_checklist_items"})
