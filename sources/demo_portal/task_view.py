"""What answers about tasks add to the stored row: counters, allowed actions, the checklist and its tree."""

from collections.abc import Mapping
from typing import Any

from . import php
from .answers import RowPage
from .context import Context
from .single_rows import stored_rows
from .table import Ids, Row
from .task_status import ALLOWED, allows, sub_status

_COUNTERS = (
    "expired",
    "newComments",
    "projectExpired",
    "projectNewComments",
    "mutedExpired",
    "mutedNewComments",
)
_ITEM_ACTIONS = dict.fromkeys(("modify", "remove", "toggle", "add", "addAccomplice"), True)
_NOBODY: Row = {
    **dict.fromkeys(("id", "copiedId", "entityId", "userId", "createdBy", "parentId")),
    "title": "",
    "sortIndex": None,
    "displaySortIndex": "",
    "isComplete": False,
    "isImportant": False,
    "completedCount": 0,
    "members": [],
    "attachments": [],
    "nodeId": None,
}


def add_worked_out(context: Context, rows: list[Row], ids: Ids, extra: list[str]) -> None:
    """Add to the rows of a list what is not stored."""
    states = sub_status(context, ids).astype(int).tolist() if "subStatus" in extra else []
    table = context.store.office.tasks.table
    dated = RowPage(table, ids, ("id", "deadline")).rows() if "lengthDeadline" in extra else []
    for place, row in enumerate(rows):
        for name in extra:
            if name == "subStatus":
                row[name] = str(states[place])
            elif name == "lengthDeadline":
                row[name] = "1" if dated[place]["deadline"] else "0"
            else:
                row[name] = _worked_out(name, row)


def _worked_out(name: str, row: Row) -> object:
    if name == "group":
        return []
    if name == "counter":
        return {"counters": dict.fromkeys(_COUNTERS, 0), "color": "gray", "value": 0}
    values = {"timeElapsed": None, "parsedDescription": row.get("description", "")}
    return values.get(name, "N")


def asked_by_options(options: Mapping[str, object]) -> list[str]:
    """Name what `params` asks for on top of the selected fields."""
    groups = {
        "WITH_RESULT_INFO": ["taskRequireResult", "taskHasOpenResult", "taskHasResult"],
        "WITH_TIMER_INFO": ["timeElapsed", "timerIsRunningForCurrentUser"],
        "WITH_PARSED_DESCRIPTION": ["parsedDescription"],
    }
    return [name for key, names in groups.items() if php.truthy(options.get(key)) for name in names]


def actions(row: Row) -> dict[str, bool]:
    """Tell what may be done with a task."""
    favorite = row.get("favorite") == "Y"
    open_still = allows(row, "complete")
    return {
        **dict.fromkeys(("accept", "decline", "approve", "disapprove"), False),
        **{action: allows(row, action) for action in ALLOWED},
        **dict.fromkeys(("delegate", "dayplan.timer.toggle"), open_still),
        **dict.fromkeys(("remove", "edit", "create", "changeDeadline", "checklistAddItems", "rate"), True),
        "addFavorite": not favorite,
        "deleteFavorite": favorite,
        "take": False,
        "edit.originator": False,
        **dict.fromkeys(("checklist.reorder", "elapsedtime.add", "edit.plan", "checklist.add"), True),
        "favorite.add": not favorite,
        "favorite.delete": favorite,
    }


def with_checklist(context: Context, row: Row) -> Row:
    """Add the checklist of a task, flat and as a tree."""
    checklists = context.store.office.checklists
    items = stored_rows(checklists.table, checklists.of_task(php.to_int(row["id"])))
    flat = {str(item["ID"]): _flat(item) for item in items}
    tree = {"nodeId": 0, "fields": {**_NOBODY, "userId": context.user_id}, "action": []}
    branches = _branches(items, "0", 1, context.user_id)
    return {
        **row,
        "checklist": flat or [],
        "checkListTree": {**tree, "descendants": branches},
        "checkListCanAdd": True,
    }


def _flat(item: Row) -> Row:
    return {
        "id": item["ID"],
        "taskId": item["TASK_ID"],
        "createdBy": item["CREATED_BY"],
        "parentId": item["PARENT_ID"],
        "title": item["TITLE"],
        "sortIndex": item["SORT_INDEX"],
        "isComplete": item["IS_COMPLETE"],
        "isImportant": item["IS_IMPORTANT"],
        "toggledBy": item["TOGGLED_BY"],
        "toggledDate": item["TOGGLED_DATE"] or None,
        "ufChecklistFiles": False,
        "members": item["MEMBERS"],
        "attachments": item["ATTACHMENTS"],
        "entityId": item["TASK_ID"],
        "action": dict(_ITEM_ACTIONS),
    }


def _branches(items: list[Row], parent: str, first: int, user: int) -> list[dict[str, Any]]:
    branches: list[dict[str, Any]] = []
    number = first
    for item in items:
        if str(item["PARENT_ID"]) == parent:
            below = _branches(items, str(item["ID"]), number + 1, user)
            branches.append(_node(item, number, user, len(branches) if parent != "0" else -1, below))
            number += 1 + _size(below)
    return branches


def _size(branches: list[dict[str, Any]]) -> int:
    return len(branches) + sum(_size(branch["descendants"]) for branch in branches)


def _node(item: Row, number: int, user: int, place: int, below: list[dict[str, Any]]) -> dict[str, Any]:
    done = sum(branch["fields"]["isComplete"] for branch in below)
    fields = {
        **_NOBODY,
        "id": php.to_int(item["ID"]),
        "entityId": php.to_int(item["TASK_ID"]),
        "userId": user,
        "createdBy": php.to_int(item["CREATED_BY"]),
        "parentId": php.to_int(item["PARENT_ID"]),
        "title": item["TITLE"],
        "sortIndex": php.to_int(item["SORT_INDEX"]),
        "displaySortIndex": str(place + 1) if place >= 0 else "",
        "isComplete": item["IS_COMPLETE"] == "Y",
        "isImportant": item["IS_IMPORTANT"] == "Y",
        "completedCount": done,
        "members": item["MEMBERS"],
        "attachments": item["ATTACHMENTS"],
    }
    return {"nodeId": number, "fields": fields, "action": dict(_ITEM_ACTIONS), "descendants": below}
