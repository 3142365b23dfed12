"""crm.item.add, update, delete, import and batchImport."""

from collections.abc import Mapping

from . import php
from .answers import Answer
from .context import Context
from .errors import PortalError
from .item_fields_of import ItemFields
from .item_methods import existing, original_names, shown, type_of
from .item_records import ItemRecords
from .item_types import CONTACT, DEAL, ItemType
from .params import pick
from .records import CrmRecords
from .stages import stages_in
from .table import Row

MOST_IMPORTED = 20
_IMPORTED = ("createdTime", "updatedTime", "movedTime", "createdBy", "updatedBy", "movedBy")
_STAYS = frozenset({"webformId"})
_EMPTY = (None, "", 0, "0", False)


def item_add(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.add: answers the whole item; fields that are unknown or spelt otherwise are dropped."""
    kind = type_of(context, params)
    number = _add(context, kind, _fields(params), original=original_names(params))
    return _answer(context, kind, number, params)


def item_update(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.update: saves nothing, and moves no time, where no value would change."""
    kind = type_of(context, params)
    row = existing(context, kind, params, "Item not found")
    fields = _stored(context, kind, _fields(params), original=original_names(params), new=False)
    records = context.store.satellites.rows_of(kind)
    number = php.to_int(row[records.table.key])
    _check_required(kind, {**row, **fields})
    if isinstance(records, ItemRecords):
        records.update(number, fields, context.user_id)
    elif _changes(records, row, fields):
        _keep_stage(context, kind, row, fields)
        records.update(number, fields, context.user_id)
    return _answer(context, kind, number, params)


def item_delete(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.delete: an empty list says that it is done."""
    kind = type_of(context, params)
    records = context.store.satellites.rows_of(kind)
    row = existing(context, kind, params, "Item not found")
    records.delete(php.to_int(row[records.table.key]))
    return Answer([], writes=True)


def item_import(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.import: times and authors may lie in the past."""
    kind = type_of(context, params)
    number = _add(context, kind, _fields(params), original=original_names(params), imported=True)
    return Answer({"item": {"id": number}}, writes=True)


def item_batch_import(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.batchImport: up to twenty, each with a result or an error of its own."""
    kind = type_of(context, params)
    data = php.items_of(pick(params, "data"))
    if len(data) > MOST_IMPORTED:
        raise PortalError("MAX_IMPORT_BATCH_SIZE_EXCEEDED", f"The maximum number of items is {MOST_IMPORTED}")
    items: list[Row] = []
    for _, fields in data:
        try:
            sent = dict(php.items_of(fields))
            number = _add(context, kind, sent, original=original_names(params), imported=True)
            items.append({"item": {"id": number}})
        except PortalError as error:
            items.append({"error": error.code, "error_description": error.description})
    return Answer({"items": items}, rows=len(items), writes=True)


def _fields(params: dict[str, object]) -> dict[str, object]:
    value = pick(params, "fields")
    if not isinstance(value, list | dict):
        raise PortalError("100", "Could not find value for parameter {fields}")
    return dict(php.items_of(value))


def _answer(context: Context, kind: ItemType, number: int, params: dict[str, object]) -> Answer:
    row = context.store.satellites.rows_of(kind).get(number) or {}
    return Answer({"item": shown(context, kind, row, original=original_names(params))}, writes=True)


def _add(
    context: Context, kind: ItemType, sent: dict[str, object], *, original: bool, imported: bool = False
) -> int:
    fields = _stored(context, kind, sent, original=original, new=True, imported=imported)
    _check_required(kind, fields)
    records = context.store.satellites.rows_of(kind)
    if isinstance(records, ItemRecords):
        return records.add(fields, context.user_id, imported=imported)
    return records.add(fields, context.user_id)


def _stored(
    context: Context,
    kind: ItemType,
    sent: Mapping[str, object],
    *,
    original: bool,
    new: bool,
    imported: bool = False,
) -> dict[str, object]:
    """Give the fields that will be written, under their stored names; others are dropped without a word."""
    known = context.store.satellites.fields(kind.type_id)
    custom = known.spelling(original=original)
    fields: dict[str, object] = {}
    for name, value in sent.items():
        described = known.custom.get(custom.get(name, "")) or known.system.get(name)
        if described is None and name != "fm":
            continue
        if described is not None and described.multiple and not isinstance(value, list | dict):
            raise PortalError(
                "100", f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be array."
            )
        if name == "fm":
            fields |= _multifields(value)
        elif described is not None and _may_write(name, described.read_only, new=new, imported=imported):
            code = custom.get(name) or _code(known, name)
            if code and not (code in ("ASSIGNED_BY_ID", "assignedById") and value in _EMPTY):
                fields[code] = value
    return fields


def _may_write(name: str, read_only: bool, *, new: bool, imported: bool) -> bool:  # noqa: FBT001
    return (not read_only or (imported and name in _IMPORTED)) and (new or name not in _STAYS)


def _code(known: ItemFields, name: str) -> str:
    if known.kind.entity is not None and name in ("contactIds", "companyIds"):
        return "CONTACT_IDS" if name == "contactIds" else "COMPANY_IDS"
    return known.stored_code(name)


def _multifields(sent: object) -> dict[str, object]:
    """Turn `fm` into the classic arrays: a key that is an id changes, any other key and every list adds."""
    found: dict[str, list[Row]] = {}
    for key, one in php.items_of(sent):
        if not isinstance(one, dict) or not php.to_text(one.get("typeId")):
            continue  # without typeId nothing changes
        element: Row = {"VALUE": one.get("value", "")}
        if "valueType" in one:
            element["VALUE_TYPE"] = one["valueType"]
        if isinstance(sent, dict) and key.isdigit():
            element["ID"] = key
        found.setdefault(php.to_text(one["typeId"]).upper(), []).append(element)
    return dict(found)


def _check_required(kind: ItemType, fields: Mapping[str, object]) -> None:
    if kind.type_id == CONTACT and not (fields.get("NAME") or fields.get("LAST_NAME")):
        raise PortalError("CRM_FIELD_ERROR_REQUIRED", 'The "Name" field is required')
    if kind.code == "COMPANY" and not fields.get("TITLE"):
        raise PortalError("CRM_FIELD_ERROR_REQUIRED", 'The "Company name" field is required')


def _changes(records: CrmRecords, row: Row, fields: Mapping[str, object]) -> bool:
    """Tell whether an update would leave anything else than it found."""
    if any(
        isinstance(value, list) and code in ("PHONE", "EMAIL", "WEB", "IM", "LINK")
        for code, value in fields.items()
    ):
        return True
    for code, value in fields.items():
        if code in ("CONTACT_IDS", "COMPANY_IDS"):
            wanted = [php.to_int(item) for _, item in php.items_of(value)]
            bindings = records.links.get(code.removesuffix("S"))
            number = php.to_int(row["ID"])
            before = bindings.others(number) if bindings is not None else [php.to_int(row.get("CONTACT_ID"))]
            if wanted != before:
                return True
        elif records.would_change(row, code, value):
            return True
    return False


def _keep_stage(context: Context, kind: ItemType, row: Row, fields: dict[str, object]) -> None:
    """Settle a move: a foreign stage alone is refused, with its pipeline it becomes the first of its kind."""
    if kind.type_id != DEAL or not {"STAGE_ID", "CATEGORY_ID"} & set(fields):
        return
    category = php.to_text(fields.get("CATEGORY_ID", row.get("CATEGORY_ID")))
    statuses = context.store.records("statuses").table
    stages = stages_in(statuses, kind.directory(php.to_int(category)))
    wanted = php.to_text(fields.get("STAGE_ID", row.get("STAGE_ID")))
    if wanted in stages:
        return
    moves = category != php.to_text(row.get("CATEGORY_ID"))
    if not moves:
        raise PortalError("CRM_FIELD_ERROR_VALUE_NOT_VALID", 'Invalid value of field "Stage"')
    semantic = php.to_text(row.get("STAGE_SEMANTIC_ID")) or "P"
    fields["STAGE_ID"] = next(
        (code for code, one in stages.items() if one == semantic), next(iter(stages), "")
    )
