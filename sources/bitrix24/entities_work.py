"""Entries beside the CRM: people, tasks, calendars, disk, telephony."""

from collections.abc import Mapping
from types import MappingProxyType

from .entity import Dialect, Entity, Reading
from .fields import Kind


def _of(kind: Kind, *codes: str) -> dict[str, Kind]:
    return dict.fromkeys(codes, kind)


_PEOPLE = (
    Entity(
        name="users",
        scope="user",
        method="user.get",
        reading=Reading.OFFSET,
        columns={"ID": "integer", "ACTIVE": "boolean", "UF_DEPARTMENT": "json"},
        meaning="employees, the dismissed ones included",
    ),
    Entity(
        name="departments",
        scope="department",
        method="department.get",
        reading=Reading.OFFSET,
        columns={"ID": "integer", "SORT": "integer", "PARENT": "integer", "UF_HEAD": "integer"},
        meaning="the tree of departments",
    ),
)

# Objects beside the ids that name them, and what depends on who looks: neither moves CHANGED_DATE.
_NOT_OF_THE_TASK = frozenset(
    {
        *("responsible", "creator", "changedByUser", "group", "accomplicesData", "auditorsData", "action"),
        *("notViewed", "viewedDate", "favorite", "subordinate", "isMuted", "isPinned", "isPinnedInGroup"),
        *("sorting", "newCommentsCount", "commentsCount", "serviceCommentsCount", "counter", "checklist"),
        *("timerIsRunningForCurrentUser", "timeElapsed", "parsedDescription", "subStatus"),
    }
)

_TASKS = (
    Entity(
        name="tasks",
        scope="task",
        method="tasks.task.list",
        reading=Reading.KEYSET,
        key=("id",),
        rows_at="tasks",
        asks_for_fields=True,
        select=("TAGS",),  # that alone is not among the fields (API.md 13)
        id_filter="ID",
        dialect=Dialect.BARE,
        modified="changedDate",
        modified_filter="CHANGED_DATE",
        fields_method="tasks.task.getFields",
        fields_at="fields",
        columns={
            **_of("integer", "id", "parentId", "groupId", "stageId", "sprintId", "backlogId", "flowId"),
            **_of("integer", "createdBy", "responsibleId", "changedBy", "statusChangedBy", "closedBy"),
            **_of("integer", "status", "priority", "timeEstimate", "timeSpentInLogs", "forumTopicId"),
            **_of("integer", "durationPlan", "durationFact"),
            **_of("datetime", "createdDate", "changedDate", "statusChangedDate", "closedDate"),
            **_of("datetime", "activityDate", "dateStart", "deadline", "startDatePlan", "endDatePlan"),
            **_of("datetime", "exchangeModified"),
            **_of("json", "accomplices", "auditors", "tags", "ufCrmTask", "ufTaskWebdavFiles"),
        },
        dropped=_NOT_OF_THE_TASK,
        meaning="tasks, with their custom fields",
    ),
    Entity(
        name="task_checklist_items",
        scope="task",
        method="task.checklistitem.getlist",
        reading=Reading.OF_OWNERS,
        owners=("tasks",),
        owner_id="TASK_ID",
        columns={
            **_of("integer", "ID", "TASK_ID", "PARENT_ID", "CREATED_BY", "SORT_INDEX", "TOGGLED_BY"),
            "TOGGLED_DATE": "datetime",
            **_of("json", "MEMBERS", "ATTACHMENTS"),
        },
        meaning="checklists of every task; a command a task",
    ),
    Entity(
        name="task_time_entries",
        scope="task",
        method="task.elapseditem.getlist",
        reading=Reading.KEYSET,
        dialect=Dialect.POSITIONAL,
        columns={
            **_of("integer", "ID", "TASK_ID", "USER_ID", "SECONDS", "MINUTES", "SOURCE"),
            **_of("datetime", "CREATED_DATE", "DATE_START", "DATE_STOP"),
            "COMMENT_TEXT": "text",
        },
        meaning="time spent on tasks",
    ),
)

