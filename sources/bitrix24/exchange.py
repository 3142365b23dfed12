"""Single exchanges with their accounting: budget before, figures and penalties after; no retries here."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from .batch import Command, json_params
from .clock import Clock
from .envelope import BatchReply, CommandTime, Failure, Reply, read_batch, read_reply
from .errors import (
    Bitrix24Error,
    MalformedReplyError,
    MethodError,
    OperatingLimitError,
    RateLimitError,
    ServerError,
    TransportError,
)
from .limits import OperatingBudget, RequestGate
from .refusals import refusal
from .stats import ClientStats
from .wire import HttpAnswer, Wire

_CLIENT_FAILURE: Final = 400
_TOO_LARGE: Final = (413, 414)
_TOO_MANY: Final = 429
_SERVER_FAILURE: Final = 500
_GATEWAY_TIMEOUT: Final = 504
# A batch that gave no answer for this long was too large, rather than unlucky.
_LONG_WITHOUT_ANSWER: Final = 20.0

_Answer = TypeVar("_Answer", Reply, BatchReply)


@dataclass
class Exchange:
    """Sends one call or one batch once and returns its answer or its error."""

    wire: Wire
    gate: RequestGate
    budget: OperatingBudget
    stats: ClientStats
    clock: Clock
    known: bool = False  # whether this address has ever answered like a portal

    async def call(self, method: str, params: Mapping[str, object], *, write: bool) -> Reply | Bitrix24Error:
        """Send one call, once its method has budget."""
        body = msgspec.json.encode(json_params(params))
        await self._wait_for_budget(method, write=write)
        time = estimate = None
        started = self.clock.monotonic()
        try:
            answer = self._read(method, await self.wire.post(method, body), read_reply)
            if isinstance(answer, Reply):
                time = answer.time
                estimate = _or_estimate(time, self.clock.monotonic() - started)
        finally:
            self.budget.settle(method, [estimate])
        self.stats.sent([method])
        self._account(method, time)
        if isinstance(answer, Bitrix24Error):
            self.obey(answer, [method])
        return answer

    async def batch(self, commands: Mapping[str, Command], *, halt: bool) -> BatchReply | Bitrix24Error:
        """Send one batch whose commands the budget has already allowed."""
        lines = {key: command.encode() for key, command in commands.items()}
        methods = [command.method for command in commands.values()]
        times: Mapping[str, CommandTime] = {}
        estimates: dict[str, CommandTime] = {}
        started = self.clock.monotonic()
        try:
            sent = await self.wire.post("batch", msgspec.json.encode({"halt": int(halt), "cmd": lines}))
            answer = self._read("batch", sent, read_batch)
            if isinstance(answer, BatchReply):
                times = answer.times
                share = (self.clock.monotonic() - started) / len(commands)
                estimates = {key: _or_estimate(times.get(key), share) for key in answer.replies}
        finally:
            for method in set(methods):
                keys = [key for key, command in commands.items() if command.method == method]
                self.budget.settle(method, [estimates.get(key, times.get(key)) for key in keys])
        self.stats.sent(methods)
        for key, command in commands.items():
            self._account(command.method, times.get(key))
        if isinstance(answer, Bitrix24Error):
            self.obey(answer, methods)
            self._learn_from_silence(answer, methods, self.clock.monotonic() - started)
        return answer

    def obey(self, error: Bitrix24Error, methods: list[str]) -> None:
        """Take note of a refusal for a limit, so that nobody else runs into it."""
        if isinstance(error, RateLimitError):
            self.stats.refused_503 += 1
            self.gate.penalise()
        elif isinstance(error, OperatingLimitError):
            self.stats.refused_429 += 1
            for method in set(methods):
                self.budget.park(method, error.reset_at)

    async def _wait_for_budget(self, method: str, *, write: bool) -> None:
        started = self.clock.monotonic()
        await self.budget.allow(method, 1, write=write)
        self.stats.waited_seconds += self.clock.monotonic() - started

    def _account(self, method: str, time: CommandTime | None) -> None:
        if time is not None and time.seconds is not None:
            self.stats.method(method).operating += time.seconds

    def _learn_from_silence(self, error: Bitrix24Error, methods: list[str], waited: float) -> None:
        timed_out = isinstance(error, TransportError | ServerError) and waited >= _LONG_WITHOUT_ANSWER
        if timed_out or error.status == _GATEWAY_TIMEOUT:
            seconds = max(waited, _LONG_WITHOUT_ANSWER)
            for method, count in Counter(methods).items():
                self.budget.overrun(method, count, seconds * count / len(methods))

    def _read(
        self,
        method: str,
        answer: HttpAnswer | Bitrix24Error,
        reader: Callable[[bytes], _Answer | Failure | None],
    ) -> _Answer | Bitrix24Error:
        if isinstance(answer, Bitrix24Error):
            return answer
        try:
            read = reader(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            read = None
        # Even a cut answer in JSON is one of a portal; a login page or nothing at all is not.
        self.known = self.known or answer.body.lstrip()[:1] == b"{"
        if read is None:
            return _unreadable(method, answer, known=self.known)
        time = read.time
        if time is not None and time.finish is not None:
            self.budget.portal_ahead = time.finish - self.clock.time()
        if isinstance(read, Failure):
            reset_at = None if time is None else time.operating_reset_at
            return refusal(method, read.code, read.description, status=answer.status, reset_at=reset_at)
        if answer.status >= _CLIENT_FAILURE:
            return refusal(method, "", f"answered with HTTP {answer.status}", status=answer.status)
        return read


def _or_estimate(time: CommandTime | None, seconds: float) -> CommandTime:
    """Return what the portal says about the time, or what we have measured where it says nothing."""
    if time is None or (time.seconds is None and time.operating is None):
        return CommandTime(duration=seconds)
    return time


def _unreadable(method: str, answer: HttpAnswer, *, known: bool) -> Bitrix24Error:
    status = answer.status
    if status >= _SERVER_FAILURE or status == _TOO_MANY:
        return ServerError(
            f"{method}: the portal failed (HTTP {status}); whether the call ran is unknown. Try again later.",
            method=method,
            status=status,
        )
    if status in _TOO_LARGE:
        return MethodError(
            f"{method}: the request is too large for the portal (HTTP {status}); send less at once",
            method=method,
            status=status,
        )
    start = answer.body.lstrip()[:1]
    if start in (b"{", b"["):
        what = "the answer is cut short or is not what a portal answers"
    else:
        kind = "a web page" if start == b"<" else "something that is not JSON" if start else "nothing"
        what = f"the address answers with {kind}"
        if not known:
            what += (
                "; this does not look like a Bitrix24 portal and its webhook: copy it from the portal again"
            )
    return MalformedReplyError(f"{method}: {what} (HTTP {status})", method=method, status=status)
