"""Tasks, by the methods of version 2 (API.md 13)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.writeback.fields import Dictionaries, FieldSpec, Kind
from pipelines.writeback.operations import Action, Operation, Values
from pipelines.writeback.target import Row, Target, Told, WriteOptions, pieces
from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.envelope import rows_of

STATUS_AFTER: Final[Mapping[str, str]] = {"complete": "5", "renew": "2", "start": "3", "defer": "6"}
_AWAITING_CONTROL: Final = "4"  # what `complete` leads to where somebody has to accept the work
_USERS: Final = ("CREATED_BY", "RESPONSIBLE_ID")
_SEVERAL: Final = ("ACCOMPLICES", "AUDITORS")
_OWN: Final = frozenset(
    [
        "ID",
        "GUID",
        "CREATED_DATE",
        "CHANGED_BY",
        "CHANGED_DATE",
        "STATUS_CHANGED_BY",
        "STATUS_CHANGED_DATE",
        "CLOSED_BY",
        "CLOSED_DATE",
        "ACTIVITY_DATE",
        "COMMENTS_COUNT",
        "SERVICE_COMMENTS_COUNT",
        "NEW_COMMENTS_COUNT",
        "FORUM_TOPIC_ID",
        "FORUM_ID",
        "TIME_SPENT_IN_LOGS",
        "DURATION_FACT",
        "VIEWED_DATE",
        "NOT_VIEWED",
        "OUTLOOK_VERSION",
        "EXCHANGE_ID",
        "EXCHANGE_MODIFIED",
        "FORKED_BY_TEMPLATE_ID",
        "CHECKLIST",
    ]
)
_KINDS: Final[Mapping[str, Kind]] = {
    "integer": "integer",
    "double": "double",
    "datetime": "datetime",
    "crm": "crm",
    "disk_file": "file",
    "mail_message": "file",
    "array": "json",
}
_PLANNED: Final = ("START_DATE_PLAN", "END_DATE_PLAN")


@dataclass(frozen=True, kw_only=True)
class TaskTarget(Target):
    """Tasks: requests name fields in capital letters, answers in camel case."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """Changes of status besides the usual."""
        return ("add", "update", "delete", "complete", "renew", "start", "defer")

    def description(self) -> Mapping[str, Command]:
        """The fields."""
        return {"fields": Command("tasks.task.getFields")}

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:
        """Fields as the portal describes them."""
        return {code: _spec(code, entry, known) for code, entry in answers["fields"]["fields"].items()}

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """Lists of 50 tasks each."""
        select = list(dict.fromkeys(("ID", *codes)))
        return [(part, _list({"ID": list(part)}, select)) for part in pieces(ids)]

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """Rows of a list, their fields by code; only those asked for, should a filter not be heeded."""
        wanted = set(ids)
        for row in rows_of(result):
            if not wanted or str(row["id"]) in wanted:
                yield str(row["id"]), _Camel(row)

    def finds(self, code: str, values: Sequence[str], codes: Iterable[str]) -> list[Command]:
        """A list for each value: that filters of tasks take several is not documented."""
        select = list(dict.fromkeys(("ID", code, *codes)))
        return [_list({code: value}, select) for value in values]

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - tasks have no other way
        """tasks.task.update and its like."""
        return f"tasks.task.{action}"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call; of the planned days the portal takes both or none."""
        method = self.method(operation.action, options)
        if operation.action not in ("add", "update"):
            return Command(method, {"taskId": operation.id})
        fields = {
            code: (value or []) if specs[code].multiple else value for code, value in operation.after.items()
        }
        if operation.action == "add":
            return Command(method, {"fields": {"XML_ID": operation.marker, **fields}})
        if any(code in fields for code in _PLANNED) and live is not None:
            fields = {**{code: live.get(code) for code in _PLANNED if live.get(code)}, **fields}
        return Command(method, {"taskId": operation.id, "fields": fields})

    def told(self, operation: Operation, result: object) -> Told:
        """An add answers with the task."""
        if operation.action != "add":
            return Told(operation.id)
        task = result.get("task") if isinstance(result, dict) else None
        return (
            Told(str(task["id"]))
            if isinstance(task, dict)
            else Told(error="the portal answered without a task")
        )

    def marked(self, markers: Mapping[str, Operation]) -> list[Command]:
        """The newest first: they are there even where a portal does not heed the filter."""
        return [
            _list({"XML_ID": each.after.get("XML_ID") or marker}, ["ID", "XML_ID"], order="DESC")
            for marker, each in markers.items()
        ]

    def marks(self, result: object, markers: Mapping[str, Operation]) -> Iterator[tuple[str, str]]:
        """Only tasks that do bear the marker."""
        own = {str(each.after.get("XML_ID") or marker): marker for marker, each in markers.items()}
        for row in rows_of(result):
            marker = own.get(str(row.get("xmlId") or ""))
            if marker is not None:
                yield marker, str(row["id"])

    def proof(self, marker: str) -> Command | None:
        """No task bears this: a portal that answers with any does not heed the filter."""
        return _list({"XML_ID": f"{marker}-no-task"}, ["ID"])

    def filled(self, operation: Operation, answers: Mapping[str, Outcome], options: WriteOptions) -> Values:
        """The creator of a new task: the webhook's user."""
        del answers
        new = operation.action == "add" and "CREATED_BY" not in operation.after
        return {"CREATED_BY": str(options.user_id)} if new else {}

    def holds(self, operation: Operation, code: str, value: object) -> bool | None:
        """A completed task may await its acceptance."""
        if operation.action == "complete" and code == "STATUS":
            return str(value) in (STATUS_AFTER["complete"], _AWAITING_CONTROL)
        return None


class _Camel(dict[str, Any]):
    """A row of an answer that is asked by the codes of requests."""

    def get(self, code: str, default: Any = None) -> Any:  # noqa: ANN401 - any JSON
        """The value of a field."""
        return super().get(camel(code), default)


def camel(code: str) -> str:
    """`UF_CRM_TASK` as answers have it: `ufCrmTask`."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), code.lower())


def _spec(code: str, entry: Mapping[str, Any], known: Dictionaries) -> FieldSpec:
    values = entry.get("values")
    options = {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}
    kind: Kind = _KINDS.get(str(entry.get("type")), "text")
    if code in (*_USERS, *_SEVERAL):
        kind, options = "user", dict(known.users)
    elif set(options) == {"Y", "N"}:
        kind, options = "boolean", {}
    elif options:
        kind = "enumeration"
    return FieldSpec(
        code,
        kind,
        str(entry.get("title") or code),
        read_only=code in _OWN,
        multiple=code in _SEVERAL or code == "UF_CRM_TASK",
        options=options,
    )


def _list(filters: Mapping[str, object], select: Sequence[str], order: str = "ASC") -> Command:
    return Command(
        "tasks.task.list", {"filter": filters, "select": list(select), "order": {"ID": order}, "start": -1}
    )