_CALENDAR = (
    Entity(
        name="calendar_sections",
        scope="calendar",
        method="calendar.section.get",
        reading=Reading.CALENDAR,
        owners=("users", "disk_storages"),
        columns={
            **_of("integer", "ID", "OWNER_ID", "CREATED_BY"),
            **_of("text", "CAL_TYPE", "NAME", "DATE_CREATE", "TIMESTAMP_X"),
            **_of("json", "EXPORT", "ACCESS", "PERM"),
        },
        meaning="calendars of users, groups and the company",
    ),
    Entity(
        name="calendar_events",
        scope="calendar",
        method="calendar.event.get",
        reading=Reading.CALENDAR,
        # an expanded series answers its id once for every instance (API.md 15)
        key=("ID", "DATE_FROM"),
        owners=("users", "disk_storages"),
        columns={
            **_of("integer", "ID", "PARENT_ID", "OWNER_ID", "CREATED_BY", "SECTION_ID", "SECT_ID"),
            **_of("integer", "DATE_FROM_TS_UTC", "DATE_TO_TS_UTC", "DT_LENGTH", "RECURRENCE_ID"),
            **_of("integer", "TZ_OFFSET_FROM", "TZ_OFFSET_TO", "MEETING_HOST"),
            **_of("boolean", "IS_MEETING"),
            **_of("json", "MEETING", "REMIND", "RRULE", "ATTENDEES_CODES", "RELATIONS"),
            **_of("json", "UF_CRM_CAL_EVENT", "UF_WEBDAV_CAL_EVENT", "ATTENDEE_LIST", "attendeesEntityList"),
            **_of("text", "DATE_FROM", "DATE_TO", "NAME", "CAL_TYPE", "EXDATE", "TZ_FROM", "TZ_TO"),
            **_of("text", "DESCRIPTION", "LOCATION", "DT_SKIP_TIME", "DELETED", "TIMESTAMP_X"),
        },
        # the first is DESCRIPTION again; the others are of the one who asks, not of the event
        dropped=frozenset({"~DESCRIPTION", "~USER_OFFSET_FROM", "~USER_OFFSET_TO"}),
        meaning="events of a window of days; a series as the portal gives it, whole or instance by instance",
    ),
)

_DISK_COLUMNS: Mapping[str, Kind] = MappingProxyType(
    {
        **_of("integer", "ID", "STORAGE_ID", "PARENT_ID", "DELETED_TYPE"),
        **_of("integer", "CREATED_BY", "UPDATED_BY", "DELETED_BY"),
        **_of("datetime", "CREATE_TIME", "UPDATE_TIME", "DELETE_TIME"),
        **_of("text", "NAME", "CODE", "TYPE", "DETAIL_URL", "PATH"),
    }
)


def _disk(name: str, own: Mapping[str, Kind], meaning: str) -> Entity:
    return Entity(
        name=name,
        scope="disk",
        method="disk.folder.getChildren",
        reading=Reading.DISK,
        owners=("disk_storages",),
        columns={**_DISK_COLUMNS, **own},
        dropped=frozenset({"DOWNLOAD_URL"}),  # carries a token (API.md 17)
        meaning=meaning,
    )


_DISK = (
    Entity(
        name="disk_storages",
        scope="disk",
        method="disk.storage.getList",
        reading=Reading.OFFSET,
        columns=_of("integer", "ID", "ROOT_OBJECT_ID"),
        meaning="drives of users, groups and the company",
    ),
    _disk("disk_folders", {"REAL_OBJECT_ID": "integer"}, "folders, with the path they are in"),
    _disk(
        "disk_files",
        {**_of("integer", "FILE_ID", "SIZE", "GLOBAL_CONTENT_VERSION")},
        "files, with size, owner, times and the path they are in; no contents",
    ),
)

_TELEPHONY = (
    Entity(
        name="calls",
        scope="telephony",
        method="voximplant.statistic.get",
        reading=Reading.KEYSET,
        dialect=Dialect.SORTED,
        columns={
            **_of("integer", "ID", "PORTAL_USER_ID", "CALL_TYPE", "CALL_DURATION", "CALL_VOTE"),
            **_of("integer", "CRM_ENTITY_ID", "CRM_ACTIVITY_ID", "REST_APP_ID", "RECORD_FILE_ID"),
            **_of("text", "CALL_ID", "PHONE_NUMBER", "CALL_FAILED_CODE", "COST_CURRENCY"),
            "CALL_START_DATE": "datetime",
            "COST": "rate",
        },
        # links to recordings and logs let anybody in who has them
        dropped=frozenset({"CALL_RECORD_URL", "CALL_LOG"}),
        meaning="telephone calls",
    ),
)

WORK = (*_PEOPLE, *_TASKS, *_DISK, *_CALENDAR, *_TELEPHONY)
