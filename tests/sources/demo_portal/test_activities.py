"""Activities and the statistics of calls."""
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202  fixtures are typed where they are made

import pytest

from sources.demo_portal import DemoPortal
from tests.sources.demo_portal.conftest import Caller, StoppedClock


@pytest.fixture(scope="module")
def portal():
    """A portal whose rows are only read."""
    return Caller(DemoPortal(deals=600, rate=0, operating_limit=0, clock=StoppedClock()))


def test_lists_answer_the_stored_rows(portal) -> None:
    """Rows are those of the store: texts, [] for empty settings, no communications unless asked for."""
    rows = portal.portal.store.table("activities").rows()
    assert portal.result("crm.activity.list", {"order": {"ID": "ASC"}, "start": -1}) == rows[:50]
    assert portal.result("crm.activity.get", {"id": rows[0]["ID"]}) == rows[0]
    assert len(rows) == 300
    assert {type(row["SETTINGS"]) for row in rows} == {list, dict}
    never = [row["DEADLINE"] for row in rows if row["DEADLINE"].startswith("9999")]
    assert set(never) == {"9999-12-31T00:00:00+02:00"}
    sorted_by_start = [row["START_TIME"] for row in portal.result("crm.activity.list")]
    assert sorted_by_start == sorted(sorted_by_start)


def test_extras_come_when_they_are_named(portal) -> None:
    """COMMUNICATIONS and FILES are no part of *; together with * the rest stays."""
    rows = portal.result("crm.activity.list", {"select": ["*", "COMMUNICATIONS"]})
    reached = [row["COMMUNICATIONS"][0] for row in rows if row["COMMUNICATIONS"]]
    assert {one["TYPE"] for one in reached} == {"PHONE"}
    assert all("SUBJECT" in row for row in rows)
    assert set(portal.result("crm.activity.list", {"select": ["FILES"]})[0]) == {"ID", "FILES"}


def test_bindings_find_more_than_owners_and_repeat_rows(portal) -> None:
    """A contact has the activities of its deals too; two pairs that fit give the row twice."""
    activities = portal.portal.store.satellites.activities
    row = next(row for row in activities.rows() if len(activities.bindings(row)) == 2)
    (owner_type, owner), (type_id, number) = activities.bindings(row)
    pairs = [
        {"OWNER_TYPE_ID": owner_type, "OWNER_ID": owner},
        {"OWNER_TYPE_ID": type_id, "OWNER_ID": number},
    ]

    def ids(*wanted):
        filters = {"BINDINGS": list(wanted), ">=LAST_UPDATED": "2020-01-01"}
        return [
            one["ID"] for one in portal.result("crm.activity.list", {"filter": filters, "select": ["ID"]})
        ]

    assert [ids(pair).count(row["ID"]) for pair in pairs] == [1, 1]
    assert ids(*pairs).count(row["ID"]) == 2
    assert ids({"OWNER_TYPE_ID": 1})


def test_writes_move_last_updated_only_of_the_activity(ask, clock) -> None:
    """A new activity gets a deadline by its kind; an update moves LAST_UPDATED, not the deal's time."""
    deal = ask.portal.store.table("deals").rows()[0]
    fields = {"OWNER_TYPE_ID": 2, "OWNER_ID": deal["ID"], "TYPE_ID": 2, "SUBJECT": "Call"}
    fields |= {
        "START_TIME": "2026-09-01T10:00:00+02:00",
        "COMMUNICATIONS": [{"ENTITY_ID": 9, "ENTITY_TYPE_ID": 3}],
    }
    number = ask.result("crm.activity.add", {"fields": fields})
    made = ask.result("crm.activity.get", {"id": number})
    assert (made["DEADLINE"], made["STATUS"]) == ("2026-09-01T10:00:00+02:00", "1")
    assert ask.portal.store.satellites.activities.bindings(made) == [(2, int(deal["ID"])), (3, 9)]
    todo = ask.result("crm.activity.add", {"fields": {**fields, "TYPE_ID": 6}})
    assert ask.result("crm.activity.get", {"id": todo})["DEADLINE"].startswith("9999-12-31")
    clock.now += 60
    ask.result("crm.activity.update", {"id": number, "fields": {"COMPLETED": "Y", "OWNER_ID": 1}})
    after = ask.result("crm.activity.get", {"id": number})
    assert (after["STATUS"], after["OWNER_ID"]) == ("2", deal["ID"])
    found = ask.result("crm.activity.list", {"filter": {">=LAST_UPDATED": after["LAST_UPDATED"]}})
    assert [row["ID"] for row in found] == [str(number)]
    assert ask.portal.store.table("deals").get(int(deal["ID"])) == deal
    ask.result("crm.activity.delete", {"id": number})
    assert ask("crm.activity.get", {"id": number})[0] == 400


def test_calls_are_counted_and_ranged(portal) -> None:
    """voximplant.statistic.get: texts, total and next, SORT and ORDER, ranges between and outside."""
    rows = portal.portal.store.table("calls").rows()
    body = portal("voximplant.statistic.get", {"SORT": "ID", "ORDER": "ASC", "start": -1})[1]
    assert (body["result"], body["total"], body["next"]) == (rows[:50], 120, 50)
    assert {row["CALL_TYPE"] for row in rows} == {"1", "2", "3", "4"}
    assert {"200", "304"} <= {row["CALL_FAILED_CODE"] for row in rows}
    assert any("auth=" in (row["CALL_RECORD_URL"] or "") for row in rows)

    def durations(**filters):
        found = portal.result("voximplant.statistic.get", {"FILTER": filters, "SORT": "CALL_DURATION"})
        return [int(row["CALL_DURATION"]) for row in found]

    assert all(30 <= seconds <= 90 for seconds in durations(**{"><CALL_DURATION": [30, 90]}))
    assert all(not 0 <= seconds <= 90 for seconds in durations(**{"!><CALL_DURATION": [0, 90]}))
    assert durations(CALL_FAILED_CODE=["304"]) == [0] * sum(row["CALL_FAILED_CODE"] == "304" for row in rows)


def test_calls_belong_to_activities_and_clients(portal) -> None:
    """A call names an activity that is a call, and the client it is bound to, or neither."""
    store = portal.portal.store
    kinds = {"1": "LEAD", "3": "CONTACT", "4": "COMPANY"}
    linked = 0
    for call in store.table("calls").rows():
        if call["CRM_ACTIVITY_ID"] == "0":
            assert call["CRM_ENTITY_ID"] == "0"
            continue
        activity = store.table("activities").get(call["CRM_ACTIVITY_ID"])
        assert activity["TYPE_ID"] == "2"
        if activity["OWNER_TYPE_ID"] in kinds:
            linked += 1
            assert call["CRM_ENTITY_TYPE"] == kinds[activity["OWNER_TYPE_ID"]]
            assert call["CRM_ENTITY_ID"] == activity["OWNER_ID"]
    assert linked > 10


def test_telephony_is_a_scope_of_its_own(make) -> None:
    """Without it the statistics are refused."""
    assert make(scopes=("crm",))("voximplant.statistic.get")[1]["error"] == "insufficient_scope"
