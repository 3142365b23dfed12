"""The fields of tasks, as tasks.task.getFields tells them, and what lists may select, filter and sort by.

Requests name fields in upper case, answers in camel case (REST page tasks.task.list; API.md section 13).
"""

import json
from dataclasses import dataclass

from .fields import Field

_ENUMS: dict[str, object] = {
    "yn": {"Y": "Yes", "N": "No"},
    "mark": {"N": "Negative", "P": "Positive"},
    "priority": {"2": "High", "1": "Medium", "0": "Low"},
    "status": {
        "2": "Pending",
        "3": "In Progress",
        "4": "Awaiting Review",
        "5": "Completed",
        "6": "Deferred",
    },
    "duration": ["secs", "mins", "hours", "days", "weeks", "months", "years"],
}

# CODE type[:values] flags default title; f: lists filter by it, s: they sort by it; a dash leaves it out
_TABLE = """
ID integer fs - ID
PARENT_ID integer f 0 Base Task ID
TITLE string fs - Title
DESCRIPTION string - - Description
MARK enum:mark fs null Rating
PRIORITY enum:priority fs 1 Priority
STATUS enum:status - 2 Status
MULTITASK enum:yn - "N" Multitask
NOT_VIEWED enum:yn - "N" -
REPLICATE enum:yn - "N" Recurring Task
GROUP_ID integer fs 0 Project
STAGE_ID integer f 0 Stage
SPRINT_ID integer f 0 Sprint
BACKLOG_ID integer f 0 Backlog
CREATED_BY integer f - Creator
CREATED_DATE datetime fs - -
RESPONSIBLE_ID integer f - Participant
ACCOMPLICES array - - -
AUDITORS array - - -
CHANGED_BY integer - - Modified By
CHANGED_DATE datetime fs - Modification Date
STATUS_CHANGED_BY integer f - Status Changed By
STATUS_CHANGED_DATE datetime - - Status Change Date
CLOSED_BY integer - null Closed By
CLOSED_DATE datetime fs null Closure Date
ACTIVITY_DATE datetime s null -
DATE_START datetime fs null Start Date
DEADLINE datetime fs null Deadline
START_DATE_PLAN datetime s null Planned Start
END_DATE_PLAN datetime s null Planned Completion
GUID string - null GUID
XML_ID string f null XML_ID
COMMENTS_COUNT integer - 0 Number of Comments
SERVICE_COMMENTS_COUNT integer - 0 -
NEW_COMMENTS_COUNT integer - 0 -
ALLOW_CHANGE_DEADLINE enum:yn s "N" -
ALLOW_TIME_TRACKING enum:yn s "N" -
TASK_CONTROL enum:yn - "N" Accept Work
ADD_IN_REPORT enum:yn f "N" Add to Report
FORKED_BY_TEMPLATE_ID enum:yn - "N" Created from Template
TIME_ESTIMATE integer s - Estimated Time
TIME_SPENT_IN_LOGS integer s - Time Spent from Change History
MATCH_WORK_TIME integer s - Skip Weekends
FORUM_TOPIC_ID integer f - FORUM_TOPIC_ID
FORUM_ID integer - - FORUM_ID
SITE_ID string f - SITE_ID
SUBORDINATE enum:yn - null Subordinate Task
FAVORITE enum:yn fs null -
EXCHANGE_MODIFIED datetime - null EXCHANGE_MODIFIED
EXCHANGE_ID integer - null EXCHANGE_ID
OUTLOOK_VERSION integer - null OUTLOOK_VERSION
VIEWED_DATE datetime - - Last Viewed Date
SORTING double s - Sorting Index
DURATION_PLAN integer - - Spent (planned)
DURATION_FACT integer - - Spent (actual)
CHECKLIST array - - -
DURATION_TYPE enum:duration - "days" DURATION_TYPE
IS_MUTED enum:yn - "N" -
IS_PINNED enum:yn s "N" -
IS_PINNED_IN_GROUP enum:yn s "N" -
FLOW_ID integer - 0 Flow
UF_CRM_TASK crm f - CRM Entities
UF_TASK_WEBDAV_FILES disk_file - - Upload Files
UF_MAIL_MESSAGE mail_message - - -
UF_NEW_TASKS_FIELD string f - New Task Field
UF_AUTO_700100200300 double f - Hourly rate
"""
_REQUIRED = ("TITLE", "CREATED_BY", "RESPONSIBLE_ID")
_COMPOSED = ("CHECKLIST",)  # made by tasks.task.get, never part of a list
BOUND = ("UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE")  # selecting one brings all three
# selected field -> what comes with it
COMPANIONS = {
    "DESCRIPTION": ("descriptionInBbcode",),
    "GROUP_ID": ("group",),
    "CREATED_BY": ("creator",),
    "RESPONSIBLE_ID": ("responsible",),
    "ACCOMPLICES": ("accomplicesData",),
    "AUDITORS": ("auditorsData",),
    "TAGS": ("tags",),
}


@dataclass(frozen=True)
class TaskField:
    """One entry of tasks.task.getFields."""

    code: str
    type: str
    flags: str
    description: dict[str, object]

    @property
    def camel(self) -> str:
        """Name the field as answers do."""
        return camel(self.code)

    @property
    def custom(self) -> bool:
        """Tell fields that come only when they are selected."""
        return self.code.startswith("UF_")


def camel(code: str) -> str:
    """Turn UF_CRM_TASK into ufCrmTask."""
    first, *rest = code.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def _read(line: str) -> TaskField:
    code, type_text, flags, default, title = line.split(maxsplit=4)
    type_name, _, values = type_text.partition(":")
    description: dict[str, object] = {"title": None if title == "-" else title, "type": type_name}
    if values:
        description["values"] = _ENUMS[values]
    if default != "-":
        description["default"] = json.loads(default)
    if code in _REQUIRED:
        description["required"] = True
    if code == "ID":
        description["primary"] = True
    return TaskField(code, type_name, flags, description)


TASK_FIELDS = {field.code: field for field in map(_read, _TABLE.strip().splitlines())}
DEFAULT_CODES = tuple(
    code for code, field in TASK_FIELDS.items() if not field.custom and code not in _COMPOSED
)
CUSTOM_CODES = tuple(code for code, field in TASK_FIELDS.items() if field.custom)


_COMPARED = {"integer": "integer", "datetime": "datetime", "double": "double"}
# name in requests -> field of the rows; STATUS and TAG have conditions of their own
FILTERS = {
    **{
        code: Field(field.camel, _COMPARED.get(field.type, "string"), code)
        for code, field in TASK_FIELDS.items()
        if "f" in field.flags
    },
    "REAL_STATUS": Field("status", "integer", "REAL_STATUS"),
    "PRIORITY": Field("priority", "integer", "PRIORITY"),
    "ACCOMPLICE": Field("accomplices", "integer", "ACCOMPLICE"),
    "AUDITOR": Field("auditors", "integer", "AUDITOR"),
    "TAG": Field("tags", "string", "TAG"),
}
SORTS = {
    **{code: field.camel for code, field in TASK_FIELDS.items() if "s" in field.flags},
    "REAL_STATUS": "status",
}
LAST_NAMES = {"CREATED_BY_LAST_NAME": "createdBy", "RESPONSIBLE_LAST_NAME": "responsibleId"}
COMPLETE_SORT = "STATUS_COMPLETE"
