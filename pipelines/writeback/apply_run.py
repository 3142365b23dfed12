"""Carries out a run: checks, journals, sends, and settles what was not answered, until no row is open."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipelines.writeback.context import Context, codes_of
from pipelines.writeback.decide import Decided, decided
from pipelines.writeback.errors import ConflictError, InterruptedRunError
from pipelines.writeback.journal import Change, Entry
from pipelines.writeback.operations import Operation, Values
from pipelines.writeback.read_back import read_back
from pipelines.writeback.settle import find_by_marker, settle
from pipelines.writeback.states import State
from pipelines.writeback.target import Row, TracedTarget
from sources.bitrix24.batch import LARGEST_BATCH, Command, Outcome
from sources.bitrix24.errors import (
    AmbiguousError,
    AuthError,
    Bitrix24Error,
    MethodError,
    MethodNotFoundError,
)

# Two commands of a request read: what these records hold at this very moment, and the records of the next.
WRITES: Final = LARGEST_BATCH - 2
_MOST_ATTEMPTS: Final = 4
_STALE_AFTER: Final = 5.0  # seconds of waiting after which what was read ahead is read again
_NOW: Final = "now"
_AHEAD: Final = "ahead"


class ApplyRun:
    """One process's work on one run."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ahead: dict[str, Row] = {}
        self._attempts: Counter[int] = Counter()

    async def work(self) -> None:
        """Go on until no row is open.

        Raises:
            Bitrix24Error: the portal refuses, or cannot be reached; rows stay as the journal says.
            InterruptedRunError: the portal leaves the same rows unanswered again and again.
            ConflictError: somebody else changed a cell, and the plan says to stop at that.
        """
        context, journal, run = self._context, self._context.journal, self._context.run
        counts = journal.counts(run.run_id)
        context.observer.expecting(run.target, sum(counts.values()))
        context.observer.received(run.target, sum(counts.get(state, 0) for state in _OVER))
        await self._find_what_is_there()
        while True:
            if isinstance(context.target, TracedTarget):
                await settle(context)  # what is new is counted, so nothing may be in the air meanwhile
            chunk = self._next()
            if chunk:
                await self._send(chunk)
            elif not await settle(context):
                break
        await read_back(context)

    async def _find_what_is_there(self) -> None:
        """Look for records that this plan has made already, should a journal have been lost."""
        context = self._context
        planned = context.journal.entries(context.run.run_id, (State.PLANNED,))
        new = [each for each in planned if each.operation.action == "add" and not each.attempts]
        if context.target.trace != "marker" or not new:
            return
        found = await find_by_marker(context, [each.operation for each in new])
        notes = []
        for each in new:
            ids = found.get(each.operation.marker, ())
            if ids:
                notes.append(Change(each.number, State.UNKNOWN))
        context.note(notes)

    def _next(self) -> list[Entry]:
        """The rows of the next request."""
        context = self._context
        entries = context.journal.entries(context.run.run_id, (State.PLANNED,), limit=WRITES)
        if not entries:
            return []
        if max(self._attempts[each.number] for each in entries) >= _MOST_ATTEMPTS:
            raise InterruptedRunError(
                f"The portal gave no answer to the same rows {_MOST_ATTEMPTS} times; they were not executed. "
                f"Run `b24 apply {context.run.folder}` again later: it goes on from here"
            )
        return entries[: self._size(entries)]

    def _size(self, entries: Sequence[Entry]) -> int:
        context = self._context
        methods = {context.target.method(each.operation.action, context.options) for each in entries}
        return min(WRITES, *(context.client.batch_size(method, write=True) for method in methods))

    async def _send(self, chunk: list[Entry]) -> None:
        context = self._context
        await self._wait_for_server_time(chunk)
        live = await self._live(chunk)
        seen = await self._seen(chunk)
        made = decided(context, chunk, live)
        context.note(made.notes)
        context.observer.received(context.run.target, len(made.notes))
        if made.conflict:
            raise ConflictError(made.conflict)
        if not made.send:
            return
        context.note(
            Change(
                entry.number,
                State.SENT,
                before=seen.get(entry.number)
                if row is None
                else context.canonical(row, operation.after or operation.before),
                error="",
                attempt=True,
            )
            for entry, operation, row in made.send
        )
        for entry, _, _ in made.send:
            self._attempts[entry.number] += 1
        outcomes = await self._exchange(made, self._riding(chunk))
        self._settle_answers(made, outcomes)

    async def _wait_for_server_time(self, chunk: Sequence[Entry]) -> None:
        """Wait before anything is journalled as sent, so that no row stays in doubt for it."""
        context = self._context
        methods = {context.target.method(each.operation.action, context.options) for each in chunk}
        while (wait := max(context.client.parked_for(method) for method in methods)) > 0:
            if wait > _STALE_AFTER:
                context.observer.step(f"The server time is used up; going on in {wait:.0f} s")
                self._ahead = {}
            await context.clock.sleep(wait)

    async def _live(self, chunk: Sequence[Entry]) -> dict[str, Row]:
        ids = {each.operation.id for each in chunk if each.operation.id is not None}
        if ids <= set(self._ahead):
            return self._ahead
        return await self._context.live(each.operation for each in chunk)

    async def _seen(self, chunk: Sequence[Entry]) -> dict[int, Values]:
        """What is there before creates that nothing but their number will tell from what is there."""
        context = self._context
        target = context.target
        if not isinstance(target, TracedTarget):
            return {}
        new = [each.operation for each in chunk if each.operation.action == "add"]
        first = {target.group(each): each for each in new}
        commands = [target.look(each, None) for each in first.values()]
        answers = dict(zip(first, (await context.client.batch(commands)).values(), strict=True))
        return {
            each.number: {
                **target.seen(answers[target.group(each)].result, each),
                "author": context.options.user_id,
            }
            for each in new
            if answers[target.group(each)].ok  # no such parent: the portal will refuse the create itself
        }

    def _riding(self, chunk: Sequence[Entry]) -> dict[str, Command]:
        """The read for the next request, which rides along with this one."""
        context = self._context
        if not context.target.reads_many:
            return {}
        rest = context.journal.entries(
            context.run.run_id, (State.PLANNED,), after=chunk[-1].number, limit=WRITES
        )
        following = [each.operation for each in rest if each.operation.id is not None]
        ids = list(dict.fromkeys(each.id for each in following if each.id is not None))
        parts = context.target.reads(ids, codes_of(following, context.target)) if ids else []
        return {_AHEAD: parts[0][1]} if len(parts) == 1 else {}

    async def _exchange(self, made: Decided, ahead: Mapping[str, Command]) -> dict[str, Outcome]:
        context, target = self._context, self._context.target
        known = [(each.id, each) for _, each, row in made.send if row is not None and each.after]
        commands: dict[str, Command] = {}
        if target.reads_many and known:
            ids = [id_ for id_, _ in known if id_ is not None]
            commands[_NOW] = target.reads(ids, codes_of([each for _, each in known], target))[0][1]
        single: dict[str, Command] = {}
        for entry, operation, row in made.send:
            command = target.write(operation, row, context.specs, context.options)
            (single if target.alone(operation) else commands)[_key(entry)] = command
        commands |= ahead
        outcomes = await context.client.batch(commands, write=True) if commands else {}
        for key, command in single.items():
            outcomes[key] = await self._alone(key, command)
        return outcomes

    async def _alone(self, key: str, command: Command) -> Outcome:
        try:
            reply = await self._context.client.call(command.method, command.params, write=True)
        except Bitrix24Error as error:
            return Outcome(key, error=error)
        return Outcome(key, reply=reply, spent=reply.time)

    def _settle_answers(self, made: Decided, outcomes: Mapping[str, Outcome]) -> None:
        context, target = self._context, self._context.target
        now, ahead = outcomes.get(_NOW), outcomes.get(_AHEAD)
        moved = dict(target.rows(now.result, ())) if now is not None and now.ok else {}
        self._ahead = dict(target.rows(ahead.result, ())) if ahead is not None and ahead.ok else {}
        notes, fatal = [], None
        for entry, operation, row in made.send:
            outcome = outcomes[_key(entry)]
            change = self._answered(entry, operation, outcome)
            if change.state is State.DONE and row is not None and operation.id in moved:
                change = self._with_overwritten(change, operation, row, moved[operation.id])
            if change.state is State.PLANNED:
                fatal = fatal or outcome.error
            notes.append(change)
        context.note(notes)
        over = sum(change.state in _OVER for change in notes)
        context.observer.received(context.run.target, over)
        if fatal is not None:
            raise fatal

    def _answered(self, entry: Entry, operation: Operation, outcome: Outcome) -> Change:
        error = outcome.error
        if error is None:
            told = self._context.target.told(operation, outcome.result)
            if told.error is not None:
                return Change(entry.number, State.REJECTED, error=told.error)
            return Change(entry.number, State.DONE, record_id=told.record_id, executed=True)
        if isinstance(error, AmbiguousError):
            return Change(entry.number, State.UNKNOWN, error=str(error))
        refused = isinstance(error, MethodError) and not isinstance(error, MethodNotFoundError)
        if refused or (isinstance(error, AuthError) and error.status is None):  # no right to this record
            return Change(entry.number, State.REJECTED, error=error.description or str(error))
        return Change(entry.number, State.PLANNED, error=str(error))

    def _with_overwritten(self, change: Change, operation: Operation, old: Row, row: Row) -> Change:
        """Tell what somebody wrote between our check and our write, and keep it for an undo."""
        context = self._context
        before, then = (context.canonical(each, operation.after) for each in (old, row))
        lost = [
            code
            for code in then
            if not context.same(code, before[code], then[code])
            and not context.has(operation, code, then[code])
        ]
        if not lost:
            return change
        told = "; ".join(f"{code}: {then[code]!r}" for code in lost)
        return replace(change, before=then, remark=f"overwrote what came after the check: {told}")


_OVER: Final = (
    State.DONE,
    State.REJECTED,
    State.AMBIGUOUS,
    State.SKIPPED,
    State.CONFLICT,
)


def _key(entry: Entry) -> str:
    return f"w{entry.number}"
