"""disk.storage.*, disk.folder.* and disk.file.*, reading only (API.md section 17)."""

import base64
from collections.abc import Mapping

from . import php
from .answers import Answer
from .context import Context
from .disk_records import SITE, Drive
from .errors import PortalError
from .fields import Field
from .filters import compile_filter, split_key
from .paging import array_param, sorted_rows, window
from .params import pick
from .single_rows import stored_rows
from .table import Row

_NOT_FILTERED = frozenset(
    {"CREATED_BY", "UPDATED_BY", "DELETED_BY", "SIZE", "FILE_ID", "GLOBAL_CONTENT_VERSION", "REAL_OBJECT_ID"}
    | {"MODULE_ID", "ROOT_OBJECT_ID"}
)
_STORAGE = {
    "ID": "integer",
    "NAME": "string",
    "CODE": "string",
    "MODULE_ID": "string",
    "ENTITY_TYPE": "string",
    "ENTITY_ID": "string",
    "ROOT_OBJECT_ID": "integer",
}
_HEAD = {"ID": "integer", "NAME": "string", "TYPE": "enum", "CODE": "string", "STORAGE_ID": "integer"}
_TAIL = {
    "PARENT_ID": "integer",
    "CREATE_TIME": "datetime",
    "UPDATE_TIME": "datetime",
    "DELETE_TIME": "datetime",
    "CREATED_BY": "integer",
    "UPDATED_BY": "integer",
    "DELETED_BY": "integer",
}
_FOLDER = {**_HEAD, "REAL_OBJECT_ID": "integer", **_TAIL, "DELETED_TYPE": "enum"}
_CONTENT = {"GLOBAL_CONTENT_VERSION": "integer", "FILE_ID": "integer", "SIZE": "integer"}
_FILE = {**_HEAD, **_TAIL, **_CONTENT, "DELETED_TYPE": "enum"}
_SHORTEST, _LONGEST, _LAST_START, _REACH = 3, 255, 1_000, 1_050


def _fields(types: Mapping[str, str]) -> dict[str, Field]:
    kinds = {"enum": "string"}
    return {name: Field(name, kinds.get(kind, kind), name) for name, kind in types.items()}


def _matching(context: Context, rows: list[Row], filters: object, types: Mapping[str, str]) -> list[Row]:
    """Keep the rows that pass; `%` in a plain value is a pattern, keys that are no filter are dropped."""
    fields = {name: field for name, field in _fields(types).items() if name not in _NOT_FILTERED}
    read = {}
    for key, value in php.items_of(filters):
        name = split_key(key)[2]
        plain = key == name and types.get(name) == "string" and "%" in php.to_text(value)
        read[f"=%{name}" if plain else key] = value
    conditions = compile_filter(read, fields, context.zone)
    return [row for row in rows if all(one.accepts(row.get(one.field)) for one in conditions)]


def _order(order: object, types: Mapping[str, str]) -> list[tuple[str, bool]]:
    keys = [(name.upper(), php.to_text(way).upper() == "DESC") for name, way in php.items_of(order)]
    return [key for key in keys if key[0] in types] or [("ID", False)]


def storage_list(context: Context, params: dict[str, object]) -> Answer:
    """disk.storage.getList: drives of the company, of users and of groups."""
    rows = context.store.office.drive.storages.rows()
    found = _matching(context, rows, array_param(params, "filter"), _STORAGE)
    found = sorted_rows(found, _order(array_param(params, "order"), _STORAGE))
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    return part.answer(found[first:stop], len(found), shown=stop - first, table_rows=len(rows))


def storage_children(context: Context, params: dict[str, object]) -> Answer:
    """disk.storage.getChildren: what lies at the root of a storage."""
    number = _number(params, 0)
    row = context.store.office.drive.storages.get(number)
    if row is None:
        raise _not_found(number)
    return _children(context, params, php.to_int(row["ROOT_OBJECT_ID"]))


def folder_children(context: Context, params: dict[str, object]) -> Answer:
    """disk.folder.getChildren: what lies directly inside; nothing where the folder may not be read."""
    number = _number(params, 1)
    if not context.store.office.drive.holds(number):
        raise _not_found(number)
    return _children(context, params, number)


def _number(params: dict[str, object], place: int) -> int:
    value = pick(params, "id")
    if not php.is_numeric(value) or php.to_int(value) <= 0:
        raise PortalError("ERROR_ARGUMENT", f"Invalid value of parameter {{Parameter #{place}}}")
    return php.to_int(value)


def _not_found(number: int) -> PortalError:
    return PortalError("ERROR_NOT_FOUND", f"Could not find entity with id `{number}`.")


def _children(context: Context, params: dict[str, object], folder: int) -> Answer:
    filters, order = array_param(params, "filter"), array_param(params, "order")
    drive = context.store.office.drive
    folders, files = ([], []) if folder in drive.hidden else drive.inside(folder)
    rows = [*stored_rows(drive.folders.table, folders), *stored_rows(drive.files.table, files)]
    found = sorted_rows(_matching(context, rows, filters, _FOLDER), _order(order, {**_FOLDER, **_FILE}))
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    page = [shown(drive, row) for row in found[first:stop]]
    return part.answer(page, len(found), shown=len(page), table_rows=len(rows))


