"""crm.item.*: any object type under one set of names."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN202  fixtures are typed where they are made

import pytest

from sources.demo_portal.control import random_changes
from sources.demo_portal.item_names import camel_of_custom

CLASSIC = [(1, "leads"), (2, "deals"), (3, "contacts"), (4, "companies")]
OWN = [7, 31, 130, 177]


def items(ask, type_id, **params):
    return ask.result("crm.item.list", {"entityTypeId": type_id, **params})["items"]


def item(ask, type_id, number, **params):
    return ask.result("crm.item.get", {"entityTypeId": type_id, "id": number, **params})["item"]


@pytest.mark.parametrize("type_id", OWN)
def test_lists_answer_the_stored_rows(ask, type_id) -> None:
    """With original names a list answers exactly the rows of the type's table, and get one of them."""
    rows = ask.portal.store.table(f"items_{type_id}").rows()
    assert items(ask, type_id, useOriginalUfNames="Y") == rows[:50]
    assert item(ask, type_id, rows[0]["id"], useOriginalUfNames="Y") == rows[0]
    fields = ask.result("crm.item.fields", {"entityTypeId": type_id, "useOriginalUfNames": "Y"})["fields"]
    assert set(rows[0]) - set(fields) == {"entityTypeId"}


@pytest.mark.parametrize(("type_id", "table"), CLASSIC)
def test_classic_rows_look_universal(ask, type_id, table) -> None:
    """The same record: integers, JSON numbers, null for empty dates, Y and N, multi-fields in fm."""
    classic = next(row for row in ask.portal.store.table(table).rows() if table == "deals" or "PHONE" in row)
    row = item(ask, type_id, classic["ID"])
    assert row["id"] == int(classic["ID"])
    assert row["updatedTime"] == classic["DATE_MODIFY"]
    assert (row["createdBy"], row["entityTypeId"]) == (int(classic["CREATED_BY_ID"]), type_id)
    if "OPPORTUNITY" in classic:
        assert row["opportunity"] == float(classic["OPPORTUNITY"])
    if table != "deals":
        assert row["phone"] == classic["PHONE"][0]["VALUE"]
        assert [one["id"] for one in row["fm"] if one["typeId"] == "PHONE"] == [
            int(one["ID"]) for one in classic["PHONE"]
        ]
    flags = [row[name] for name in row if name.startswith(("has", "is")) and row[name] is not None]
    assert set(flags) <= {"Y", "N"}
    assert not [name for name, value in row.items() if value is False or value is True]
    listed = items(ask, type_id, filter={"id": classic["ID"]})
    assert listed == [row]


def test_pages_mix_seeded_and_written_rows(ask) -> None:
    """After updates, inserts, deletes and new bindings the pages are what get answers for each row."""
    random_changes(ask.portal.store, "deals", seed=3, share=0.2)
    contacts = ask.portal.store.table("contacts").rows()
    for row, contact in zip(ask.portal.store.table("deals").rows()[:40:7], contacts, strict=False):
        ask.portal.store.table("deal_contacts").add({"DEAL_ID": row["ID"], "CONTACT_ID": contact["ID"]})
    found = []
    while True:
        after = found[-1]["id"] if found else 0
        page = items(ask, 2, filter={">id": after}, order={"id": "ASC"}, start=-1)
        found += page
        if len(page) < 50:
            break
    assert [row["id"] for row in found] == ask.portal.store.records("deals").table.ids.tolist()
    bindings = ask.portal.store.satellites.deal_contacts
    for row in found:
        assert row["contactIds"] == bindings.others(row["id"])
        assert (row["contactId"] or 0) == next(iter(row["contactIds"]), 0)
    for row in found[:60:13]:
        assert item(ask, 2, row["id"]) == row


def test_select_names_fields_or_all(ask) -> None:
    """Named fields and the id come; unknown names are skipped; fm comes with * or nothing only."""
    assert set(items(ask, 3, select=["name", "NOPE", "fm"])[0]) == {"id", "name"}
    assert set(items(ask, 3, select=["*"])[0]) == set(items(ask, 3)[0]) >= {"fm", "ufCrm_1710000001"}
    assert set(items(ask, 3, select=["UF_CRM_1710000001"], useOriginalUfNames="Y")[0]) == {
        "id",
        "UF_CRM_1710000001",
    }


