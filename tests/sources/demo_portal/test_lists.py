"""Lists: pages, totals, fields of a row, dictionaries."""
# ruff: noqa: ANN001  fixtures are typed where they are made

import pytest

from sources.demo_portal.control import random_changes

OBJECTS = [("deal", "deals"), ("lead", "leads"), ("contact", "contacts"), ("company", "companies")]


@pytest.mark.parametrize(
    ("start", "first", "following"),
    [(0, 0, 50), (50, 50, 100), (77, 50, 100), (250, 250, None)],
)
def test_start_is_rounded_down_to_a_page(ask, start, first, following) -> None:
    """Offsets count in pages of fifty; next is there only while more follow."""
    body = ask("crm.deal.list", {"start": start, "order": {"ID": "ASC"}, "select": ["ID"]})[1]
    ids = ask.portal.store.records("deals").table.ids.tolist()
    assert [int(row["ID"]) for row in body["result"]] == ids[first : first + 50]
    assert (body["total"], body.get("next")) == (300, following)


def test_negative_start_is_one_page_without_a_count(ask) -> None:
    """start=-1 gives the first fifty rows and neither total nor next."""
    body = ask("crm.deal.list", {"start": -1})[1]
    assert len(body["result"]) == 50
    assert set(body) == {"result", "time"}


def test_page_past_the_end_is_empty(ask) -> None:
    """An offset beyond the rows answers none and the total."""
    body = ask("crm.deal.list", {"start": 5000})[1]
    assert (body["result"], body["total"]) == ([], 300)
    assert "next" not in body


@pytest.mark.parametrize(("name", "table"), OBJECTS)
def test_default_select_is_all_but_multi_fields(ask, name, table) -> None:
    """Without select a row has system and custom fields; phones come only when named."""
    fields = ask.result(f"crm.{name}.fields")
    row = ask.result(f"crm.{name}.list", {"start": -1})[0]
    assert "PHONE" not in row
    assert next(iter(row)) == "ID"
    customs = {code for code in fields if code.startswith("UF_")}
    assert customs <= set(row)
    assert set(ask.result(f"crm.{name}.list", {"select": ["*"], "start": -1})[0]) == set(row) - customs
    assert set(ask.result(f"crm.{name}.list", {"select": ["UF_*"], "start": -1})[0]) == customs | {"ID"}
    assert row == {key: value for key, value in ask.portal.store.table(table).rows()[0].items() if key in row}


def test_deal_row_is_as_wide_as_a_real_one(ask) -> None:
    """A deal has 44 documented system fields, a parent link and custom fields of every type."""
    row = ask.result("crm.deal.list", {"start": -1})[0]
    assert sum(not code.startswith("UF_") for code in row) == 45
    types = {row["USER_TYPE_ID"] for row in ask.result("crm.deal.userfield.list")}
    assert types == {
        "string",
        "integer",
        "double",
        "boolean",
        "date",
        "datetime",
        "money",
        "url",
        "address",
        "enumeration",
        "file",
        "employee",
        "crm_status",
        "iblock_section",
        "iblock_element",
        "crm",
    }


def test_multiple_fields_arrive_in_mixed_empty_forms(ask) -> None:
    """Empty values are null, "", false and [] side by side; multiple fields are false, [] or lists."""
    rows = ask.portal.store.table("deals").rows()
    values = [value for row in rows for code, value in row.items() if code.startswith("UF_")]
    for empty in (None, "", False, []):
        assert any(value is empty or (value == empty and type(value) is type(empty)) for value in values)
    assert {type(row["UF_CRM_1700000011"]) for row in rows} == {bool, list}


def test_named_phones_come_only_where_there_are_any(ask) -> None:
    """A row without phones has no PHONE key; the id of each element is its own."""
    rows = ask.result("crm.contact.list", {"select": ["ID", "PHONE"], "start": -1})
    phones = [row["PHONE"] for row in rows if "PHONE" in row]
    assert 0 < len(phones) < len(rows)
    ids = [element["ID"] for group in phones for element in group]
    assert len(set(ids)) == len(ids)
    assert set(phones[0][0]) == {"ID", "VALUE_TYPE", "VALUE", "TYPE_ID"}


