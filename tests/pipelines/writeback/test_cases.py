"""The cases of WRITEBACK 5 that need no other process: every failure ends in exactly one effect a row."""

import json
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pipelines.errors import LockedError
from pipelines.writeback.errors import CapError, ConflictError, StalePlanError
from pipelines.writeback.journal import Journal, portal_key
from pipelines.writeback.rows import InvalidRowsError
from sources.demo_portal import Store
from tests.pipelines.writeback.desk import Desk

Make = Callable[..., Desk]


def titles(desk: Desk) -> dict[str, Any]:
    return {number: row["TITLE"] for number, row in desk.deals().items()}


def rename(desk: Desk, count: int) -> list[dict[str, object]]:
    return [{"ID": number, "TITLE": f"renamed {number}"} for number in list(desk.deals())[:count]]


def warm(desk: Desk) -> None:
    """Let the client learn that writes cost nothing here, so that requests are full."""
    desk.apply(desk.plan([{"TITLE": "warm"}], mode="insert"))
    desk.apply(desk.plan([{"ID": next(iter(desk.deals())), "TITLE": "warm"}]))
    desk.wire.writes.clear()


def before_write(desk: Desk, change: Callable[[Store], object]) -> None:
    """Change something right before the request after the next is carried out: the one that writes."""
    desk.portal.before(desk.portal.stats.requests + 3, change)


class TestNothingLostNothingDoubled:
    """Cases 1-3 and 7-10: what the portal or the way to it may do to a request."""

    def test_connection_refused_is_tried_again(self, desk: Desk) -> None:
        """Case 1: refused before anything was sent, a write is sent again and has one effect."""
        plan = desk.plan([{"TITLE": f"new {n}"} for n in range(5)], mode="insert")
        desk.wire.script = {1: httpx.ConnectError("refused"), 2: httpx.ConnectError("refused")}
        before = len(desk.deals())
        report = desk.apply(plan)

        assert (desk.states(report), len(desk.deals()) - before) == ({"done": 5}, 5)

    def test_gateway_timeout_after_all_was_done(self, desk: Desk) -> None:
        """Case 2: 504 after every update was committed: probed, none is sent again."""
        plan = desk.plan(rename(desk, 15))
        desk.fault("write_then_error", at=desk.portal.stats.requests + 3, status=504)
        report = desk.apply(plan)

        assert desk.states(report) == {"done": 15}
        assert len(desk.write_requests()) == 1
        assert all(titles(desk)[row.operation.id or ""].startswith("renamed") for row in desk.entries(report))

    def test_gateway_timeout_after_some_creates(self, desk: Desk) -> None:
        """Case 3: 504 after 17 of 48 creates: 17 are found by their markers, 31 are made, 48 in all."""
        warm(desk)
        plan = desk.plan([{"TITLE": f"new {n}"} for n in range(48)], mode="insert")
        before = set(desk.deals())
        desk.wire.script = {1: 17}
        report = desk.apply(plan)
        made = [titles(desk)[number] for number in set(desk.deals()) - before]

        assert desk.states(report) == {"done": 48}
        assert sorted(made) == sorted(f"new {n}" for n in range(48))
        assert sum(len(keys) for keys in desk.write_requests()) == 48 + 31

    def test_cut_answer_leaves_a_whole_batch_unknown(self, desk: Desk) -> None:
        """Case 7: the answer's JSON ends in the middle; what was done is found, nothing is done twice."""
        before = len(desk.deals())
        plan = desk.plan([{"TITLE": f"new {n}"} for n in range(12)], mode="insert")
        desk.fault("cut", at=desk.portal.stats.requests + 3)
        report = desk.apply(plan)

        assert (desk.states(report), len(desk.deals()) - before) == ({"done": 12}, 12)
        assert desk.clock.now - 1_790_000_000 >= desk.lifetime

    def test_key_in_neither_map_concerns_its_row_only(self, desk: Desk) -> None:
        """Case 8: a command without result and without error is looked up and sent again, alone."""
        plan = desk.plan(rename(desk, 10))
        desk.fault("missing_key", method="crm.deal.update", command="w4")
        report = desk.apply(plan)

        assert desk.states(report) == {"done": 10}
        assert desk.write_requests()[1:] == [["w4"]]

    def test_rejected_rows_do_not_stop_the_others(self, desk: Desk) -> None:
        """Case 9: 3 of 48 are refused: 45 done, the portal's words in the journal, exit code 6; retried."""
        plan = desk.plan(rename(desk, 48))
        for number in (5, 20, 41):
            desk.fault(
                "command_error", method="crm.deal.update", command=f"w{number}", code="", description="No!"
            )
        report = desk.apply(plan)

        assert (desk.states(report), report.exit_code) == ({"done": 45, "rejected": 3}, 6)
        assert {each.error for each in desk.entries(report) if each.state == "rejected"} == {"No!"}
        again = desk.apply(desk.undo(report.run_id, "retry"))
        assert (desk.states(again), again.exit_code) == ({"done": 3}, 0)

    def test_server_time_used_up_in_the_middle(self, desk: Desk) -> None:
        """Case 10: OPERATION_TIME_LIMIT on rows 30-48 waits; none is lost, none is doubled."""
        warm(desk)
        before = len(desk.deals())
        plan = desk.plan([{"TITLE": f"new {n}"} for n in range(48)], mode="insert")
        for number in range(30, 49):
            desk.fault(
                "command_error", method="crm.deal.add", command=f"w{number}", code="OPERATION_TIME_LIMIT"
            )
        report = desk.apply(plan)

        assert (desk.states(report), len(desk.deals()) - before) == ({"done": 48}, 48)

    def test_portal_that_never_answers_ends_the_run(self, desk: Desk) -> None:
        """A portal that drops every write is not tried for ever; the next run finishes the work."""
        plan = desk.plan(rename(desk, 3))
        desk.wire.script = {number: httpx.ReadTimeout("late") for number in range(1, 20)}
        with pytest.raises(Exception, match="goes on from here"):
            desk.apply(plan)
        desk.wire.script = {}

        assert desk.states(desk.apply(plan)) == {"done": 3}


