"""crm.{deal,contact,lead,company}.{list,get,add,update,delete,fields} and crm.stagehistory.list."""

from collections.abc import Callable, Mapping

from . import php
from .answers import Answer, RowPage
from .context import Context
from .entities import ENTITIES, CrmEntity
from .errors import PortalError, classic
from .field_tables import STAGE_HISTORY_FIELDS, STATUS_HISTORY_FIELDS
from .fields import Field
from .filters import compile_filter, split_key
from .multifields import MULTIFIELDS
from .paging import array_param, read_order, window
from .params import pick

Handler = Callable[[Context, dict[str, object]], Answer]
_HISTORIES = {
    2: ("deal_stage_history", STAGE_HISTORY_FIELDS),
    1: ("lead_status_history", STATUS_HISTORY_FIELDS),
}
_IMPORTED = ("DATE_CREATE", "DATE_MODIFY", "CREATED_BY_ID", "MODIFY_BY_ID")


def handlers(entity: CrmEntity) -> dict[str, Handler]:
    """Give the six methods of one object."""
    prefix = f"crm.{entity.name}"

    def listing(context: Context, params: dict[str, object]) -> Answer:
        return _list(context, entity, params)

    def getting(context: Context, params: dict[str, object]) -> Answer:
        return _get(context, entity, params)

    def adding(context: Context, params: dict[str, object]) -> Answer:
        return _add(context, entity, params)

    def updating(context: Context, params: dict[str, object]) -> Answer:
        return _update(context, entity, params)

    def deleting(context: Context, params: dict[str, object]) -> Answer:
        number = _existing(context, entity, params)
        context.store.crm(entity).delete(number)
        return Answer(True, writes=True)

    def describing(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
        fields = context.store.fields(entity)
        return Answer({code: field.described() for code, field in fields.items() if field.listed})

    return {
        f"{prefix}.list": listing,
        f"{prefix}.get": getting,
        f"{prefix}.add": adding,
        f"{prefix}.update": updating,
        f"{prefix}.delete": deleting,
        f"{prefix}.fields": describing,
    }


def _list(context: Context, entity: CrmEntity, params: dict[str, object]) -> Answer:
    order = array_param(params, "order")
    filters = array_param(params, "filter")
    select = array_param(params, "select")
    fields = {code: field for code, field in context.store.fields(entity).items() if field.in_rows}
    table = context.store.crm(entity).table
    conditions = compile_filter(filters, fields, context.zone)
    ids = table.select(conditions, read_order(order, fields))
    part = window(params, context.page_size)
    first, stop = part.cut(len(ids))
    page = RowPage(table, ids[first:stop], selected(select, fields))
    return part.answer(page, len(ids), shown=stop - first, table_rows=table.scanned(conditions))


def selected(select: object, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Give the fields of a row: masks and names, ID always; all but multi-fields by default."""
    asked = {php.to_text(name) for _, name in php.items_of(select)}
    names = tuple(
        code
        for code, field in fields.items()
        if code in asked or ("UF_*" in asked if field.custom else "*" in asked and not field.multifield)
    )
    if not names:
        names = tuple(code for code, field in fields.items() if not field.multifield)
    return names if names[0] == "ID" else ("ID", *(name for name in names if name != "ID"))


def _number(params: dict[str, object]) -> int:
    value = pick(params, "id")
    if not php.is_numeric(value) or php.to_int(value) <= 0:
        raise classic("ID is not defined or invalid.")
    return php.to_int(value)


def _existing(context: Context, entity: CrmEntity, params: dict[str, object]) -> int:
    number = _number(params)
    if number not in context.store.crm(entity).table:
        raise classic("Not found")
    return number


def _get(context: Context, entity: CrmEntity, params: dict[str, object]) -> Answer:
    number = _existing(context, entity, params)
    stored = context.store.crm(entity).table.get(number) or {}
    row: dict[str, object] = {}
    for code, field in context.store.fields(entity).items():
        if code in stored:
            row[code] = stored[code]
        elif field.in_rows and not field.multifield:
            row[code] = False if field.multiple else None
    return Answer(row)


def _fields_param(params: dict[str, object]) -> dict[str, object]:
    value = pick(params, "fields")
    if not isinstance(value, list | dict):
        raise classic("Parameter 'fields' must be array.")
    return dict(php.items_of(value))


def _add(context: Context, entity: CrmEntity, params: dict[str, object]) -> Answer:
    sent = _fields_param(params)
    options = pick(params, "params")
    imported = isinstance(options, dict) and php.to_text(pick(options, "IMPORT")) == "Y"
    allowed = _IMPORTED if imported and entity.name in ("contact", "company") else ()
    fields = _writable(context, entity, sent, new=True, allowed=allowed)
    if entity.name == "contact" and not (fields.get("NAME") or fields.get("LAST_NAME")):
        raise classic("The field 'First name' or 'Last name' is required.<br>")
    if entity.name == "company" and not fields.get("TITLE"):
        raise classic("The field 'Company name' is required.<br>")
    return Answer(context.store.crm(entity).add(fields, context.user_id), writes=True)


def _update(context: Context, entity: CrmEntity, params: dict[str, object]) -> Answer:
    number = _number(params)
    sent = _fields_param(params)
    _existing(context, entity, params)
    row = context.store.crm(entity).table.get(number) or {}
    fields = _writable(context, entity, sent, new=False, allowed=())
    if entity.name == "deal" and "STAGE_ID" in fields and not _of_pipeline(context, row, fields["STAGE_ID"]):
        del fields["STAGE_ID"]  # a stage of another pipeline changes nothing
    if entity.name == "contact" and not any(fields.get(key, row.get(key)) for key in ("NAME", "LAST_NAME")):
        raise classic("The field 'First name' or 'Last name' is required.<br>")
    if entity.name == "company" and not fields.get("TITLE", row.get("TITLE")):
        raise classic("The field 'Company name' is required.<br>")
    context.store.crm(entity).update(number, fields, context.user_id)
    return Answer(True, writes=True)


def _writable(
    context: Context, entity: CrmEntity, sent: dict[str, object], *, new: bool, allowed: tuple[str, ...]
) -> dict[str, object]:
    """Drop unknown, read-only and immutable fields without a word; refuse what the portal refuses."""
    known = context.store.fields(entity)
    fields = {
        code: value
        for code, value in sent.items()
        if code in allowed
        or (code in known and not known[code].read_only and (new or not known[code].immutable))
    }
    for code in ("ASSIGNED_BY_ID", "TITLE"):
        clears = code in fields and php.to_text(fields[code]) in ("", "0")
        if clears and (code == "ASSIGNED_BY_ID" or entity.name == "lead"):
            del fields[code]  # these two cannot be emptied, the old value stays
    currency = php.to_text(fields.get("CURRENCY_ID"))
    if currency and context.store.table("currencies").get(currency) is None:
        raise classic("Invalid currency specified.")
    if entity.name in ("contact", "company"):
        for _, element in php.items_of(fields.get("EMAIL")):
            address = php.to_text(element.get("VALUE")) if isinstance(element, dict) else ""
            if address and "@" not in address:
                raise PortalError("ERROR_CORE", "Invalid e-mail address.<br>")
    return {
        code: value for code, value in fields.items() if code not in MULTIFIELDS or not isinstance(value, str)
    }


def _of_pipeline(context: Context, row: Mapping[str, object], stage: object) -> bool:
    category = php.to_text(row.get("CATEGORY_ID"))
    directory = "DEAL_STAGE" if category in ("", "0") else f"DEAL_STAGE_{category}"
    statuses = context.store.records("statuses").rows()
    return any(entry["ENTITY_ID"] == directory and entry["STATUS_ID"] == stage for entry in statuses)


def stage_history(context: Context, params: dict[str, object]) -> Answer:
    """crm.stagehistory.list: integers, strict about fields, rows in result.items."""
    type_id = php.to_int(pick(params, "entityTypeId"))
    if type_id not in _HISTORIES:
        known = next((entity.name.upper() for entity in ENTITIES if entity.type_id == type_id), "UNKNOWN")
        raise PortalError(0, f"{known} entity is not supported")
    name, described = _HISTORIES[type_id]
    fields = {field.code: field for field in described}
    filters, order = pick(params, "filter") or {}, pick(params, "order") or {}
    for key, _ in php.items_of(filters):
        field = split_key(key)[2]
        if field not in fields:
            raise PortalError(
                "INVALID_ARG_VALUE", f"Invalid filter: field '{field}' is not allowed in filter"
            )
    for key, direction in php.items_of(order):
        if key not in fields or php.to_text(direction).upper() not in ("ASC", "DESC"):
            raise PortalError("INVALID_ARG_VALUE", f"Invalid order: field '{key}' is not allowed in order")
    table = context.store.records(name).table
    conditions = compile_filter(filters, fields, context.zone)
    ids = table.select(conditions, read_order(order, fields))
    part = window(params, context.page_size)
    first, stop = part.cut(len(ids))
    page = RowPage(table, ids[first:stop], selected(pick(params, "select") or [], fields))
    scanned = table.scanned(conditions)
    return part.answer({"items": page}, len(ids), shown=stop - first, table_rows=scanned)
