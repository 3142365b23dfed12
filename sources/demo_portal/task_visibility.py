"""Which tasks the webhook's owner may see: all as administrator, else his own and those of his staff."""

import numpy as np

from . import php
from .context import Context
from .filters import compile_filter
from .table import Ids
from .task_fields import FILTERS

_ADMINISTRATOR = 1


def is_admin(context: Context) -> bool:
    """Tell whether the owner of the webhook is the portal's administrator."""
    return context.user_id == _ADMINISTRATOR


def visible(context: Context, ids: Ids) -> Ids:
    """Keep the tasks that may be seen, in their order."""
    if is_admin(context):
        return ids
    return ids[np.isin(ids, _seen(context))]


def may_see(context: Context, number: int) -> bool:
    """Tell whether one task may be seen."""
    return is_admin(context) or number in _seen(context)


def _seen(context: Context) -> Ids:
    table = context.store.office.tasks.table
    found = np.zeros(0, dtype=np.int64)
    mine, staff = [context.user_id], [context.user_id, *_staff(context)]
    for name, people in (
        ("CREATED_BY", staff),
        ("RESPONSIBLE_ID", staff),
        ("ACCOMPLICE", mine),
        ("AUDITOR", mine),
    ):
        found = np.union1d(found, table.select(compile_filter({name: people}, FILTERS, context.zone)))
    return found


def _staff(context: Context) -> list[int]:
    """Give everybody in the departments that the user heads and in those below."""
    departments = context.store.records("departments").rows()
    led = {php.to_int(row["ID"]) for row in departments if php.to_int(row.get("UF_HEAD")) == context.user_id}
    for _ in departments:
        led |= {php.to_int(row["ID"]) for row in departments if php.to_int(row.get("PARENT")) in led}
    return [
        php.to_int(row["ID"])
        for row in context.store.office.users.rows()
        if led & {php.to_int(one) for _, one in php.items_of(row["UF_DEPARTMENT"])}
    ]
