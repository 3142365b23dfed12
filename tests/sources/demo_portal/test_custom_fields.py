"""Custom fields as users and tests change them: no record is modified by it."""
# ruff: noqa: ANN001, ANN201  fixtures are typed where they are made

import time

import pytest


def one(ask, number=None, kind="deal"):
    table = {"deal": "deals", "contact": "contacts"}[kind]
    number = number or ask.portal.store.table(table).rows()[0]["ID"]
    return ask.result(f"crm.{kind}.get", {"id": number})


def test_fields_are_made_changed_and_deleted_over_rest(ask) -> None:
    """The prefix is put in front; labels come by language; a list grows, loses and renames values by id."""
    fields = {
        "FIELD_NAME": "MY_FIELD",
        "USER_TYPE_ID": "enumeration",
        "LABEL": "Meins",
        "LIST": [{"VALUE": "a", "SORT": 10}, {"VALUE": "b", "SORT": 20}, {"VALUE": ""}],
    }
    number = ask.result("crm.deal.userfield.add", {"fields": fields})
    made = ask.result("crm.deal.userfield.get", {"id": number})
    assert (made["FIELD_NAME"], made["EDIT_FORM_LABEL"]["ru"]) == ("UF_CRM_MY_FIELD", "Meins")
    first, second = made["LIST"]
    change = [{"ID": first["ID"], "DEL": "Y"}, {"ID": second["ID"], "VALUE": "B"}, {"VALUE": "c", "SORT": 5}]
    labels = {"de": "Neu", "en": "New"}
    sent = {"id": number, "fields": {"LIST": change, "EDIT_FORM_LABEL": labels, "USER_TYPE_ID": "string"}}
    assert ask.result("crm.deal.userfield.update", sent) is True
    found = ask.result(
        "crm.deal.userfield.list", {"filter": {"FIELD_NAME": "UF_CRM_MY_FIELD", "LANG": "en"}}
    )[0]
    assert (found["EDIT_FORM_LABEL"], found["USER_TYPE_ID"]) == ("New", "enumeration")
    assert [entry["VALUE"] for entry in found["LIST"]] == ["c", "B"]
    assert ask.result("crm.deal.fields")["UF_CRM_MY_FIELD"]["formLabel"] == "Neu"
    assert ask.result("crm.deal.userfield.delete", {"id": number}) is True
    assert "UF_CRM_MY_FIELD" not in one(ask)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("add", {"fields": {"FIELD_NAME": "A"}}, ""),
        ("add", {"fields": {"USER_TYPE_ID": "string"}}, ""),
        ("add", {"fields": {"FIELD_NAME": "Ä", "USER_TYPE_ID": "string"}}, "ERROR_CORE"),
        ("add", {"fields": {"FIELD_NAME": "A", "USER_TYPE_ID": "nope"}}, "ERROR_CORE"),
        ("add", {"fields": {"FIELD_NAME": "1700000001", "USER_TYPE_ID": "string"}}, "ERROR_CORE"),
        ("update", {"id": 10**6, "fields": {}}, "ERROR_NOT_FOUND"),
        ("delete", {"id": 0}, ""),
    ],
)
def test_refused_definitions(ask, method, params, code) -> None:
    """Missing and broken names, unknown types, doubled fields and unknown ids have the documented codes."""
    status, body = ask(f"crm.deal.userfield.{method}", params)
    assert (status, body["error"]) == (400, code)


