"""What the portal makes of writes."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN202  fixtures are typed where they are made

import pytest


def history(ask, number):
    return ask.result("crm.stagehistory.list", {"entityTypeId": 2, "filter": {"OWNER_ID": number}})["items"]


def deal(ask, **fields):
    return ask.result("crm.deal.add", {"fields": {"TITLE": "New", **fields}})


def test_add_fills_defaults_and_stamps_the_portals_time(ask) -> None:
    """A new deal gets the first stage, defaults, the webhook's owner and the portal's clock."""
    row = ask.result("crm.deal.get", {"id": deal(ask, OPPORTUNITY="12,5")})
    assert (row["STAGE_ID"], row["STAGE_SEMANTIC_ID"], row["CLOSED"], row["OPPORTUNITY"]) == (
        "NEW",
        "P",
        "N",
        "12.50",
    )
    assert row["DATE_CREATE"] == row["DATE_MODIFY"] == "2026-09-21T16:13:20+02:00"
    assert row["CREATED_BY_ID"] == "1"


def test_update_moves_the_modification_time_and_nothing_unnamed(ask, clock) -> None:
    """Only named fields change, and DATE_MODIFY."""
    before = ask.portal.store.table("deals").get(21)
    clock.now += 100
    assert ask.result("crm.deal.update", {"id": 21, "fields": {"TITLE": "Other"}}) is True
    after = ask.portal.store.table("deals").get(21)
    changed = {code for code in after if after[code] != before[code]}
    assert changed - {"MODIFY_BY_ID"} == {"TITLE", "DATE_MODIFY"}
    found = ask.result("crm.deal.list", {"filter": {">=DATE_MODIFY": after["DATE_MODIFY"]}, "select": ["ID"]})
    assert found == [{"ID": "21"}]


def test_read_only_immutable_and_unknown_fields_are_dropped_silently(ask) -> None:
    """The answer is true and the fields keep their values."""
    before = ask.portal.store.table("deals").get(21)
    sent = {
        "ID": 5,
        "CATEGORY_ID": 12,
        "DATE_CREATE": "2020-01-01",
        "CREATED_BY_ID": 9,
        "UF_CRM_NOPE": 1,
        "X": 1,
    }
    assert ask.result("crm.deal.update", {"id": 21, "fields": sent}) is True
    after = ask.portal.store.table("deals").get(21)
    assert {code for code in after if after[code] != before[code]} <= {"DATE_MODIFY", "MODIFY_BY_ID"}


def test_stage_move_writes_history_and_flags(ask, clock) -> None:
    """Winning a deal sets semantic, CLOSED and MOVED_TIME and adds a final row; reopening deletes it."""
    number = deal(ask)
    clock.now += 60
    ask.result("crm.deal.update", {"id": number, "fields": {"STAGE_ID": "WON"}})
    row = ask.result("crm.deal.get", {"id": number})
    assert (row["STAGE_SEMANTIC_ID"], row["CLOSED"]) == ("S", "Y")
    assert row["MOVED_TIME"] == row["DATE_MODIFY"] != row["DATE_CREATE"]
    assert [(one["TYPE_ID"], one["STAGE_ID"]) for one in history(ask, number)] == [(1, "NEW"), (3, "WON")]
    clock.now += 60
    ask.result("crm.deal.update", {"id": number, "fields": {"STAGE_ID": "EXECUTING"}})
    assert [(one["TYPE_ID"], one["STAGE_ID"]) for one in history(ask, number)] == [
        (1, "NEW"),
        (2, "EXECUTING"),
    ]
    assert ask.result("crm.deal.get", {"id": number})["CLOSED"] == "N"


def test_deal_born_finished_has_one_final_row(ask) -> None:
    """A deal created in a final stage has a single history row of type 3."""
    number = deal(ask, STAGE_ID="C1:LOSE", CATEGORY_ID=1)
    assert [(one["TYPE_ID"], one["CATEGORY_ID"]) for one in history(ask, number)] == [(3, 1)]


def test_stage_of_another_pipeline_changes_nothing(ask) -> None:
    """A foreign stage is accepted with true and ignored."""
    number = deal(ask)
    assert ask.result("crm.deal.update", {"id": number, "fields": {"STAGE_ID": "C1:WON"}}) is True
    assert ask.result("crm.deal.get", {"id": number})["STAGE_ID"] == "NEW"
    assert len(history(ask, number)) == 1


def test_pipeline_change_by_a_user_is_registered_anew(ask) -> None:
    """Moved to another pipeline in the portal, a deal starts at its first stage with a type 5 row."""
    number = deal(ask)
    ask.portal.store.table("deals").update(number, {"CATEGORY_ID": 3})
    assert ask.result("crm.deal.get", {"id": number})["STAGE_ID"] == "C3:NEW"
    assert [(one["TYPE_ID"], one["CATEGORY_ID"]) for one in history(ask, number)] == [(1, 0), (5, 3)]


def test_lead_status_moves_close_it(ask) -> None:
    """A converted lead has a closing time and a final history row."""
    number = ask.result("crm.lead.add", {"fields": {"TITLE": "L"}})
    ask.result("crm.lead.update", {"id": number, "fields": {"STATUS_ID": "CONVERTED"}})
    row = ask.result("crm.lead.get", {"id": number})
    assert (row["STATUS_SEMANTIC_ID"], row["DATE_CLOSED"]) == ("S", row["DATE_MODIFY"])
    items = ask.result("crm.stagehistory.list", {"entityTypeId": 1, "filter": {"OWNER_ID": number}})["items"]
    assert [one["TYPE_ID"] for one in items] == [1, 3]


def test_delete_takes_row_and_history_away(ask) -> None:
    """A deleted deal is in no list, cannot be read, changed or deleted, and has no history."""
    number = deal(ask)
    total = ask("crm.deal.list")[1]["total"]
    assert ask.result("crm.deal.delete", {"id": number}) is True
    assert ask("crm.deal.list")[1]["total"] == total - 1
    assert history(ask, number) == []
    for method, more in (("get", {}), ("update", {"fields": {}}), ("delete", {})):
        assert ask(f"crm.deal.{method}", {"id": number, **more}) == (
            400,
            {"error": "", "error_description": "Not found"},
        )
    assert deal(ask) > number


@pytest.mark.parametrize("method", ["add", "update"])
def test_fields_must_be_an_array(ask, method) -> None:
    """A write without fields is refused."""
    status, body = ask(f"crm.deal.{method}", {"id": 21, "fields": "x"})
    assert (status, body["error_description"]) == (400, "Parameter 'fields' must be array.")


def test_multi_fields_are_added_changed_and_deleted_by_id(ask) -> None:
    """An element without ID adds, with ID changes or deletes, an unknown ID adds, a text is ignored."""
    number = ask.result(
        "crm.contact.add",
        {"fields": {"NAME": "A", "PHONE": [{"VALUE": "1"}, {"VALUE": "2"}]}},
    )

    def phones(fields=None):
        if fields is not None:
            ask.result("crm.contact.update", {"id": number, "fields": {"PHONE": fields}})
        return ask.result("crm.contact.get", {"id": number}).get("PHONE", [])

    first, second = phones()
    assert [one["VALUE"] for one in phones([{"VALUE": "1"}])] == ["1", "2", "1"]
    changed = phones(
        [{"ID": first["ID"], "VALUE": "9", "VALUE_TYPE": "HOME"}, {"ID": second["ID"], "DELETE": "Y"}],
    )
    assert [(one["VALUE"], one["VALUE_TYPE"]) for one in changed] == [("9", "HOME"), ("1", "WORK")]
    assert [one["VALUE"] for one in phones([{"ID": 5, "VALUE": "7"}])] == ["9", "1", "7"]
    assert len(phones("text")) == 3
    assert phones([{"ID": one["ID"]} for one in phones()]) == []
    assert ask.result("crm.contact.get", {"id": number})["HAS_PHONE"] == "N"


def test_custom_values_take_their_stored_form(ask) -> None:
    """Dates lose their time, money gets a currency, invalid dates are dropped, [] empties no list."""
    number = deal(
        ask,
        UF_CRM_1700000005="2026-01-05T18:00:00+01:00",
        UF_CRM_1700000007="12.5",
        UF_CRM_1700000004="Y",
        UF_CRM_1700000011=["48", 50],
        UF_CRM_1700000022=["1,5"],
    )
    row = ask.result("crm.deal.get", {"id": number})
    assert row["UF_CRM_1700000005"] == "2026-01-05T01:00:00+01:00"
    assert (row["UF_CRM_1700000007"], row["UF_CRM_1700000004"]) == ("12.5|EUR", True)
    assert (row["UF_CRM_1700000011"], row["UF_CRM_1700000022"]) == ([48, 50], [1.5])
    sent = {"UF_CRM_1700000005": "soon", "UF_CRM_1700000011": [], "UF_CRM_1700000022": [], "CLOSEDATE": ""}
    ask.result("crm.deal.update", {"id": number, "fields": sent})
    after = ask.result("crm.deal.get", {"id": number})
    assert after["UF_CRM_1700000005"] == row["UF_CRM_1700000005"]
    assert (after["UF_CRM_1700000011"], after["UF_CRM_1700000022"], after["CLOSEDATE"]) == ([48, 50], [], "")


@pytest.mark.parametrize(
    ("method", "fields", "code"),
    [
        ("crm.contact.add", {"POST": "x"}, ""),
        ("crm.company.add", {"PHONE": []}, ""),
        ("crm.deal.add", {"CURRENCY_ID": "XXX"}, ""),
        ("crm.contact.add", {"NAME": "x", "EMAIL": [{"VALUE": "nonsense"}]}, "ERROR_CORE"),
    ],
)
def test_refused_writes(ask, method, fields, code) -> None:
    """Missing names, unknown currencies and broken e-mails are refused with the portal's codes."""
    status, body = ask(method, {"fields": fields})
    assert (status, body["error"]) == (400, code)


def test_values_that_cannot_be_emptied_stay(ask) -> None:
    """The responsible user and a lead's title survive an empty value."""
    lead = ask.portal.store.table("leads").rows()[0]
    ask.result("crm.lead.update", {"id": lead["ID"], "fields": {"TITLE": "", "ASSIGNED_BY_ID": ""}})
    after = ask.result("crm.lead.get", {"id": lead["ID"]})
    assert (after["TITLE"], after["ASSIGNED_BY_ID"]) == (lead["TITLE"], lead["ASSIGNED_BY_ID"])


def test_import_may_set_creation_times_of_contacts_only(ask) -> None:
    """IMPORT=Y lets a contact be created in the past; a deal never."""
    old = "2020-01-01T10:00:00+01:00"
    sent = {"fields": {"NAME": "A", "TITLE": "A", "DATE_CREATE": old}, "params": {"IMPORT": "Y"}}
    assert ask.result("crm.contact.get", {"id": ask.result("crm.contact.add", sent)})["DATE_CREATE"] == old
    assert ask.result("crm.deal.get", {"id": ask.result("crm.deal.add", sent)})["DATE_CREATE"] != old
