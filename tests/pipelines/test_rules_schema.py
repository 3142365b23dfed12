"""Sync rule 7: the tables move with the portal's fields and types, and no change of them breaks a run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.load import SyncReport
from sources.demo_portal import Store
from sources.demo_portal.custom_fields import CustomFieldRecords
from tests.pipelines.everything import differences
from tests.pipelines.rig import MovableClock, Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

NAMES = ("deals", "custom_fields", "items")
RETYPED = {
    "UF_CRM_TO_DOUBLE": ("string", "double", {0: "1.5", 1: "about two"}, {0: "2.25", 1: "3"}),
    "UF_CRM_TO_STRING": ("integer", "string", {0: "7"}, {0: "seven", 1: "8"}),
    "UF_CRM_TO_MANY": ("integer", "integer", {0: "5"}, {0: ["5", "6"], 1: ["7"]}),
    "UF_CRM_TO_MOMENT": ("string", "datetime", {0: "soon"}, {0: "2026-01-31T09:00:00+01:00"}),
    "UF_CRM_TO_FLAG": ("double", "boolean", {0: "0.5"}, {0: True, 1: False}),
}
"""Custom fields: their type, the next one, values by place of the deal, and the values after that."""


@dataclass(frozen=True)
class Story:
    """A portal that was synced, whose people changed its fields and types, and that was synced again."""

    rig: Rig
    ids: list[int]
    fields: dict[str, int]
    reports: tuple[SyncReport, SyncReport]

    def column(self, name: str) -> list[Any]:
        """The values of a column of the first three deals."""
        found = self.rig.fetch(f"SELECT {name} FROM bitrix24.deals WHERE id <= {self.ids[2]} ORDER BY id")
        return [value for (value,) in found]

    def history(self, code: str, column: str) -> list[Any]:
        """What `custom_fields_history` holds of a field, the oldest first."""
        found = self.rig.fetch(
            f"SELECT {column} FROM bitrix24.custom_fields_history "
            f"WHERE field_name = '{code}' ORDER BY _synced_at"
        )
        return [value for (value,) in found]


def definitions(store: Store) -> CustomFieldRecords:
    """The custom fields of classic records."""
    return store.satellites.custom_fields


def reversed_fields(answer: bytes) -> bytes:
    """The same fields in another order."""
    return json.dumps(dict(reversed(json.loads(answer).items()))).encode()


def make_fields(store: Store, ids: list[int]) -> dict[str, int]:
    """Make the fields that will change; their ids by code."""
    fields = definitions(store)
    made = {
        code: fields.create("CRM_DEAL", code, kind, values={ids[n]: value for n, value in before.items()})
        for code, (kind, _, before, _) in RETYPED.items()
    }
    for code, label in (("UF_CRM_A_B", "Same"), ("UF_CRM_A__B", "Same"), ("UF_CRM_GONE", "Причина отказа")):
        made[code] = fields.create("CRM_DEAL", code, "string", label=label, values={ids[0]: code.lower()})
    made["UF_CRM_CHOICE"] = fields.create(
        "CRM_DEAL", "UF_CRM_CHOICE", "enumeration", options=("one", "two", "three")
    )
    return made


def change_schema(store: Store, ids: list[int], made: dict[str, int]) -> None:
    """Change fields and types in every way in which a portal's administrator can; no record is touched."""
    fields = definitions(store)
    for code, (_, kind, _, after) in RETYPED.items():
        values = {ids[n]: value for n, value in after.items()}
        fields.retype(made[code], kind, multiple=code.endswith("MANY"), values=values)
    fields.delete(made["UF_CRM_GONE"])
    fields.rename(made["UF_CRM_A_B"], "Новое имя «поля»")
    fields.rename(made["UF_CRM_A__B"], "")
    fields.create("CRM_DEAL", "UF_CRM_NEW", "string", values={ids[0]: "here", ids[2]: "there"})
    row = fields.get(made["UF_CRM_CHOICE"]) or {}
    one, two, _ = (int(option["ID"]) for option in row["LIST"])  # type: ignore[attr-defined]
    fields.rename_option(made["UF_CRM_CHOICE"], one, "uno")
    fields.delete_option(made["UF_CRM_CHOICE"], two)
    fields.add_option(made["UF_CRM_CHOICE"], "four")
    types = {int(str(row["entityTypeId"])): row for row in store.table("smart_process_types").rows()}
    items = store.records("items_130").table.ids.tolist()
    store.satellites.item_fields.create(
        f"CRM_{types[130]['id']}", "UF_CRM_NEW", "double", values={items[0]: 1.5}
    )
    store.table("smart_process_types").delete(types[177]["id"])
    number = int(str(max(row["id"] for row in types.values()))) + 1  # type: ignore[type-var]
    new = {**types[130], "id": number, "entityTypeId": 182, "title": "Новый процесс"}
    store.table("smart_process_types").add(new)
    store.records("items_182").add({"title": "the first"})


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two syncs of one portal; the tests only read what they left."""
    folder = tmp_path_factory.mktemp("story")
    clock = MovableClock()
    portal = small_portal(20, clock=clock)
    with pytest.MonkeyPatch.context() as environment, rig_with(portal, folder) as rig:
        environment.setenv("B24_STATE_DIR", str(folder / "state"))
        environment.setenv("HOME", str(folder / "home"))
        ids = rig.portal_ids()
        made = make_fields(portal.store, ids)
        first = rig.sync(*NAMES)
        clock.skew += 600
        change_schema(portal.store, ids, made)
        portal.rewrite("crm.deal.fields", reversed_fields)
        second = rig.sync(*NAMES)
        yield Story(rig, ids, made, (first, second))


class TestFields:
    """Custom fields come, go, and become something else."""

    def test_nothing_is_lost_and_nothing_fails(self, story: Story) -> None:
        """Every value of every deal and item is what the portal has, typed or beside the row."""
        assert [report.exit_code for report in story.reports] == [0, 0]
        wrong = [problem for table in ("deals", "items_130") for problem in differences(story.rig, table)]
        assert [problem for problem in wrong if "UF_CRM_A_" not in problem] == []

    def test_new_field_is_filled_for_rows_that_were_not_modified(self, story: Story) -> None:
        """The values that records got with the field are there, though nothing else of them changed."""
        assert story.column("uf_crm_new") == ["here", None, "there"]
        found = story.rig.fetch("SELECT uf_crm_new FROM bitrix24.items_130 ORDER BY id LIMIT 1")
        assert found == [(1.5,)]

    def test_removed_field_keeps_its_column(self, story: Story) -> None:
        """What no portal has any more is NULL, and what the field was stays in the history."""
        assert story.column("uf_crm_gone") == [None, None, None]
        assert story.history("UF_CRM_GONE", "label") == ["Причина отказа"] * 2
        assert story.history("UF_CRM_GONE", "_deleted_at IS NULL") == [True, False]

    @pytest.mark.parametrize("code", RETYPED)
    def test_changed_type_loses_no_value(self, story: Story, code: str) -> None:
        """A value that the column cannot hold is in `_raw_values`, exactly."""
        before, now, _, after = RETYPED[code]
        typed, kept = story.column(code.lower()), story.column("_raw_values")
        for place, value in after.items():
            raw = json.loads(kept[place] or "{}")
            assert code in raw or typed[place] is not None
            assert raw.get(code, value) == value
        assert story.history(code, "user_type_id") == [before, now]
        assert story.history(code, "multiple") == ["N", "Y" if code.endswith("MANY") else "N"]

    def test_codes_that_come_to_one_name_keep_their_columns(self, story: Story) -> None:
        """In whichever order the portal lists them: a column holds one field for good."""
        names = story.rig.fetch(
            "SELECT column_name FROM (DESCRIBE bitrix24.deals) "
            "WHERE starts_with(column_name, 'uf_crm_a_b') ORDER BY 1"
        )
        (plain,), (other,) = names
        assert story.column(plain)[0] == "uf_crm_a_b"
        assert story.column(other)[0] == "uf_crm_a__b"

    def test_labels_are_kept_with_when_they_were_seen(self, story: Story) -> None:
        """Cyrillic, empty and equal labels: the table has the present ones, the history every one."""
        found = story.rig.fetch(
            "SELECT field_name, label FROM bitrix24.custom_fields WHERE starts_with(field_name, 'UF_CRM_A_')"
        )
        labels = dict(found)
        assert labels["UF_CRM_A_B"] == "Новое имя «поля»"
        assert labels["UF_CRM_A__B"] in (None, "", "UF_CRM_A__B")
        assert story.history("UF_CRM_A_B", "label") == ["Same", "Новое имя «поля»"]
        before, after = story.history("UF_CRM_A_B", "_synced_at")
        assert before < after

    def test_values_of_a_list_come_and_go(self, story: Story) -> None:
        """The values of now are in the table, those of then in the history."""
        ((now,),) = story.rig.fetch(
            "SELECT list FROM bitrix24.custom_fields WHERE field_name = 'UF_CRM_CHOICE'"
        )
        then = story.history("UF_CRM_CHOICE", "list")[0]
        assert [option["VALUE"] for option in json.loads(now)] == ["uno", "three", "four"]
        assert [option["VALUE"] for option in json.loads(then)] == ["one", "two", "three"]


class TestTypes:
    """Smart processes come and go."""

    def test_new_type_is_a_table(self, story: Story) -> None:
        """In the next run, without being named anywhere."""
        assert story.rig.fetch("SELECT title FROM bitrix24.items_182") == [("the first",)]

    def test_rows_of_a_deleted_type_are_marked(self, story: Story) -> None:
        """All of them, and the receipt says why."""
        ((rows, deleted),) = story.rig.fetch("SELECT count(*), count(_deleted_at) FROM bitrix24.items_177")
        assert rows == deleted > 0
        told = next(each for each in story.reports[1].entities if each.entity == "items_177")
        assert (told.rows_deleted, told.portal_count, told.verdict) == (rows, 0, "equal")
        assert told.note == "the portal no longer has this type"


def test_schema_may_change_while_it_is_read(tmp_path: Path) -> None:
    """At whichever request fields and types come, go and change: the run is done, the next one has it all."""
    clock = MovableClock()
    portal = small_portal(60, clock=clock)
    with rig_with(portal, tmp_path) as rig:
        ids = rig.portal_ids()
        made = make_fields(portal.store, ids)
        portal.before(2, lambda store: change_schema(store, ids, made))
        for request in range(1, 8):
            code = f"UF_CRM_LATE_{request}"
            values = {ids[0]: "first", ids[-1]: "last"}
            portal.before(
                request,
                lambda store, c=code, v=values: definitions(store).create("CRM_DEAL", c, "string", values=v),
            )
        first = rig.sync("deals", "items")
        assert first.exit_code == 0, [each.error for each in first.entities]
        clock.skew += 600
        assert rig.sync("deals", "items").exit_code == 0
        tables = ("deals", "items_130", "items_182")
        wrong = [problem for table in tables for problem in differences(rig, table)]
        assert [problem for problem in wrong if "UF_CRM_A_" not in problem] == []


def test_two_hundred_fields_are_two_hundred_columns(tmp_path: Path) -> None:
    """No name is lost, no value either."""
    with rig_with(small_portal(20, custom_fields=200), tmp_path) as rig:
        assert rig.sync("deals").exit_code == 0
        found = rig.fetch(
            "SELECT count(*) FROM (DESCRIBE bitrix24.deals) WHERE starts_with(column_name, 'uf_')"
        )
        assert found == [(200,)]
        assert differences(rig, "deals") == []
