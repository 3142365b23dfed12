"""What a plan finds, merges, refuses and tells, before anything is sent."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.writeback.carry_out import carry_out
from pipelines.writeback.describe import describe
from pipelines.writeback.errors import CapError, ConflictError, StalePlanError
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.inverse import inverse_over
from pipelines.writeback.make_plan import plan_over
from pipelines.writeback.mapping import Mapped
from pipelines.writeback.merge import Verdict, compared, merged
from pipelines.writeback.multifields import elements
from pipelines.writeback.plan import Plan, read_plan
from pipelines.writeback.read_source import read_source
from pipelines.writeback.removed_rows import removed_rows
from pipelines.writeback.rows import InvalidRowsError
from pipelines.writeback.rules import Caps, PlanRequest
from pipelines.writeback.states import TRANSITIONS, State, may_become
from pipelines.writeback.targets import target_named
from tests.pipelines.writeback.desk import Desk, table_of

Row = Mapping[str, object]


def ids(desk: Desk, count: int) -> list[str]:
    return list(desk.deals())[:count]


def planned(desk: Desk, rows: list[Row], base: list[Row], **request: Any) -> Plan:  # noqa: ANN401
    """Plan rows that know what they were at export."""
    desk.plans += 1
    asked = PlanRequest(to="deals", **request)
    return plan_over(desk.connection, table_of(rows, base), asked, desk.folder / f"plan{desk.plans}")


def refused(desk: Desk, rows: list[Row], **request: Any) -> list[tuple[int, str, str]]:  # noqa: ANN401
    with pytest.raises(InvalidRowsError) as told:
        desk.plan(rows, **request)
    return [(each.place.row, each.place.column, each.message) for each in told.value.problems]


class TestMerge:
    """What I want, what the portal has, and what was there when I began."""

    @pytest.mark.parametrize(
        ("base", "mine", "theirs", "verdict"),
        [
            ("a", "a", "a", Verdict.NOTHING),
            ("a", "a", "b", Verdict.NOTHING),  # I did not touch it, they moved it
            ("a", "b", "b", Verdict.NOTHING),  # both came to the same
            ("a", "b", "a", Verdict.WRITE),
            ("a", "b", "c", Verdict.CONFLICT),
            (None, "b", "", Verdict.WRITE),  # empty is empty, whatever its shape
            ("a", None, "a", Verdict.WRITE),
        ],
    )
    def test_three_ways(self, base: object, mine: object, theirs: object, verdict: Verdict) -> None:
        """Each of the cases of WRITEBACK 3."""
        assert merged(FieldSpec("F", "text"), base, mine, theirs) is verdict

    def test_two_ways(self) -> None:
        """Without a base only what differs is written, and what means the same does not differ."""
        spec = FieldSpec("F", "decimal")

        assert compared(spec, "10", "10.00") is Verdict.NOTHING
        assert compared(spec, "0", None) is Verdict.WRITE

    @pytest.mark.parametrize(
        ("choice", "planned_rows", "title"),
        [("skip", 0, "theirs"), ("mine", 1, "mine"), ("theirs", 0, "theirs")],
    )
    def test_conflict_at_plan_time(self, desk: Desk, choice: str, planned_rows: int, title: str) -> None:
        """A cell that both sides changed is left out, overwritten or given up, as was chosen."""
        (number,) = ids(desk, 1)
        base = [{"ID": number, "TITLE": "exported"}]
        desk.portal.store.table("deals").update(int(number), {"TITLE": "theirs"})
        plan = planned(desk, [{"ID": number, "TITLE": "mine"}], base, on_conflict=choice)
        desk.apply(plan)

        assert sum(each.status == "planned" for each in plan.operations) == planned_rows
        assert plan.exit_code == (4 if choice == "skip" else 0)
        assert desk.deals()[number]["TITLE"] == title

    def test_stop_makes_no_plan(self, desk: Desk) -> None:
        """With --on-conflict stop one disputed cell is enough, and it is named."""
        (number,) = ids(desk, 1)
        with pytest.raises(ConflictError, match="row 2"):
            planned(
                desk,
                [{"ID": number, "TITLE": "mine"}],
                [{"ID": number, "TITLE": "exported"}],
                on_conflict="stop",
            )

    def test_cells_that_became_empty(self, desk: Desk) -> None:
        """In a round trip they are counted and need --allow-clear; in a plain file they mean nothing."""
        (number,) = ids(desk, 1)
        desk.portal.store.table("deals").update(int(number), {"COMMENTS": "long"})
        rows: list[Row] = [{"ID": number, "COMMENTS": None}]
        base: list[Row] = [{"ID": number, "COMMENTS": "long"}]
        with pytest.raises(CapError, match="--allow-clear"):
            planned(desk, rows, base)

        assert desk.plan(rows).counts == {"unchanged": 1}
        plan = planned(desk, rows, base, allow_clear=True)
        assert plan.header["clears"] == 1
        desk.apply(plan)
        assert not desk.deals()[number]["COMMENTS"]

    def test_clear_is_written_on_purpose(self, desk: Desk) -> None:
        """#CLEAR empties a field; one that a portal does not empty is refused."""
        (number,) = ids(desk, 1)
        desk.portal.store.table("deals").update(int(number), {"COMMENTS": "long"})
        desk.apply(desk.plan([{"ID": number, "COMMENTS": "#CLEAR"}]))

        assert not desk.deals()[number]["COMMENTS"]
        assert "cannot be emptied" in refused(desk, [{"ID": number, "ASSIGNED_BY_ID": "#CLEAR"}])[0][2]

    def test_phones_keep_their_ids(self) -> None:
        """What is the same is not sent, what differs is changed in place, the rest added or removed."""
        live = [
            {"ID": "1", "VALUE": "a", "VALUE_TYPE": "WORK"},
            {"ID": "2", "VALUE": "b", "VALUE_TYPE": "HOME"},
        ]

        assert elements(live, [{"VALUE": "a"}, {"VALUE": "c"}]) == [
            {"ID": "2", "VALUE": "c", "VALUE_TYPE": "HOME"}
        ]
        assert elements(live, [{"VALUE": "b"}]) == [{"ID": "1", "DELETE": "Y"}]
        assert elements(live[:1], [{"VALUE": "a", "VALUE_TYPE": "HOME"}, {"VALUE": "d"}]) == [
            {"ID": "1", "VALUE": "a", "VALUE_TYPE": "HOME"},
            {"VALUE": "d", "VALUE_TYPE": "WORK"},
        ]


