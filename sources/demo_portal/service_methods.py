"""Users, departments and the methods that speak about the webhook itself."""

from . import php
from .answers import Answer
from .context import Context
from .errors import PortalError
from .fields import Field
from .filters import compile_filter
from .paging import sorted_rows, window
from .params import pick
from .table import Row

_CONTACTS = ("EMAIL", "PERSONAL_MOBILE", "WORK_PHONE", "PERSONAL_WWW")
_MOMENTS = ("LAST_LOGIN", "DATE_REGISTER", "PERSONAL_BIRTHDAY", "TIMESTAMP_X", "LAST_ACTIVITY_DATE")
_OWN_PARAMS = frozenset({"SORT", "ORDER", "FILTER", "ADMIN_MODE", "SELECT", "IMAGE_RESIZE", "START"})
_SEARCHED = ("NAME", "LAST_NAME", "WORK_POSITION", "EMAIL")
_FULL_SCOPES = (
    "crm",
    "user",
    "user_basic",
    "user_brief",
    "department",
    "task",
    "calendar",
    "disk",
    "im",
    "imbot",
    "telephony",
)


def user_get(context: Context, params: dict[str, object]) -> Answer:
    """user.get: dismissed users included unless ACTIVE is asked for."""
    return _users(context, params, search=False)


def user_search(context: Context, params: dict[str, object]) -> Answer:
    """user.search: names and positions match in part; FIND looks through all of them."""
    return _users(context, params, search=True)


def _users(context: Context, params: dict[str, object], *, search: bool) -> Answer:
    filters = {key.upper(): value for key, value in params.items() if key.upper() not in _OWN_PARAMS}
    nested = pick(params, "filter")
    filters.update({key.upper(): value for key, value in php.items_of(nested)})
    rows = context.store.records("users").rows()
    found = rows
    find = php.to_text(filters.pop("FIND", "")).casefold()
    if search and find:
        found = [row for row in rows if any(find in php.to_text(row[name]).casefold() for name in _SEARCHED)]
        filters = {}
    fields = {name: _user_field(name) for row in rows for name in row}
    conditions = compile_filter(
        {_masked(k, v, search): _active(k, v) for k, v in filters.items()}, fields, context.zone
    )
    found = [row for row in found if all(one.accepts(row.get(one.field)) for one in conditions)]
    sort = php.to_text(pick(params, "sort")).upper() or "ID"
    way = php.to_text(pick(params, "order")).upper() == "DESC"
    found = sorted_rows(found, [(sort if sort in fields else "ID", way)])
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    names = {php.to_text(name) for _, name in php.items_of(pick(params, "select"))}
    shown = [_visible(context, row, names) for row in found[first:stop]]
    return part.answer(shown, len(found), shown=len(shown), table_rows=len(rows))


def _user_field(name: str) -> Field:
    kind = "integer" if name in ("ID", "UF_DEPARTMENT") else "boolean" if name == "ACTIVE" else "string"
    return Field(name, "datetime" if name in _MOMENTS else kind, name)


def _masked(key: str, value: object, search: bool) -> str:  # noqa: FBT001
    if key[:1] not in "!=%<>@" and isinstance(value, str):
        if "%" in value:
            return f"=%{key}"
        if search and key in _SEARCHED:
            return f"%{key}"
    return key


def _active(key: str, value: object) -> object:
    if key.lstrip("=") == "ACTIVE":
        return "1" if value in (True, 1, "1", "Y", "true", "TRUE") else "0"
    return value


def _visible(context: Context, row: Row, names: set[str]) -> Row:
    full = "user" in context.scopes
    brief = not full and "user_basic" not in context.scopes
    return {
        name: value
        for name, value in row.items()
        if (not names or name in names or name == "ID" or "*" in names)
        and not (brief and name in _CONTACTS)
        and (full or name != "LAST_LOGIN")
    }


def user_current(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """user.current: the owner of the webhook."""
    row = context.store.records("users").get(context.user_id) or {}
    now = context.zone.text(context.clock.time())
    # the same two fields are empty objects in user.get, and texts without a zone here
    seen = {
        "TIMESTAMP_X": f"{now[8:10]}.{now[5:7]}.{now[:4]} {now[11:19]}",
        "LAST_ACTIVITY_DATE": f"{now[:10]} {now[11:19]}",
    }
    return Answer(_visible(context, {**row, **seen}, set()))


def department_get(context: Context, params: dict[str, object]) -> Answer:
    """department.get: exact matches at top level, no operators."""
    rows = context.store.records("departments").rows()
    found = rows
    for name in ("ID", "NAME", "SORT", "PARENT", "UF_HEAD"):
        wanted = pick(params, name)
        # `sort` is the sort field as well as a filter: a name means sorting
        if wanted is not None and not (name == "SORT" and not php.is_numeric(wanted)):
            options = {php.to_text(item) for item in (wanted if isinstance(wanted, list) else [wanted])}
            found = [row for row in found if php.to_text(row.get(name)) in options]
    sort = php.to_text(pick(params, "sort")).upper()
    way = php.to_text(pick(params, "order")).upper() == "DESC"
    known = {name for row in rows for name in row}
    found = sorted_rows(found, [(sort if sort in known else "ID", way)])
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    return part.answer(found[first:stop], len(found), shown=stop - first, table_rows=len(rows))


def profile(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """Answer who the webhook's owner is; works without any scope."""
    row = context.store.records("users").get(context.user_id) or {}
    names = ("NAME", "LAST_NAME", "PERSONAL_GENDER", "TIME_ZONE")
    return Answer({"ID": str(context.user_id), "ADMIN": True, **{name: row.get(name, "") for name in names}})


def scope(context: Context, params: dict[str, object]) -> Answer:
    """Answer the webhook's scopes, or with `full` all there are."""
    full = php.truthy(pick(params, "full"))
    return Answer(sorted({*_FULL_SCOPES, *context.scopes}) if full else list(context.scopes))


def methods(context: Context, params: dict[str, object]) -> Answer:
    """List the methods the webhook may call."""
    wanted = php.to_text(pick(params, "scope"))
    return Answer(
        [
            name
            for name, needed in context.method_scopes.items()
            if (needed == wanted if wanted else allowed(needed, context.scopes))
        ]
    )


def method_get(context: Context, params: dict[str, object]) -> Answer:
    """Tell whether a method exists and may be called; the name has to be lower-case."""
    name = php.to_text(pick(params, "name"))
    exists = name in context.method_scopes
    return Answer(
        {"isExisting": exists, "isAvailable": exists and allowed(context.method_scopes[name], context.scopes)}
    )


def server_time(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """Answer the portal's clock."""
    return Answer(context.zone.text(context.clock.time()))


def app_info(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """Answer scopes and licence, as the self-hosted edition does, or refuse, as the documentation says."""
    if not context.app_info:
        raise PortalError("ACCESS_DENIED", "Access denied! Application context required")
    return Answer({"SCOPE": list(context.scopes), "LICENSE": context.license})


def allowed(needed: str, scopes: tuple[str, ...]) -> bool:
    """Tell whether the scopes of the webhook cover a method; `a|b` means either."""
    return not needed or any(one in scopes for one in needed.split("|"))
