"""The columns of a raw table as fields, from what the warehouse holds: no portal is asked."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from pipelines.errors import UsageError
from pipelines.raw_schema import RAW_SCHEMA
from pipelines.writeback.fields import (
    Dictionaries,
    FieldSpec,
    crm_specs,
    enumerations_of,
    statuses_of,
    users_of,
)
from pipelines.writeback.known_fields import CUSTOM_FIELDS_OF, STAGES, WRITABLE, known_field
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.fields import SERVICE_COLUMNS, column_name

_ITEMS: Final = re.compile(r"items_(\d+)")
_TYPES: Final[Mapping[str, str]] = {
    "BIGINT": "integer",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "DATE": "date",
}


@dataclass(frozen=True)
class RawField:
    """A column of a raw table and the field it holds; `is_key` fields identify the row."""

    column: str
    sql_type: str
    spec: FieldSpec
    is_key: bool


def raw_fields(connection: duckdb.DuckDBPyConnection, entity: str) -> tuple[RawField, ...]:
    """The fields of a raw table, with labels and options, in the order of its columns.

    Raises:
        UsageError: the warehouse has no such table.
    """
    columns = _columns(connection, entity)
    if not columns:
        have = ", ".join(name for (name,) in _tables(connection)) or "nothing yet: type `b24 sync`"
        raise UsageError(f"{entity}: the warehouse has no such entity; it has {have}")
    codes = {column: field_code(entity, column) for column, _ in columns}
    custom = _custom_fields(connection, entity)
    described = {codes[column]: _described(entity, column, kind, custom) for column, kind in columns}
    specs = crm_specs(described, _dictionaries(connection, custom.values()), dict([_stages(entity)]))
    keys = _key(entity)
    return tuple(
        RawField(column, kind, _adjusted(specs[codes[column]], kind), column in keys)
        for column, kind in columns
    )


def field_code(entity: str, column: str) -> str:
    """The field's code as methods that write it take it, from the column's name."""
    universal = _ITEMS.fullmatch(entity) is not None or entity in ("pipelines", "smart_process_types")
    if column.startswith("uf_") or not universal:
        return column.upper()
    first, *others = column.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def is_writable(entity: str) -> bool:
    """Whether a plan may change rows of this table."""
    return entity in WRITABLE or _ITEMS.fullmatch(entity) is not None


def _key(entity: str) -> frozenset[str]:
    known = ENTITIES.get(entity)
    return frozenset(map(column_name, known.key)) if known else frozenset({"id"})


def _stages(entity: str) -> tuple[str, str]:
    items = _ITEMS.fullmatch(entity)
    return STAGES.get(entity) or ("stageId", f"DYNAMIC_{items[1]}_STAGE" if items else "")


def _described(
    entity: str, column: str, kind: str, custom: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The column in the words of `crm.*.fields`, so that one reader understands both."""
    code = column.upper()
    frozen = not is_writable(entity)
    if code in custom:
        own = custom[code]
        return {
            "type": own["USER_TYPE_ID"],
            "isMultiple": own["MULTIPLE"] == "Y",
            "isReadOnly": frozen or own["USER_TYPE_ID"] == "file",
            "settings": own["SETTINGS"],
            "title": own["LABEL"] or code,
        }
    known = None if frozen else known_field(entity, column)
    if known is not None and (known.type != "crm_multifield" or kind == "JSON"):
        return {
            "type": known.type,
            "isReadOnly": frozen or known.read_only,
            "statusType": known.directory,
            "title": known.label,
        }
    title = column.replace("_", " ").strip().capitalize() or code
    return {"type": _TYPES.get(kind, "string"), "isReadOnly": frozen, "title": title}


def _adjusted(spec: FieldSpec, sql_type: str) -> FieldSpec:
    """What a JSON column holds is JSON, unless it is known to be a list of something."""
    if sql_type == "JSON" and not spec.multiple and spec.kind not in ("multifield", "file"):
        return FieldSpec(spec.code, "json", spec.label, read_only=spec.read_only)
    return spec


def _columns(connection: duckdb.DuckDBPyConnection, entity: str) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
        [RAW_SCHEMA, entity],
    ).fetchall()
    return [
        (name, kind)
        for name, kind in found
        if name not in SERVICE_COLUMNS and not name.startswith("_dlt_") and not entity.startswith("_dlt_")
    ]


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
    return connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? AND table_name NOT LIKE '\\_dlt%' "
        "ESCAPE '\\' ORDER BY 1",
        [RAW_SCHEMA],
    ).fetchall()


def _custom_fields(connection: duckdb.DuckDBPyConnection, entity: str) -> dict[str, dict[str, Any]]:
    """The custom fields of an entity by code, as the portal's method answers them."""
    rows = _rows(
        connection,
        "custom_fields",
        ("entity_id", "field_name", "user_type_id", "multiple", "settings", "list", "label"),
    )
    owner = CUSTOM_FIELDS_OF.get(entity)
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if owner in (None, row["ENTITY_ID"]):
            row["SETTINGS"], row["LIST"] = (_object(row[name]) for name in ("SETTINGS", "LIST"))
            found[str(row["FIELD_NAME"])] = row
    return found


def _dictionaries(connection: duckdb.DuckDBPyConnection, custom: Iterable[Mapping[str, Any]]) -> Dictionaries:
    statuses = _rows(connection, "statuses", ("entity_id", "status_id", "name", "sort"))
    currencies = _rows(connection, "currencies", ("currency", "full_name"))
    return Dictionaries(
        users=users_of(_rows(connection, "users", ("id", "name", "last_name", "email"))),
        statuses=statuses_of(sorted(statuses, key=lambda row: row["SORT"] or 0)),
        currencies={str(row["CURRENCY"]): str(row["CURRENCY"]) for row in currencies},
        enumerations=enumerations_of(custom),
    )


def _rows(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Live rows of a dictionary with their codes; none where it was not synced."""
    have = {name for name, _ in _columns(connection, table)}
    if not have:
        return []
    chosen = ", ".join(column if column in have else f"NULL AS {column}" for column in columns)
    found = connection.execute(
        f"SELECT {chosen} FROM {RAW_SCHEMA}.{table} WHERE _deleted_at IS NULL ORDER BY 1, 2"
    ).fetchall()
    return [dict(zip(map(str.upper, columns), row, strict=True)) for row in found]


def _object(text: object) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(text) if isinstance(text, str) and text else {}