class TestSource:
    """Columns and rows that are understood, or refused with their place."""

    def test_columns_by_code_label_and_mapping(self, desk: Desk) -> None:
        """Case does not matter; a mapping renames columns and leaves some out; results are not read."""
        number, other = ids(desk, 2)
        row = {
            "id": number,
            "title": "x",
            "Amount €": "1 234,50",
            "IS_MANUAL_OPPORTUNITY": "yes",
            "note": "?",
        }
        mapping = {"columns": {"Amount €": "OPPORTUNITY", "note": None}}
        plan = desk.plan([{**row, "_status": "rejected"}], mapping=mapping)

        assert plan.operations[0].after["TITLE"] == "x"
        assert plan.operations[0].after["OPPORTUNITY"] == "1234.5"
        assert desk.plan([{"ID": other, "Title": "y"}]).operations[0].after == {"TITLE": "y"}

    def test_mapping_file(self, tmp_path: Path) -> None:
        """It is YAML, with columns and formats of days; anything else is told with its name."""
        path = tmp_path / "mapping.yaml"
        path.write_text("columns:\n  Сумма: OPPORTUNITY\n  x:\ndates:\n  Due: DD.MM.YYYY\n", encoding="utf-8")
        mapped = Mapped.read(path)

        assert (dict(mapped.columns), dict(mapped.dates)) == (
            {"Сумма": "OPPORTUNITY", "x": None},
            {"Due": "DD.MM.YYYY"},
        )
        path.write_text("- a\n")
        with pytest.raises(UsageError, match=r"mapping\.yaml"):
            Mapped.read(path)

    def test_every_problem_is_told(self, desk: Desk) -> None:
        """Unknown columns, records, options, read-only fields, doubled keys: all at once, none half-done."""
        one, two = ids(desk, 2)

        assert "did you mean 'Title'" in refused(desk, [{"ID": one, "TITEL": "x"}])[0][2]
        told = refused(
            desk,
            [
                {"ID": one, "TITLE": "a", "SOURCE_ID": "Nowhere", "DATE_CREATE": None},
                {"ID": two, "TITLE": "b", "SOURCE_ID": None, "DATE_CREATE": "2020-01-01T00:00:00"},
                {"ID": "999999", "TITLE": "c", "SOURCE_ID": None, "DATE_CREATE": None},
                {"ID": "888", "TITLE": "d", "SOURCE_ID": None, "DATE_CREATE": None},
                {"ID": "888", "TITLE": "e", "SOURCE_ID": None, "DATE_CREATE": None},
            ],
        )
        assert [(row, column) for row, column, _ in told] == [
            (2, "SOURCE_ID"),
            (3, "DATE_CREATE"),
            (4, "ID"),
            (5, "ID"),
            (6, "ID"),
        ]
        plan = desk.plan([{"ID": one, "TITLE": "a"}, {"ID": "999999", "TITLE": "c"}], skip_invalid=True)
        assert (len(plan.operations), plan.exit_code) == (1, 3)

    def test_pipeline_follows_the_stage_and_does_not_change(self, desk: Desk) -> None:
        """A new deal gets its stage's pipeline; an existing one is not moved where the portal would not."""
        made = desk.plan([{"TITLE": "x", "STAGE_ID": "C1:NEW"}], mode="insert")
        (number,) = ids(desk, 1)
        desk.portal.store.table("deals").update(int(number), {"CATEGORY_ID": 0, "STAGE_ID": "NEW"})

        assert made.operations[0].after["CATEGORY_ID"] == 1
        assert "pipeline" in refused(desk, [{"ID": number, "STAGE_ID": "C1:WON"}])[0][2]
        assert "creation" in refused(desk, [{"ID": number, "CATEGORY_ID": 1}])[0][2]

    def test_new_records_need_what_they_need(self, desk: Desk) -> None:
        """A contact needs a name, a company a title; which column is missing is told."""
        assert "NAME" in refused(desk, [{"POST": "CTO"}], to="contacts", mode="insert")[0][2]
        assert "TITLE" in refused(desk, [{"COMMENTS": "x"}], to="companies", mode="insert")[0][2]

    def test_other_keys(self, desk: Desk) -> None:
        """Records are found by an external id, a phone or an e-mail; two of one value are named."""
        contacts = desk.portal.store.table("contacts")
        first = contacts.add({"NAME": "Ann", "ORIGIN_ID": "a1", "EMAIL": [{"VALUE": "ann@x.example"}]})
        row = {"ORIGIN_ID": "a1", "POST": "CTO"}
        upsert = [row, {"ORIGIN_ID": "a2", "POST": "CFO"}]
        plan = desk.plan(
            [{**each, "NAME": "Ann"} for each in upsert], "contacts", key="ORIGIN_ID", mode="upsert"
        )

        assert [(each.action, each.id) for each in plan.operations] == [("update", str(first)), ("add", None)]
        assert desk.states(desk.apply(plan)) == {"done": 2}
        mail = desk.plan([{"EMAIL": "ann@x.example", "POST": "CEO"}], "contacts", key="EMAIL")
        assert mail.operations[0].id == str(first)
        assert (
            "is on the portal already"
            in refused(desk, [{**row, "NAME": "x"}], to="contacts", mode="insert")[0][2]
        )
        second = contacts.add({"NAME": "Bob", "ORIGIN_ID": "a1"})
        told = refused(desk, [row], to="contacts", key="ORIGIN_ID")[0][2]
        assert f"{first}, {second}" in told

    def test_removed_rows_mean_something_in_delete_mode_only(self, desk: Desk, tmp_path: Path) -> None:
        """A row taken out of an exported workbook is deleted there, and ignored everywhere else."""
        path = _exported(tmp_path / "book.xlsx", [(number, f"t{number}") for number in ids(desk, 4)], keep=3)
        table = removed_rows(path, read_source(path))

        assert [row.cells["ID"] for row in table.rows] == [ids(desk, 4)[3]]
        whole = _exported(tmp_path / "whole.xlsx", [(number, "t") for number in ids(desk, 2)], keep=2)
        with pytest.raises(CapError, match="No row was removed"):
            removed_rows(whole, read_source(whole))
        with pytest.raises(CapError, match="no rows left"):
            removed_rows(path, replace(read_source(path), rows=()))


