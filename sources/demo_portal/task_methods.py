"""Reading tasks: tasks.task.list, .get and .getFields (API.md section 13)."""

from dataclasses import dataclass

import numpy as np

from . import php
from .answers import Answer, RowPage
from .context import Context
from .errors import PortalError
from .filters import Condition, compile_filter, split_key
from .paging import window
from .params import pick
from .table import Ids, Row, Table
from .task_fields import (
    BOUND,
    COMPANIONS,
    COMPLETE_SORT,
    CUSTOM_CODES,
    DEFAULT_CODES,
    FILTERS,
    LAST_NAMES,
    SORTS,
    TASK_FIELDS,
)
from .task_history import history_list
from .task_status import sub_status
from .task_view import actions, add_worked_out, asked_by_options, with_checklist
from .task_visibility import may_see, visible

_OPERATORS = ("=", ">", ">=", "<", "<=")
_SUBFILTER = "::SUBFILTER-PARAMS"
Order = list[tuple[str, bool]]


def task_list(context: Context, params: dict[str, object]) -> Answer:
    """tasks.task.list: newest first unless told otherwise; start=-1 leaves total and next out."""
    select = array_argument(params, "select")
    filters = array_argument(params, "filter")
    order = _read_order(array_argument(params, "order"))
    options = dict(php.items_of(array_argument(params, "params")))
    table = context.store.office.tasks.table
    ids = visible(context, _sorted(context, _found(context, filters, order), order))
    part = window(params, context.page_size)
    first, stop = part.cut(len(ids))
    names, extra = selected(select, table)
    extra += asked_by_options(options)
    if "DEADLINE" in [name for name, _ in order]:
        extra.append("lengthDeadline")
    page = RowPage(table, ids[first:stop], names)
    rows: RowPage | list[Row] = page
    if extra:
        rows = page.rows()
        add_worked_out(context, rows, ids[first:stop], extra)
    by_id = {key: value for key, value in php.items_of(filters) if split_key(key)[2] == "ID"}
    scanned = table.scanned(compile_filter(by_id, FILTERS, context.zone))
    return part.answer({"tasks": rows}, len(ids), shown=stop - first, table_rows=scanned)


def array_argument(params: dict[str, object], name: str) -> object:
    """Read an optional array; anything else is refused as the controllers refuse it."""
    value = pick(params, name)
    if value is None:
        return []
    if not isinstance(value, list | dict):
        problem = f"Invalid value {{}} to match with parameter {{{name}}}. Should be value of type array."
        raise PortalError("100", f"{problem} (internal error)")
    return value


def task_number(params: dict[str, object]) -> int:
    """Read `taskId`, which every method on one task needs."""
    value = pick(params, "taskId")
    if value is None or isinstance(value, list | dict):
        raise PortalError("100", "Could not find value for parameter {taskId} (internal error)")
    return php.to_int(value)


def selected(select: object, table: Table) -> tuple[tuple[str, ...], list[str]]:
    """Give the stored fields of a row in their order, and those that are worked out."""
    asked = {php.to_text(name) for _, name in php.items_of(select)}
    codes = {code for code in asked if code in TASK_FIELDS}
    if not asked or "*" in asked:
        codes |= set(DEFAULT_CODES)
    if "UF_*" in asked:
        codes |= set(CUSTOM_CODES)
    if codes & set(BOUND):
        codes |= set(BOUND)
    names = {"id", *(TASK_FIELDS[code].camel for code in codes)}
    names.update(name for code in codes | asked for name in COMPANIONS.get(code, ()))
    extra = ["subStatus"] if asked & {"subStatus", "SUB_STATUS"} else []
    if "COUNTERS" in asked:
        extra.append("counter")
    if "groupId" not in names:
        extra.append("group")  # always there, empty unless the group was asked for
    return tuple(name for name in table.columns if name in names), extra


def _read_order(order: object) -> Order:
    keys = []
    for name, direction in php.items_of(order):
        code = name.upper()
        if code not in SORTS and code not in LAST_NAMES and code != COMPLETE_SORT:
            raise PortalError("0", "Invalid sorting key (internal error)")
        keys.append((code, php.to_text(direction).upper() == "DESC"))
    return keys or [("ID", True)]