def test_unknown_select_names_are_skipped(ask) -> None:
    """A misspelt field is left out; ID comes in any case; nothing known means everything."""
    assert set(ask.result("crm.deal.list", {"select": ["TITLE", "NOPE"], "start": -1})[0]) == {"ID", "TITLE"}
    assert len(ask.result("crm.deal.list", {"select": ["NOPE"], "start": -1})[0]) > 45


@pytest.mark.parametrize("name", ["filter", "order", "select"])
def test_list_parameters_must_be_arrays(ask, name) -> None:
    """A scalar where an array belongs is refused with an empty code."""
    status, body = ask("crm.deal.list", {name: "x"})
    assert (status, body) == (400, {"error": "", "error_description": f"Parameter '{name}' must be array."})


def test_get_leaves_empty_multi_fields_out(ask) -> None:
    """crm.contact.get has phones where there are some and no key where there are none."""
    rows = ask.portal.store.table("contacts").rows()
    for has in (True, False):
        row = next(row for row in rows if ("PHONE" in row) is has)
        assert ask.result("crm.contact.get", {"id": row["ID"]}) == row


@pytest.mark.parametrize("sent", [{}, {"id": "x"}, {"id": 0}, {"id": [1]}])
def test_get_needs_an_id(ask, sent) -> None:
    """A missing or non-numeric id is refused."""
    assert ask("crm.deal.get", sent) == (
        400,
        {"error": "", "error_description": "ID is not defined or invalid."},
    )


def test_new_custom_field_is_in_every_row_at_once(ask) -> None:
    """A field made after the rows appears in descriptions and rows, empty, and can be written."""
    field = {"ENTITY_ID": "CRM_DEAL", "FIELD_NAME": "UF_CRM_NEW", "USER_TYPE_ID": "string", "MULTIPLE": "N"}
    number = ask.portal.store.table("custom_fields").add(field)
    assert "UF_CRM_NEW" in ask.result("crm.deal.fields")
    assert ask.result("crm.deal.list", {"start": -1})[0]["UF_CRM_NEW"] is None
    ask("crm.deal.update", {"id": 21, "fields": {"UF_CRM_NEW": "set"}})
    assert ask.result("crm.deal.get", {"id": 21})["UF_CRM_NEW"] == "set"
    ask.portal.store.table("custom_fields").delete(number)
    assert "UF_CRM_NEW" not in ask.result("crm.deal.list", {"start": -1})[0]
    assert "UF_CRM_NEW" not in ask.result("crm.deal.get", {"id": 21})


def test_statuses_need_one_directory_as_text(ask) -> None:
    """crm.status.list filters by one directory; an array is refused; the general pipeline has no number."""
    rows = ask.result("crm.status.list", {"filter": {"ENTITY_ID": "DEAL_STAGE_12"}})
    assert [row["SORT"] for row in rows] == sorted((row["SORT"] for row in rows), key=int)
    assert "C12:PREPAYMENT_INVOIC" in {row["STATUS_ID"] for row in rows}
    assert sum(row["SEMANTICS"] == "S" for row in rows) == 1
    assert ask.result("crm.status.list", {"filter": {"ENTITY_ID": "DEAL_STAGE_0"}}) == []
    status, body = ask("crm.status.list", {"filter": {"ENTITY_ID": ["A"]}})
    assert (status, body["error"]) == (400, "Invalid parameters.")


def test_directories_lead_to_every_stage(ask) -> None:
    """crm.status.entity.types names the stages of every pipeline of crm.category.list."""
    pipelines = ask.result("crm.category.list", {"entityTypeId": 2})["categories"]
    names = {row["ID"] for row in ask.result("crm.status.entity.types")}
    assert {f"DEAL_STAGE_{row['id']}" if row["id"] else "DEAL_STAGE" for row in pipelines} <= names
    assert len(pipelines) == 4


@pytest.mark.parametrize(
    ("type_id", "code"),
    [(1, "ENTITY_TYPE_NOT_SUPPORTED"), (999, "NOT_FOUND"), (None, "100")],
)
def test_pipelines_of_other_types_are_refused(ask, type_id, code) -> None:
    """Leads have no pipelines, unknown types do not exist, the type is required."""
    assert ask("crm.category.list", {"entityTypeId": type_id})[1]["error"] == code


def test_currencies_count_zero(ask) -> None:
    """crm.currency.list answers rows and the total 0."""
    body = ask("crm.currency.list")[1]
    assert (len(body["result"]), body["total"]) == (5, 0)


