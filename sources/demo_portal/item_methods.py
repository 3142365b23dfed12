"""crm.item.list, get and fields: any object type under one set of names."""

from . import php
from .answers import Answer, RowPage
from .context import Context
from .errors import PortalError
from .item_fields_of import ItemFields
from .item_filters import compile_group, read_strict_order
from .item_types import ItemType
from .item_view import ItemView
from .paging import window
from .params import pick
from .table import Row


def type_of(context: Context, params: dict[str, object]) -> ItemType:
    """Find the object type of a call; unknown and unsupported numbers are refused."""
    value = pick(params, "entityTypeId")
    if value is None:
        raise PortalError("100", "Could not find value for parameter {entityTypeId}")
    kind = context.store.satellites.item_types().get(php.to_int(value))
    if kind is None:
        raise PortalError("NOT_FOUND", "Smart process not found")
    return kind


def original_names(params: dict[str, object]) -> bool:
    """Tell whether custom fields are named as they are stored."""
    return pick(params, "useOriginalUfNames") in ("Y", True, "true", 1, "1")


def item_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.list: unknown fields are refused in filter and order, skipped in select."""
    kind = type_of(context, params)
    satellites = context.store.satellites
    fields, view = satellites.fields(kind.type_id), satellites.view(kind.type_id)
    original = original_names(params)
    known = fields.filterable(original=original)
    key = view.table.key
    group = compile_group(pick(params, "filter") or {}, known, context.zone, view.linked, key)
    order = read_strict_order(pick(params, "order") or {}, known)
    if group.any_of or group.groups:
        ids = view.table.sort(group.ids(view.table), order)
    else:
        ids = view.table.select(group.conditions, order)
    part = window(params, context.page_size)
    first, stop = part.cut(len(ids))
    page = RowPage(view, ids[first:stop], selected(pick(params, "select"), fields, original=original))
    scanned = len(view.table) if group.any_of else view.table.scanned(group.conditions)
    answer = part.answer({"items": page}, len(ids), shown=stop - first, table_rows=scanned)
    # without a count the total is 0, as the page on large lists shows it
    return answer if part.counted else Answer(answer.result, total=0, rows=answer.rows)


def selected(select: object, fields: ItemFields, *, original: bool) -> tuple[str, ...]:
    """Give the names of a row: those named; all and the multi-fields without select or with *."""
    asked = {php.to_text(name) for _, name in php.items_of(select)}
    names = fields.names(original=original)
    if "*" not in asked:
        named = tuple(name for name in names if name in asked and name != "id")
        if named or "id" in asked:
            return ("id", *named)
    return all_names(fields, original=original)


def all_names(fields: ItemFields, *, original: bool) -> tuple[str, ...]:
    """Give the names of a whole item."""
    multifields = ("fm",) if "PHONE" in fields.classic else ()
    return (*fields.names(original=original), *multifields, "entityTypeId")


def item_get(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.get: one whole item."""
    kind = type_of(context, params)
    row = existing(context, kind, params)
    return Answer({"item": shown(context, kind, row, original=original_names(params))})


def existing(
    context: Context, kind: ItemType, params: dict[str, object], message: str = "Element not found"
) -> Row:
    """Find the stored row of a call."""
    number = php.to_int(pick(params, "id"))
    row = context.store.satellites.rows_of(kind).get(number)
    if row is None:
        raise PortalError("NOT_FOUND", message)
    return row


def shown(context: Context, kind: ItemType, row: Row, *, original: bool) -> Row:
    """Give a stored row as an item with all its fields."""
    satellites = context.store.satellites
    view: ItemView = satellites.view(kind.type_id)
    return view.shown(row, all_names(satellites.fields(kind.type_id), original=original))


def item_fields(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.fields: system and custom fields with their original names."""
    kind = type_of(context, params)
    fields = context.store.satellites.fields(kind.type_id)
    described = fields.described(original=original_names(params))
    if "stageId" in described and kind.stage_prefix:
        first = context.store.satellites.first_pipeline(kind.type_id)
        for name in ("stageId", "previousStageId"):
            entry = described.get(name)
            if isinstance(entry, dict):
                entry["statusType"] = kind.directory(first)
    return Answer({"fields": described})