@dataclass(frozen=True)
class _TagCondition(Condition):
    """Looks at the titles of a task's tags."""

    def _positive(self, value: object) -> bool:
        tags = value.values() if isinstance(value, dict) else ()
        return any(Condition._positive(self, tag["title"]) for tag in tags)  # noqa: SLF001


def _found(context: Context, filters: object, order: Order) -> Ids:
    """Give the ids that pass; unknown keys and operators that tasks do not have are dropped."""
    stored: list[Condition] = []
    states: list[Condition] = []
    for key, value in php.items_of(filters):
        operator, _, name = split_key(key)
        if key == _SUBFILTER:
            wanted = dict(php.items_of(value)).get("FAVORITE")
            stored += compile_filter({"FAVORITE": wanted} if wanted else {}, FILTERS, context.zone)
        elif operator not in _OPERATORS or "@" in key[:2]:
            continue
        elif name == "STATUS":
            states += compile_filter({key.replace("STATUS", "REAL_STATUS"): value}, FILTERS, context.zone)
        elif name == "ONLY_ROOT_TASKS":
            stored += compile_filter({"PARENT_ID": ""} if value == "Y" else {}, FILTERS, context.zone)
        elif name == "TITLE" and "%" in php.to_text(value):
            pattern = "!=%TITLE" if key.startswith("!") else "=%TITLE"
            stored += compile_filter({pattern: value}, FILTERS, context.zone)
        else:
            stored += compile_filter({key: value}, FILTERS, context.zone)
    conditions = [_TagCondition(**vars(one)) if one.field == "tags" else one for one in stored]
    columns = [(SORTS[name], down) for name, down in order if name in SORTS]
    table = context.store.office.tasks.table
    ids = table.select(conditions, columns if len(columns) == len(order) else ())
    if not states:
        return ids
    values = sub_status(context, ids)
    return ids[np.logical_and.reduce([one.accepts_numbers(values) for one in states])]


def _sorted(context: Context, ids: Ids, order: Order) -> Ids:
    """Sort by what no column holds: last names and whether a task is complete."""
    if all(name in SORTS for name, _ in order):
        return ids
    columns = {SORTS[name] for name, _ in order if name in SORTS}
    names = ("id", *sorted({"status", *LAST_NAMES.values(), *columns} - {"id"}))
    rows = RowPage(context.store.office.tasks.table, ids, names).rows()
    users = {str(row["ID"]): php.to_text(row.get("LAST_NAME")) for row in context.store.office.users.rows()}

    def place(row: Row, name: str) -> str:
        if name in LAST_NAMES:
            return users.get(str(row[LAST_NAMES[name]]), "").casefold()
        if name == COMPLETE_SORT:
            return "1" if row["status"] == "5" else "0"
        return php.to_text(row[SORTS[name]]).rjust(40)

    for name, down in reversed(order):
        rows.sort(key=lambda row, name=name: place(row, name), reverse=down)  # type: ignore[misc]
    return np.array([php.to_int(row["id"]) for row in rows], dtype=np.int64)


def task_get(context: Context, params: dict[str, object]) -> Answer:
    """tasks.task.get: an empty list and no error where the task is missing or not to be seen."""
    number = task_number(params)
    select = array_argument(params, "select")
    table = context.store.office.tasks.table
    if number not in table or not may_see(context, number):
        return Answer([])
    if not php.items_of(select):
        return Answer({"task": full_task(context, number)})
    names, extra = selected(select, table)
    stored = table.get(number) or {}
    row = {name: stored[name] for name in table.columns if name in (*names, "favorite")}
    add_worked_out(context, [row], np.array([number], dtype=np.int64), extra)
    return Answer({"task": {**row, "action": actions(stored)}})


def full_task(context: Context, number: int) -> Row:
    """Give a task with all but its custom fields, its checklist and what may be done with it."""
    table = context.store.office.tasks.table
    stored = table.get(number) or {}
    row = with_checklist(context, {name: stored[name] for name in selected([], table)[0]})
    return {**row, "action": actions(stored)}


def task_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """tasks.task.getFields: descriptions by upper-case name."""
    return Answer({"fields": {code: field.description for code, field in TASK_FIELDS.items()}})


ROWS = (
    ("tasks.task.list", "task", task_list),
    ("tasks.task.get", "task", task_get),
    ("tasks.task.getFields", "task", task_fields),
    ("tasks.task.history.list", "task", history_list),
)
