"""TARGETS: what can be written to a portal; one entry makes a target known to every command."""

import difflib
import re
from types import MappingProxyType
from typing import Any, Final

from pipelines.errors import UsageError
from pipelines.writeback.target import Target
from pipelines.writeback.target_adds import ChecklistTarget, MessageTarget, NotificationTarget
from pipelines.writeback.target_crm import CrmTarget
from pipelines.writeback.target_events import EventTarget
from pipelines.writeback.target_items import ItemTarget
from pipelines.writeback.target_sets import ContactLinkTarget, ProductTarget
from pipelines.writeback.target_tasks import STATUS_AFTER, TaskTarget

_RECORDS: Final = ("update", "insert", "upsert", "delete")
_ITEMS: Final = re.compile(r"items_(\d+)")


def _crm(name: str, singular: str, **more: Any) -> CrmTarget:  # noqa: ANN401 - of CrmTarget
    settings: dict[str, Any] = {
        "modes": _RECORDS,
        "tables": (name,),
        "marker_code": "ORIGIN_ID",
        "stamp": "DATE_MODIFY",
        "unclearable": ("ASSIGNED_BY_ID",),
        # the documentation's samples of one call (API.md 4, WRITEBACK 1)
        "seconds": {"add": 2.0, "update": 1.5, "delete": 5.3},
        **more,
    }
    return CrmTarget(name=name, singular=singular, **settings)


def _items(type_id: int) -> ItemTarget:
    return ItemTarget(
        name=f"items_{type_id}",
        type_id=type_id,
        modes=_RECORDS,
        tables=(f"items_{type_id}",),
        id_code="id",
        marker_code="xmlId",
        stamp="updatedTime",
        companion=("opportunity", "isManualOpportunity"),
        automation=("stageId",),
        unclearable=("assignedById", "stageId"),
        seconds={"add": 3.7, "update": 3.5, "delete": 3.5},
    )


TARGETS: Final = MappingProxyType(
    {
        target.name: target
        for target in (
            _crm(
                "deals",
                "deal",
                stages={"STAGE_ID": "DEAL_STAGE"},
                companion=("OPPORTUNITY", "IS_MANUAL_OPPORTUNITY"),
                automation=("STAGE_ID",),
                unclearable=("ASSIGNED_BY_ID", "STAGE_ID", "CURRENCY_ID"),
            ),
            _crm(
                "leads",
                "lead",
                stages={"STATUS_ID": "STATUS"},
                history=False,
                companion=("OPPORTUNITY", "IS_MANUAL_OPPORTUNITY"),
                automation=("STATUS_ID",),
                seconds={"add": 4.2, "update": 1.5, "delete": 5.3},
                unclearable=("ASSIGNED_BY_ID", "TITLE", "STATUS_ID"),
            ),
            _crm(
                "contacts",
                "contact",
                either=("NAME", "LAST_NAME"),
                automation=("ASSIGNED_BY_ID",),
                seconds={"add": 2.5, "update": 2.4, "delete": 10.0},
            ),
            _crm("companies", "company", required=("TITLE",)),
            TaskTarget(
                name="tasks",
                modes=(*_RECORDS, *STATUS_AFTER),
                tables=("tasks",),
                required=("TITLE", "RESPONSIBLE_ID"),
                marker_code="XML_ID",
                stamp="CHANGED_DATE",
                deeds={mode: {"STATUS": status} for mode, status in STATUS_AFTER.items()},
                unclearable=("CREATED_BY", "STATUS"),
            ),
            ChecklistTarget(
                name="task_checklist_items",
                modes=("insert", "complete"),
                tables=("task_checklist_items",),
                id_parts=("TASK_ID", "ID"),
                required=("TASK_ID", "TITLE"),
                seconds={"add": 0.3, "complete": 0.3},
                reads_many=False,
                deeds={"complete": {"IS_COMPLETE": "Y"}},
            ),
            EventTarget(
                name="calendar_events",
                modes=_RECORDS,
                tables=("calendar_events",),
                id_code="id",
                required=("type", "name", "from", "to"),
                seconds={"add": 0.5, "update": 0.5, "delete": 0.5},
                reads_many=False,
                stamp="VERSION",
                unclearable=("section",),
            ),
            MessageTarget(
                name="chat_messages",
                modes=("insert",),
                tables=(),
                required=("DIALOG_ID", "MESSAGE"),
                seconds={"add": 0.3},
                reads_many=False,
                reads_back=False,
            ),
            NotificationTarget(
                name="notifications",
                modes=("insert",),
                tables=(),
                required=("USER_ID", "MESSAGE"),
                seconds={"add": 0.3},
                trace="repeat",
                reads_many=False,
                reads_back=False,
            ),
            ProductTarget(
                name="product_rows",
                modes=("set",),
                tables=("product_rows",),
                id_code="ownerId",
                seconds={"set": 0.2},
                reads_many=False,
            ),
            ContactLinkTarget(
                name="deal_contacts",
                modes=("set",),
                tables=("deal_contacts",),
                id_code="DEAL_ID",
                seconds={"set": 0.3},
                reads_many=False,
            ),
        )
    }
)
"""By the name after `--to`; items_<entityTypeId> are made by `target_named`."""


def target_named(name: str) -> Target:
    """The target of this name.

    Raises:
        UsageError: there is none.
    """
    if name in TARGETS:
        return TARGETS[name]
    match = _ITEMS.fullmatch(name)
    if match is not None:
        return _items(int(match[1]))
    known = [*TARGETS, "items_<entityTypeId>"]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
    raise UsageError(f"--to {name}: nothing can be written there; {hint}")
