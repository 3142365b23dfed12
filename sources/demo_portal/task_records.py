"""Tasks, checklist items and time entries as the portal's users change them."""

from collections.abc import Callable, Mapping

from . import php
from .cards import group_card, user_card
from .clock import Clock
from .records import Records
from .seed_tasks import COMPLETED, DEFERRED, PENDING, STARTED, guid
from .table import Row, Table
from .task_fields import TASK_FIELDS, camel
from .zone import Zone

_LISTS = ("accomplices", "auditors")
_IDS = (
    "createdBy",
    "responsibleId",
    "changedBy",
    "groupId",
    "parentId",
    "stageId",
    "closedBy",
    "statusChangedBy",
)
_READ_ONLY = ("id", "createdDate", "guid", "timeSpentInLogs", "commentsCount", "newCommentsCount")
_UNSET = (
    *(
        "parentId",
        "mark",
        "statusChangedBy",
        "closedBy",
        "closedDate",
        "dateStart",
        "deadline",
        "startDatePlan",
    ),
    *(
        "endDatePlan",
        "xmlId",
        "commentsCount",
        "serviceCommentsCount",
        "forkedByTemplateId",
        "timeSpentInLogs",
    ),
    *("forumTopicId", "forumId", "exchangeModified", "exchangeId", "viewedDate", "sorting", "durationFact"),
    *(
        "flowId",
        "durationPlan",
        "sprintId",
        "backlogId",
        "ufMailMessage",
        "ufNewTasksField",
        "ufAuto700100200300",
    ),
)
_FLAGS = (
    *(
        "multitask",
        "notViewed",
        "replicate",
        "allowChangeDeadline",
        "allowTimeTracking",
        "taskControl",
        "addInReport",
    ),
    *("matchWorkTime", "isMuted", "isPinned", "isPinnedInGroup", "favorite"),
)
Lookup = Callable[[int], Row | None]