class TestFolder:
    """The plan as it lies on the disk."""

    def test_plan_is_read_as_it_was_written(self, desk: Desk) -> None:
        """Operations, counts, changes and summary survive the folder; nothing secret is in it."""
        plan = desk.plan([{"ID": number, "TITLE": "x"} for number in ids(desk, 3)])
        again = read_plan(plan.folder)
        text = "".join(each.read_text() for each in plan.folder.iterdir())

        assert (again.operations, again.counts) == (plan.operations, {"update": 3, "unchanged": 0})
        assert list(again.changes["field"]) == ["TITLE"] * 3
        assert again.summary().startswith("deals: update 3; 0 rows")
        assert "demo0portal0token" not in text

    def test_limit_and_caps(self, desk: Desk) -> None:
        """--limit tries a few; each cap names the option that lifts it."""
        rows: list[Row] = [{"ID": number, "TITLE": "x"} for number in ids(desk, 10)]

        assert desk.plan(rows, limit=2).counts["update"] == 2
        for caps, option in (
            (Caps(max_rows=9), "--max-rows"),
            (Caps(max_changed_pct=50.0), "--max-changed-pct"),
        ):
            with pytest.raises(CapError, match=option):
                desk.plan(rows, caps=caps)
        with pytest.raises(CapError, match="--max-creates"):
            desk.plan([{"TITLE": "x"}] * 2, mode="insert", caps=Caps(max_creates=1))

    @pytest.mark.parametrize(
        ("license_name", "detect", "bucket"),
        [("ru_ent250", True, 250), ("ru_ent250", False, 50), ("de_pro100", True, 50)],
    )
    def test_limits_of_the_portals_plan(
        self, make: Callable[..., Desk], license_name: str, *, detect: bool, bucket: int
    ) -> None:
        """Plan, apply and undo go as fast as the portal's plan allows, unless limits were set by hand."""
        desk = make(deals=5, license=license_name)
        connection = replace(desk.connection, detect_limits=detect)

        async def described() -> int:
            async with connection.client() as client:
                await describe(client, target_named("deals"), detect_limits=detect)
                return client.limits.bucket

        assert asyncio.run(described()) == bucket
        asked = PlanRequest(to="deals", mode="insert")
        plan = plan_over(connection, table_of([{"TITLE": "x"}]), asked, desk.folder / "p")
        report = carry_out(plan, desk.settings, connection)
        inverse_over(connection, desk.settings, report.run_id, "undo", desk.folder / "u")
        assert desk.portal.stats.by_method.get("app.info", 0) == (4 if detect else 0)

    def test_mode_is_asked_for_where_it_is_not_clear(self, desk: Desk) -> None:
        """Without the key column nobody guesses; a mode that the target lacks is refused."""
        with pytest.raises(UsageError, match="--mode insert"):
            desk.plan([{"TITLE": "x"}])
        with pytest.raises(UsageError, match="update, insert, upsert, delete"):
            desk.plan([{"ID": "1", "TITLE": "x"}], mode="complete")

    def test_plan_of_another_portal_or_of_a_lost_field_is_stale(self, desk: Desk) -> None:
        """Nothing is sent to a portal that the plan was not made for, or that would ignore a field."""
        plan = desk.plan([{"ID": number, "TITLE": "x"} for number in ids(desk, 1)])
        with pytest.raises(StalePlanError, match="is for elsewhere"):
            desk.apply(replace(plan, header={**plan.header, "portal": "elsewhere"}))
        operation = json.loads(plan.operations[0].encoded()) | {"after": {"UF_CRM_GONE": "x"}}
        from pipelines.writeback.operations import decoded  # noqa: PLC0415

        stale = replace(plan, operations=(decoded(json.dumps(operation)),))
        with pytest.raises(StalePlanError, match="UF_CRM_GONE"):
            desk.apply(stale)
        assert desk.write_requests() == []

    def test_lost_journal_makes_nothing_twice(self, desk: Desk) -> None:
        """Creates of a plan whose journal is gone are found by their markers."""
        plan = desk.plan([{"TITLE": f"once {n}"} for n in range(3)], mode="insert")
        desk.apply(plan)
        for path in (desk.folder / "state").iterdir():
            path.unlink()
        report = desk.apply(plan)

        assert desk.states(report) == {"done": 3}
        assert sum(str(row["TITLE"]).startswith("once") for row in desk.deals().values()) == 3