def shown(drive: Drive, row: Row) -> Row:
    """Give an object with its links; a file's download link carries a token that is new each time."""
    detail = row.get("DETAIL_URL") or drive.address(row)
    row = {name: value for name, value in row.items() if name != "DETAIL_URL"}
    if row["TYPE"] == "file":
        mark = base64.b64encode(f"disk|{row['ID']}|{drive.next_link()}".encode()).decode().rstrip("=")
        row["DOWNLOAD_URL"] = f"{SITE}/rest/download.json?auth=demo{mark}&token=disk%7C{mark}"
    return {**row, "DETAIL_URL": detail}


def folder_get(context: Context, params: dict[str, object]) -> Answer:
    """disk.folder.get: a folder, the root of a storage too, one in the trash too."""
    number = _number(params, 1)
    drive = context.store.office.drive
    storage = drive.roots().get(number)
    if storage is not None:
        return Answer(_root(storage))
    if number in drive.hidden:
        raise PortalError("ACCESS_DENIED", "Access denied")
    return Answer(_object(drive, drive.folders.table.get(number), number, "folder"))


def file_get(context: Context, params: dict[str, object]) -> Answer:
    """disk.file.get: a file, one in the trash too."""
    number = _number(params, 0)
    drive = context.store.office.drive
    return Answer(_object(drive, drive.files.table.get(number), number, "file"))


def _object(drive: Drive, row: Row | None, number: int, kind: str) -> Row:
    found = row or drive.trash.get(number)
    if found is None or found["TYPE"] != kind:
        raise _not_found(number)
    return shown(drive, found)


def _root(storage: Row) -> Row:
    number = storage["ROOT_OBJECT_ID"]
    row: Row = {
        "ID": number,
        "NAME": storage["NAME"],
        "CODE": None,
        "STORAGE_ID": storage["ID"],
        "TYPE": "folder",
    }
    row |= {"REAL_OBJECT_ID": number, "PARENT_ID": None, "DELETED_TYPE": "0"}
    row |= dict.fromkeys(("CREATE_TIME", "UPDATE_TIME"), "2020-01-09T10:00:00+01:00")
    return row | {
        "DELETE_TIME": None,
        "CREATED_BY": "1",
        "UPDATED_BY": "0",
        "DELETED_BY": "0",
        "DETAIL_URL": SITE,
    }


def search(context: Context, params: dict[str, object]) -> Answer:
    """disk.file.search: by part of the name, newest first; no total, nothing beyond the 1050th object."""
    query = pick(params, "QUERY")
    if not isinstance(query, str) or not _SHORTEST <= len(query.strip()) <= _LONGEST:
        raise PortalError("INVALID_QUERY", "Search query is invalid. (INVALID_QUERY).")
    kind = php.to_text(pick(params, "TYPE")) or "file"
    wanted = {key.upper(): php.to_int(value) for key, value in php.items_of(pick(params, "FILTER"))}
    conditions = {"%NAME": query.strip()}
    conditions |= {
        name: str(wanted[key])
        for key, name in (("STORAGE_ID",) * 2, ("FOLDER_ID", "PARENT_ID"))
        if key in wanted
    }
    drive = context.store.office.drive
    found: list[tuple[int, bool]] = []
    for records, name in ((drive.files, "file"), (drive.folders, "folder")):
        if kind in (name, "all"):
            ids = records.table.select(compile_filter(conditions, _fields(_HEAD | _TAIL), context.zone))
            found += [(number, name == "file") for number in ids.tolist()]
    found = sorted(found, reverse=True)[:_REACH]
    start = (
        max(0, min(php.to_int(pick(params, "start")), _LAST_START)) // context.page_size * context.page_size
    )
    window_of = found[start : start + context.page_size]
    rows = [
        *stored_rows(drive.files.table, [number for number, is_file in window_of if is_file]),
        *stored_rows(drive.folders.table, [number for number, is_file in window_of if not is_file]),
    ]
    page = [shown(drive, row) for row in sorted_rows(rows, [("ID", True)])]
    following = start + context.page_size
    more = following < len(found) and following <= _LAST_START
    return Answer(page, next=following if more else None, rows=len(page), offset=start)


def _describing(types: Mapping[str, str]) -> dict[str, object]:
    return {
        name: {"TYPE": kind, "USE_IN_FILTER": name not in _NOT_FILTERED, "USE_IN_SHOW": True}
        for name, kind in types.items()
    }


def storage_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """disk.storage.getFields."""
    return Answer(_describing(_STORAGE))


def folder_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """disk.folder.getFields."""
    return Answer(_describing(_FOLDER))


def file_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """disk.file.getFields."""
    return Answer(_describing(_FILE))


ROWS = (
    ("disk.storage.getList", "disk", storage_list),
    ("disk.storage.getChildren", "disk", storage_children),
    ("disk.storage.getFields", "disk", storage_fields),
    ("disk.folder.getChildren", "disk", folder_children),
    ("disk.folder.get", "disk", folder_get),
    ("disk.folder.getFields", "disk", folder_fields),
    ("disk.file.get", "disk", file_get),
    ("disk.file.getFields", "disk", file_fields),
    ("disk.file.search", "disk", search),
)