def test_custom_fields_have_two_spellings() -> None:
    """Letters alone turn to camel case, those mixed with digits change the prefix only."""
    assert [camel_of_custom(f"UF_CRM_{rest}") for rest in ("3_DIGIT", "3_17", "3_DIGIT10", "17")] == [
        "ufCrm3Digit",
        "ufCrm3_17",
        "ufCrm_3_DIGIT10",
        "ufCrm_17",
    ]


def test_filters_nest_and_are_strict(ask) -> None:
    """AND of keys, OR of groups at any depth, IN, ranges; unknown fields are refused in filter and order."""
    rows = items(ask, 2, select=["id", "assignedById", "opportunity"], start=0)
    everyone = ask.portal.store.table("deals").rows()
    low, high = rows[9]["id"], rows[40]["id"]
    nested = {
        "0": {"logic": "OR", "0": {"<id": low}, "1": {">id": high, "<id": high + 40}},
        "!id": rows[0]["id"],
    }
    found = items(ask, 2, select=["id"], filter=nested, order={"id": "DESC"})
    expected = [
        n
        for n in (int(row["ID"]) for row in everyone)
        if (n < low or high < n < high + 40) and n != rows[0]["id"]
    ]
    assert [row["id"] for row in found] == expected[::-1][:50]
    owners = sorted({row["assignedById"] for row in rows})[:2]
    body = ask(
        "crm.item.list", {"entityTypeId": 2, "filter": {"@assignedById": owners, ">=opportunity": 1000}}
    )[1]
    assert body["total"] == sum(
        int(row["ASSIGNED_BY_ID"]) in owners and float(row["OPPORTUNITY"]) >= 1000 for row in everyone
    )
    since = sorted(row["DATE_MODIFY"] for row in everyone)[-5]
    assert len(items(ask, 2, filter={">=updatedTime": since}, select=["id"])) >= 5
    linked = next(row for row in rows if item(ask, 2, row["id"])["contactIds"])
    contact = item(ask, 2, linked["id"])["contactIds"][-1]
    assert linked["id"] in [row["id"] for row in items(ask, 2, filter={"contactIds": contact}, select=["id"])]
    for params in ({"filter": {"NOPE": 1}}, {"filter": {"DATE_MODIFY": 1}}, {"order": {"id": "UP"}}):
        assert ask("crm.item.list", {"entityTypeId": 2, **params})[1]["error"] == "INVALID_ARG_VALUE"


def test_custom_flags_are_filtered_by_one_and_zero(ask) -> None:
    """A yes/no field is Y or N in rows and 1 or 0 in filters; Y in a filter finds the rows with N."""
    for type_id, name in ((130, "ufCrm5Warranty"), (2, "ufCrm_1700000004")):
        yes = items(ask, type_id, filter={name: 1}, select=[name])
        wrong = items(ask, type_id, filter={name: "Y"}, select=[name])
        assert {row[name] for row in yes} == {"Y"}
        assert {row[name] for row in wrong} == {"N"}


def test_types_that_are_unknown_are_refused(ask) -> None:
    """NOT_FOUND for numbers nobody has, also after a process was deleted; a new process has no items yet."""
    assert ask("crm.item.list", {"entityTypeId": 999})[1]["error"] == "NOT_FOUND"
    assert ask("crm.item.list")[1]["error"] == "100"
    types = ask.portal.store.table("smart_process_types")
    made = {**types.rows()[0], "id": 30, "entityTypeId": 1030, "title": "New"}
    types.add(made)
    assert items(ask, 1030) == []
    ask.result("crm.item.add", {"entityTypeId": 1030, "fields": {"title": "a"}})
    assert [row["title"] for row in ask.portal.store.table("items_1030").rows()] == ["a"]
    types.delete(30)
    assert ask("crm.item.list", {"entityTypeId": 1030})[1]["error"] == "NOT_FOUND"


def test_pages_without_a_count(ask) -> None:
    """start=-1 answers the total 0 and no next; offsets count as everywhere."""
    body = ask("crm.item.list", {"entityTypeId": 2, "start": -1, "select": ["id"]})[1]
    assert (len(body["result"]["items"]), body["total"], body.get("next")) == (50, 0, None)
    body = ask("crm.item.list", {"entityTypeId": 2, "start": 50, "select": ["id"]})[1]
    assert (body["total"], body["next"]) == (300, 100)