class TaskRecords(Records):
    """Tasks; a change of the task itself moves changedDate, a change of its parts does not."""

    def __init__(self, table: Table, clock: Clock, zone: Zone, users: Lookup, groups: Lookup) -> None:
        super().__init__(table, "id")
        self._clock = clock
        self._zone = zone
        self._users = users
        self._groups = groups
        self.history = Records(Table(key="id"), "id", bare=True)

    def add(self, fields: Mapping[str, object], user: int = 1) -> int:
        """Add a task, its fields named as in requests or as in answers, and give its id."""
        number = php.to_int(fields.get("ID", fields.get("id"))) or self.table.next_id()
        now = self._now()
        row = self._blank(number, user, now)
        self._write(row, fields, user)
        self._show(row)
        # the columns give the order of the keys
        known = self.table.columns
        self.table.put({name: row[name] for name in known} | row if known else row)
        self._note(number, "NEW", None, None, user)
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object], user: int = 1) -> None:
        """Change a task: changedDate becomes the portal's now, a status takes its dates along."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        before = dict(row)
        row["changedDate"] = row["activityDate"] = self._now()
        row["changedBy"] = str(user)
        self._write(row, fields, user)
        self._show(row)
        self.table.put(row)
        for code, field in TASK_FIELDS.items():
            name = field.camel
            if (
                name in row
                and row[name] != before.get(name)
                and name not in ("changedDate", "activityDate", "changedBy")
            ):
                self._note(int(row_id), code, before.get(name), row[name], user)

    def _now(self) -> str:
        return self._zone.text(self._clock.time())

    def _blank(self, number: int, user: int, now: str) -> Row:
        row: Row = {"id": str(number), "title": "", "description": "", "priority": "1", "stageId": "0"}
        row |= dict.fromkeys(_UNSET) | dict.fromkeys(_FLAGS, "N")
        row |= dict.fromkeys(("createdBy", "responsibleId", "changedBy"), str(user))
        row |= dict.fromkeys(("createdDate", "changedDate", "activityDate", "statusChangedDate"), now)
        row |= {
            "guid": guid(number),
            "timeEstimate": "0",
            "siteId": "s1",
            "subordinate": "Y",
            "outlookVersion": "1",
        }
        row |= {"descriptionInBbcode": "Y", "status": "2", "durationType": "days", "groupId": "0"}
        row |= {"accomplices": [], "auditors": [], "tags": [], "newCommentsCount": 0}
        return row | {"ufCrmTask": False, "ufTaskWebdavFiles": False}

    def _write(self, row: Row, fields: Mapping[str, object], user: int) -> None:
        sent = {camel(name) if name.upper() == name else name: value for name, value in fields.items()}
        if ("startDatePlan" in sent) != ("endDatePlan" in sent):
            sent = {name: value for name, value in sent.items() if not name.endswith("DatePlan")}
        for name, value in sent.items():
            if name == "status":
                self._set_status(row, php.to_text(value), user)
            elif name in row and name not in _READ_ONLY:
                stored = self._stored(name, value)
                if stored is not _KEEP:
                    row[name] = stored

    def _stored(self, name: str, value: object) -> object:
        text = php.to_text(value)
        stored: object = None if value is None else text
        if name.startswith("uf"):
            stored = _custom_value(name, value)
        elif name in _LISTS:
            stored = [php.to_text(item) for _, item in php.items_of(value) if php.truthy(item)]
        elif name == "tags":
            titles = [php.to_text(item) for _, item in php.items_of(value)] or text.split(",")
            named = {str(70 + place): title for place, title in enumerate(titles) if title}
            stored = {key: {"id": int(key), "title": title} for key, title in named.items()} or []
        elif name.endswith(("Date", "DatePlan")) or name in ("deadline", "dateStart"):
            seconds = self._zone.parse(text) if text else None
            stored = None if seconds is None else self._zone.text(seconds)
            stored = _KEEP if text and seconds is None else stored
        elif name in _IDS:
            stored = str(php.to_int(value))
        elif name in _FLAGS:
            stored = "Y" if text in ("Y", "1") else "N"
        return stored

    def _set_status(self, row: Row, status: str, user: int) -> None:
        if status == row["status"] or status not in ("2", "3", "4", "5", "6"):
            return
        now = self._now()
        row |= {"status": status, "statusChangedBy": str(user), "statusChangedDate": now}
        if int(status) == STARTED and row["dateStart"] is None:
            row["dateStart"] = now
        if int(status) == COMPLETED:
            row |= {"closedBy": str(user), "closedDate": now}
        elif int(status) in (PENDING, STARTED, DEFERRED):
            row |= {"closedBy": "0", "closedDate": None}

    def _show(self, row: Row) -> None:
        """Bring along the objects that answers show for people and the group."""

        def card(number: object) -> dict[str, object]:
            return user_card(php.to_int(number), self._users(php.to_int(number)))

        row["creator"], row["responsible"] = card(row["createdBy"]), card(row["responsibleId"])
        for name in _LISTS:
            numbers = [number for _, number in php.items_of(row[name])]
            known = {str(one): card(one) for one in numbers if self._users(php.to_int(one)) is not None}
            row[f"{name}Data"] = known or []
        group = self._groups(php.to_int(row["groupId"]))
        row["group"] = group_card(group) if group else []

    def _note(self, task: int, field: str, before: object, after: object, user: int) -> None:
        self.history.add(
            {
                "taskId": task,
                "createdDate": self._now(),
                "field": field,
                "change": (_past(before), _past(after)),
                "userId": user,
            }
        )


class PartRecords(Records):
    """What belongs to a task and goes with it: checklist items or time entries."""

    def __init__(self, table: Table, clock: Clock, zone: Zone) -> None:
        super().__init__(table)
        self.clock = clock
        self.zone = zone

    def of_task(self, task: int) -> list[int]:
        """Give the ids of a task's rows, ascending."""
        return self.table.where_number("TASK_ID", task)

    def forget(self, task: int) -> None:
        """Delete the rows of a deleted task."""
        for number in self.of_task(task):
            self.table.remove(number)


def _custom_value(name: str, value: object) -> object:
    many = [php.to_text(item) for _, item in php.items_of(value)]
    if name == "ufTaskWebdavFiles":
        # files of the drive are sent as n<id>, attachments that are there already by their number
        return [php.to_int(item.lstrip("n")) for item in many] or False
    if name == "ufCrmTask":
        return many or ([php.to_text(value)] if php.truthy(value) else False)
    return _KEEP if isinstance(value, list | dict) else None if value is None else php.to_text(value)


def _past(value: object) -> object:
    if isinstance(value, list | dict):
        return ",".join(php.to_text(item) for _, item in php.items_of(value))
    return value if value is None else php.to_text(value)


_KEEP = object()  # the value is dropped silently, the old one stays
