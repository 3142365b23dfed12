"""Field codes and types of the portal as columns of the warehouse."""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal["integer", "decimal", "rate", "double", "date", "datetime", "boolean", "text", "json", "any"]
"""What a column holds; `any` is the text of whatever came, for fields that nothing described."""

# API.md 10.4 and 12.4. Everything unnamed is text: `date` too, for its time part is technical and its
# wall text is what counts (API.md 2); enumerations hold option ids, `money` holds "1500|EUR".
_KINDS: Mapping[str, Kind] = {
    "integer": "integer",
    "user": "integer",
    "crm_lead": "integer",
    "crm_deal": "integer",
    "crm_contact": "integer",
    "crm_company": "integer",
    "crm_quote": "integer",
    "crm_category": "integer",
    "crm_entity": "integer",
    "employee": "integer",
    "iblock_section": "integer",
    "iblock_element": "integer",
    "double": "double",
    "datetime": "datetime",
    "boolean": "boolean",
    "crm_multifield": "json",
    "file": "json",
}

SERVICE_COLUMNS = ("_raw_values", "_deleted_at", "_synced_at")


@dataclass(frozen=True)
class Column:
    """A field of the portal (`code`) and the column that keeps it (`name`)."""

    code: str
    name: str
    kind: Kind


def columns_of(
    fields: Mapping[str, Mapping[str, Any]],
    known: Mapping[str, Kind],
    settled: Mapping[str, Kind] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Column, ...]:
    """Columns for what a `*.fields` method describes, plus the kinds known beforehand.

    A column that was loaded before stays of its kind (`settled`) and under its name (`names`), whatever the
    portal calls the field now.
    """
    kinds: dict[str, Kind] = {}
    for code, field in fields.items():
        if field.get("isMultiple"):
            kinds[code] = "json"
        else:
            kinds[code] = _KINDS.get(str(field.get("type")), "text")
    described = bool(fields)
    kinds.update({code: kind for code, kind in known.items() if not described or code in fields})
    kinds.update({code: settled[code] for code in kinds if code in settled})
    return named(kinds.items(), names)


def named(
    kinds: Iterable[tuple[str, Kind]], names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Column, ...]:
    """Columns with names of their own: two codes that come to one name stay apart.

    Which of the two got the plain name must not change with the order in which a portal lists its fields:
    `names` are those given before.
    """
    columns: list[Column] = []
    taken: set[str] = {*SERVICE_COLUMNS, *names.values()}
    for code, kind in kinds:
        name = names.get(code) or column_name(code)
        if code not in names and name in taken:
            name = f"{name}_x{zlib.crc32(code.encode()):08x}"
        taken.add(name)
        columns.append(Column(code, name, kind))
    return tuple(columns)


def signature_of(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What of a portal's fields decides how rows look: codes, types, whether there are several values."""
    return {
        code: f"{field.get('type')}{'[]' if field.get('isMultiple') else ''}"
        for code, field in fields.items()
    }


def column_name(code: str) -> str:
    """The field code in snake_case: `DATE_MODIFY` -> `date_modify`, `responsibleId` -> `responsible_id`."""
    text = code if code.upper() == code else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", code)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name:
        return f"field_x{zlib.crc32(code.encode()):08x}"
    return f"_{name}" if name[0].isdigit() else name


def camel_case(code: str) -> str:
    """A field as answers call it that requests name in capitals: `CHANGED_DATE` -> `changedDate`."""
    first, *rest = code.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def label_of(field: Mapping[str, Any]) -> str | None:
    """What people call a custom field, from its `*.fields` description."""
    for key in ("listLabel", "formLabel", "filterLabel", "title"):
        if field.get(key):
            return str(field[key])
    return None
