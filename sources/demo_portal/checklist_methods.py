"""task.checklistitem.*: arguments by position, errors in the old style (API.md section 13.1)."""

from collections.abc import Mapping

from . import php
from .answers import Answer
from .context import Context
from .office import Office
from .paging import sorted_rows
from .positional import Arguments, core_error
from .seed_task_parts import member
from .single_rows import stored_rows
from .table import Row
from .task_visibility import may_see

_FAMILY = "checklistitem"
_SORTED = ("ID", "CREATED_BY", "TOGGLED_BY", "TOGGLED_DATE", "TITLE", "SORT_INDEX", "IS_COMPLETE")
_FAILED, _NOT_ALLOWED = "ACTION_FAILED_TO_BE_PROCESSED", "ACTION_NOT_ALLOWED"


def _check_task(context: Context, task: int, text: str) -> None:
    if task not in context.store.office.tasks.table or not may_see(context, task):
        raise core_error(8, text, _FAILED)


def _item(office: Office, number: int) -> Row:
    row = office.checklists.get(number)
    if row is None:
        raise core_error(
            512, "Check listitem not found or not accessible", "ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE"
        )
    return row


def listing(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.getlist: all items of a task, newest first by default; no pages, no total."""
    sent = Arguments(_FAMILY, "getlist", params)
    task, order = sent.number(0, "taskId"), sent.optional(1, "arOrder")
    _check_task(context, task, "Action failed")
    checklists = context.store.office.checklists
    rows = stored_rows(checklists.table, checklists.of_task(task))
    keys = [(name.upper(), php.to_text(way).upper() == "DESC") for name, way in order.items()]
    keys = [key for key in keys if key[0] in _SORTED] or [("ID", True)]
    return Answer(sorted_rows(rows, keys), rows=len(rows), counted=0)


def getting(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.get: one item."""
    sent = Arguments(_FAMILY, "get", params)
    task, number = sent.number(0, "taskId"), sent.number(1, "itemId")
    _check_task(context, task, "Action failed")
    return Answer(_item(context.store.office, number))


def adding(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.add: PARENT_ID 0 or one that is unknown begins a new checklist."""
    sent = Arguments(_FAMILY, "add", params)
    task, fields = sent.number(0, "taskId"), sent.array(1, "arFields")
    _check_task(context, task, "Adding item: action not allowed")
    if not php.to_text(fields.get("TITLE")):
        raise core_error(8, "Title is not specified", _FAILED)
    office = context.store.office
    siblings = len(office.checklists.of_task(task))
    row: Row = {
        "TASK_ID": str(task),
        "PARENT_ID": 0,
        "CREATED_BY": str(context.user_id),
        "TITLE": "",
        "SORT_INDEX": str(siblings),
        "IS_COMPLETE": "N",
        "IS_IMPORTANT": "N",
        "TOGGLED_BY": None,
        "TOGGLED_DATE": "",
        "MEMBERS": [],
        "ATTACHMENTS": [],
    }
    number = office.checklists.add({**row, **_written(context, row, fields)})
    return Answer(number, writes=True)


def updating(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.update: null is success; MEMBERS replaces the whole list."""
    sent = Arguments(_FAMILY, "update", params)
    task, number, fields = sent.number(0, "taskId"), sent.number(1, "itemId"), sent.array(2, "arFields")
    office = context.store.office
    if task not in office.tasks.table or not may_see(context, task):
        raise core_error(4, "No access to edit the task", _NOT_ALLOWED)
    row = _item(office, number)
    office.checklists.update(number, _written(context, row, fields))
    return Answer(None, writes=True)


def _written(context: Context, row: Mapping[str, object], fields: Mapping[str, object]) -> Row:
    office = context.store.office
    values: Row = {name: php.to_text(fields[name]) for name in ("TITLE", "SORT_INDEX") if name in fields}
    for name in ("IS_COMPLETE", "IS_IMPORTANT"):
        if name in fields:
            values[name] = "Y" if php.to_text(fields[name]) in ("Y", "1") else "N"
    if values.get("IS_COMPLETE", row["IS_COMPLETE"]) != row["IS_COMPLETE"]:
        values |= _toggled(context)
    if "PARENT_ID" in fields:
        parent = office.checklists.get(php.to_int(fields["PARENT_ID"]))
        values["PARENT_ID"] = parent["ID"] if parent and parent["TASK_ID"] == row["TASK_ID"] else 0
    if "MEMBERS" in fields:
        values["MEMBERS"] = [
            member(user, php.to_text(one.get("TYPE")) or "A")
            for number, one in _members(fields["MEMBERS"])
            if (user := office.users.get(number)) is not None
        ]
    return values


def _members(sent: object) -> list[tuple[int, dict[str, object]]]:
    return [(php.to_int(key), one) for key, one in php.items_of(sent) if isinstance(one, dict)]


def _toggled(context: Context) -> Row:
    return {"TOGGLED_BY": str(context.user_id), "TOGGLED_DATE": context.zone.text(context.clock.time())}


def _toggle(context: Context, params: dict[str, object], method: str, value: str) -> Answer:
    """Set IS_COMPLETE: false for an item that is not there; nobody asks whether it belongs to the task."""
    sent = Arguments(_FAMILY, method, params)
    task, number = sent.number(0, "taskId"), sent.number(1, "itemId")
    office = context.store.office
    row = office.checklists.get(number)
    if row is None or task not in office.tasks.table:
        return Answer(False, writes=True)
    if row["IS_COMPLETE"] != value:
        office.checklists.update(number, {"IS_COMPLETE": value, **_toggled(context)})
    return Answer(True, writes=True)


def completing(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.complete."""
    return _toggle(context, params, "complete", "Y")


def renewing(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.renew."""
    return _toggle(context, params, "renew", "N")


def deleting(context: Context, params: dict[str, object]) -> Answer:
    """task.checklistitem.delete: what hangs on the item goes too."""
    sent = Arguments(_FAMILY, "delete", params)
    task, number = sent.number(0, "taskId"), sent.number(1, "itemId")
    office = context.store.office
    if office.checklists.get(number) is None or task not in office.tasks.table or not may_see(context, task):
        raise core_error(8, "Deleting item: action not allowed", _FAILED)
    _delete(office, number)
    return Answer(True, writes=True)


def _delete(office: Office, number: int) -> None:
    for below in office.checklists.table.where_number("PARENT_ID", number):
        _delete(office, below)
    office.checklists.delete(number)


ROWS = (
    ("task.checklistitem.getlist", "task", listing),
    ("task.checklistitem.get", "task", getting),
    ("task.checklistitem.add", "task", adding),
    ("task.checklistitem.update", "task", updating),
    ("task.checklistitem.complete", "task", completing),
    ("task.checklistitem.renew", "task", renewing),
    ("task.checklistitem.delete", "task", deleting),
)
