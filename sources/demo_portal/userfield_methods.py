"""crm.{deal,contact,lead,company}.userfield.{get,add,update,delete}: definitions of custom fields."""

import re
from collections.abc import Mapping
from functools import partial

from . import php
from .answers import Answer
from .context import Context
from .crm_methods import Handler
from .entities import CrmEntity
from .errors import PortalError, classic
from .params import pick
from .seed_custom import SETTINGS, option
from .table import Row

LABELS = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL", "ERROR_MESSAGE", "HELP_MESSAGE")
_LANGUAGES = (
    *("ar", "br", "de", "en", "fr", "hi", "id", "in", "it", "ja", "kz", "la", "ms", "pl", "ru", "sc", "tc"),
    *("th", "tr", "ua", "vn"),
)
_LENGTH = 50
_FLAGS = ("MANDATORY", "SHOW_FILTER", "SHOW_IN_LIST", "EDIT_IN_LIST", "IS_SEARCHABLE")


def handlers(entity: CrmEntity) -> dict[str, Handler]:
    """Give the methods of one object besides the list."""
    prefix = f"crm.{entity.name}.userfield"
    return {
        f"{prefix}.get": partial(_get, entity),
        f"{prefix}.add": partial(_add, entity),
        f"{prefix}.update": partial(_update, entity),
        f"{prefix}.delete": partial(_delete, entity),
    }


def _get(entity: CrmEntity, context: Context, params: dict[str, object]) -> Answer:
    row = _existing(context, entity, params)
    return Answer({**row, **{code: _by_language(row.get(code)) for code in LABELS}})


def _add(entity: CrmEntity, context: Context, params: dict[str, object]) -> Answer:
    fields = _fields(params)
    name, kind = _name(php.to_text(fields.get("FIELD_NAME"))), php.to_text(fields.get("USER_TYPE_ID"))
    if not kind:
        raise classic("The 'USER_TYPE_ID' field is not found.")
    if kind not in SETTINGS:
        raise PortalError("ERROR_CORE", "Incorrect custom type specified.<br>")
    records = context.store.satellites.custom_fields
    mine = (row for row in records.rows() if row["ENTITY_ID"] == entity.custom_entity)
    if any(row["FIELD_NAME"] == name for row in mine):
        raise PortalError("ERROR_CORE", f"Field {name} for {entity.custom_entity} already exists.<br>")
    label = fields.get("LABEL")
    row: Row = {
        "ENTITY_ID": entity.custom_entity,
        "FIELD_NAME": name,
        "USER_TYPE_ID": kind,
        "XML_ID": fields.get("XML_ID"),
        "SORT": str(php.to_int(fields.get("SORT")) or 100),
        "MULTIPLE": "Y" if fields.get("MULTIPLE") == "Y" and kind != "boolean" else "N",
        **{code: "Y" if fields.get(code) == "Y" else "N" for code in _FLAGS},
        "SETTINGS": _settings(kind, SETTINGS[kind], fields.get("SETTINGS")),
        **{code: fields.get(code, label) for code in LABELS},
    }
    if kind == "enumeration":
        row["LIST"] = _options(context, fields.get("LIST"), [])
    return Answer(records.add(row), writes=True)


def _update(entity: CrmEntity, context: Context, params: dict[str, object]) -> Answer:
    row = _existing(context, entity, params)
    fields = _fields(params)
    kind = php.to_text(row["USER_TYPE_ID"])
    changed: Row = {code: fields[code] for code in (*LABELS, "XML_ID") if code in fields}
    changed |= {code: "Y" if fields[code] == "Y" else "N" for code in _FLAGS if code in fields}
    if "SORT" in fields:
        changed["SORT"] = str(php.to_int(fields["SORT"]))
    if "SETTINGS" in fields:
        changed["SETTINGS"] = _settings(kind, row["SETTINGS"], fields["SETTINGS"])
    if "LIST" in fields and kind == "enumeration":
        changed["LIST"] = _options(context, fields["LIST"], row.get("LIST"))
    context.store.satellites.custom_fields.update(php.to_text(row["ID"]), changed)
    return Answer(True, writes=True)


def _delete(entity: CrmEntity, context: Context, params: dict[str, object]) -> Answer:
    row = _existing(context, entity, params)
    context.store.satellites.custom_fields.delete(php.to_text(row["ID"]))
    return Answer(True, writes=True)


def _existing(context: Context, entity: CrmEntity, params: dict[str, object]) -> Row:
    number = php.to_int(pick(params, "id"))
    if number <= 0:
        raise classic("ID is not defined or invalid.")
    row = context.store.satellites.custom_fields.get(number)
    if row is None:
        raise PortalError("ERROR_NOT_FOUND", f"The entity with ID '{number}' is not found")
    if row["ENTITY_ID"] != entity.custom_entity:
        raise classic("Access denied.")
    return row


def _fields(params: dict[str, object]) -> dict[str, object]:
    value = pick(params, "fields")
    if not isinstance(value, list | dict):
        raise classic("Parameter 'fields' must be array.")
    return dict(php.items_of(value))


def _name(sent: str) -> str:
    """Give the full name of a new field: the portal puts UF_CRM_ in front."""
    if not sent:
        raise classic("The 'FIELD_NAME' field is not found.")
    name = sent.upper().removeprefix("UF_").removeprefix("CRM_")
    if not re.fullmatch(r"[A-Z0-9_]+", name):
        raise PortalError(
            "ERROR_CORE",
            "Field name contains invalid characters. Allowed characters are: A-Z, 0-9 and _.<br>",
        )
    if len(name) + len("UF_CRM_") > _LENGTH:
        raise PortalError("ERROR_CORE", "Field name is too long (more than 50 characters).<br>")
    return f"UF_CRM_{name}"


def _settings(kind: str, before: object, sent: object) -> object:
    if not isinstance(sent, dict) or not isinstance(before, dict) or kind not in SETTINGS:
        return before
    return before | sent


def _options(context: Context, sent: object, before: object) -> list[Row]:
    """Change a list: elements with an ID are changed or deleted, others come anew, those not named stay."""
    known: dict[str, Row] = {str(one["ID"]): dict(one) for one in before} if isinstance(before, list) else {}
    for _, one in php.items_of(sent):
        if not isinstance(one, dict):
            continue
        number, text = php.to_text(one.get("ID")), php.to_text(one.get("VALUE"))
        if number in known and (php.to_text(one.get("DEL")) == "Y"):
            del known[number]
        elif number in known:
            known[number] |= {
                code: str(one[code]) for code in ("VALUE", "SORT", "DEF", "XML_ID") if code in one
            }
        elif text:
            made: Row = dict(option(context.store.satellites.custom_fields.next_option(), len(known), text))
            made |= {"SORT": "0"} | {
                code: str(one[code]) for code in ("SORT", "DEF", "XML_ID") if code in one
            }
            known[str(made["ID"])] = made
    codes = [one["XML_ID"] for one in known.values()]
    if len(set(map(str, codes))) < len(codes):
        raise PortalError("ERROR_CORE", "List item with this value XML_ID already exists.<br>")
    return sorted(known.values(), key=lambda one: php.to_int(one["SORT"]))


def _by_language(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return {language: value.get(language, "") for language in _LANGUAGES}
    return dict.fromkeys(_LANGUAGES, php.to_text(value))
