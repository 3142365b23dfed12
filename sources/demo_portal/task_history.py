"""tasks.task.history.list: what happened to one task."""

from . import php
from .answers import Answer
from .context import Context
from .errors import PortalError
from .params import pick
from .table import Row
from .task_visibility import may_see

_WRITTEN = 10_000_000  # ids of what was written since the beginning start here


def history_list(context: Context, params: dict[str, object]) -> Answer:
    """Answer all changes of one task, no pages; `filter` knows FIELD, `order` id and createdDate."""
    value = pick(params, "taskId")
    if value is None or isinstance(value, list | dict):
        raise PortalError("100", "Could not find value for parameter {taskId} (internal error)")
    number = php.to_int(value)
    if number not in context.store.office.tasks.table or not may_see(context, number):
        raise PortalError("0", "Access denied. (internal error)")
    wanted = {key.upper(): item for key, item in php.items_of(pick(params, "filter"))}.get("FIELD")
    entries = [one for one in _entries(context, number) if wanted in (None, one["field"])]
    for name, way in reversed(php.items_of(pick(params, "order")) or [("createdDate", "ASC")]):
        place = "id" if name.lower() == "id" else "createdDate"
        entries.sort(
            key=lambda one, place=place: php.to_text(one[place]).rjust(30),  # type: ignore[misc]
            reverse=php.to_text(way).upper() == "DESC",
        )
    return Answer({"list": entries}, rows=len(entries))


def _entries(context: Context, number: int) -> list[Row]:
    office = context.store.office
    row = office.tasks.table.get(number) or {}
    noted = [one for one in office.tasks.history.rows() if one["taskId"] == number]
    found: list[Row] = []
    if not any(one["field"] == "NEW" for one in noted):
        # of a task that was there from the beginning no more is known than the row tells
        found.append(_entry(context, 8 * number, row["createdDate"], "NEW", (None, None), row["createdBy"]))
        if not noted and row["status"] != "2":
            change, user = ("2", row["status"]), row["statusChangedBy"]
            found.append(_entry(context, 8 * number + 1, row["statusChangedDate"], "STATUS", change, user))
    for one in noted:
        identifier = _WRITTEN + php.to_int(one["id"])
        found.append(
            _entry(context, identifier, one["createdDate"], one["field"], one["change"], one["userId"])
        )
    return found


def _entry(context: Context, number: int, date: object, field: object, change: object, user: object) -> Row:
    row = context.store.office.users.get(php.to_int(user)) or {}
    before, after = change if isinstance(change, tuple) else (None, None)
    return {
        "id": number,
        "createdDate": date,
        "field": field,
        "value": {"from": before, "to": after},
        "user": {
            "id": php.to_int(user),
            "name": row.get("NAME", ""),
            "lastName": row.get("LAST_NAME", ""),
            "secondName": "",
            "login": row.get("EMAIL", ""),
        },
    }
