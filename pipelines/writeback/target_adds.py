"""What has no update worth its name: checklist items, chat messages, notifications (API.md 13.1, 16)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.writeback.fields import Dictionaries, FieldSpec
from pipelines.writeback.operations import Action, Operation, Values
from pipelines.writeback.target import Row, Target, Told, TracedTarget, WriteOptions
from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.envelope import rows_of

_SENDER: Final = "b24-writeback"
_STATE: Final = "(state)"


def _specs(*specs: FieldSpec) -> dict[str, FieldSpec]:
    return {spec.code: spec for spec in specs}


@dataclass(frozen=True, kw_only=True)
class ChecklistTarget(TracedTarget):
    """Items of the checklists of tasks; the methods take their arguments by position.

    Items have no time of change. One is untouched while it says what it said when it was read back after it
    was made, at the same place, and nothing hangs on it: `stamp` is made up of that. Its place in the order
    is left out, for the portal renumbers neighbours, and so is when it was ticked: an item that was ticked
    and unticked has lost nothing.
    """

    stamp: str = _STATE

    @property
    def actions(self) -> tuple[Action, ...]:
        """Made and ticked, and both taken back."""
        return ("add", "complete", "renew", "delete")

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:  # noqa: ARG002
        """Fields by the documentation."""
        return _specs(
            FieldSpec("ID", "integer", "Item", read_only=True),
            FieldSpec("TASK_ID", "integer", "Task"),
            FieldSpec("TITLE", "text", "Title"),
            FieldSpec("PARENT_ID", "integer", "Parent item"),
            FieldSpec("SORT_INDEX", "integer", "Sorting"),
            FieldSpec("IS_COMPLETE", "boolean", "Complete"),
            FieldSpec("IS_IMPORTANT", "boolean", "Important"),
        )

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """The checklists of the tasks; an id is `task:item`."""
        del codes
        of_task: dict[str, list[str]] = {}
        for each in ids:
            of_task.setdefault(each.partition(":")[0], []).append(each)
        return [(items, _checklist(task)) for task, items in of_task.items()]

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """The items asked for, each with its state."""
        items = rows_of(result)
        for row in items:
            record_id = f"{row['TASK_ID']}:{row['ID']}"
            if record_id in ids:
                yield record_id, {**row, _STATE: _state(row, items)}

    def missing(self, outcome: Outcome) -> bool:
        """A task that is gone has no items."""
        return outcome.error is not None and getattr(outcome.error, "code", "") == "ERROR_CORE"

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - there is no other
        """task.checklistitem.add and its like."""
        return f"task.checklistitem.{action}"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call, its arguments in the order in which the portal takes them."""
        del live, specs
        method = self.method(operation.action, options)
        if operation.action != "add":
            task, _, item = (operation.id or "").partition(":")
            return Command(method, {"TASKID": task, "ITEMID": item})
        fields = {code: value for code, value in operation.after.items() if code != "TASK_ID"}
        return Command(method, {"TASKID": operation.after["TASK_ID"], "FIELDS": fields})

    def told(self, operation: Operation, result: object) -> Told:
        """An add answers with the id; false says that there is no such item."""
        if operation.action != "add":
            return Told(operation.id) if result is not False else Told(error="the task has no such item")
        return Told(f"{operation.after['TASK_ID']}:{result}")

    def undone_by(self, operation: Operation, before: Values) -> tuple[Action, Values] | str:
        """Ticking by unticking, and the other way round."""
        return ("renew" if operation.action == "complete" else "complete"), before

    def group(self, operation: Operation) -> str:
        """Items of one title below one parent look alike."""
        after = operation.after
        return f"{after.get('TASK_ID')}/{after.get('PARENT_ID') or 0}/{after.get('TITLE')}"

    def look(self, operation: Operation, seen: Values | None) -> Command:
        """The task's checklist."""
        del seen
        return _checklist(str(operation.after["TASK_ID"]))

    def seen(self, result: object, operation: Operation) -> Values:
        """Ids of items that look like it already."""
        return {"ids": self._alike(result, operation)}

    def traces(self, result: object, operation: Operation, seen: Values) -> list[str]:
        """Items that look like it and were not there."""
        known = set(seen.get("ids", ()))
        return [each for each in self._alike(result, operation) if each not in known]

    def _alike(self, result: object, operation: Operation) -> list[str]:
        title, parent = operation.after.get("TITLE"), int(operation.after.get("PARENT_ID") or 0)
        return [
            f"{row['TASK_ID']}:{row['ID']}"
            for row in rows_of(result)
            if row["TITLE"] == title and int(row.get("PARENT_ID") or 0) in (parent, 0)
        ]


