"""Calendar events (API.md 15): read one by one, found by a line in their description."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.writeback.fields import Dictionaries, FieldSpec
from pipelines.writeback.operations import Action, Operation, Values
from pipelines.writeback.target import Row, Target, Told, WriteOptions
from sources.bitrix24.batch import Command, Outcome

_MARK: Final = re.compile(r"\n?\[b24:(?P<marker>[\w-]+)\]\s*$")
_NAMES: Final[Mapping[str, str]] = {
    "id": "ID",
    "type": "CAL_TYPE",
    "ownerId": "OWNER_ID",
    "name": "NAME",
    "section": "SECTION_ID",
    "location": "LOCATION",
    "color": "COLOR",
    "accessibility": "ACCESSIBILITY",
    "importance": "IMPORTANCE",
    "skip_time": "DT_SKIP_TIME",
    "timezone_from": "TZ_FROM",
    "timezone_to": "TZ_TO",
    "rrule": "RRULE",
    "VERSION": "VERSION",
}
_FIXED: Final = ("type", "ownerId")
_UNREAD: Final = frozenset({"attendees", "remind", "crm_fields", "is_meeting", "host"})
"""What an answer shows in another form than a request has; it is written and not compared."""


@dataclass(frozen=True, kw_only=True)
class EventTarget(Target):
    """Events of users, groups and the company."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """Everything a record can go through."""
        return ("add", "update", "delete")

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:  # noqa: ARG002
        """Fields by the documentation."""
        types = {"user": "User", "group": "Group", "company_calendar": "Company"}
        states = {"busy": "Busy", "quest": "In question", "free": "Free", "absent": "Absent"}
        weights = {"high": "High", "normal": "Normal", "low": "Low"}
        specs = (
            FieldSpec("id", "integer", "ID", read_only=True),
            FieldSpec("type", "enumeration", "Type", options=types, immutable=True),
            FieldSpec("ownerId", "integer", "Owner", immutable=True),
            FieldSpec("name", "text", "Name"),
            FieldSpec("from", "datetime", "From"),
            FieldSpec("to", "datetime", "To"),
            FieldSpec("section", "integer", "Calendar"),
            FieldSpec("description", "text", "Description"),
            FieldSpec("location", "text", "Location"),
            FieldSpec("color", "text", "Colour"),
            FieldSpec("accessibility", "enumeration", "Shown as", options=states),
            FieldSpec("importance", "enumeration", "Importance", options=weights),
            FieldSpec("private_event", "boolean", "Private"),
            FieldSpec("skip_time", "boolean", "Whole day"),
            FieldSpec("timezone_from", "text", "Timezone from"),
            FieldSpec("timezone_to", "text", "Timezone to"),
            FieldSpec("rrule", "json", "Recurrence"),
            FieldSpec("is_meeting", "boolean", "Meeting"),
            FieldSpec("attendees", "user", "Attendees", multiple=True, options=known.users),
            FieldSpec("host", "user", "Host", options=known.users),
            FieldSpec("remind", "json", "Reminders"),
            FieldSpec("crm_fields", "crm", "CRM records", multiple=True),
        )
        return {spec.code: spec for spec in specs}

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """One event a command: lists know no ids."""
        del codes
        return [([each], Command("calendar.event.getbyid", {"id": each})) for each in ids]

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """The event, its fields by code; an empty list where there is none."""
        if isinstance(result, dict) and result.get("ID") and result.get("DELETED") != "Y":
            yield ids[0] if ids else str(result["ID"]), _row(result)

    def missing(self, outcome: Outcome) -> bool:
        """An event that is gone is an error of some editions, an empty list of others."""
        return outcome.error is not None and "not found" in str(outcome.error).lower()

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - there is no other
        """calendar.event.add and its like."""
        return f"calendar.event.{action}"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call; an update names type and owner, and the host of a meeting, from the event itself."""
        del specs
        method = self.method(operation.action, options)
        if operation.action == "delete":
            return Command(method, {"id": operation.id})
        if operation.action == "add":
            text = operation.after.get("description") or ""
            marked = f"{text}\n[b24:{operation.marker}]" if text else f"[b24:{operation.marker}]"
            return Command(method, {**operation.after, "description": marked})
        live = live or {}
        told = {code: live.get(code) for code in _FIXED}
        if live.get("MEETING_HOST") not in (None, "", "0"):
            told["host"] = live["MEETING_HOST"]
        if "from" in operation.after or "to" in operation.after:
            told |= {"from": live.get("from"), "to": live.get("to")}
        return Command(method, {"id": operation.id, **told, **operation.after})

    def told(self, operation: Operation, result: object) -> Told:
        """An add answers with the id."""
        if operation.action != "add":
            return Told(operation.id)
        return Told(str(result)) if result else Told(error="the portal answered without an id")

    def marked(self, markers: Mapping[str, Operation]) -> list[Command]:
        """The owner's events around the time of each."""
        return [
            Command(
                "calendar.event.get",
                {
                    "type": each.after.get("type"),
                    "ownerId": each.after.get("ownerId") or 0,
                    "from": _day(each.after.get("from"), -2),
                    "to": _day(each.after.get("to") or each.after.get("from"), 2),
                },
            )
            for each in markers.values()
        ]

    def marks(self, result: object, markers: Mapping[str, Operation]) -> Iterator[tuple[str, str]]:
        """Events with a marker in the last line of their description; copies of attendees are not counted."""
        for row in result if isinstance(result, list) else ():
            match = _MARK.search(str(row.get("DESCRIPTION") or ""))
            own = str(row.get("PARENT_ID") or row.get("ID")) == str(row.get("ID"))
            if match is not None and match["marker"] in markers and own:
                yield match["marker"], str(row["ID"])

    def fills(self, operation: Operation) -> tuple[str, Command] | None:
        """The calendars of the owner, where a row names none."""
        if operation.action != "add" or "section" in operation.after:
            return None
        owner = {"type": operation.after.get("type"), "ownerId": operation.after.get("ownerId") or 0}
        return f"{owner['type']}/{owner['ownerId']}", Command("calendar.section.get", owner)

    def filled(self, operation: Operation, answers: Mapping[str, Outcome], options: WriteOptions) -> Values:
        """The owner's own calendar."""
        del options
        wanted = self.fills(operation)
        outcome = None if wanted is None else answers.get(wanted[0])
        sections = outcome.result if outcome is not None and outcome.ok else None
        return {"section": int(sections[0]["ID"])} if sections else {}

    def holds(self, operation: Operation, code: str, value: object) -> bool | None:
        """What an answer shows in another form is not compared."""
        del operation, value
        return True if code in _UNREAD else None


def _row(event: Mapping[str, Any]) -> Row:
    row: Row = {code: event.get(name) for code, name in _NAMES.items()}
    row["MEETING_HOST"] = event.get("MEETING_HOST")
    row["description"] = _MARK.sub("", str(event.get("DESCRIPTION") or ""))
    row["private_event"] = "Y" if event.get("PRIVATE_EVENT") in (True, 1, "1") else "N"
    row["skip_time"] = "Y" if event.get("DT_SKIP_TIME") == "Y" else "N"
    for code, stamp, zone in (("from", "DATE_FROM_TS_UTC", "TZ_FROM"), ("to", "DATE_TO_TS_UTC", "TZ_TO")):
        row[code] = _moment(event.get(stamp), "UTC" if row["skip_time"] == "Y" else event.get(zone))
    return row


def _moment(stamp: object, zone: object) -> str | None:
    if not stamp:
        return None
    try:
        place: ZoneInfo | Any = ZoneInfo(str(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        place = UTC
    return datetime.fromtimestamp(int(str(stamp)), place).isoformat(timespec="seconds")


def _day(text: object, days: int) -> str:
    return (datetime.fromisoformat(str(text)) + timedelta(days=days)).date().isoformat()
