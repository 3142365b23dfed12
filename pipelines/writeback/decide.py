"""Decides on the rows of a request by what the portal has right before they are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from pipelines.writeback.context import Context, codes_of
from pipelines.writeback.journal import Change, Entry
from pipelines.writeback.operations import Operation
from pipelines.writeback.states import State
from pipelines.writeback.target import Row


@dataclass
class Decided:
    """What shall become of the rows of a request.

    Attributes:
        send: rows that are sent, with the cells that are, and their records.
        notes: what becomes of the others.
        conflict: why nothing more may be sent at all.
    """

    send: list[tuple[Entry, Operation, Row | None]] = field(default_factory=list)
    notes: list[Change] = field(default_factory=list)
    conflict: str = ""


def decided(context: Context, chunk: Sequence[Entry], live: Mapping[str, Row]) -> Decided:
    """Compare what the plan saw with what is there now, row by row."""
    made = Decided()
    for entry in chunk:
        operation = entry.operation
        if operation.action == "add":
            made.send.append((entry, operation, None))
            continue
        row = live.get(operation.id or "")
        if row is not None:
            _decide(context, entry, row, made)
        elif operation.action == "delete":
            made.notes.append(Change(entry.number, State.SKIPPED, error="it is deleted already"))
        else:
            made.notes.append(
                Change(entry.number, State.REJECTED, error="the portal no longer has this record")
            )
        if made.conflict:
            break
    return made


def _decide(context: Context, entry: Entry, row: Row, made: Decided) -> None:
    """Compare cell by cell."""
    operation, choice = entry.operation, context.on_conflict
    values = context.canonical(row, codes_of([operation], context.target))
    theirs = [
        code
        for code, before in operation.before.items()
        if not context.same(code, before, values[code])
        and not (code in operation.after and context.has(operation, code, values[code]))
    ]
    # a delete of what somebody still works on is nobody's wish but that of `mine`
    if theirs and (choice in ("skip", "stop") or (choice == "theirs" and not operation.after)):
        told = "; ".join(f"{code} was {operation.before[code]!r} and is {values[code]!r}" for code in theirs)
        made.notes.append(
            Change(entry.number, State.CONFLICT, error=f"changed by somebody else since the plan: {told}")
        )
        if choice == "stop":
            made.conflict = f"Row {entry.number} ({operation.title}): {told}; nothing more was sent"
        return
    keep = {
        code: value
        for code, value in operation.after.items()
        if not context.has(operation, code, values.get(code)) and not (choice == "theirs" and code in theirs)
    }
    if operation.after and not keep:
        made.notes.append(Change(entry.number, State.SKIPPED, error="the portal has these values"))
        return
    made.send.append((entry, msgspec.structs.replace(operation, after=keep), row))
