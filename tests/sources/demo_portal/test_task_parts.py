"""Checklists and time entries: arguments by position, odd answers, pages by number."""
# ruff: noqa: ANN001, ANN201  fixtures are typed where they are made

import pytest


def table(ask, name):
    return ask.portal.store.table(name)


@pytest.fixture
def item(ask):
    """A checklist item with its task."""
    return next(row for row in table(ask, "task_checklist_items").rows() if row["PARENT_ID"] != 0)


def test_the_lists_of_all_tasks_are_the_table(ask) -> None:
    """Each list holds the items of one task, newest first; a root's parent is the number 0."""
    found = []
    for row in table(ask, "tasks").rows():
        status, body = ask("task.checklistitem.getlist", [int(row["id"])])
        assert status == 200
        assert not {"total", "next"} & set(body)
        found += reversed(body["result"])

    assert sorted(found, key=lambda row: int(row["ID"])) == table(ask, "task_checklist_items").rows()
    assert {type(row["PARENT_ID"]) for row in found} == {int, str}
    assert {type(row["ATTACHMENTS"]) for row in found} == {dict, list}


def test_arguments_count_by_their_place(ask, item) -> None:
    """Names do not matter: swapped ids are taken for each other, a missing one is refused."""
    task, number = int(item["TASK_ID"]), int(item["ID"])
    method = "task.checklistitem.complete"

    assert ask.result(method, {"ITEMID": task, "TASKID": number}) is True
    assert ask.result(method, {"TASKID": number, "ITEMID": task}) is False
    assert (
        ask("task.checklistitem.getlist", {"ORDER": {"ID": "asc"}, "TASKID": task})[1]["error"]
        == "ERROR_CORE"
    )
    description = ask(method, {"TASKID": task})[1]["error_description"]
    assert (
        "Param #1 (itemId) expected by method ctaskchecklistitem::complete(), but not given." in description
    )


def test_completing_is_true_again_and_false_for_nothing(ask, item, clock) -> None:
    """A repeat is true, a missing item false; neither moves the task's CHANGED_DATE."""
    task, number = int(item["TASK_ID"]), int(item["ID"])
    before = table(ask, "tasks").get(task)
    clock.now += 500
    for action in ("renew", "complete", "complete"):
        assert ask.result(f"task.checklistitem.{action}", [task, number]) is True
    assert ask.result("task.checklistitem.complete", [task, 10**7]) is False

    row = ask.result("task.checklistitem.get", [task, number])
    assert (row["IS_COMPLETE"], row["TOGGLED_BY"]) == ("Y", "1")
    assert row["TOGGLED_DATE"] == "2026-09-21T16:21:40+02:00"
    assert table(ask, "tasks").get(task) == before


def test_items_are_added_changed_and_deleted(ask, item) -> None:
    """An unknown parent begins a new list, update answers null, what hangs on an item goes with it."""
    task = int(item["TASK_ID"])
    head = ask.result("task.checklistitem.add", [task, {"TITLE": "List", "PARENT_ID": 10**7}])
    below = ask.result(
        "task.checklistitem.add", [task, {"TITLE": "x", "PARENT_ID": head, "MEMBERS": {"3": {"TYPE": "A"}}}]
    )
    row = ask.result("task.checklistitem.get", [task, below])
    assert (row["PARENT_ID"], [one["ID"] for one in row["MEMBERS"]]) == (str(head), ["3"])

    assert ask.result("task.checklistitem.update", [task, below, {"TITLE": "y", "MEMBERS": {}}]) is None
    row = ask.result("task.checklistitem.get", [task, below])
    assert (row["TITLE"], row["MEMBERS"]) == ("y", [])
    assert ask.result("task.checklistitem.delete", [task, head]) is True
    assert {head, below}.isdisjoint(table(ask, "task_checklist_items").table.ids.tolist())


def test_time_of_the_whole_portal_by_pages(ask) -> None:
    """Without a task the arguments move up one place; pages have fifty rows at most and a total."""
    found = []
    for page in (1, 2, 3):
        status, body = ask(
            "task.elapseditem.getlist",
            [{"ID": "asc"}, {">ID": 0}, ["*"], {"NAV_PARAMS": {"nPageSize": 10, "iNumPage": page}}],
        )
        assert (status, body["total"], "next" in body) == (200, 30, False)
        found += body["result"]

    assert found == table(ask, "task_time_entries").rows()
    assert len(ask.result("task.elapseditem.getlist", [{}, {}, [], {"NAV_PARAMS": {"nPageSize": 500}}])) == 30


def test_time_of_one_task_and_its_filters(ask) -> None:
    """Three fields can be filtered, by value, list or comparison; other keys are dropped."""
    rows = table(ask, "task_time_entries").rows()
    task = rows[3]["TASK_ID"]
    mine = [row for row in rows if row["TASK_ID"] == task]
    since = sorted(row["CREATED_DATE"] for row in rows)[10]

    assert ask.result("task.elapseditem.getlist", {"TASKID": task, "ORDER": {"ID": "asc"}}) == mine
    assert ask.result("task.elapseditem.getlist", [task, {"ID": "asc"}, {"SECONDS": 1}]) == mine
    found = ask.result("task.elapseditem.getlist", [{}, {">=CREATED_DATE": since}])
    assert {row["ID"] for row in found} == {row["ID"] for row in rows if row["CREATED_DATE"] >= since}
    users = [rows[0]["USER_ID"], rows[1]["USER_ID"]]
    found = ask.result("task.elapseditem.getlist", [{}, {"USER_ID": users}, ["ID", "USER_ID"]])
    assert {row["USER_ID"] for row in found} == set(users)
    assert set(found[0]) == {"ID", "USER_ID"}


def test_time_is_added_changed_and_deleted(ask) -> None:
    """`get` answers a list of one, update and delete null; another task's entry is refused."""
    first, second = (int(row["id"]) for row in table(ask, "tasks").rows()[:2])
    number = ask.result(
        "task.elapseditem.add", [first, {"SECONDS": 150, "COMMENT_TEXT": "x", "CREATED_DATE": "2026-01-05"}]
    )
    (row,) = ask.result("task.elapseditem.get", [first, number])
    assert (row["SECONDS"], row["MINUTES"], row["USER_ID"]) == ("150", "2", "1")
    assert (row["CREATED_DATE"][:10], row["DATE_START"][:10]) == ("2026-01-05", "2026-09-21")

    assert ask("task.elapseditem.get", [second, number])[1]["error"] == "ERROR_CORE"
    assert ask.result("task.elapseditem.update", [first, number, {"SECONDS": 60}]) is None
    assert ask.result("task.elapseditem.get", [first, number])[0]["MINUTES"] == "1"
    assert ask.result("task.elapseditem.delete", [first, number]) is None
    assert ask.result("task.elapseditem.getlist", [first, {}, {"ID": number}]) == []