@dataclass(frozen=True, kw_only=True)
class MessageTarget(TracedTarget):
    """Messages of chats, sent as the webhook's user."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """Sent."""
        return ("add",)

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:  # noqa: ARG002
        """Fields by the documentation."""
        return _specs(
            FieldSpec("DIALOG_ID", "text", "Dialog"),
            FieldSpec("MESSAGE", "text", "Message"),
            FieldSpec("SYSTEM", "boolean", "System message"),
            FieldSpec("URL_PREVIEW", "boolean", "Preview of links"),
            FieldSpec("REPLY_ID", "integer", "Reply to"),
        )

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - there is no other
        """im.message.add."""
        return "im.message.add"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call."""
        del live, specs
        return Command(self.method(operation.action, options), operation.after)

    def told(self, operation: Operation, result: object) -> Told:  # noqa: ARG002 - all are adds
        """The message's id."""
        return Told(str(result)) if result else Told(error="the portal did not send it")

    def group(self, operation: Operation) -> str:
        """The same text to the same dialog looks alike."""
        return f"{operation.after.get('DIALOG_ID')}/{operation.after.get('MESSAGE')}"

    def look(self, operation: Operation, seen: Values | None) -> Command:
        """The newest message; at a probe what came after it."""
        dialog = {"DIALOG_ID": operation.after["DIALOG_ID"]}
        if seen is None:
            return Command("im.dialog.messages.get", {**dialog, "LIMIT": 1})
        return Command("im.dialog.messages.get", {**dialog, "FIRST_ID": seen.get("newest", 0), "LIMIT": 50})

    def seen(self, result: object, operation: Operation) -> Values:
        """The id of the newest message."""
        del operation
        return {"newest": max((int(row["id"]) for row in _messages(result)), default=0)}

    def traces(self, result: object, operation: Operation, seen: Values) -> list[str]:
        """Messages of this user with this text that came after it."""
        text = str(operation.after.get("MESSAGE") or "").strip()
        author = None if operation.after.get("SYSTEM") == "Y" else seen.get("author")
        return [
            str(row["id"])
            for row in sorted(_messages(result), key=lambda row: int(row["id"]))
            if int(row["id"]) > int(seen.get("newest", 0))
            and str(row["text"]).strip() == text
            and author in (None, row["author_id"])
        ]


@dataclass(frozen=True, kw_only=True)
class NotificationTarget(Target):
    """Notifications of the portal; one with the same tag takes the place of an earlier one."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """Sent."""
        return ("add",)

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:  # noqa: ARG002
        """Fields by the documentation."""
        return _specs(
            FieldSpec("USER_ID", "user", "User", options=known.users),
            FieldSpec("MESSAGE", "text", "Message"),
            FieldSpec("MESSAGE_OUT", "text", "Message outside the portal"),
            FieldSpec("TAG", "text", "Tag"),
        )

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - there is no other
        """im.notify.system.add."""
        return "im.notify.system.add"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call, with a tag that makes sending it again harmless."""
        del live, specs
        call = {"TAG": operation.marker, **operation.after, "CLIENT_ID": _SENDER}
        return Command(self.method(operation.action, options), call)

    def told(self, operation: Operation, result: object) -> Told:  # noqa: ARG002 - all are adds
        """The id, or false where the portal made none."""
        return (
            Told(str(result))
            if result
            else Told(error="the portal made no notification: is there such a user?")
        )


def _checklist(task: str) -> Command:
    return Command("task.checklistitem.getlist", {"TASKID": task, "ORDER": {"ID": "asc"}})


def _state(row: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> str:
    """What a person can do to an item, and what deleting it would take along."""
    codes = ("TITLE", "PARENT_ID", "IS_COMPLETE", "IS_IMPORTANT")
    told: dict[str, object] = {code: str(row[code]) for code in codes if row.get(code) is not None}
    told["below"] = sorted(str(each["ID"]) for each in items if str(each.get("PARENT_ID")) == str(row["ID"]))
    told |= {code: len(row.get(code) or ()) for code in ("MEMBERS", "ATTACHMENTS")}
    return json.dumps(told, ensure_ascii=False)


def _messages(result: object) -> list[Mapping[str, Any]]:
    return list(result.get("messages") or ()) if isinstance(result, dict) else []
