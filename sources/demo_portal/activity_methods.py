"""crm.activity.*: classic filters, bindings, and what comes only when it is asked for by name."""

from collections.abc import Mapping

import numpy as np

from . import php
from .answers import Answer, RowPage
from .context import Context
from .crm_methods import selected
from .errors import classic
from .field_tables import ACTIVITY_FIELDS
from .fields import Field
from .filters import Condition, compile_filter
from .paging import array_param, read_order, window
from .params import pick
from .table import Ids, Row

_FIELDS: Mapping[str, Field] = {field.code: field for field in ACTIVITY_FIELDS}
_IN_ROWS = {code: field for code, field in _FIELDS.items() if field.in_rows}
_OWNERS = {1: "leads", 2: "deals", 3: "contacts", 4: "companies"}


def activity_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.activity.list: a row for each binding that fits, so one activity may come several times."""
    filters = dict(php.items_of(array_param(params, "filter")))
    order = read_order(array_param(params, "order"), _IN_ROWS) or [("START_TIME", False)]
    select = array_param(params, "select")
    asked = {php.to_text(name) for _, name in php.items_of(select)}
    table = context.store.satellites.activities.table
    pairs = filters.pop("BINDINGS", None)
    conditions = compile_filter(filters, _IN_ROWS, context.zone)
    if pairs is None:
        ids = table.select(conditions, order)
    else:
        ids = table.sort(_bound(context, pairs, conditions), order)
    part = window(params, context.page_size)
    first, stop = part.cut(len(ids))
    page: object = RowPage(table, ids[first:stop], selected(select, _IN_ROWS))
    if asked & {"COMMUNICATIONS", "FILES", "STORAGE_ELEMENT_IDS"}:
        page = [
            _extended(context, row, asked) for row in RowPage(table, ids[first:stop], _names(select)).rows()
        ]
    return part.answer(page, len(ids), shown=stop - first, table_rows=table.scanned(conditions))


def _names(select: object) -> tuple[str, ...]:
    # only extras asked for: nothing but the ID comes with them
    named = [name for _, name in php.items_of(select) if php.to_text(name) in ("*", *_IN_ROWS)]
    return selected(named, _IN_ROWS) if named else ("ID",)


def _bound(context: Context, pairs: object, conditions: list[Condition]) -> Ids:
    activities = context.store.satellites.activities
    if isinstance(pairs, dict) and "OWNER_TYPE_ID" in pairs:
        pairs = [pairs]
    found: list[Ids] = []
    for _, pair in php.items_of(pairs):
        if not isinstance(pair, dict):
            continue
        type_id = php.to_int(pair.get("OWNER_TYPE_ID"))
        owner = php.to_int(pair["OWNER_ID"]) if "OWNER_ID" in pair else None
        wanted = {name: pair[name] for name in ("OWNER_TYPE_ID", "OWNER_ID") if name in pair}
        owned = activities.table.select([*conditions, *compile_filter(wanted, _IN_ROWS, context.zone)])
        further = activities.bound_further(type_id, owner)
        if conditions and len(further):
            further = np.intersect1d(further, activities.table.select(conditions))
        found.append(np.union1d(owned, further))
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _extended(context: Context, row: Row, asked: set[str]) -> Row:
    whole = context.store.satellites.activities.get(php.to_text(row["ID"])) or row
    if "COMMUNICATIONS" in asked:
        row = row | {"COMMUNICATIONS": _communications(context, whole)}
    if asked & {"FILES", "STORAGE_ELEMENT_IDS"}:
        row = row | {"FILES": _files(whole)}
    return row


def _communications(context: Context, row: Row) -> list[Row]:
    """Give the phones of those that an activity is bound to, as a call would reach them."""
    found: list[Row] = []
    for type_id, number in context.store.satellites.activities.bindings(row):
        client = context.store.records(_OWNERS[type_id]).get(number) if type_id in _OWNERS else None
        phones = (client or {}).get("PHONE")
        if client is None or not isinstance(phones, list):
            continue
        settings = ("HONORIFIC", "NAME", "SECOND_NAME", "LAST_NAME", "COMPANY_TITLE", "COMPANY_ID")
        found.append(
            {
                "ID": str(2 * php.to_int(row["ID"]) + len(found)),
                "TYPE": "PHONE",
                "VALUE": phones[0]["VALUE"],
                "ENTITY_ID": str(number),
                "ENTITY_TYPE_ID": str(type_id),
                "ENTITY_SETTINGS": {code: php.to_text(client.get(code)) for code in settings},
            }
        )
    return found


def _files(row: Row) -> list[Row]:
    number = php.to_int(row["ID"])
    if number % 7:
        return []
    path = f"/bitrix/tools/crm_show_file.php?fileId={30_000 + number}&ownerTypeId=6&ownerId={number}&auth="
    return [{"id": 30_000 + number, "url": f"https://portal.example{path}"}]


def activity_get(context: Context, params: dict[str, object]) -> Answer:
    """crm.activity.get: one activity."""
    return Answer(_existing(context, params))


def activity_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """crm.activity.fields: what an activity has."""
    return Answer({code: field.described() for code, field in _FIELDS.items()})


def activity_add(context: Context, params: dict[str, object]) -> Answer:
    """crm.activity.add: bound to its owner and to those it reaches."""
    fields = _fields(params)
    type_id, owner = php.to_int(fields.get("OWNER_TYPE_ID")), php.to_int(fields.get("OWNER_ID"))
    kind = context.store.satellites.item_types().get(type_id)
    if kind is None or owner not in context.store.satellites.rows_of(kind).table:
        raise classic("Owner was not found.")
    if not php.to_text(fields.get("SUBJECT")):
        raise classic("The field SUBJECT is required.")
    return Answer(context.store.satellites.activities.add(fields, context.user_id), writes=True)


def activity_update(context: Context, params: dict[str, object]) -> Answer:
    """crm.activity.update: immutable fields are dropped."""
    number = php.to_int(_existing(context, params)["ID"])
    context.store.satellites.activities.update(number, _fields(params), context.user_id)
    return Answer(True, writes=True)


def activity_delete(context: Context, params: dict[str, object]) -> Answer:
    """crm.activity.delete: gone from all it was bound to."""
    context.store.satellites.activities.delete(php.to_int(_existing(context, params)["ID"]))
    return Answer(True, writes=True)


def _existing(context: Context, params: dict[str, object]) -> Row:
    number = php.to_int(pick(params, "id"))
    if number <= 0:
        raise classic("ID is not defined or invalid.")
    row = context.store.satellites.activities.get(number)
    if row is None:
        raise classic("Not found.")
    return row


def _fields(params: dict[str, object]) -> dict[str, object]:
    value = pick(params, "fields")
    if not isinstance(value, list | dict):
        raise classic("Parameter 'fields' must be array.")
    return dict(php.items_of(value))