def test_labels_of_custom_fields_need_a_language(ask) -> None:
    """Labels are left out unless the filter names LANG; options are there either way."""
    bare = ask.result("crm.deal.userfield.list")
    named = ask.result("crm.deal.userfield.list", {"filter": {"LANG": "de", "USER_TYPE_ID": "enumeration"}})
    assert all("EDIT_FORM_LABEL" not in row for row in bare)
    assert all(row["EDIT_FORM_LABEL"] and row["LIST"] for row in named)
    assert ask("crm.deal.userfield.list", {"filter": "x"})[0] == 400


def test_stage_history_is_strict_and_in_integers(ask) -> None:
    """crm.stagehistory.list answers integers at result.items and refuses unknown fields."""
    body = ask("crm.stagehistory.list", {"entityTypeId": 2, "order": {"ID": "ASC"}, "filter": {">ID": 0}})[1]
    item = body["result"]["items"][0]
    assert isinstance(item["ID"], int)
    assert (len(body["result"]["items"]), body["next"]) == (50, 50)
    assert set(ask.result("crm.stagehistory.list", {"entityTypeId": 1})["items"][0]) >= {
        "STATUS_ID",
        "OWNER_ID",
    }
    for params, code in (
        ({"entityTypeId": 2, "filter": {"NOPE": 1}}, "INVALID_ARG_VALUE"),
        ({"entityTypeId": 2, "order": {"ID": "UP"}}, "INVALID_ARG_VALUE"),
        ({"entityTypeId": 4}, 0),
    ):
        status, answer = ask("crm.stagehistory.list", params)
        assert (status, answer["error"]) == (400, code)


def test_users_include_the_dismissed_unless_asked(ask) -> None:
    """user.get lists dismissed users too; ACTIVE, departments and masks filter them."""
    everyone = ask.result("user.get")
    active = ask.result("user.get", {"FILTER": {"ACTIVE": True}})
    assert 0 < len(active) < len(everyone)
    assert ask("user.get", {"start": -1})[1].keys() == {"result", "time"}
    one = everyone[0]
    assert one in ask.result("user.get", {"filter": {"NAME": one["NAME"][:2] + "%"}})
    found = ask.result("user.get", {"UF_DEPARTMENT": 2, "sort": "ID", "order": "desc"})
    assert found
    assert all(2 in row["UF_DEPARTMENT"] for row in found)
    assert [int(row["ID"]) for row in found] == sorted((int(row["ID"]) for row in found), reverse=True)
    assert ask.result("user.search", {"FILTER": {"FIND": one["LAST_NAME"]}})
    assert set(ask.result("user.get", {"select": ["NAME", "NOPE"]})[0]) == {"ID", "NAME"}


def test_narrow_user_scope_hides_contacts(make) -> None:
    """user_brief shows neither e-mail nor last login."""
    row = make(scopes=("user_brief",)).result("user.current")
    assert "EMAIL" not in row
    assert "LAST_LOGIN" not in row


def test_departments_make_a_tree(ask) -> None:
    """The root has no parent; PARENT filters exactly."""
    rows = ask.result("department.get")
    assert [row["ID"] for row in rows if "PARENT" not in row] == ["1"]
    assert {row["PARENT"] for row in ask.result("department.get", {"PARENT": 2, "sort": "NAME"})} == {"2"}


@pytest.mark.parametrize("select", [["*", "UF_*"], ["ID"], ["TITLE", "UF_CRM_1700000011"]])
def test_pages_mix_seeded_and_written_rows(ask, select) -> None:
    """After updates, inserts and deletes all pages together are exactly the rows of the store."""
    random_changes(ask.portal.store, "deals", seed=3, share=0.2)
    paged = []
    while True:
        after = paged[-1]["ID"] if paged else 0
        params = {"filter": {">ID": after}, "order": {"ID": "ASC"}, "select": select, "start": -1}
        page = ask.result("crm.deal.list", params)
        paged += page
        if len(page) < 50:
            break
    rows = ask.portal.store.table("deals").rows()
    assert paged == [{code: row[code] for code in paged[0]} for row in rows]
    backwards = ask.result("crm.deal.list", {"order": {"ID": "DESC"}, "select": select, "start": -1})
    assert backwards == paged[:-51:-1]
