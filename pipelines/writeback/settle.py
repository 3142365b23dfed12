"""Settles rows whose fate is unknown: waits until nothing can happen any more, then asks the portal twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.writeback.context import Context, sent_part
from pipelines.writeback.journal import Change, Entry
from pipelines.writeback.operations import Operation
from pipelines.writeback.states import State
from pipelines.writeback.target import Row, TracedTarget
from sources.bitrix24.envelope import rows_of

# The second look comes after this share of the lifetime: what a busy server commits late is not missed.
_SECOND_LOOK: Final = 0.2


@dataclass(frozen=True)
class _Finding:
    """What a look at the portal told of one row: done, not there, or in doubt."""

    state: State
    record_id: str | None = None
    told: str | None = None


_ABSENT: Final = _Finding(State.PLANNED)


async def settle(context: Context) -> bool:
    """Settle every unknown row; return whether there was any.

    A row that is found is done; one that is not found twice is planned again; several are ambiguous.

    Raises:
        Bitrix24Error: the portal cannot be asked; the rows stay as they are.
    """
    journal, run_id = context.journal, context.run.run_id
    unknown = journal.entries(run_id, (State.UNKNOWN,))
    if unknown:
        await _wait(context, max(each.changed_at for each in unknown) + context.lifetime, len(unknown))
        await _look(context, unknown, State.PROBED)
    probed = journal.entries(run_id, (State.PROBED,))
    if probed:
        pause = context.lifetime * _SECOND_LOOK
        await _wait(context, max(each.changed_at for each in probed) + pause, len(probed))
        await _look(context, probed, State.PLANNED)
    return bool(unknown or probed)


async def find_by_marker(context: Context, operations: Sequence[Operation]) -> dict[str, set[str]]:
    """Ids of the records that bear the markers of these creates.

    Raises:
        Bitrix24Error: the portal cannot be asked.
    """
    markers = {each.marker: each for each in operations}
    commands = context.target.marked(markers)
    found: dict[str, set[str]] = {}
    for outcome in (await context.client.batch(commands)).values():
        for marker, record_id in context.target.marks(outcome.unwrap().result, markers):
            found.setdefault(marker, set()).add(record_id)
    return found


async def _wait(context: Context, until: float, rows: int) -> None:
    """Wait for a moment that the clock may reach only later than its sleeps say."""
    told = False
    while (left := until - context.clock.time()) > 0:
        if not told:
            context.observer.step(
                f"{rows:,} rows were not answered; the portal is asked about them in {left:.0f} s, "
                "when nothing can happen to them any more"
            )
            told = True
        await context.clock.sleep(left)


async def _look(context: Context, entries: Sequence[Entry], if_absent: State) -> None:
    findings = await _findings(context, entries)
    notes = []
    for entry in entries:
        finding = findings[entry.number]
        state = if_absent if finding is _ABSENT else finding.state
        notes.append(
            Change(
                entry.number,
                state,
                record_id=finding.record_id,
                error=finding.told,
                executed=True if state is State.DONE else None,
            )
        )
    context.note(notes)
    context.observer.received(
        context.run.target, sum(each.state in (State.DONE, State.AMBIGUOUS) for each in notes)
    )


async def _findings(context: Context, entries: Sequence[Entry]) -> dict[int, _Finding]:
    target = context.target
    new = [each for each in entries if each.operation.action == "add"]
    known = [each for each in entries if each.operation.action != "add"]
    found: dict[int, _Finding] = {}
    if known:
        live = await context.live(each.operation for each in known)
        found |= {each.number: _compared(context, each, live) for each in known}
    if new and target.trace == "marker":
        found |= await _by_marker(context, new)
    elif new and isinstance(target, TracedTarget):
        found |= await _by_traces(context, target, new)
    else:
        found |= {each.number: _ABSENT for each in new}  # sending it again replaces it
    return found


def _compared(context: Context, entry: Entry, live: Mapping[str, Row]) -> _Finding:
    """Compare a record with what it was and with what it was to be."""
    operation = sent_part(entry)
    row = live.get(operation.id or "")
    if operation.action == "delete":
        return _Finding(State.DONE, operation.id) if row is None else _ABSENT
    if row is None:
        return _Finding(
            State.AMBIGUOUS, told="the record was deleted meanwhile; nobody can tell what came first"
        )
    values = context.canonical(row, operation.after)
    if context.holds(operation, values):
        return _Finding(State.DONE, operation.id)
    if all(context.same(code, operation.before[code], values[code]) for code in operation.after):
        return _ABSENT
    if any(context.has(operation, code, values[code]) for code in operation.after):
        return _Finding(State.DONE, operation.id)  # it ran, and the portal did not take all; read back tells
    told = ", ".join(f"{code} is {values[code]!r}" for code in operation.after)
    return _Finding(
        State.AMBIGUOUS,
        operation.id,
        f"neither what it was nor what it was to be: {told}; look at the record",
    )


async def _by_marker(context: Context, entries: Sequence[Entry]) -> dict[int, _Finding]:
    found = await find_by_marker(context, [each.operation for each in entries])
    absent = [each for each in entries if not found.get(each.operation.marker)]
    findings = {
        each.number: _judged(sorted(found.get(each.operation.marker, ()), key=_by_number)) for each in entries
    }
    proof = context.target.proof(absent[0].operation.marker) if absent else None
    if proof is not None and rows_of((await context.client.call(proof.method, proof.params)).result):
        told = "the portal does not heed the filter by marker, so nobody can tell whether it was made; look"
        findings |= {each.number: _Finding(State.AMBIGUOUS, told=told) for each in absent}
    return findings


def _judged(ids: Sequence[str]) -> _Finding:
    if not ids:
        return _ABSENT
    if len(ids) == 1:
        return _Finding(State.DONE, ids[0])
    return _Finding(
        State.AMBIGUOUS, told=f"{len(ids)} records bear its marker: {', '.join(ids)}; keep one of them"
    )


async def _by_traces(context: Context, target: TracedTarget, entries: Sequence[Entry]) -> dict[int, _Finding]:
    """Give the records that are new since a request was sent to the rows of it that were not answered."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(target.group(entry.operation), []).append(entry)
    commands = [target.look(each[0].operation, dict(each[0].before or {})) for each in groups.values()]
    outcomes = await context.client.batch(commands)
    answered = _answered_ids(context, target, groups)
    found: dict[int, _Finding] = {}
    for (group, members), outcome in zip(groups.items(), outcomes.values(), strict=True):
        first = members[0]
        new = target.traces(outcome.unwrap().result, first.operation, dict(first.before or {}))
        new = [record_id for record_id in new if record_id not in answered.get(group, ())]
        if len(new) > len(members):
            told = f"{len(new)} records like it are new: {', '.join(new)}; look which is which"
            found |= {each.number: _Finding(State.AMBIGUOUS, told=told) for each in members}
            continue
        for position, each in enumerate(members):
            found[each.number] = _Finding(State.DONE, new[position]) if position < len(new) else _ABSENT
    return found


def _answered_ids(
    context: Context, target: TracedTarget, groups: Mapping[str, object]
) -> dict[str, set[str]]:
    """Ids that answers have told for rows of the same groups."""
    known: dict[str, set[str]] = {}
    for each in context.journal.entries(context.run.run_id, (State.DONE,)):
        group = target.group(each.operation)
        if group in groups and each.record_id is not None:
            known.setdefault(group, set()).add(each.record_id)
    return known


def _by_number(text: str) -> tuple[int, str]:
    return (len(text), text)
