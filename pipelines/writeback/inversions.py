"""What undoes the rows of a run, and what tries those once more that were rejected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.writeback.context import canonical_values, same_value, sent_part
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.journal import Entry
from pipelines.writeback.operations import Operation
from pipelines.writeback.states import State
from pipelines.writeback.target import Row, Target

_NOT_UNDONE: Final = "robots and workflows that have run, e-mails and messages that were sent are not undone"


@dataclass
class Found:
    """Operations of the new plan, and what a person has to know of the rest."""

    operations: list[Operation] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Making:
    """One plan from the journal in the making.

    What somebody changed after the run is a conflict; with `mine` it is undone all the same, with `theirs`
    it is left as it is.
    """

    target: Target
    specs: Mapping[str, FieldSpec]
    live: Mapping[str, Row]
    on_conflict: str = "skip"

    def values(self, record_id: str, codes: Iterable[str]) -> dict[str, Any] | None:
        """What the portal has now in these fields of a record; None where the record is gone."""
        row = self.live.get(record_id)
        return None if row is None else canonical_values(self.specs, row, codes)

    def same(self, code: str, left: object, right: object) -> bool:
        """Whether two values mean the same to the portal."""
        return same_value(self.specs, code, left, right, self.target)


def _undone(making: Making, entries: Sequence[Entry], found: Found) -> None:
    lost = {"delete": 0, "add": 0}
    reasons: dict[str, int] = {}
    for entry in reversed(entries):
        if not entry.executed or entry.record_id is None:
            continue
        action = entry.operation.action
        if action == "delete" or (action == "add" and "delete" not in making.target.actions):
            lost[action] += 1
        elif action == "add":
            _undo_add(making, entry, found)
        else:
            reason = _undo_update(making, entry, found)
            if reason:
                reasons[reason] = reasons.get(reason, 0) + 1
    doubtful = sum(each.state is State.AMBIGUOUS for each in entries)
    if found.operations:
        found.notes.append(_NOT_UNDONE)
    if lost["delete"]:
        found.notes.append(f"{lost['delete']:,} records were deleted and are not made again")
    if lost["add"]:
        found.notes.append(f"{lost['add']:,} {making.target.name} were created and cannot be taken back")
    if doubtful:
        found.notes.append(f"{doubtful:,} rows are in doubt and left alone: look at them with b24 runs RUN")
    found.notes += [f"{count:,} rows: {reason}" for reason, count in reasons.items()]


def _undo_add(making: Making, entry: Entry, found: Found) -> None:
    stamp, record_id = making.target.stamp, str(entry.record_id)
    now = making.values(record_id, (stamp,))
    if now is None:
        found.unchanged += 1
        return
    written = canonical_values(making.specs, {stamp: entry.stamp}, (stamp,))
    touched = entry.stamp is None or not making.same(stamp, written[stamp], now[stamp])
    if touched and making.on_conflict == "theirs":
        found.unchanged += 1
        return
    disputed = touched and making.on_conflict != "mine"
    found.operations.append(
        _inverse(
            entry,
            "delete",
            before=written if disputed else now,
            status="conflict" if disputed else "planned",
            reason="was changed after it was created" if disputed else "",
        )
    )


def _undo_update(making: Making, entry: Entry, found: Found) -> str:
    sent = sent_part(entry)
    undoing = making.target.undone_by(sent, dict(sent.before))
    if isinstance(undoing, str):
        return undoing
    action, before = undoing
    now = making.values(str(entry.record_id), sent.after)
    if now is None:
        return "the record was deleted since"
    wanted = {code: value for code, value in before.items() if not making.same(code, value, now.get(code))}
    if not wanted:
        found.unchanged += 1
        return ""
    held = {code: sent.after[code] for code in wanted}
    touched = [code for code in wanted if not _holds(making, sent, code, now[code])]
    touched = [] if making.on_conflict == "mine" else touched
    reason = "; ".join(
        f"{code}: this run wrote {held[code]!r}, and it is {now[code]!r} now" for code in touched
    )
    restored = {code: value for code, value in wanted.items() if code not in touched}
    touched = [] if making.on_conflict == "theirs" else touched
    found.unchanged += not restored and not touched
    if restored:
        found.operations.append(
            _inverse(entry, action, after=restored, before={code: now[code] for code in restored})
        )
    if touched:
        found.operations.append(
            _inverse(
                entry,
                action,
                after={code: wanted[code] for code in touched},
                before={code: held[code] for code in touched},
                status="conflict",
                reason=reason,
            )
        )
    return ""


def _holds(making: Making, sent: Operation, code: str, value: object) -> bool:
    told = making.target.holds(sent, code, value)
    return making.same(code, sent.after[code], value) if told is None else told


def _retried(making: Making, entries: Sequence[Entry], found: Found) -> None:
    for entry in entries:
        if entry.state is not State.REJECTED:
            continue
        operation = entry.operation
        if operation.action == "add" and entry.record_id is None:
            found.operations.append(_inverse(entry, "add", after=operation.after))
            continue
        now = making.values(str(entry.record_id), operation.after or operation.before)
        if now is None:
            found.notes.append(f"row {operation.row or entry.number}: the portal no longer has the record")
        elif operation.action == "delete":
            found.operations.append(_inverse(entry, "delete", before=now))
        else:
            after = {c: v for c, v in operation.after.items() if not making.same(c, v, now.get(c))}
            action = "update" if operation.action == "add" else operation.action
            found.unchanged += not after
            if after:
                before = {code: now[code] for code in after}
                found.operations.append(_inverse(entry, action, after=after, before=before))


def _inverse(entry: Entry, action: Any, **values: Any) -> Operation:  # noqa: ANN401
    operation = entry.operation
    return Operation(
        number=0,
        action=action,
        id=None if action == "add" else entry.record_id,
        sheet=operation.sheet,
        row=operation.row,
        title=operation.title,
        **values,
    )


INVERSIONS: Final = {"undo": _undone, "retry": _retried}
"""What a plan from the journal can be for."""
