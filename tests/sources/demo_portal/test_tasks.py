"""What tasks.task.* answers and makes of writes."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN202  fixtures are typed where they are made

from urllib.parse import quote

import pytest

from sources.demo_portal import CostModel, Fault
from sources.demo_portal.task_fields import TASK_FIELDS

EVERYTHING = [*TASK_FIELDS, "TAGS"]


def listed(ask, **params):
    return ask.result("tasks.task.list", params)["tasks"]


def ids(ask, **params):
    return [int(row["id"]) for row in listed(ask, select=["ID"], **params)]


def rows(ask):
    return ask.portal.store.table("tasks").rows()


def task(ask, **fields):
    return ask.result("tasks.task.add", {"fields": {"TITLE": "New", "RESPONSIBLE_ID": 3, **fields}})["task"]


def test_a_chain_by_id_gives_every_row_of_the_table(ask) -> None:
    """`>ID`, order ID and start=-1 walk through all tasks, here inside one batch; no totals are counted."""
    selected = "&".join(f"select[]={code}" for code in EVERYTHING)
    start = f"tasks.task.list?order[ID]=asc&start=-1&{selected}&filter[>ID]="
    maps = ask.batch({"a": start + "0", "b": start + "$result[a][tasks][49][id]"})
    found = [*maps["result"]["a"]["tasks"], *maps["result"]["b"]["tasks"]]

    assert found == rows(ask)
    assert len(found) == 60
    assert maps["result_total"] == maps["result_next"] == []


def test_pages_by_offset_begin_with_the_newest_task(ask) -> None:
    """Without an order the highest id comes first; total and next are there while rows follow."""
    status, first = ask("tasks.task.list", {"select": ["ID"]})
    second = ask("tasks.task.list", {"select": ["ID"], "start": 50})[1]

    assert (status, first["total"], first["next"]) == (200, 60, 50)
    assert "next" not in second
    found = [int(row["id"]) for row in first["result"]["tasks"] + second["result"]["tasks"]]
    assert found == sorted(found, reverse=True)
    assert len(found) == 60


def test_selected_fields_bring_their_companions(ask) -> None:
    """One of the three bound fields brings all three; people come as objects; the rest stays away."""
    (row, *_) = listed(ask, select=["UF_CRM_TASK", "CREATED_BY", "NOPE"])

    assert set(row) == {
        *("id", "ufCrmTask", "ufTaskWebdavFiles", "ufMailMessage", "createdBy", "creator", "group"),
    }
    assert row["group"] == []
    assert row["creator"]["id"] == row["createdBy"]
    default = set(listed(ask)[0])
    assert not {key for key in default if key.startswith("uf")}
    assert {"changedDate", "realStatus", "groupId", "tags"} & default == {"changedDate", "groupId"}


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"REAL_STATUS": 5}, lambda row: row["status"] == "5"),
        ({"REAL_STATUS": [3, 4]}, lambda row: row["status"] in ("3", "4")),
        ({"!REAL_STATUS": 5}, lambda row: row["status"] != "5"),
        ({"DEADLINE": ""}, lambda row: row["deadline"] is None),
        ({"TITLE": "Call%"}, lambda row: row["title"].startswith("Call")),
        ({"TAG": "urgent"}, lambda row: "35" in row["tags"]),
        ({"AUDITOR": 5}, lambda row: "5" in row["auditors"]),
        ({"GROUP_ID": 8}, lambda row: row["groupId"] == "8"),
        ({"::SUBFILTER-PARAMS": {"FAVORITE": "Y"}}, lambda row: row["favorite"] == "Y"),
        ({"@REAL_STATUS": [5], "%TITLE": "x", "NOPE": 1}, lambda row: True),  # noqa: ARG005
    ],
)
def test_filters(ask, filters, wanted) -> None:
    """A bare key is equality, also with a list, `!` negates, other operators and names are dropped."""
    expected = {int(row["id"]) for row in rows(ask) if wanted(row)}

    assert set(ids(ask, filter=filters) + ids(ask, filter=filters, start=50)) == expected


def test_filters_by_the_time_of_the_last_change(ask) -> None:
    """CHANGED_DATE is compared as a moment, the bound itself included."""
    times = sorted(row["changedDate"] for row in rows(ask))
    found = listed(
        ask, select=["CHANGED_DATE"], filter={">=CHANGED_DATE": times[-20]}, order={"CHANGED_DATE": "asc"}
    )

    assert {row["changedDate"] for row in found} == set(times[-20:])
    assert found[0]["changedDate"] <= found[-1]["changedDate"]


def test_unknown_sort_keys_are_refused(ask) -> None:
    """An order by no known key is error "0"; last names and completeness are known keys."""
    assert ask("tasks.task.list", {"order": {"NOPE": "asc"}})[1]["error"] == "0"
    found = listed(ask, select=["STATUS"], order={"STATUS_COMPLETE": "desc", "RESPONSIBLE_LAST_NAME": "asc"})
    complete = [row["status"] == "5" for row in found]
    assert complete == sorted(complete, reverse=True)


def test_overdue_is_a_matter_of_the_clock(ask, clock) -> None:
    """`subStatus` is -1 once the deadline has passed; the filter STATUS agrees with it."""
    number = int(task(ask, DEADLINE="2026-09-21T17:00:00")["id"])

    def state():
        (row,) = listed(ask, select=["subStatus", "STATUS"], filter={"ID": number})
        return row["subStatus"], row["status"], ids(ask, filter={"ID": number, "STATUS": -1})

    assert state() == ("-3", "2", [])
    clock.now += 3_600
    assert state() == ("-1", "2", [number])


def test_missing_task_is_an_empty_list(ask) -> None:
    """tasks.task.get answers [] with 200 for a task that is not there; a select has to be an array."""
    assert ask.result("tasks.task.get", {"taskId": 10**7}) == []
    status, body = ask("tasks.task.get", {"taskId": 1, "select": "ID"})
    assert (status, body["error"]) == (400, "100")


def test_add_and_update_keep_the_portals_own_fields(ask, clock) -> None:
    """The portal stamps times and authors; XML_ID can be set and found; dates without offset are its own."""
    made = task(
        ask, XML_ID="k-1", DEADLINE="2026-12-31T23:59:59", CHANGED_DATE="2020-01-01", UF_CRM_TASK=["D_5"]
    )
    number = int(made["id"])
    assert (made["deadline"], made["createdBy"]) == ("2026-12-31T23:59:59+01:00", "1")
    assert made["changedDate"] == made["createdDate"] == "2026-09-21T16:13:20+02:00"
    assert ids(ask, filter={"XML_ID": "k-1"}) == ids(ask, filter={"UF_CRM_TASK": "D_5"}) == [number]

    clock.now += 60
    sent = {"TITLE": "Other", "DEADLINE": "", "AUDITORS": [5, 9], "ID": 7, "NOPE": 1}
    after = ask.result("tasks.task.update", {"taskId": number, "fields": sent})["task"]
    assert (after["id"], after["title"], after["deadline"]) == (str(number), "Other", None)
    assert (after["auditors"], sorted(after["auditorsData"])) == (["5", "9"], ["5", "9"])
    assert after["changedDate"] == "2026-09-21T16:14:20+02:00"
    fields = [one["field"] for one in ask.result("tasks.task.history.list", {"taskId": number})["list"]]
    assert fields == ["NEW", "TITLE", "AUDITORS", "DEADLINE"]


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"fields": {"RESPONSIBLE_ID": 1}}, "ERROR_CORE"),
        ({"fields": {"TITLE": "x"}}, "ERROR_CORE"),
        ({"fields": {"TITLE": "x", "RESPONSIBLE_ID": 77}}, "ERROR_CORE"),
        ({"fields": []}, "100"),
    ],
)
def test_refused_additions(ask, params, error) -> None:
    """A task needs a title and an assignee who exists."""
    assert ask("tasks.task.add", params)[1]["error"] == error


def test_status_moves_follow_the_rules(ask, clock) -> None:
    """Each action has the statuses it is allowed in; the dates of the task follow."""
    number = task(ask)["id"]
    states = []
    for action in ("start", "start", "pause", "defer", "complete", "pause", "renew", "complete"):
        clock.now += 1
        status, body = ask(f"tasks.task.{action}", {"taskId": number})
        row = body["result"]["task"] if status == 200 else {}
        states.append(row.get("status") or body["error"])
        assert (row.get("closedDate") is not None) == (row.get("status") == "5")

    assert states == ["3", "0", "2", "6", "5", "1048582", "2", "5"]
    assert ask("tasks.task.start", {"taskId": 10**7})[1]["error"] == "0"
    assert row["dateStart"] == "2026-09-21T16:13:21+02:00"
    assert not row["action"]["complete"]
    assert row["action"]["renew"]


def test_delete_takes_the_parts_along(ask) -> None:
    """With a task go its checklist and its time entries; a second delete is refused."""
    store = ask.portal.store
    owners = {row["TASK_ID"] for row in store.table("task_checklist_items").rows()}
    number = next(
        row["TASK_ID"] for row in store.table("task_time_entries").rows() if row["TASK_ID"] in owners
    )

    assert ask.result("tasks.task.delete", {"taskId": number}) == {"task": True}
    assert ask("tasks.task.delete", {"taskId": number})[1]["error"] == "1048582"
    assert int(number) not in ids(ask)
    for name in ("task_checklist_items", "task_time_entries"):
        assert number not in {row["TASK_ID"] for row in store.table(name).rows()}


def test_employees_see_their_own_tasks(make) -> None:
    """Another than the administrator sees what he has to do with; the rest looks as if it were missing."""
    ask = make(user_id=43)
    found = listed(ask, select=["CREATED_BY", "RESPONSIBLE_ID", "ACCOMPLICES", "AUDITORS"])
    assert found
    for row in found:
        assert "43" in (row["createdBy"], row["responsibleId"], *row["accomplices"], *row["auditors"])
    hidden = next(row["id"] for row in rows(ask) if row["id"] not in {one["id"] for one in found})
    assert ask.result("tasks.task.get", {"taskId": hidden}) == []
    assert ask("tasks.task.update", {"taskId": hidden, "fields": {"TITLE": "x"}})[1]["error"] == "0"


def test_writes_meet_faults_and_the_operating_budget(make) -> None:
    """A dropped answer hides a task that was made; a spent method is blocked until the clock moves on."""
    ask = make(operating_limit=1.0, cost=CostModel(base=0.6))
    ask.portal.faults.add(Fault("write_then_drop", method="tasks.task.add"))
    ask.portal.faults.add(Fault("error", method="tasks.task.getFields", code="X", status=400))
    with pytest.raises(ConnectionResetError):
        task(ask, XML_ID="once")
    assert len(ids(ask, filter={"XML_ID": "once"})) == 1
    assert ask("tasks.task.getFields")[1]["error"] == "X"
    task(ask)
    assert ask("tasks.task.add", {"fields": {"TITLE": "x", "RESPONSIBLE_ID": 1}})[0] == 429
    ask.portal.clock.now += 601
    assert task(ask)["status"] == "2"


def test_method_names_in_any_case(ask) -> None:
    """The methods are found in lower case and as the documentation writes them, inside batches too."""
    assert ask.result("tasks.task.getfields") == ask.result("tasks.task.getFields")
    maps = ask.batch({"a": f"tasks.task.list?filter[TITLE]={quote('%')}&select[]=ID"})
    assert len(maps["result"]["a"]["tasks"]) == 50
