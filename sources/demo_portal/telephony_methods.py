"""voximplant.statistic.get: the statistics of calls (REST page of the method; scope telephony)."""

from collections.abc import Mapping

import numpy as np

from . import php
from .answers import Answer, RowPage
from .context import Context
from .field_tables import CALL_FIELDS
from .fields import Field
from .filters import Condition, compile_filter
from .paging import Window
from .params import pick
from .table import Ids, Table

_FIELDS: Mapping[str, Field] = {field.code: field for field in CALL_FIELDS}


def call_list(context: Context, params: dict[str, object]) -> Answer:
    """voximplant.statistic.get: always counted; SORT and ORDER are two texts, CALL_TYPE sorts nothing."""
    table = context.store.satellites.calls.table
    sort = php.to_text(pick(params, "SORT")).upper()
    way = php.to_text(pick(params, "ORDER")).upper()
    sortable = sort in _FIELDS and sort != "CALL_TYPE"
    order = [(sort, way == "DESC")] if sortable else []
    filters = dict(php.items_of(pick(params, "FILTER") or {}))
    plain, outside = _plain(filters)
    conditions = compile_filter(plain, _FIELDS, context.zone)
    ids = table.select(conditions, () if outside else order)
    if outside:
        for code, low, high in outside:
            ids = np.intersect1d(ids, _outside(context, table, code, low, high))
        ids = table.sort(ids, order)
    # no page tells of a list without a count: a negative start is the first page
    part = Window(max(0, php.to_int(pick(params, "start"))), context.page_size, counted=True)
    first, stop = part.cut(len(ids))
    names = tuple(table.columns)
    page = RowPage(table, ids[first:stop], names)
    return part.answer(page, len(ids), shown=stop - first, table_rows=table.scanned(conditions))


def _plain(filters: Mapping[str, object]) -> tuple[dict[str, object], list[tuple[str, object, object]]]:
    """Turn ranges and the text search of this method into the operators that all lists know."""
    plain: dict[str, object] = {}
    outside = []
    for key, value in filters.items():
        bounds = [item for _, item in php.items_of(value)]
        if key.startswith("!><") and len(bounds) == 2:  # noqa: PLR2004
            outside.append((key.removeprefix("!><"), bounds[0], bounds[1]))
        elif key.startswith("><") and len(bounds) == 2:  # noqa: PLR2004
            plain |= {f">={key[2:]}": bounds[0], f"<={key[2:]}": bounds[1]}
        else:
            plain["%" + key[1:] if key.startswith("?") else key] = value
    return plain, outside


def _outside(context: Context, table: Table, code: str, low: object, high: object) -> Ids:
    below: list[Condition] = compile_filter({f"<{code}": low}, _FIELDS, context.zone)
    above = compile_filter({f">{code}": high}, _FIELDS, context.zone)
    return np.union1d(table.select(below), table.select(above))