class TestOthersWorkToo:
    """Cases 11-13: colleagues edit while a plan waits or is carried out."""

    def test_same_field_edited_after_the_plan(self, desk: Desk) -> None:
        """Case 11: the colleague's value stays, the row is a conflict, exit code 4."""
        plan = desk.plan(rename(desk, 3))
        number = plan.operations[1].id or ""
        desk.portal.store.table("deals").update(int(number), {"TITLE": "theirs"})
        report = desk.apply(plan)

        assert (desk.states(report), report.exit_code) == ({"done": 2, "conflict": 1}, 4)
        assert titles(desk)[number] == "theirs"

    def test_mine_overwrites_when_asked_to(self, desk: Desk) -> None:
        """With --on-conflict mine the value of the plan is written, and theirs is kept in the journal."""
        plan = desk.plan(rename(desk, 1), on_conflict="mine")
        number = plan.operations[0].id or ""
        desk.portal.store.table("deals").update(int(number), {"TITLE": "theirs"})
        report = desk.apply(plan)

        assert titles(desk)[number] == f"renamed {number}"
        assert (desk.entries(report)[0].before or {})["TITLE"] == "theirs"

    def test_another_field_edited_after_the_plan(self, desk: Desk) -> None:
        """Case 12: ours is written, theirs is kept."""
        plan = desk.plan(rename(desk, 1))
        number = plan.operations[0].id or ""
        desk.portal.store.table("deals").update(int(number), {"COMMENTS": "theirs"})
        report = desk.apply(plan)

        assert desk.states(report) == {"done": 1}
        row = desk.deals()[number]
        assert (row["TITLE"], row["COMMENTS"]) == (f"renamed {number}", "theirs")

    def test_edit_between_check_and_write_is_reported(self, desk: Desk) -> None:
        """Case 13: it cannot be prevented, so it is told, and the journal has the value that was lost."""
        desk.wire.one_by_one = True
        plan = desk.plan(rename(desk, 2))
        number = plan.operations[0].id or ""
        before_write(desk, lambda store: store.table("deals").update(int(number), {"TITLE": "theirs"}))
        report = desk.apply(plan)
        entry = desk.entries(report)[0]

        assert (report.remarks, titles(desk)[number]) == (1, f"renamed {number}")
        assert "theirs" in (entry.remark or "")
        assert (entry.before or {})["TITLE"] == "theirs"
        desk.apply(desk.undo(report.run_id))
        assert titles(desk)[number] == "theirs"