@pytest.mark.parametrize("type_id", [2, 130])
def test_update_without_a_change_saves_nothing(ask, clock, type_id) -> None:
    """The same values move no time; unknown and misspelt fields are dropped with 200; others are stored."""
    row = items(ask, type_id)[0]
    clock.now += 100

    def update(**fields):
        sent = {"entityTypeId": type_id, "id": row["id"], "fields": fields}
        return ask.result("crm.item.update", sent)["item"]

    assert update(title=row["title"], NOPE=1, TITLE="x", createdTime="2020-01-01", closedate="soon") == row
    after = update(title="Other", opportunity=12.5, isManualOpportunity="Y")
    assert (after["title"], after["opportunity"]) == ("Other", 12.5)
    assert after["updatedTime"] != row["updatedTime"] == row["updatedTime"]
    assert {name for name in after if after[name] != row[name]} <= {
        *("title", "opportunity", "isManualOpportunity", "updatedTime", "updatedBy", "searchContent"),
    }


def test_contact_ids_are_replaced_as_a_whole(ask) -> None:
    """A list of contacts rewrites SORT and makes the first one primary; CONTACT_ID of the deal follows."""
    number = items(ask, 2)[0]["id"]
    wanted = [int(row["ID"]) for row in ask.portal.store.table("contacts").rows()[:3]]
    sent = {"entityTypeId": 2, "id": number, "fields": {"contactIds": wanted}}
    assert ask.result("crm.item.update", sent)["item"]["contactIds"] == wanted
    assert ask.result("crm.deal.get", {"id": number})["CONTACT_ID"] == str(wanted[0])
    bound = ask.result("crm.deal.contact.items.get", {"id": number})
    assert [(one["SORT"], one["IS_PRIMARY"]) for one in bound] == [(10, "Y"), (20, "N"), (30, "N")]
    assert ask("crm.item.update", {**sent, "fields": {"contactIds": 5}})[1]["error"] == "100"


def test_stages_stay_inside_their_pipeline(ask, clock) -> None:
    """A pipeline moves with the first stage of the same meaning; a process remembers the stage before."""
    deal = ask.result("crm.item.add", {"entityTypeId": 2, "fields": {"title": "a"}})["item"]
    moved = {"entityTypeId": 2, "id": deal["id"], "fields": {"categoryId": 3, "stageId": "WON"}}
    assert ask.result("crm.item.update", moved)["item"]["stageId"] == "C3:NEW"
    refused = {**moved, "fields": {"stageId": "C1:WON"}}
    assert ask("crm.item.update", refused)[1]["error"] == "CRM_FIELD_ERROR_VALUE_NOT_VALID"
    made = ask.result("crm.item.add", {"entityTypeId": 130, "fields": {}})["item"]
    assert (made["categoryId"], made["stageId"]) == (7, "DT130_7:NEW")
    clock.now += 10
    sent = {"entityTypeId": 130, "id": made["id"], "fields": {"stageId": "DT130_7:SUCCESS"}}
    after = ask.result("crm.item.update", sent)["item"]
    assert (after["previousStageId"], after["movedTime"] == after["updatedTime"]) == ("DT130_7:NEW", True)


def test_multi_fields_are_written_by_key(ask) -> None:
    """An id as key changes, an empty value deletes, any other key adds; without typeId nothing happens."""
    add = {"entityTypeId": 3, "fields": {"name": "A", "fm": {"n0": {"typeId": "PHONE", "value": "1"}}}}
    made = ask.result("crm.item.add", add)["item"]

    def phones(fm):
        sent = {"entityTypeId": 3, "id": made["id"], "fields": {"fm": fm}}
        return [one["value"] for one in ask.result("crm.item.update", sent)["item"]["fm"]]

    number = str(made["fm"][0]["id"])
    assert phones({number: {"typeId": "PHONE", "value": "2"}, "n1": {"value": "9"}}) == ["2"]
    assert phones([{"typeId": "EMAIL", "value": "a@b.example"}]) == ["2", "a@b.example"]
    assert phones({number: {"typeId": "PHONE", "value": ""}}) == ["a@b.example"]