def test_states_lead_somewhere() -> None:
    """Every open state has a way out, every final one none but that a yes turns out to be a no."""
    assert set(TRANSITIONS) == set(State)
    assert not may_become(State.REJECTED, State.PLANNED)
    assert not may_become(State.UNKNOWN, State.PLANNED)
    assert may_become(State.PROBED, State.PLANNED)


def _exported(path: Path, records: list[tuple[str, str]], keep: int) -> Path:
    """A workbook as an export writes it, of which some rows were removed since."""
    from pipelines.writeback.rows import Origin  # noqa: PLC0415
    from pipelines.writeback.workbook_write import SheetColumn, SheetRow, write_workbook  # noqa: PLC0415

    origin = Origin(
        "deals", ("ID", "TITLE"), ("integer", "text"), ("ID",), "UTC", "2026-01-01T00:00:00+00:00"
    )
    columns = [SheetColumn("ID", "ID", "integer"), SheetColumn("Title", "TITLE", "text")]
    rows = [SheetRow([int(number), title], (number,), [number, title]) for number, title in records]
    write_workbook(path, "deals", columns, iter(rows), origin)
    import openpyxl  # noqa: PLC0415

    book = openpyxl.load_workbook(path)
    book["deals"].delete_rows(3 + keep, len(records) - keep)
    book.save(path)
    return path