def test_values_appear_without_a_modification_time(ask, clock) -> None:
    """A field made with values shows them in old, new and changed rows at once; DATE_MODIFY stays."""
    store = ask.portal.store
    rows = store.table("deals").rows()
    store.table("deals").update(rows[1]["ID"], {"TITLE": "written"})
    before = {row["ID"]: row["DATE_MODIFY"] for row in store.table("deals").rows()}
    clock.now += 100
    fields = store.table("custom_fields")
    values = {int(row["ID"]): f"v{row['ID']}" for row in rows[:3]}
    number = fields.create("CRM_DEAL", "UF_CRM_NEW", "string", label="Причина отказа", values=values)
    listed = ask.result(
        "crm.deal.list", {"order": {"ID": "ASC"}, "select": ["ID", "UF_CRM_NEW"], "start": -1}
    )
    assert [row["UF_CRM_NEW"] for row in listed[:4]] == [*values.values(), None]
    assert [row["UF_CRM_NEW"] for row in store.table("deals").rows()[:4]] == [*values.values(), None]
    assert one(ask)["UF_CRM_NEW"] == listed[0]["UF_CRM_NEW"]
    found = ask.result(
        "crm.item.list", {"entityTypeId": 2, "filter": {"ufCrmNew": "v21"}, "select": ["ufCrmNew"]}
    )
    assert found["items"] == [{"id": 21, "ufCrmNew": "v21"}]
    assert {row["ID"]: row["DATE_MODIFY"] for row in store.table("deals").rows()} == before
    fields.rename(number, "Anders")
    assert ask.result("crm.deal.fields")["UF_CRM_NEW"]["formLabel"] == "Anders"
    fields.retype(number, "integer", multiple=True, values={21: [1, 2]})
    again = ask.result("crm.deal.list", {"select": ["UF_CRM_NEW"], "order": {"ID": "ASC"}, "start": -1})
    assert [row["UF_CRM_NEW"] for row in again[:2]] == [[1, 2], False]
    shown = ask.result("crm.item.list", {"entityTypeId": 2, "select": ["ufCrmNew"], "order": {"id": "ASC"}})[
        "items"
    ]
    assert [row["ufCrmNew"] for row in shown[:2]] == [[1, 2], []]
    fields.delete(number)
    assert "UF_CRM_NEW" not in store.table("deals").rows()[0]
    assert {row["ID"]: row["DATE_MODIFY"] for row in store.table("deals").rows()} == before


def test_list_values_come_and_go_while_records_keep_ids(ask) -> None:
    """A value of a list is added, renamed and deleted; records that have it keep its id."""
    fields = ask.portal.store.table("custom_fields")
    row = next(row for row in fields.rows() if row["FIELD_NAME"] == "UF_CRM_1700000010")
    kept = one(ask)["UF_CRM_1700000010"]
    number = fields.add_option(row["ID"], "Ещё больше")
    fields.rename_option(row["ID"], int(row["LIST"][0]["ID"]), "Tiny")
    fields.delete_option(row["ID"], int(row["LIST"][1]["ID"]))
    after = fields.get(row["ID"])["LIST"]
    assert [entry["VALUE"] for entry in after] == ["Tiny", "Large", "Очень большой", "Ещё больше"]
    assert after[-1]["ID"] == str(number)
    assert one(ask)["UF_CRM_1700000010"] == kept
    items = ask.result("crm.item.fields", {"entityTypeId": 2})["fields"]["ufCrm_1700000010"]["items"]
    assert [entry["VALUE"] for entry in items] == [entry["VALUE"] for entry in after]


def test_fields_of_items_are_made_in_the_same_way(ask) -> None:
    """The fields of smart processes lie in a table of their own and behave alike."""
    fields = ask.portal.store.satellites.item_fields
    fields.create("CRM_5", "UF_CRM_5_1800000001", "boolean", values={3: "Y"})
    rows = ask.result("crm.item.list", {"entityTypeId": 130, "select": ["ufCrm5_1800000001"]})["items"]
    assert [row["ufCrm5_1800000001"] for row in rows[:2]] == ["Y", "N"]


def test_two_hundred_fields_stay_fast(make) -> None:
    """A deal may have 200 custom fields, some with the label of another; a page takes milliseconds."""
    ask = make(custom_fields=200, deals=2_000)
    described = ask.result("crm.deal.fields")
    labels = [entry["formLabel"] for code, entry in described.items() if code.startswith("UF_")]
    assert len(labels) == 200
    assert len(set(labels)) < 180
    ask("crm.deal.list", {"start": -1})
    began = time.perf_counter()
    assert len(ask.result("crm.deal.list", {"start": -1})[0]) > 240
    assert time.perf_counter() - began < 1
