"""Writing tasks: tasks.task.add, .update, .delete and the changes of status (API.md section 13)."""

from collections.abc import Mapping

from . import php
from .answers import Answer
from .context import Context
from .crm_methods import Handler
from .errors import PortalError
from .params import pick
from .task_methods import full_task, task_number
from .task_status import allows
from .task_visibility import is_admin, may_see

_STATUSES = ("2", "3", "4", "5", "6")
_AFTER = {"start": 3, "pause": 2, "defer": 6, "renew": 2}
_OWN = frozenset(
    {"ID", "GUID", "CREATED_DATE", "CHANGED_DATE", "CHANGED_BY", "ACTIVITY_DATE", "CLOSED_DATE", "CLOSED_BY"}
    | {"STATUS_CHANGED_DATE", "STATUS_CHANGED_BY", "TIME_SPENT_IN_LOGS", "COMMENTS_COUNT", "VIEWED_DATE"}
)  # kept by the portal: dropped silently from requests
_STRICT = ("renew", "defer", "pause")  # these three refuse with another code than the others


def _core(text: str) -> PortalError:
    return PortalError("ERROR_CORE", f"{text}<br>")


def _fields(params: dict[str, object]) -> dict[str, object]:
    value = pick(params, "fields")
    if not isinstance(value, list | dict) or not value:
        raise PortalError("100", "Could not find value for parameter {fields} (internal error)")
    return {name: item for name, item in php.items_of(value) if name not in _OWN}


def _check(context: Context, fields: Mapping[str, object], number: int) -> None:
    if "TITLE" in fields and not php.to_text(fields["TITLE"]).strip():
        raise _core("Task title is not specified")
    if (
        "RESPONSIBLE_ID" in fields
        and context.store.office.users.get(php.to_int(fields["RESPONSIBLE_ID"])) is None
    ):
        raise _core("Invalid assignee")
    parent = php.to_int(fields.get("PARENT_ID"))
    if parent and parent == number:
        raise _core("Cannot bind the node to itself")
    if parent and parent not in context.store.office.tasks.table:
        raise _core("Parent task not found")
    if "STATUS" in fields and php.to_text(fields["STATUS"]) not in _STATUSES:
        raise _core("Invalid task status")


def adding(context: Context, params: dict[str, object]) -> Answer:
    """tasks.task.add: title and assignee are needed; the whole task is answered."""
    fields = _fields(params)
    if not php.to_text(fields.get("TITLE")).strip():
        raise _core("Task title is not specified")
    if not php.truthy(fields.get("RESPONSIBLE_ID")):
        raise _core("Assignee is not specified")
    _check(context, fields, 0)
    number = context.store.office.tasks.add(fields, context.user_id)
    return Answer({"task": full_task(context, number)}, writes=True)


def updating(context: Context, params: dict[str, object]) -> Answer:
    """tasks.task.update: unknown and read-only fields are dropped silently."""
    number, fields = task_number(params), _fields(params)
    if number not in context.store.office.tasks.table or not may_see(context, number):
        raise PortalError("0", "Access denied. (internal error)")
    _check(context, fields, number)
    context.store.office.tasks.update(number, fields, context.user_id)
    return Answer({"task": full_task(context, number)}, writes=True)


def deleting(context: Context, params: dict[str, object]) -> Answer:
    """tasks.task.delete: its checklist and time entries go too."""
    number = task_number(params)
    if number not in context.store.office.tasks.table or not may_see(context, number):
        raise PortalError("1048582", "No access to delete the task")
    context.store.office.tasks.delete(number)
    return Answer({"task": True}, writes=True)


def _changing(action: str) -> Handler:
    def handler(context: Context, params: dict[str, object]) -> Answer:
        number = task_number(params)
        tasks = context.store.office.tasks
        row = tasks.get(number)
        if row is None or not may_see(context, number) or not allows(row, action):
            code = "1048582" if action in _STRICT else "0"
            raise PortalError(code, "Action on the task is not allowed")
        status = _AFTER.get(action, 5)
        if action == "complete" and row["taskControl"] == "Y":
            mine = str(context.user_id) == row["createdBy"] or is_admin(context)
            status = 5 if mine else 4  # the author has to accept the work
        tasks.update(number, {"STATUS": str(status)}, context.user_id)
        return Answer({"task": full_task(context, number)}, writes=True)

    return handler


ROWS = (
    ("tasks.task.add", "task", adding),
    ("tasks.task.update", "task", updating),
    ("tasks.task.delete", "task", deleting),
    *((f"tasks.task.{action}", "task", _changing(action)) for action in ("complete", "start", *_STRICT)),
)
