"""Every target: what can be added, changed, found again after a lost answer, and taken back."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.writeback.aftermath import finish
from pipelines.writeback.context import SilentObserver
from pipelines.writeback.errors import CapError
from pipelines.writeback.read_source import read_source
from pipelines.writeback.rows import InvalidRowsError
from pipelines.writeback.targets import TARGETS, target_named
from tests.pipelines.writeback.desk import Desk

SMART = 130


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One portal for all: each test works on records of its own."""
    from sources.demo_portal import DemoPortal  # noqa: PLC0415
    from tests.pipelines.writeback.desk import JumpingClock  # noqa: PLC0415

    clock = JumpingClock()
    portal = DemoPortal(deals=60, clock=clock, rate=0, operating_limit=0)
    return Desk(portal, tmp_path_factory.mktemp("desk"), clock)


ADDED: dict[str, dict[str, Any]] = {
    "deals": {"TITLE": "lost"},
    "leads": {"TITLE": "lost"},
    "contacts": {"NAME": "lost"},
    "companies": {"TITLE": "lost"},
    f"items_{SMART}": {"title": "lost"},
    "items_31": {"title": "lost"},
    "tasks": {"TITLE": "lost", "RESPONSIBLE_ID": 1},
    "task_checklist_items": {"TASK_ID": 0, "TITLE": "lost"},
    "calendar_events": {
        "type": "user",
        "ownerId": 1,
        "name": "lost",
        "from": "2026-10-01T10:00:00+02:00",
        "to": "2026-10-01T11:00:00+02:00",
    },
    "chat_messages": {"DIALOG_ID": "4", "MESSAGE": "lost"},
    "notifications": {"USER_ID": 4, "MESSAGE": "lost"},
}


def table(desk: Desk, name: str) -> Any:  # noqa: ANN401 - of the portal
    office = desk.portal.store.office
    return {"chat_messages": office.messages, "notifications": office.notifications}.get(
        name
    ) or desk.portal.store.table(name)


def lost(desk: Desk, name: str) -> int:
    """Records of this test."""
    return sum("lost" in str(row) for row in table(desk, name).rows())


def test_each_name_of_the_documentation_is_a_target() -> None:
    """WRITEBACK 2 names them; a name that is none gets a suggestion."""
    named = set(ADDED) - {f"items_{SMART}", "items_31"} | {"product_rows", "deal_contacts"}

    assert set(TARGETS) == named
    assert target_named("items_1030").name == "items_1030"
    with pytest.raises(UsageError, match="did you mean 'deals'"):
        target_named("deal")


def test_key_that_no_method_filters_by_is_wrong_usage(shared: Desk) -> None:
    """Events are found by their ids alone, and that is said instead of guessing."""
    row = {"name": "lost", "location": "Berlin"}

    with pytest.raises(UsageError, match="calendar_events are found by id alone, and not by name"):
        shared.plan([row], to="calendar_events", mode="update", key="name")


@pytest.mark.parametrize("name", ADDED)
def test_create_without_an_answer_is_there_once(shared: Desk, name: str) -> None:
    """Three creates are carried out and none is answered: each is there exactly once."""
    row = dict(ADDED[name])
    if name == "task_checklist_items":
        row["TASK_ID"] = shared.portal.store.table("tasks").rows()[0]["id"]
    field = next(code for code, value in row.items() if value == "lost")
    first = shared.apply(shared.plan([{**row, field: "lost"}], to=name, mode="insert"))
    shared.wire.lose = ".add"
    report = shared.apply(shared.plan([{**row, field: "lost"}] * 2, to=name, mode="insert"))

    assert (shared.states(first), shared.states(report)) == ({"done": 1}, {"done": 2})
    assert shared.wire.lose == ""
    assert lost(shared, name) == 3
    assert len({each.record_id for each in shared.entries(report)}) == 2
    undo = shared.undo(report.run_id)
    if "delete" in target_named(name).actions:
        assert shared.states(shared.apply(undo)) == {"done": 2}
        assert lost(shared, name) == 1
    else:
        assert not undo.operations
        assert any("cannot be taken back" in note for note in undo.header["notes"])