class TestValues:
    """Cases 14-16: what is written is what was meant, to the letter."""

    def test_phone_acknowledged_late_is_added_once(self, desk: Desk) -> None:
        """Case 14: a phone whose addition was not acknowledged is there once; a change keeps its entry."""
        contacts = desk.portal.store.table("contacts")
        number = str(contacts.add({"NAME": "Ann", "PHONE": [{"VALUE": "+49 30 1"}]}))
        plan = desk.plan([{"ID": number, "PHONE": "+49 30 1\n+49 30 22"}], to="contacts")
        desk.fault("write_then_drop", at=desk.portal.stats.requests + 3)
        report = desk.apply(plan)
        phones = contacts.get(int(number))["PHONE"]

        assert desk.states(report) == {"done": 1}
        assert [each["VALUE"] for each in phones] == ["+49 30 1", "+49 30 22"]
        desk.apply(desk.plan([{"ID": number, "PHONE": "+49 30 1\n+49 30 33"}], to="contacts"))
        changed = contacts.get(int(number))["PHONE"]
        assert [(each["ID"], each["VALUE"]) for each in changed] == [
            (phones[0]["ID"], "+49 30 1"),
            (phones[1]["ID"], "+49 30 33"),
        ]

    @pytest.mark.parametrize(
        "text", ["$result[x]", "a $result[now][0][ID] b", "# & + % = ? / \\", "\"a\" 'b'", "a\nb", "🙂 zoë"]
    )
    def test_text_is_stored_literally(self, desk: Desk, text: str) -> None:
        """Case 15: references, separators, quotes, newlines and emoji arrive as they are, in any batch."""
        numbers = list(desk.deals())[:3]
        plan = desk.plan(
            [{"ID": number, "TITLE": text if n == 1 else "x"} for n, number in enumerate(numbers)]
        )

        assert desk.states(desk.apply(plan)) == {"done": 3}
        assert titles(desk)[numbers[1]] == text

    def test_zero_and_false_are_values(self, desk: Desk) -> None:
        """Case 16: 0 is stored as 0 and false as false; a bad date stops the whole plan, with its place."""
        number = next(iter(desk.deals()))
        flag = "UF_CRM_1700000004"
        given = {"OPPORTUNITY": "12.00", "IS_MANUAL_OPPORTUNITY": "Y", flag: True}
        desk.portal.store.table("deals").update(int(number), given)
        plan = desk.plan([{"ID": number, "OPPORTUNITY": Decimal(0), flag: False}])

        assert desk.states(desk.apply(plan)) == {"done": 1}
        row = desk.deals()[number]
        assert (Decimal(row["OPPORTUNITY"]), row[flag]) == (0, False)
        with pytest.raises(InvalidRowsError) as told:
            desk.plan([{"ID": number, "TITLE": "x", "CLOSEDATE": "soon"}])
        (problem,) = told.value.problems
        assert (problem.place.row, problem.place.column, problem.value) == (2, "CLOSEDATE", "soon")


