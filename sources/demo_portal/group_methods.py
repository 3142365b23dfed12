"""sonet_group.get: workgroups."""

from . import php
from .answers import Answer
from .context import Context
from .fields import Field
from .filters import compile_filter
from .paging import array_param, sorted_rows, window
from .params import pick

_MOMENTS = ("DATE_CREATE", "DATE_UPDATE", "DATE_ACTIVITY")


def group_get(context: Context, params: dict[str, object]) -> Answer:
    """sonet_group.get: the groups the webhook's owner may see; `ORDER`, `FILTER`, `start`."""
    rows = context.store.office.groups.rows()
    fields = {
        name: Field(
            name, "datetime" if name in _MOMENTS else "integer" if name.endswith("ID") else "string", name
        )
        for row in rows
        for name in row
        if name != "SITE_ID"
    }
    conditions = compile_filter(array_param(params, "filter"), fields, context.zone)
    found = [row for row in rows if all(one.accepts(row.get(one.field)) for one in conditions)]
    order = [
        (name.upper(), php.to_text(way).upper() == "DESC")
        for name, way in php.items_of(pick(params, "order"))
    ]
    found = sorted_rows(found, [key for key in order if key[0] in fields] or [("ID", False)])
    part = window(params, context.page_size)
    first, stop = part.cut(len(found))
    return part.answer(found[first:stop], len(found), shown=stop - first, table_rows=len(rows))


ROWS = (("sonet_group.get", "sonet_group", group_get),)