class TestItems:
    """Smart processes and invoices."""

    def test_values_are_written_and_restored(self, shared: Desk) -> None:
        """System and custom fields, a stage by its label within its pipeline, and back."""
        rows = shared.portal.store.table(f"items_{SMART}").rows()
        before = dict(rows[0])
        change = {"id": before["id"], "title": "renamed", "UF_CRM_5_WARRANTY": "Y", "opportunity": "10,5"}
        given = {"isManualOpportunity": "Y"}
        report = shared.apply(shared.plan([{**change, **given}], to=f"items_{SMART}"))
        now = shared.portal.store.table(f"items_{SMART}").get(before["id"])

        assert shared.states(report) == {"done": 1}
        assert (now["title"], Decimal(str(now["opportunity"]))) == ("renamed", Decimal("10.5"))
        shared.apply(shared.undo(report.run_id))
        back = shared.portal.store.table(f"items_{SMART}").get(before["id"])
        assert (back["title"], back["opportunity"]) == (before["title"], before["opportunity"])

    def test_unchanged_rows_are_not_written(self, shared: Desk) -> None:
        """A plan of what is there already is empty."""
        rows = shared.portal.store.table(f"items_{SMART}").rows()
        names = ("id", "title", "opportunity", "stageId", "categoryId", "assignedById")
        plan = shared.plan([{name: str(row[name]) for name in names} for row in rows], to=f"items_{SMART}")

        assert plan.counts == {"unchanged": len(rows)}

    def test_create_without_automation_is_an_import(self, shared: Desk) -> None:
        """--no-automation creates by the method that starts no robots."""
        commands = shared.portal.stats.by_method
        before = dict(commands)
        shared.apply(shared.plan([{"title": "quiet"}], to="items_31", mode="insert", automation=False))
        made = {name: count - before.get(name, 0) for name, count in commands.items()}

        assert made["crm.item.import"] == 1
        assert not made.get("crm.item.add")


class TestTasks:
    """Tasks and their states."""

    def test_fields_of_a_task(self, shared: Desk) -> None:
        """A task is made with its creator filled in, changed by a user's e-mail, and undone."""
        person = shared.portal.store.table("users").rows()[3]
        made = shared.plan([{"TITLE": "sweep", "RESPONSIBLE_ID": person["EMAIL"]}], to="tasks", mode="insert")
        report = shared.apply(made)
        (entry,) = shared.entries(report)
        row = shared.portal.store.table("tasks").get(int(entry.record_id or 0))

        assert made.operations[0].after["CREATED_BY"] == "1"
        assert row["responsibleId"] == person["ID"]
        shared.clock.now += 60
        rows = [{"ID": entry.record_id, "TITLE": "sweep well", "DEADLINE": "2026-12-01T18:00:00+01:00"}]
        changed = shared.apply(shared.plan(rows, to="tasks"))
        assert shared.states(changed) == {"done": 1}
        shared.apply(shared.undo(changed.run_id))
        assert shared.portal.store.table("tasks").get(int(entry.record_id or 0))["title"] == "sweep"

    def test_states_of_a_task(self, shared: Desk) -> None:
        """Complete, renew, start and defer have modes of their own; undo sets the state there was."""
        number = shared.apply(
            shared.plan([{"TITLE": "states", "RESPONSIBLE_ID": 1}], to="tasks", mode="insert")
        )
        (entry,) = shared.entries(number)
        row = [{"ID": entry.record_id}]

        def status() -> str:
            return str(shared.portal.store.table("tasks").get(int(entry.record_id or 0))["status"])

        for mode, expected in (("start", "3"), ("defer", "6"), ("complete", "5"), ("renew", "2")):
            assert shared.plan(row, to="tasks", mode=mode).counts[mode] == 1
            report = shared.apply(shared.plan(row, to="tasks", mode=mode))
            assert (shared.states(report), status()) == ({"done": 1}, expected)
        assert shared.plan(row, to="tasks", mode="renew").counts == {"unchanged": 1}
        report = shared.apply(shared.plan(row, to="tasks", mode="start"))
        shared.apply(shared.undo(report.run_id))
        assert status() == "2"

    def test_checklist_items_are_ticked(self, shared: Desk) -> None:
        """An item is completed by its task and its id; again there is nothing to do."""
        item = next(
            row
            for row in shared.portal.store.table("task_checklist_items").rows()
            if row["IS_COMPLETE"] == "N"
        )
        rows = [{"TASK_ID": item["TASK_ID"], "ID": item["ID"]}]
        report = shared.apply(shared.plan(rows, to="task_checklist_items", mode="complete"))

        assert shared.states(report) == {"done": 1}
        assert shared.portal.store.table("task_checklist_items").get(int(item["ID"]))["IS_COMPLETE"] == "Y"
        assert shared.plan(rows, to="task_checklist_items", mode="complete").counts == {"unchanged": 1}
        undone = shared.apply(shared.undo(report.run_id))
        assert shared.states(undone) == {"done": 1}
        assert shared.portal.store.table("task_checklist_items").get(int(item["ID"]))["IS_COMPLETE"] == "N"
        shared.apply(shared.undo(undone.run_id))
        assert shared.portal.store.table("task_checklist_items").get(int(item["ID"]))["IS_COMPLETE"] == "Y"

    def test_new_checklist_items_are_taken_back_while_untouched(self, shared: Desk) -> None:
        """One that was ticked, renamed or got an item below stays, as does what hangs on it."""
        task = shared.portal.store.table("tasks").rows()[1]["id"]
        items = shared.portal.store.table("task_checklist_items")
        titles = ("kept", "ticked", "renamed", "with one below", "toggled twice", "ticked late")
        rows = [{"TASK_ID": task, "TITLE": title} for title in titles]
        report = shared.apply(shared.plan(rows, to="task_checklist_items", mode="insert"))
        ids = [int((each.record_id or "").partition(":")[2]) for each in shared.entries(report)]
        items.update(ids[0], {"SORT_INDEX": "99"})
        items.update(ids[1], {"IS_COMPLETE": "Y"})
        items.update(ids[2], {"TITLE": "by somebody"})
        below = [{"TASK_ID": task, "TITLE": "below", "PARENT_ID": ids[3]}]
        shared.apply(shared.plan(below, to="task_checklist_items", mode="insert"))
        items.update(ids[4], {"TOGGLED_BY": "1"})
        plan = shared.undo(report.run_id)
        items.update(ids[5], {"IS_COMPLETE": "Y"})
        undone = shared.apply(plan)

        assert plan.counts == {"delete": 3, "conflict": 3, "unchanged": 0}
        assert shared.states(undone) == {"done": 2, "conflict": 4}
        left = {int(row["ID"]) for row in items.rows()} & set(ids)
        assert left == {ids[1], ids[2], ids[3], ids[5]}
        assert "below" in {row["TITLE"] for row in items.rows()}


