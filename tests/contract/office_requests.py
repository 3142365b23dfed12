"""Requests to the methods beside the CRM: one that succeeds, one that fails, where the demo differs."""
# ruff: noqa: ANN001, ANN202  fixtures are typed where they are made

MISSING = 10**8
ACTIONS = ("complete", "start", "pause", "defer", "renew")


def _task(portal, status):
    """Find a task with that status and give its id."""
    rows = portal.store.table("tasks").rows()
    return next(int(row["id"]) for row in rows if row["status"] == status)


def _with_checklist(portal):
    return {"TASKID": int(portal.store.table("task_checklist_items").rows()[0]["TASK_ID"])}


def _item(portal, where=bool):
    row = next(row for row in portal.store.table("task_checklist_items").rows() if where(row))
    return {"TASKID": int(row["TASK_ID"]), "ITEMID": int(row["ID"])}


def _filled(portal):
    return _item(portal, lambda row: row["ATTACHMENTS"])


def _entry(portal):
    row = portal.store.table("task_time_entries").rows()[0]
    return {"TASKID": int(row["TASK_ID"]), "ITEMID": int(row["ID"])}


def _event(portal, wanted):
    rows = portal.store.table("calendar_events").rows()
    return next(int(row["ID"]) for row in rows if wanted(row) and row["PARENT_ID"] == row["ID"])


def _is_series(row):
    return isinstance(row["RRULE"], dict) and row["RRULE"]["FREQ"] == "WEEKLY"


def _series(portal):
    """Move one occurrence of a series."""
    number = _event(portal, _is_series)
    row = portal.store.table("calendar_events").get(number)
    month, day, year = row["DATE_FROM"][:10].split("/")
    return {
        "id": number,
        "type": row["CAL_TYPE"],
        "ownerId": row["OWNER_ID"],
        "name": "Moved",
        "recurrence_mode": "this",
        "current_date_from": f"{year}-{month}-{day}",
    }


_WINDOW = {"from": "2000-01-01", "to": "2035-01-01"}
_SAMPLE_SELECT = [
    *("ID", "TITLE", "DESCRIPTION", "STATUS", "subStatus", "DEADLINE", "CREATED_DATE", "RESPONSIBLE_ID"),
    *("ACCOMPLICES", "AUDITORS", "TAGS", "COUNTERS", "PRIORITY", "MARK"),
]
_TASK_SELECT = ["ID", "TITLE", "DESCRIPTION", "CREATED_BY", "RESPONSIBLE_ID", "DEADLINE", "UF_CRM_TASK"]

REQUESTS = {
    "tasks.task.list": {
        "select": _SAMPLE_SELECT,
        "order": {"DEADLINE": "asc"},
        "params": dict.fromkeys(("WITH_RESULT_INFO", "WITH_TIMER_INFO", "WITH_PARSED_DESCRIPTION"), True),
    },
    "tasks.task.get": lambda portal: {"taskId": _task(portal, "2"), "select": _TASK_SELECT},
    "tasks.task.add": {"fields": {"TITLE": "Task", "RESPONSIBLE_ID": 1}},
    "tasks.task.update": lambda portal: {
        "taskId": _task(portal, "2"),
        "fields": {"TITLE": "x", "AUDITORS": [1, 3]},
    },
    "tasks.task.delete": lambda portal: {"taskId": _task(portal, "6")},
    "tasks.task.history.list": lambda portal: {"taskId": _task(portal, "5")},
    "tasks.task.complete": lambda portal: {"taskId": _task(portal, "3")},
    "tasks.task.start": lambda portal: {"taskId": _task(portal, "2")},
    "tasks.task.pause": lambda portal: {"taskId": _task(portal, "3")},
    "tasks.task.defer": lambda portal: {"taskId": _task(portal, "3")},
    "tasks.task.renew": lambda portal: {"taskId": _task(portal, "5")},
    "task.checklistitem.getlist": lambda portal: {"TASKID": _filled(portal)["TASKID"]},
    "task.checklistitem.get": _filled,
    "task.checklistitem.add": lambda portal: {**_with_checklist(portal), "FIELDS": {"TITLE": "x"}},
    "task.checklistitem.update": lambda portal: {**_item(portal), "FIELDS": {"TITLE": "x"}},
    "task.checklistitem.complete": _item,
    "task.checklistitem.renew": _item,
    "task.checklistitem.delete": lambda portal: _item(portal, lambda row: row["PARENT_ID"] != 0),
    "task.elapseditem.getlist": [{"ID": "desc"}, {">=CREATED_DATE": "2024-02-16"}],
    "task.elapseditem.get": _entry,
    "task.elapseditem.add": lambda portal: {"TASKID": _entry(portal)["TASKID"], "ARFIELDS": {"SECONDS": 113}},
    "calendar.section.get": {"type": "user", "ownerId": 1},
    "calendar.event.get": {"type": "user", "ownerId": 1, **_WINDOW},
    "calendar.event.getbyid": lambda portal: {"id": _event(portal, lambda row: row["IS_MEETING"])},
    "calendar.event.get.nearest": {"days": 3_000},
    "calendar.event.add": {
        "type": "user",
        "ownerId": 1,
        "name": "x",
        "from": "2026-01-05",
        "to": "2026-01-05",
        "skip_time": "Y",
        "section": 4,
    },
    "calendar.event.update": _series,
    "calendar.event.delete": lambda portal: {"id": _event(portal, lambda row: not row["IS_MEETING"])},
    "disk.storage.getChildren": {"id": 3},
    "disk.folder.get": lambda portal: {"id": int(portal.store.table("disk_folders").table.ids[0])},
    "disk.folder.getChildren": lambda portal: {"id": int(portal.store.table("disk_folders").table.ids[0])},
    "disk.file.get": lambda portal: {"id": int(portal.store.table("disk_files").table.ids[0])},
    "disk.file.search": {"QUERY": "202", "TYPE": "all"},
    "im.message.add": {"DIALOG_ID": "3", "MESSAGE": "x"},
    "im.dialog.messages.get": {"DIALOG_ID": "chat1317"},
    **{f"im.notify{kind}": {"USER_ID": 3, "MESSAGE": "x"} for kind in ("", ".system.add", ".personal.add")},
}