def test_import_answers_the_id_and_keeps_given_times(ask) -> None:
    """An imported item may be old; a batch answers each of at most twenty with an item or an error."""
    old = "2020-01-01T10:00:00+01:00"
    sent = {"entityTypeId": 31, "fields": {"createdTime": old, "updatedTime": old}}
    number = ask.result("crm.item.import", sent)["item"]["id"]
    assert item(ask, 31, number)["updatedTime"] == old
    data = [{"name": "A"}, {}]
    first, second = ask.result("crm.item.batchImport", {"entityTypeId": 3, "data": data})["items"]
    assert set(first["item"]) == {"id"}
    assert second["error"] == "CRM_FIELD_ERROR_REQUIRED"
    assert ask("crm.item.batchImport", {"entityTypeId": 3, "data": [{}] * 21})[1]["error"] == (
        "MAX_IMPORT_BATCH_SIZE_EXCEEDED"
    )


def test_delete_answers_an_empty_list(ask) -> None:
    """A deleted item is gone, and so are its products; a missing one is NOT_FOUND."""
    number = items(ask, 130)[0]["id"]
    add = {"fields": {"ownerType": "T82", "ownerId": number, "productId": 450, "price": 5}}
    ask.result("crm.item.productrow.add", add)
    assert ask.result("crm.item.delete", {"entityTypeId": 130, "id": number}) == []
    assert not [row for row in ask.portal.store.table("product_rows").rows() if row["ownerType"] == "T82"]
    assert ask("crm.item.delete", {"entityTypeId": 130, "id": number})[1]["error"] == "NOT_FOUND"


def test_references_reach_into_items(ask) -> None:
    """A later command of a batch takes an id out of result.items."""
    parts = ask.batch(
        {
            "a": "crm.item.list?entityTypeId=130&select[]=id",
            "b": "crm.item.get?entityTypeId=130&id=$result[a][items][1][id]",
        }
    )
    assert parts["result"]["b"]["item"]["id"] == parts["result"]["a"]["items"][1]["id"]


def test_pipelines_and_stages_of_items(ask) -> None:
    """Types with pipelines list them; every stage directory is named and has the stages of the items."""
    listed = {n: ask("crm.category.list", {"entityTypeId": n})[1] for n in (7, 31, 130, 177)}
    assert [one["id"] for one in listed[130]["result"]["categories"]] == [7, 9]
    assert [one["id"] for one in listed[31]["result"]["categories"]] == [5]
    assert {listed[n]["error"] for n in (7, 177)} == {"ENTITY_TYPE_NOT_SUPPORTED"}
    directories = {row["ID"] for row in ask.result("crm.status.entity.types")}
    known = {
        row["STATUS_ID"]
        for name in (
            "SMART_INVOICE_STAGE_5",
            "DYNAMIC_130_STAGE_7",
            "DYNAMIC_130_STAGE_9",
            "DYNAMIC_177_STAGE_11",
        )
        for row in ask.result("crm.status.list", {"filter": {"ENTITY_ID": name}})
        if name in directories
    }
    used = {row["stageId"] for n in (31, 130, 177) for row in ask.portal.store.table(f"items_{n}").rows()}
    assert used <= known
    assert ask("crm.status.entity.items", {})[0] == 400


def test_types_are_told_of(ask) -> None:
    """crm.type.list has the two processes; flags filter them; ownertype names all types."""
    assert ask.result("crm.type.list")["types"] == ask.portal.store.table("smart_process_types").rows()
    narrow = ask.result("crm.type.list", {"filter": {"isClientEnabled": "Y"}})["types"]
    assert [one["entityTypeId"] for one in narrow] == [130]
    assert ask("crm.type.list", {"filter": {"NOPE": 1}})[1]["error"] == "INVALID_ARG_VALUE"
    short = {row["ID"]: row["SYMBOL_CODE_SHORT"] for row in ask.result("crm.enum.ownertype")}
    assert (short[130], short[177], short[31], short[4]) == ("T82", "Tb1", "SI", "CO")
    fields = ask.result("crm.item.fields", {"entityTypeId": 177})["fields"]
    assert "contactIds" not in fields
    assert fields["stageId"]["statusType"] == "DYNAMIC_177_STAGE_11"
