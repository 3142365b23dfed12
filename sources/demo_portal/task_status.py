"""The status of a task as it is stored, as filters see it with its meta values, and what it allows."""

import numpy as np
import numpy.typing as npt

from . import php
from .answers import RowPage
from .context import Context
from .seed_tasks import COMPLETED, CONTROL, DEFERRED, PENDING, STARTED
from .table import Ids, Row
from .zone import DAY

OVERDUE, UNSEEN, NEARLY_OVERDUE = -1, -2, -3
# action -> statuses in which it is allowed
ALLOWED = {
    "complete": (PENDING, STARTED, DEFERRED),
    "start": (PENDING, DEFERRED),
    "pause": (STARTED,),
    "defer": (PENDING, STARTED),
    "renew": (CONTROL, COMPLETED),
}
_NEEDED = ("id", "status", "notViewed", "deadline")


def allows(row: Row, action: str) -> bool:
    """Tell whether the status of a task lets an action happen."""
    return php.to_int(row["status"]) in ALLOWED[action]


def sub_status(context: Context, ids: Ids) -> npt.NDArray[np.float64]:
    """Give `subStatus` of each task at the portal's time: the status or one of the meta values."""
    rows = RowPage(context.store.office.tasks.table, ids, _NEEDED).rows()
    return np.array([_meta(context, row) for row in rows], dtype=np.float64)


def _meta(context: Context, row: Row) -> int:
    status = php.to_int(row["status"])
    deadline = context.zone.parse(str(row["deadline"])) if row["deadline"] else None
    now = context.clock.time()
    due = np.inf if deadline is None or status in (CONTROL, COMPLETED) else deadline
    if due < now:
        return OVERDUE
    if status == PENDING and row["notViewed"] == "Y":
        return UNSEEN
    return NEARLY_OVERDUE if due < now + DAY else status
