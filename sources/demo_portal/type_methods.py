"""crm.type.*, crm.enum.ownertype and the directories' items: which object types there are."""

from . import php
from .answers import Answer
from .context import Context
from .errors import PortalError
from .fields import read_fields
from .filters import compile_filter, split_key
from .item_names import snake
from .paging import sorted_rows, window
from .params import pick
from .table import Row

FIELDS = read_fields("""
id integer r ID
title string q Title
code string - Symbolic code
createdBy user r Created by
entityTypeId integer qi Number of the type
customSectionId integer i Section
isCategoriesEnabled boolean - Pipelines of its own
isStagesEnabled boolean - Stages
isBeginCloseDatesEnabled boolean - Start and end
isClientEnabled boolean - Client
isUseInUserfieldEnabled boolean - Usable in custom fields
isLinkWithProductsEnabled boolean - Products
isMycompanyEnabled boolean - Own company
isDocumentsEnabled boolean - Documents
isSourceEnabled boolean - Source
isObserversEnabled boolean - Observers
isRecyclebinEnabled boolean - Recycle bin
isAutomationEnabled boolean - Automation
isBizProcEnabled boolean - Business processes
isSetOpenPermissions boolean - New pipelines open to everyone
createdTime datetime - Created on
updatedTime datetime - Modified on
updatedBy user r Modified by
""")
_PARENTS = ((3, "Y", "Y"), (4, "Y", "Y"), (1, "Y", "N"), (2, "Y", "N"))
_OTHER_OWNERS = (
    (5, "Invoice (old version)", "INVOICE", "I"),
    (8, "Billing details", "REQUISITE", "RQ"),
    (36, "Document", "SMART_DOCUMENT", "DO"),
    (39, "Company document", "SMART_B2E_DOC", "SBD"),
)


def type_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.type.list: strict about fields; flags are Y and N."""
    fields = {field.code: field for field in FIELDS}
    filters, order = pick(params, "filter") or {}, pick(params, "order") or {}
    for key in [split_key(key)[2] for key, _ in php.items_of(filters)]:
        if key not in fields:
            raise PortalError("INVALID_ARG_VALUE", f"Invalid filter: field '{key}' is not allowed in filter")
    for key, _ in php.items_of(order):
        if key not in fields:
            raise PortalError("INVALID_ARG_VALUE", f"Invalid order: field '{key}' is not allowed in order")
    texts = {code: field for code, field in fields.items() if field.type != "boolean"}
    flags = {
        split_key(key)[2]: value for key, value in php.items_of(filters) if split_key(key)[2] not in texts
    }
    rows = context.store.satellites.types.rows()
    conditions = compile_filter(filters, texts, context.zone)
    found = [
        row
        for row in rows
        if all(one.accepts(row.get(one.field)) for one in conditions)
        and all(row.get(code) == value for code, value in flags.items())
    ]
    ways = [(key, php.to_text(way).upper() == "DESC") for key, way in php.items_of(order)]
    found = sorted_rows(found, ways or [("id", False)])
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    return part.answer({"types": found[first:stop]}, len(found), shown=stop - first, table_rows=len(rows))


def type_get(context: Context, params: dict[str, object]) -> Answer:
    """crm.type.get: one smart process with its relations."""
    row = context.store.satellites.types.get(php.to_int(pick(params, "id")))
    if row is None:
        raise PortalError(0, "SPA not found")
    return Answer({"type": _whole(row)})


def type_by_number(context: Context, params: dict[str, object]) -> Answer:
    """crm.type.getByEntityTypeId: the same, by the number that items are asked for with."""
    wanted = php.to_int(pick(params, "entityTypeId"))
    rows = context.store.satellites.types.rows()
    row = next((row for row in rows if row["entityTypeId"] == wanted), None)
    if row is None:
        raise PortalError(0, "Smart process not found")
    return Answer({"type": _whole(row)})


def _whole(row: Row) -> Row:
    parents = [
        {"entityTypeId": number, "isChildrenListEnabled": listed, "isPredefined": fixed}
        for number, listed, fixed in _PARENTS
    ]
    return {
        **row,
        "relations": {
            "parent": parents,
            "child": [{"entityTypeId": 3, "isChildrenListEnabled": "Y", "isPredefined": "N"}],
        },
        "linkedUserFields": {
            "CALENDAR_EVENT|UF_CRM_CAL_EVENT": "Y",
            "TASKS_TASK|UF_CRM_TASK": "Y",
            "TASKS_TASK_TEMPLATE|UF_CRM_TASK": "N",
        },
        "customSections": [],
    }


def type_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """crm.type.fields: what a smart process has."""
    described = {field.code: field.described() | {"upperName": snake(field.code)} for field in FIELDS}
    return Answer({"fields": described})


def owner_types(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """crm.enum.ownertype: all object types, smart processes too."""
    known = context.store.satellites.item_types().values()
    rows: list[Row] = [
        {"ID": one.type_id, "NAME": one.title, "SYMBOL_CODE": one.code, "SYMBOL_CODE_SHORT": one.short}
        for one in known
    ]
    rows += [
        {"ID": number, "NAME": name, "SYMBOL_CODE": code, "SYMBOL_CODE_SHORT": short}
        for number, name, code, short in _OTHER_OWNERS
    ]
    return Answer(sorted_rows(rows, [("ID", False)]), rows=len(rows))


def status_entity_items(context: Context, params: dict[str, object]) -> Answer:
    """crm.status.entity.items: names and codes of one directory."""
    wanted = pick(params, "entityId")
    if not isinstance(wanted, str) or not wanted:
        raise PortalError(
            "The parameter entityId is not defined or invalid.",
            "The directory ID is not specified or is incorrect.",
        )
    rows = [row for row in context.store.records("statuses").rows() if row["ENTITY_ID"] == wanted]
    found: list[Row] = [
        {"NAME": row["NAME"], "SORT": php.to_int(row["SORT"]), "STATUS_ID": row["STATUS_ID"]}
        for row in sorted_rows(rows, [("SORT", False)])
    ]
    return Answer(found, rows=len(found))
