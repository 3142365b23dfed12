"""Any number of commands through batches: what goes into a request, what is sent again, what came of each."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tenacity import AsyncRetrying, retry_if_result, stop_never

from .batch import LARGEST_BATCH, Command, Outcome, chains
from .clock import Clock
from .envelope import BatchReply
from .errors import (
    BatchLengthError,
    Bitrix24Error,
    ConfigurationError,
    MalformedReplyError,
    MethodError,
    NotExecutedError,
    RefusedError,
)
from .exchange import Exchange
from .refusals import refusal
from .retry import Ledger, RetryPolicy

_log = logging.getLogger(__name__)
_SHORTEST_WAIT: Final = 0.1
_WORTH_TELLING: Final = 5.0
REQUEST_SECONDS: Final = 25.0  # server time that a request is meant to stay under; the portal cuts at 60


@dataclass
class _Unit:
    """Commands that have to travel together: one, or a chain of references."""

    keys: tuple[str, ...]
    ledger: Ledger


class BatchRun:
    """One `batch` of the client, from its commands to one outcome for each."""

    def __init__(
        self,
        exchange: Exchange,
        policy: RetryPolicy,
        clock: Clock,
        commands: Mapping[str, Command],
        *,
        workers: int,
        halt: bool,
        write: bool,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> None:
        self._on_outcome = on_outcome
        self._exchange = exchange
        self._policy = policy
        self._clock = clock
        self._commands = dict(commands)
        self._in_order = halt or write  # one request after another, in the order given
        self._workers = 1 if self._in_order else workers
        self._halt = halt
        self._write = write
        self._largest = LARGEST_BATCH
        self._outcomes: dict[str, Outcome] = {}
        self._fatal: Bitrix24Error | None = None
        self._pending: list[_Unit] = [self._unit(keys) for keys in self._groups()]
        self._again: list[_Unit] = []
        self._resent = False

    async def run(self) -> dict[str, Outcome]:
        """Return the outcome of every command, in the order given; raises what concerns a whole read."""
        retrying = AsyncRetrying(
            sleep=self._clock.sleep,
            retry=retry_if_result(bool),
            wait=lambda _: max(unit.ledger.delay for unit in self._pending),
            stop=stop_never,  # each unit's ledger ends it
        )
        await retrying(self._round)
        if self._fatal is not None:
            raise self._fatal from None
        return {key: self._outcomes[key] for key in self._commands}

    def _groups(self) -> list[tuple[str, ...]]:
        if self._halt:
            if len(self._commands) > LARGEST_BATCH:
                raise ConfigurationError(f"A batch that halts has at most {LARGEST_BATCH} commands")
            return [tuple(self._commands)] if self._commands else []
        if self._write:
            return [(key,) for key in self._commands]
        groups = chains(self._commands)
        for keys in groups:
            if len(keys) > LARGEST_BATCH:
                raise ConfigurationError(
                    f"{len(keys)} commands refer to one another's results; a request takes {LARGEST_BATCH}"
                )
        return groups

    def _unit(self, keys: tuple[str, ...]) -> _Unit:
        return _Unit(keys, Ledger(self._policy, self._clock, write=self._write))

    async def _round(self) -> bool:
        """Send everything that is pending once; True when something has to be sent again."""
        queue = deque(self._pending)
        self._again = []
        tasks = [asyncio.ensure_future(self._work(queue)) for _ in range(min(self._workers, len(queue)))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._pending, self._resent = self._again, True
        return bool(self._pending) and self._fatal is None

    async def _work(self, queue: deque[_Unit]) -> None:
        while queue and self._fatal is None:
            units = await self._take(queue)
            if not units:  # another worker took the rest while this one waited
                return
            if self._resent:
                self._exchange.stats.retries += 1
            commands = {key: self._commands[key] for unit in units for key in unit.keys}
            answer = await self._exchange.batch(commands, halt=self._halt)
            if isinstance(answer, Bitrix24Error):
                self._failed(units, answer, queue)
            else:
                self._answered(units, answer)

    async def _take(self, queue: deque[_Unit]) -> list[_Unit]:
        """Take from the queue what fits into one request and has budget; wait while nothing has."""
        told = False
        while queue:
            taken, wait = self._choose(queue)
            if taken:
                chosen = set(map(id, taken))
                rest = [unit for unit in queue if id(unit) not in chosen]
                queue.clear()
                queue.extend(rest)
                return taken
            if wait > _WORTH_TELLING and not told:
                _log.info("The commands left have used up their server time; going on in about %.0f s", wait)
                told = True
            self._exchange.stats.waited_seconds += wait
            await self._clock.sleep(wait)
        return []

    def _choose(self, queue: deque[_Unit]) -> tuple[list[_Unit], float]:
        """Return the units for a request, passing over parked methods; else how long to wait."""
        parked: dict[str, float] = {}
        while candidates := self._candidates(queue, parked):
            wanted = Counter(self._commands[key].method for unit in candidates for key in unit.keys)
            first = Counter(self._commands[key].method for key in candidates[0].keys)
            left: Counter[str] = Counter()
            for method, count in wanted.items():
                granted, wait = self._exchange.budget.ask(
                    method, count, least=max(1, first[method]), write=self._write
                )
                left[method] = granted
                if not granted:
                    parked[method] = wait
            taken = self._within(candidates, left)
            for method, unused in left.items():
                self._exchange.budget.settle(method, [None] * unused)
            if taken or self._in_order:
                return taken, max(_SHORTEST_WAIT, *parked.values(), 0.0)
            if not parked:  # others use what is left of the budget; their answers are awaited
                break
        return [], max(_SHORTEST_WAIT, min(parked.values(), default=0.0))

    def _within(self, candidates: list[_Unit], left: Counter[str]) -> list[_Unit]:
        """Return the units that the granted commands are enough for, and take them off the grant."""
        taken: list[_Unit] = []
        for unit in candidates:
            needs = Counter(self._commands[key].method for key in unit.keys)
            if all(left[method] >= count for method, count in needs.items()):
                left -= needs
                taken.append(unit)
            elif self._in_order:
                break
        return taken

    def _candidates(self, queue: deque[_Unit], parked: Mapping[str, float]) -> list[_Unit]:
        """Return the units, in order, that stay within the size and the server time of one request."""
        chosen: list[_Unit] = []
        size, seconds = 0, 0.0
        for unit in queue:
            methods = [self._commands[key].method for key in unit.keys]
            if not self._in_order and any(method in parked for method in methods):
                continue
            cost = sum(self._exchange.budget.cost(method, write=self._write) for method in methods)
            if chosen and (size + len(methods) > self._largest or seconds + cost > REQUEST_SECONDS):
                break
            chosen.append(unit)
            size, seconds = size + len(methods), seconds + cost
        return chosen

    def _failed(self, units: list[_Unit], error: Bitrix24Error, queue: deque[_Unit]) -> None:
        """Decide what a failure of the whole request means for its commands."""
        if isinstance(error, BatchLengthError):
            self._largest = max(1, sum(len(unit.keys) for unit in units) // 2)
        for unit in units:
            if unit.ledger.permits(error, stranger=not self._exchange.known):
                self._again.append(unit)
            elif self._write:  # what earlier requests have written must stay known, so nothing is raised
                self._finish(unit, error)
            else:
                self._fatal = error
        if self._write and isinstance(error, RefusedError):
            for unit in (*queue, *self._again):
                self._finish(unit, error)
            queue.clear()
            self._again.clear()

    def _finish(self, unit: _Unit, error: Bitrix24Error) -> None:
        self._record({key: Outcome(key, error=error) for key in unit.keys})

    def _record(self, outcomes: dict[str, Outcome]) -> None:
        self._outcomes.update(outcomes)
        if self._on_outcome is not None:
            for outcome in outcomes.values():
                self._on_outcome(outcome)

    def _answered(self, units: list[_Unit], answer: BatchReply) -> None:
        """Turn an answer into outcomes, and put back what has to be sent again."""
        told: set[tuple[type[Bitrix24Error], str]] = set()
        for unit in units:
            outcomes = {key: self._outcome(key, answer) for key in unit.keys}
            if self._halt and answer.failures:
                outcomes = self._not_run(outcomes, answer)
            errors = {key: outcome.error for key, outcome in outcomes.items() if outcome.error is not None}
            for key, error in errors.items():
                method = self._commands[key].method
                if (type(error), method) not in told:
                    told.add((type(error), method))
                    self._exchange.obey(error, [method])
                if isinstance(error, BatchLengthError):
                    self._largest = max(1, min(self._largest, len(answer.replies)))
            # A halted write stays as it is: what ran before the failure must not run again.
            final = not errors or (self._halt and self._write)
            if not final and unit.ledger.permits(next(iter(errors.values()))):
                self._again.append(self._unanswered(unit, outcomes))
            else:
                self._record(self._without_garbage(outcomes))

    def _unanswered(self, unit: _Unit, outcomes: Mapping[str, Outcome]) -> _Unit:
        """Keep what was answered before the first failure; what is left refers to it by value.

        A method whose time is up refuses a chain in its middle: what it gave before cost that time.
        """
        first = next(place for place, key in enumerate(unit.keys) if not outcomes[key].ok)
        answered = {key: outcomes[key] for key in unit.keys[:first]}
        try:
            left = {key: self._commands[key].with_results(answered) for key in unit.keys[first:]}
        except LookupError:
            return unit
        self._commands |= left
        self._record(answered)
        return _Unit(tuple(left), unit.ledger)

    def _outcome(self, key: str, answer: BatchReply) -> Outcome:
        method = self._commands[key].method
        spent = answer.times.get(key)
        reply = answer.replies.get(key)
        if reply is not None:
            return Outcome(key, reply=reply, spent=spent)
        failure = answer.failures.get(key)
        if failure is not None:
            reset_at = None if failure.time is None else failure.time.operating_reset_at
            refused = refusal(method, failure.code, failure.description, reset_at=reset_at)
            return Outcome(key, error=refused, spent=spent)
        missing = MalformedReplyError(
            f"{method}: the answer to the batch lacks this command; whether it ran is unknown", method=method
        )
        return Outcome(key, error=missing, spent=spent)

    def _not_run(self, outcomes: dict[str, Outcome], answer: BatchReply) -> dict[str, Outcome]:
        """Say of commands after the one that halted the batch that they were not run."""
        halted_by = next(key for key in outcomes if key in answer.failures)
        return {
            key: outcome
            if key in answer.replies or key in answer.failures
            else Outcome(
                key,
                error=NotExecutedError(
                    f"{self._commands[key].method}: not run, because {halted_by} failed and the batch halts",
                    method=self._commands[key].method,
                ),
            )
            for key, outcome in outcomes.items()
        }

    def _without_garbage(self, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        """Drop results of commands that refer to a failed one: the portal has run them with garbage."""
        if self._write:  # no references there
            return outcomes
        clean: dict[str, Outcome] = {}
        for key, outcome in outcomes.items():
            method = self._commands[key].method
            broken = sorted(
                other
                for other in self._commands[key].references()
                if other in clean and clean[other].error is not None
            )
            if broken and outcome.ok:
                error = MethodError(
                    f"{method}: refers to the result of {broken[0]}, which failed", method=method
                )
                clean[key] = Outcome(key, error=error, spent=outcome.spent)
            else:
                clean[key] = outcome
        return clean