class TestDoubt:
    """Cases 17-20: what is not sure is not done."""

    def test_marker_of_two_records_is_ambiguous(self, desk: Desk) -> None:
        """Case 17: two records bear a marker: the row is shown with their ids, exit code 7, never retried."""
        plan = desk.plan([{"TITLE": "new"}], mode="insert")
        desk.fault("write_then_error", at=desk.portal.stats.requests + 3, status=504)
        mark = {"ORIGINATOR_ID": "b24-writeback", "ORIGIN_ID": plan.operations[0].marker}
        before_write(desk, lambda store: store.table("deals").add({"TITLE": "copy", **mark}))
        report = desk.apply(plan)
        (entry,) = desk.entries(report)

        assert (desk.states(report), report.exit_code) == ({"ambiguous": 1}, 7)
        assert "2 records" in (entry.error or "")
        assert desk.apply(plan).again

    def test_empty_source_deletes_nothing(self, desk: Desk) -> None:
        """Case 18: an empty source in delete mode is refused; so is one above the cap."""
        before = len(desk.deals())
        with pytest.raises(CapError, match="no rows"):
            desk.plan([], mode="delete")
        with pytest.raises(CapError, match="--max-deletes 60"):
            desk.plan([{"ID": number} for number in desk.deals()], mode="delete", caps=_caps(max_deletes=50))

        assert len(desk.deals()) == before

    def test_two_applies_and_an_edited_plan(self, desk: Desk) -> None:
        """Case 19: a second writer finds the portal locked; an edited plan is refused; a done one is done."""
        plan = desk.plan(rename(desk, 2))
        with Journal(desk.folder / "state", portal_key(desk.connection.client().webhook)) as other:
            other.claim("test")
            with pytest.raises(LockedError, match="Another run"):
                _in_thread(lambda: desk.apply(plan))
        desk.apply(plan)
        assert desk.apply(plan).again
        assert len(desk.write_requests()) == 1
        path = plan.folder / "operations.jsonl"
        path.write_bytes(path.read_bytes().replace(b"renamed", b"damaged"))
        from pipelines.writeback.plan import read_plan  # noqa: PLC0415

        with pytest.raises(StalePlanError, match="edited"):
            read_plan(plan.folder)
        header = plan.folder / "plan.json"
        header.write_text(json.dumps({**json.loads(header.read_text()), "on_conflict": "mine"}))
        with pytest.raises(StalePlanError, match="edited"):
            read_plan(plan.folder)

    def test_undo_restores_what_nobody_has_touched(self, desk: Desk) -> None:
        """Case 20: what was edited again is a conflict, the others are restored; a second undo has none."""
        before = desk.deals()
        rows = rename(desk, 4)
        report = desk.apply(desk.plan(rows))
        made = desk.apply(desk.plan([{"TITLE": "a"}, {"TITLE": "b"}], mode="insert"))
        touched = str(rows[2]["ID"])
        desk.portal.store.table("deals").update(int(touched), {"TITLE": "edited again"})
        undo = desk.undo(report.run_id)
        undone = desk.apply(undo)

        assert (undo.exit_code, desk.states(undone), undone.exit_code) == (4, {"done": 3, "conflict": 1}, 4)
        now = titles(desk)
        assert now[touched] == "edited again"
        assert all(
            now[str(row["ID"])] == before[str(row["ID"])]["TITLE"] for row in rows if row is not rows[2]
        )
        assert [each.status for each in desk.undo(report.run_id).operations] == ["conflict"]
        ids = [each.record_id or "" for each in desk.entries(made)]
        desk.clock.now += 100
        desk.portal.store.table("deals").update(int(ids[0]), {"TITLE": "kept"})
        desk.apply(desk.undo(made.run_id))
        assert [number in desk.deals() for number in ids] == [True, False]

    def test_undo_of_what_somebody_touched_is_as_chosen(self, desk: Desk) -> None:
        """With stop there is no plan, with theirs nothing to do, with mine it is undone all the same."""
        (row,) = rename(desk, 1)
        number = str(row["ID"])
        before = titles(desk)[number]
        changed = desk.apply(desk.plan([row]))
        made = desk.apply(desk.plan([{"TITLE": "new"}], mode="insert"))
        new = desk.entries(made)[0].record_id or ""
        desk.clock.now += 100
        for touched in (number, new):
            desk.portal.store.table("deals").update(int(touched), {"TITLE": "edited again"})
        for run in (changed.run_id, made.run_id):
            with pytest.raises(ConflictError, match=r"edited again|was changed after"):
                desk.undo(run, on_conflict="stop")
            assert desk.undo(run, on_conflict="theirs").counts == {"unchanged": 1}
            assert desk.states(desk.apply(desk.undo(run, on_conflict="mine"))) == {"done": 1}

        assert titles(desk)[number] == before
        assert new not in desk.deals()


def _caps(**caps: Any) -> Any:  # noqa: ANN401 - of Caps
    from pipelines.writeback.rules import Caps  # noqa: PLC0415

    return Caps(**caps)


def _in_thread(work: Callable[[], object]) -> None:
    """A lock of this process is one of its threads' as well."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