ERRORS = {
    "tasks.task.list": {"order": {"NOPE": "asc"}},
    "tasks.task.get": {"taskId": 1, "select": "ID"},
    "tasks.task.add": {"fields": {"DESCRIPTION": "x"}},
    "tasks.task.update": lambda portal: {
        "taskId": (task := _task(portal, "2")),
        "fields": {"PARENT_ID": task},
    },
    "tasks.task.delete": {"taskId": MISSING},
    "tasks.task.history.list": {"taskId": MISSING},
    **{
        f"tasks.task.{action}": {"taskId": MISSING}
        for action in ("complete", "start", "pause", "defer", "renew")
    },
    "task.checklistitem.getlist": {"TASKID": MISSING},
    "task.checklistitem.get": {"TASKID": 1},
    "task.checklistitem.add": {"TASKID": MISSING, "FIELDS": {"TITLE": "x"}},
    "task.checklistitem.update": {"TASKID": MISSING, "ITEMID": 1, "FIELDS": {"TITLE": "x"}},
    "task.checklistitem.complete": {"TASKID": 1},
    "task.checklistitem.renew": {"TASKID": 1},
    "task.checklistitem.delete": {"TASKID": 1, "ITEMID": MISSING},
    "task.elapseditem.getlist": {"TASKID": MISSING},
    "task.elapseditem.get": {"TASKID": MISSING, "ITEMID": 1},
    "task.elapseditem.add": {"TASKID": MISSING, "ARFIELDS": {"SECONDS": 1}},
    "calendar.event.get.nearest": {"forCurrentUser": False, "type": "nothing"},
    "calendar.event.add": {"type": "user", "ownerId": 1, "from": "2026-01-05", "to": "2026-01-05"},
    "calendar.event.update": {"id": 1, "type": "user"},
    "disk.file.search": {"QUERY": "ab"},
    "im.message.add": {"DIALOG_ID": "3"},
}

_EITHER = "a list where it is empty, an object where it is not; samples show one of the two"
_TASK = {f"result.task.{key}": _EITHER for key in ("group", "auditorsData", "accomplicesData", "tags")}
_TASK |= {
    "result.task.checklist.*.attachments": _EITHER,
    "result.task.checkListTree.descendants*": f"attachments: {_EITHER}",
}
DEVIATIONS = {
    **{
        f"tasks.task.{verb}": _TASK
        for verb in ("add", "update", "complete", "start", "pause", "defer", "renew")
    },
    "tasks.task.get": {
        **_TASK,
        "result.task.chatId": "of portals whose tasks have chats; the demo portal is older",
        "result.task.ufTaskWebdavFiles": "false where a task has no files",
    },
    "tasks.task.list": {key.replace("task.", "tasks.[].", 1): why for key, why in _TASK.items()},
    "calendar.section.get": {"result.[].ACCESS*": "its keys are the codes of those who have access"},
    "disk.file.search": {"next": "only where more than fifty objects are found"},
    "im.dialog.messages.get": {"result.messages.[].params*": "of messages that somebody likes"},
}
_EVENT = {
    "RRULE": "a text where an event does not repeat, an object where it does",
    "RELATIONS": "only exceptions of a series have relations, and series differ",
    "UF_CRM_*": "an array, or false or an empty text where there are no links",
    "RECURRENCE_ID": "only exceptions of a series have one",
    "~RRULE_DESCRIPTION": "only a series has one",
}
for _method, _place in (("get", "[]."), ("get.nearest", "[]."), ("getbyid", "")):
    DEVIATIONS[f"calendar.event.{_method}"] = {f"result.{_place}{key}": why for key, why in _EVENT.items()}
ERROR_DEVIATIONS = {
    "im.recent.list": "the demo webhook has its scopes; wrong credentials are refused before any method",
}
