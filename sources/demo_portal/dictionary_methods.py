"""Dictionaries: statuses, pipelines, currencies and custom field definitions."""

from . import php
from .answers import Answer
from .context import Context
from .crm_methods import Handler
from .entities import CrmEntity
from .errors import PortalError
from .fields import label_text
from .item_types import FIRST_SMART_PROCESS
from .paging import array_param, sorted_rows, window
from .params import pick
from .seed_dictionaries import DIRECTORY_NAMES, directory_of

_LABELS = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL", "ERROR_MESSAGE", "HELP_MESSAGE")


def _matching(rows: list[dict[str, object]], filters: object) -> list[dict[str, object]]:
    """Keep the rows that equal the filter; keys that no row has are ignored."""
    known = {key for row in rows for key in row}
    wanted = [(key.lstrip("="), value) for key, value in php.items_of(filters)]
    return [
        row for row in rows if all(key not in known or _equals(row.get(key), value) for key, value in wanted)
    ]


def _equals(value: object, wanted: object) -> bool:
    options = wanted if isinstance(wanted, list) else [wanted]
    return any(php.to_text(value) == php.to_text(option) for option in options)


def _order(order: object) -> list[tuple[str, bool]]:
    return [(name.upper(), php.to_text(way).upper() == "DESC") for name, way in php.items_of(order)]


def status_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.status.list: `select` is ignored; ENTITY_ID must be one text."""
    filters = pick(params, "filter") or {}
    for key, value in php.items_of(filters):
        if isinstance(value, list | dict) or (key.lstrip("=") == "SEMANTICS" and value is None):
            raise PortalError("Invalid parameters.", "Incorrect parameters passed.")
    rows = context.store.records("statuses").rows()
    found = sorted_rows(_matching(rows, filters), _order(pick(params, "order") or {"SORT": "ASC"}))
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    return part.answer(found[first:stop], len(found), shown=stop - first, table_rows=len(rows))


def status_entity_types(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """crm.status.entity.types: every directory, stages of each pipeline included."""
    rows: list[dict[str, object]] = []
    for code, name in DIRECTORY_NAMES.items():
        row: dict[str, object] = {"ID": code, "NAME": name}
        if code == "STATUS":
            row |= {"SEMANTIC_INFO": _semantics("NEW", "CONVERTED", "JUNK"), "ENTITY_TYPE_ID": 1}
        if code == "QUOTE_STATUS":
            row |= {"SEMANTIC_INFO": _semantics("DRAFT", "APPROVED", "DECLAINED"), "ENTITY_TYPE_ID": 7}
        rows.append(row)
    for pipeline in context.store.records("pipelines").rows():
        number = php.to_int(pipeline["id"])
        prefix = f"C{number}:" if number else ""
        row = {"ID": directory_of(number), "NAME": f"{pipeline['name']} deal stages"}
        if number:
            row["PARENT_ID"] = "DEAL_STAGE"
        row["SEMANTIC_INFO"] = _semantics(f"{prefix}NEW", f"{prefix}WON", f"{prefix}LOSE")
        if number:
            row["PREFIX"] = f"C{number}"
        row |= {"FIELD_ATTRIBUTE_SCOPE": f"category_{number}" if number else "", "ENTITY_TYPE_ID": 2}
        row["CATEGORY_ID"] = str(number) if number else 0
        rows.append(row)
    rows += _stages_of_items(context)
    return Answer(rows, rows=len(rows))


def _stages_of_items(context: Context) -> list[dict[str, object]]:
    """Give the stage directories of invoices and smart processes."""
    satellites = context.store.satellites
    rows: list[dict[str, object]] = []
    for pipeline in satellites.item_pipelines.rows():
        kind = satellites.item_types().get(php.to_int(pipeline["entityTypeId"]))
        if kind is None:
            continue
        number = php.to_int(pipeline["id"])
        invoices = kind.type_id < FIRST_SMART_PROCESS
        row: dict[str, object] = {
            "ID": kind.directory(number),
            "NAME": "Invoice stages" if invoices else f"{kind.title} ({pipeline['name']})",
            "SEMANTIC_INFO": [],
            "PREFIX": f"DT{kind.type_id}_{number}",
            "FIELD_ATTRIBUTE_SCOPE": f"category_{number}",
            "ENTITY_TYPE_ID": kind.type_id,
            "IS_ENABLED": True,
            "CATEGORY_ID": number,
        }
        if not invoices:
            row |= {
                "CATEGORY_NAME": pipeline["name"],
                "CATEGORY_SORT": pipeline["sort"],
                "IS_DEFAULT_CATEGORY": pipeline["isDefault"] == "Y",
            }
        rows.append(row)
    return rows


def _semantics(start: str, success: str, failure: str) -> dict[str, object]:
    return {
        "START_FIELD": start,
        "FINAL_SUCCESS_FIELD": success,
        "FINAL_UNSUCCESS_FIELD": failure,
        "FINAL_SORT": 0,
    }


def category_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.category.list: pipelines of deals; contacts and companies have their general one only."""
    type_id = php.to_int(pick(params, "entityTypeId"))
    if not type_id:
        raise PortalError("100", "Could not find value for parameter {entityTypeId}")
    if type_id == 1:
        raise PortalError("ENTITY_TYPE_NOT_SUPPORTED", "Entity type is not supported")
    if type_id in (3, 4):
        rows = [
            {
                "id": 0,
                "name": "General",
                "sort": 100,
                "entityTypeId": type_id,
                "isDefault": "Y",
                "isSystem": "N",
            }
        ]
    elif type_id == 2:  # noqa: PLR2004  deals
        rows = sorted_rows(context.store.records("pipelines").rows(), [("sort", False)])
    else:
        rows = _pipelines_of_items(context, type_id)
    return Answer({"categories": rows}, total=len(rows), rows=len(rows), counted=len(rows))


def _pipelines_of_items(context: Context, type_id: int) -> list[dict[str, object]]:
    kind = context.store.satellites.item_types().get(type_id)
    if kind is None:
        raise PortalError("NOT_FOUND", "Smart process not found")
    if not kind.pipelines:
        raise PortalError("ENTITY_TYPE_NOT_SUPPORTED", "Entity type is not supported")
    rows = context.store.satellites.item_pipelines.rows()
    return sorted_rows(
        [row for row in rows if row["entityTypeId"] == type_id], [("sort", False), ("id", False)]
    )


def currency_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.currency.list: `total` is 0 whatever the number of rows."""
    rows = sorted_rows(
        context.store.table("currencies").rows(), _order(pick(params, "order") or {"SORT": "ASC"})
    )
    return Answer(rows, total=0, rows=len(rows))


def userfield_list(entity: CrmEntity) -> Handler:
    """crm.<object>.userfield.list: options in LIST, labels only where the filter names a language."""

    def listing(context: Context, params: dict[str, object]) -> Answer:
        filters = dict(php.items_of(array_param(params, "filter")))
        order = _order(array_param(params, "order")) or [("SORT", False), ("ID", False)]
        language = filters.pop("LANG", None)
        rows = [
            row
            for row in context.store.records("custom_fields").rows()
            if row.get("ENTITY_ID") == entity.custom_entity
        ]
        found = sorted_rows(_matching(rows, filters), order)
        if not language:
            found = [{key: value for key, value in row.items() if key not in _LABELS} for row in found]
        for row in found:
            labels = [code for code in _LABELS if isinstance(row.get(code), dict)]
            row.update({code: label_text(row[code], php.to_text(language)) for code in labels})
        return Answer(found, total=len(found), rows=len(found), counted=len(rows))

    return listing