class TestEvents:
    """Calendar events."""

    def test_event_gets_the_owners_calendar(self, shared: Desk) -> None:
        """The section is filled in; a move keeps the rest, and undo moves it back."""
        row = {**ADDED["calendar_events"], "name": "meet", "description": "agenda"}
        plan = shared.plan([row], to="calendar_events", mode="insert")
        report = shared.apply(plan)
        (entry,) = shared.entries(report)
        events = shared.portal.store.table("calendar_events")
        number = int(entry.record_id or 0)

        assert plan.operations[0].after["section"]
        assert (shared.states(report), report.remarks) == ({"done": 1}, 0)
        move = [{"id": number, "from": "2026-10-02T10:00:00+02:00", "to": "2026-10-02T11:00:00+02:00"}]
        moved = shared.apply(shared.plan(move, to="calendar_events"))
        assert shared.states(moved) == {"done": 1}
        assert shared.plan([{"id": number, "description": "agenda"}], to="calendar_events").counts == {
            "unchanged": 1
        }
        before = int(events.get(number)["DATE_FROM_TS_UTC"])
        shared.apply(shared.undo(moved.run_id))
        assert before - int(events.get(number)["DATE_FROM_TS_UTC"]) == 86_400


class TestSets:
    """Products and contacts of deals."""

    def owner(self, desk: Desk) -> Any:  # noqa: ANN401 - an id of the portal
        """A deal with products."""
        rows = desk.portal.store.table("product_rows").rows()
        return next(row["ownerId"] for row in rows if row["ownerType"] == "D")

    def products(self, desk: Desk, owner: int) -> list[tuple[Any, ...]]:
        """What it has, in order."""
        rows = desk.portal.store.table("product_rows").rows()
        mine = [row for row in rows if (row["ownerType"], row["ownerId"]) == ("D", owner)]
        mine.sort(key=lambda row: row["sort"])
        return [(row["productName"], row["price"], row["quantity"]) for row in mine]

    def test_products_are_replaced_and_restored(self, shared: Desk) -> None:
        """The rows of an owner become those of the source, once, and come back."""
        owner = self.owner(shared)
        before = self.products(shared, owner)
        rows = [
            {"ownerId": owner, "productId": 450, "productName": f"chair {n}", "price": 10 + n, "quantity": 2}
            for n in range(3)
        ]
        shared.wire.lose = ".set"
        report = shared.apply(shared.plan(rows, to="product_rows"))

        assert shared.states(report) == {"done": 1}
        assert self.products(shared, owner) == [(f"chair {n}", 10 + n, 2) for n in range(3)]
        assert shared.plan(rows, to="product_rows").counts == {"unchanged": 3}
        shared.apply(shared.undo(report.run_id))
        assert self.products(shared, owner) == before

    def test_contacts_of_a_deal(self, shared: Desk) -> None:
        """Links are replaced as a whole; a deal that had none gets none back."""
        contacts = [int(row["ID"]) for row in shared.portal.store.table("contacts").rows()[:2]]
        deal = shared.portal.store.table("deals").add({"TITLE": "no contacts"})
        rows = [{"DEAL_ID": deal, "CONTACT_ID": number} for number in contacts]
        report = shared.apply(shared.plan(rows, to="deal_contacts"))

        def linked() -> set[int]:
            found = shared.portal.store.table("deal_contacts").rows()
            return {int(row["CONTACT_ID"]) for row in found if int(row["DEAL_ID"]) == deal}

        assert (shared.states(report), linked()) == ({"done": 1}, set(contacts))
        shared.apply(shared.undo(report.run_id))
        assert linked() == set()

    def test_a_record_can_lose_all_its_rows(self, shared: Desk) -> None:
        """#CLEAR beside the owner takes all away if --allow-clear says so; undo brings them back."""
        owner = self.owner(shared)
        before = self.products(shared, owner)
        rows = [{"ownerId": owner, "productId": "#CLEAR", "price": None}]
        with pytest.raises(CapError, match="--allow-clear"):
            shared.plan(rows, to="product_rows")
        shared.wire.lose = ".set"
        plan = shared.plan(rows, to="product_rows", allow_clear=True)
        report = shared.apply(plan)

        assert any("1 records will have no product_rows" in note for note in plan.header["notes"])
        assert shared.wire.lose == ".set"  # nothing at all cannot be said in a batch
        shared.wire.lose = ""
        assert (shared.states(report), self.products(shared, owner)) == ({"done": 1}, [])
        assert shared.plan(rows, to="product_rows").counts == {"unchanged": 1}
        shared.apply(shared.undo(report.run_id))
        assert self.products(shared, owner) == before
        deal = shared.portal.store.table("deal_contacts").rows()[0]["DEAL_ID"]
        links = shared.plan([{"DEAL_ID": deal, "CONTACT_ID": "#CLEAR"}], to="deal_contacts", allow_clear=True)
        assert shared.states(shared.apply(links)) == {"done": 1}
        assert all(row["DEAL_ID"] != deal for row in shared.portal.store.table("deal_contacts").rows())

    def test_a_record_is_replaced_by_all_its_rows_or_not_at_all(self, shared: Desk) -> None:
        """#CLEAR stands alone; a row that cannot be used leaves its record out, not only itself."""
        owner = self.owner(shared)
        clear = {"ownerId": owner, "productId": "#CLEAR", "price": None}
        good = {"ownerId": owner, "productId": 450, "price": 5}
        for rows, message in (
            ([clear, good], "has other rows in the source"),
            ([{**clear, "price": 5}], "leave the other cells of the row empty"),
        ):
            with pytest.raises(InvalidRowsError, match=message):
                shared.plan(rows, to="product_rows", allow_clear=True)
        rows = [good, {**good, "price": "cheap"}]
        plan = shared.plan(rows, to="product_rows", skip_invalid=True)

        assert (plan.operations, plan.exit_code) == ((), 3)
        assert "row 3 cannot be used" in plan.header["problems"][0]["message"]

    def test_rejected_record_brings_all_its_rows_back(self, shared: Desk, tmp_path: Path) -> None:
        """rejects.xlsx fed back as it is must not replace three rows by one."""
        owner = self.owner(shared)
        before = self.products(shared, owner)
        rows = [{"ownerId": owner, "productId": 450, "productName": f"desk {n}"} for n in range(3)]
        plan = shared.plan(rows, to="product_rows")
        told = {"code": "", "description": "No!"}
        shared.fault("command_error", method="crm.item.productrow.set", command="w1", **told)
        report = shared.apply(plan)
        report = finish(report, plan, shared.settings, tmp_path / "w.duckdb", SilentObserver(), sync=False)
        again = read_source(report.files["rejects"])

        assert (shared.states(report), self.products(shared, owner)) == ({"rejected": 1}, before)
        assert [row.cells["productName"] for row in again.rows] == ["desk 0", "desk 1", "desk 2"]

    def test_rows_need_an_owner(self, shared: Desk) -> None:
        """A row without its owner or its product stops the plan."""
        with pytest.raises(InvalidRowsError, match="ownerId"):
            shared.plan([{"ownerId": None, "productId": 450}], to="product_rows")


def test_traces_count_only_what_is_new(make: Callable[..., Desk]) -> None:
    """Where more records like it are new than were sent, the row is ambiguous."""
    desk = make()
    task = desk.portal.store.table("tasks").rows()[0]["id"]
    plan = desk.plan([{"TASK_ID": task, "TITLE": "twin"}], to="task_checklist_items", mode="insert")
    desk.wire.lose = ".add"
    twin = {"TASK_ID": str(task), "PARENT_ID": 0, "TITLE": "twin", "IS_COMPLETE": "N", "SORT_INDEX": "1"}
    desk.portal.before(
        desk.portal.stats.requests + 3, lambda store: store.table("task_checklist_items").add(twin)
    )
    report = desk.apply(plan)

    assert (desk.states(report), report.exit_code) == ({"ambiguous": 1}, 7)
