"""task.elapseditem.*: time entries of one task or, without one, of the whole portal (API.md section 13.1)."""

from . import php
from .answers import Answer, RowPage
from .context import Context
from .errors import PortalError
from .fields import Field
from .filters import Condition, compile_filter, split_key
from .paging import Window
from .positional import Arguments
from .seed_task_parts import MANUAL
from .table import Row
from .task_visibility import may_see

_FAMILY = "elapseditem"
_MOST = 50
_OPERATORS = ("=", ">", ">=", "<", "<=")
_FIELDS = {
    "ID": Field("ID", "integer", "ID"),
    "USER_ID": Field("USER_ID", "integer", "USER_ID"),
    "CREATED_DATE": Field("CREATED_DATE", "datetime", "CREATED_DATE"),
}
_OF_TASK = {"TASK_ID": Field("TASK_ID", "integer", "TASK_ID")}
_SORTED = ("ID", "USER_ID", "MINUTES", "SECONDS", "CREATED_DATE", "DATE_START", "DATE_STOP")


def listing(context: Context, params: dict[str, object]) -> Answer:
    """task.elapseditem.getlist: [TASKID], ORDER, FILTER, SELECT, PARAMS; pages by NAV_PARAMS."""
    sent = Arguments(_FAMILY, "getlist", params)
    first = 1 if sent.starts_with_number() else 0
    table = context.store.office.time_entries.table
    conditions: list[Condition] = []
    if first:
        task = sent.number(0, "taskId")
        _check_task(context, task, "ERROR_CORE")
        conditions = compile_filter({"TASK_ID": task}, _OF_TASK, context.zone)
    order = sent.optional(first, "arOrder")
    filters = {
        key: value
        for key, value in sent.optional(first + 1, "arFilter").items()
        if split_key(key)[0] in _OPERATORS and "@" not in key[:2]
    }
    conditions += compile_filter(filters, _FIELDS, context.zone)
    keys = [(name.upper(), php.to_text(way).upper() == "DESC") for name, way in order.items()]
    ids = table.select(conditions, [key for key in keys if key[0] in _SORTED])
    part = _window(sent.optional(first + 3, "arParams"))
    start, stop = part.cut(len(ids))
    asked = sent.names(first + 2)
    names = tuple(
        name for name in table.columns if not asked or name in asked or name == "ID" or "*" in asked
    )
    page = RowPage(table, ids[start:stop], names)
    # the answer has a total but no `next`: the number of the page is the caller's affair
    return Answer(
        page, total=len(ids), rows=stop - start, counted=table.scanned(conditions), offset=part.first
    )


def _window(params: dict[str, object]) -> Window:
    wanted = dict(php.items_of(params.get("NAV_PARAMS")))
    size = min(php.to_int(wanted.get("nPageSize")) or _MOST, _MOST)
    page = max(1, php.to_int(wanted.get("iNumPage")))
    return Window((page - 1) * size, size, counted=True)


def _check_task(context: Context, task: int, code: str, text: str = "ACTION_NOT_ALLOWED") -> None:
    if task not in context.store.office.tasks.table or not may_see(context, task):
        raise PortalError(code, text)


def _entry(context: Context, task: int, number: int) -> Row:
    row = context.store.office.time_entries.get(number)
    if row is None or php.to_int(row["TASK_ID"]) != task:
        raise PortalError("ERROR_CORE", "ACTION_NOT_ALLOWED")
    return row


def getting(context: Context, params: dict[str, object]) -> Answer:
    """task.elapseditem.get: a list with the one entry."""
    sent = Arguments(_FAMILY, "get", params)
    task, number = sent.number(0, "taskId"), sent.number(1, "itemId")
    _check_task(context, task, "ERROR_CORE", "Task not found")
    return Answer([_entry(context, task, number)])


def adding(context: Context, params: dict[str, object]) -> Answer:
    """task.elapseditem.add: a CREATED_DATE in the past back-dates the entry."""
    sent = Arguments(_FAMILY, "add", params)
    task, fields = sent.number(0, "taskId"), sent.array(1, "arFields")
    _check_task(context, task, "ERROR_CODE")
    now = context.zone.text(context.clock.time())
    dated = context.zone.parse(php.to_text(fields.get("CREATED_DATE")))
    row: Row = {
        "TASK_ID": str(task),
        "USER_ID": str(php.to_int(fields.get("USER_ID")) or context.user_id),
        "COMMENT_TEXT": php.to_text(fields.get("COMMENT_TEXT")),
        **_seconds(fields),
        "SOURCE": str(MANUAL),
        "CREATED_DATE": now if dated is None else context.zone.text(dated),
        "DATE_START": now,
        "DATE_STOP": now,
    }
    return Answer(context.store.office.time_entries.add(row), writes=True)


def updating(context: Context, params: dict[str, object]) -> Answer:
    """task.elapseditem.update: null is success."""
    sent = Arguments(_FAMILY, "update", params)
    task, number, fields = sent.number(0, "taskId"), sent.number(1, "itemId"), sent.array(2, "arFields")
    _check_task(context, task, "ERROR_CORE")
    _entry(context, task, number)
    values: Row = _seconds(fields) if "SECONDS" in fields else {}
    values |= {name: php.to_text(fields[name]) for name in ("COMMENT_TEXT", "USER_ID") if name in fields}
    context.store.office.time_entries.update(number, values)
    return Answer(None, writes=True)


def deleting(context: Context, params: dict[str, object]) -> Answer:
    """task.elapseditem.delete: null is success."""
    sent = Arguments(_FAMILY, "delete", params)
    task, number = sent.number(0, "taskId"), sent.number(1, "itemId")
    _check_task(context, task, "ERROR_CORE")
    _entry(context, task, number)
    context.store.office.time_entries.delete(number)
    return Answer(None, writes=True)


def _seconds(fields: dict[str, object]) -> Row:
    seconds = php.to_int(fields.get("SECONDS"))
    return {"SECONDS": str(seconds), "MINUTES": str(seconds // 60)}


ROWS = (
    ("task.elapseditem.getlist", "task", listing),
    ("task.elapseditem.get", "task", getting),
    ("task.elapseditem.add", "task", adding),
    ("task.elapseditem.update", "task", updating),
    ("task.elapseditem.delete", "task", deleting),
)
