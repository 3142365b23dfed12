"""The client: calls and batches to one portal under its limits, with retries that cannot double a write."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Self

import httpx
from tenacity import AsyncRetrying, retry_if_result, stop_never

from .batch import LARGEST_BATCH, Command, Outcome, named
from .batch_run import REQUEST_SECONDS, BatchRun
from .clock import Clock, SystemClock
from .envelope import Reply, rows_of
from .errors import Bitrix24Error, ConfigurationError, MalformedReplyError
from .exchange import Exchange
from .forecast import Forecast, Pace, forecast
from .limits import Limits, LimitsStore, MemoryLimitsStore, OperatingBudget, RequestGate
from .retry import Ledger, RetryPolicy
from .stats import ClientStats
from .webhook import Webhook
from .wire import Wire, WireSettings

__all__ = ["Bitrix24Client", "ClientStats", "Command", "Limits", "Outcome", "Reply", "RetryPolicy"]

_USER_AGENT: Final = "b24-warehouse/0.1"


class Bitrix24Client:
    """A portal's REST API behind one webhook, open inside `async with Bitrix24Client(url) as b24`.

    Args:
        webhook_url: as copied from the portal.
        limits: what the portal allows.
        store: where the limits are kept; a SqliteLimitsStore shares them with other processes here.
        transport: replaces the network, for example httpx.ASGITransport(app).
        clock: replaces time.
        timeout: seconds without a byte of the answer after which it is given up.
        attempts: tries of one call that fails for other reasons than a limit.
        verify: False or a CA file for portals with a certificate of their own.
        user_agent: what the portal's log shows.
        patience: seconds of refusals for a limit after which the last one leaves.
        allow_http: accept plain http to a host that is not this machine; the secret then travels in clear.
        policy: replaces attempts, patience and the waits between tries.
    """

    def __init__(  # noqa: PLR0913 - a client has that many independent settings, all optional
        self,
        webhook_url: str,
        *,
        limits: Limits | None = None,
        store: LimitsStore | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        timeout: float = 75.0,
        attempts: int = 6,
        verify: bool | str = True,
        user_agent: str = _USER_AGENT,
        patience: float = 3600.0,
        allow_http: bool = False,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.webhook = Webhook.parse(webhook_url, allow_http=allow_http)
        self.limits = limits or Limits()
        self.stats = ClientStats()
        self._clock = clock or SystemClock()
        self._policy = policy or RetryPolicy(attempts=attempts, patience=patience)
        self._settings = WireSettings(timeout, self.limits.max_in_flight, user_agent, verify, transport)
        store = store or MemoryLimitsStore()
        self._gate = RequestGate(store, self.webhook.portal, clock=self._clock)
        self._budget = OperatingBudget(store, _identity(self.webhook), clock=self._clock)
        self.use_limits(self.limits)
        self._exchange: Exchange | None = None

    async def __aenter__(self) -> Self:
        """Open the connections; they belong to the running event loop until the end of the block."""
        if self._exchange is not None:
            raise ConfigurationError("This client is already open")
        wire = Wire(self.webhook, self._settings, self._gate, self.stats, self._clock)
        self._exchange = Exchange(wire, self._gate, self._budget, self.stats, self._clock)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.wire.close()

    def __repr__(self) -> str:
        """Show the portal, never the secret."""
        return f"Bitrix24Client({self.webhook!r})"

    async def call(
        self, method: str, params: Mapping[str, object] | None = None, *, write: bool = False
    ) -> Reply:
        """Return the answer to one call, or raise the last error when trying again does not help.

        With `write` a call is sent again only when it surely did not run.
        """
        exchange, name = self._open(), _method(method)
        ledger = Ledger(self._policy, self._clock, write=write)
        tries = 0

        async def attempt() -> Reply | Bitrix24Error:
            nonlocal tries
            exchange.stats.retries += bool(tries)
            tries += 1
            return await exchange.call(name, params or {}, write=write)

        def again(answer: Reply | Bitrix24Error) -> bool:
            return isinstance(answer, Bitrix24Error) and ledger.permits(answer, stranger=not exchange.known)

        retrying = AsyncRetrying(
            sleep=self._clock.sleep,
            retry=retry_if_result(again),
            wait=lambda _: ledger.delay,
            stop=stop_never,  # the ledger ends it
        )
        answer: Reply | Bitrix24Error = await retrying(attempt)
        if isinstance(answer, Bitrix24Error):
            raise answer from None
        return answer

    async def batch(
        self,
        commands: Mapping[str, Command] | Sequence[Command],
        *,
        halt: bool = False,
        write: bool = False,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> dict[str, Outcome]:
        """Return one outcome per command, in the order given, however many batches they need.

        A command's own failure is in its outcome. What concerns a whole request is raised when reading; when
        writing it is in the outcomes as well, so that what has been written stays known. Commands of a read
        that refer to one another's results (`$result[key]…`) travel together; after a failure those behind it
        are sent again, with the values that were referred to.

        Args:
            commands: by key, or a sequence, whose keys are then c0000, c0001, …
            halt: stop at the first failure; at most 50 commands.
            write: send again only what surely did not run. A text with `$result[` in it goes in a call of its
                own, as a batch would expand it.
            on_outcome: called with each outcome as soon as it is final; others may still wait.
        """
        exchange = self._open()
        by_key = named(commands)
        for command in by_key.values():
            _method(command.method)
        alone = _to_send_alone(by_key, write=write)
        if alone and halt:
            raise ConfigurationError(
                f"A text of {alone[0]} contains $result[, which a batch would expand; send it without halt"
            )
        run = BatchRun(
            exchange,
            self._policy,
            self._clock,
            {key: command for key, command in by_key.items() if key not in alone},
            workers=self.limits.max_in_flight,
            halt=halt,
            write=write,
            on_outcome=on_outcome,
        )
        outcomes = await run.run()
        for key in alone:
            outcomes[key] = await self._alone(key, by_key[key], write=write)
            if on_outcome is not None:
                on_outcome(outcomes[key])
        return {key: outcomes[key] for key in by_key}

    async def pages(
        self, method: str, params: Mapping[str, object] | None = None
    ) -> AsyncIterator[list[Any]]:
        """Yield the rows of each page of a list method, by `start` and `next`."""
        start: object = (params or {}).get("start", 0)
        while True:
            reply = await self.call(method, {**(params or {}), "start": start})
            yield rows_of(reply.result)
            if reply.next is None:
                return
            if isinstance(start, int) and reply.next <= start:
                raise MalformedReplyError(
                    f"{method}: the page after {start} starts at {reply.next}; that would never end",
                    method=method,
                )
            start = reply.next

    def batch_size(self, method: str, *, write: bool = False) -> int:
        """Return how many commands of a method fit into one request, by what they have cost so far."""
        cost = self._budget.cost(method, write=write)
        return max(1, min(LARGEST_BATCH, int(REQUEST_SECONDS / cost))) if cost > 0 else LARGEST_BATCH

    def request_seconds(self, method: str) -> float:
        """Return how long the portal takes for a request full of a method, by what it has cost so far."""
        return self.batch_size(method) * self._budget.cost(method)

    def parked_for(self, method: str) -> float:
        """Return the seconds after which a method may be sent again; 0 while it has server time left."""
        return self._budget.parked_for(method)

    def forecast(self, method: str, rows: int, commands: int, at_once: int) -> Forecast:
        """Foretell a read of so many rows by so many commands, with so many requests under way together."""
        left, limit = self._budget.left(method)
        limits = self.limits
        pace = Pace(
            requests_per_second=limits.requests_per_second,
            bucket=limits.bucket,
            batch=self.batch_size(method),
            at_once=at_once,
            limit_seconds=limit if limits.operating_seconds > 0 else 0.0,
            left_seconds=left,
        )
        return forecast(rows, commands, self._budget.cost(method), pace)

    def use_limits(self, limits: Limits) -> None:
        """Obey other limits from now on, such as an Enterprise portal's; connections keep their number."""
        self.limits = limits
        self._gate.rate, self._gate.bucket = limits.requests_per_second, limits.bucket
        self._budget.limit_seconds = limits.operating_seconds

    @property
    def portal_ahead(self) -> float:
        """Seconds by which the portal's clock is ahead of this machine's, from the latest answer."""
        return self._budget.portal_ahead

    async def _alone(self, key: str, command: Command, *, write: bool) -> Outcome:
        try:
            reply = await self.call(command.method, command.params, write=write)
        except Bitrix24Error as error:
            return Outcome(key, error=error)
        return Outcome(key, reply=reply, spent=reply.time)

    def _open(self) -> Exchange:
        if self._exchange is None:
            raise ConfigurationError("The client is not open: use it inside `async with`")
        return self._exchange


def _method(name: str) -> str:
    """Return the method's name if it can stand in an address and in a batch line."""
    if (
        not name
        or not name.isascii()
        or not name.replace(".", "").replace("_", "").replace("-", "").isalnum()
    ):
        raise ConfigurationError(f"{name!r} is not the name of a method")
    return name


def _identity(webhook: Webhook) -> str:
    """Return what operating time is counted by: the webhook, by a short hash that gives no secret away."""
    mark = hashlib.blake2s(webhook.secret.encode(), digest_size=4).hexdigest()
    return f"{webhook.portal} {webhook.user_id}-{mark}"


def _to_send_alone(commands: Mapping[str, Command], *, write: bool) -> list[str]:
    """Return the keys of commands that a batch would change: texts that look like references but are none."""
    alone: list[str] = []
    earlier: set[str] = set()
    for key, command in commands.items():
        if command.has_reference_mark():
            references = command.references()
            if write or not references or not references <= earlier:
                alone.append(key)
                continue  # nothing may refer to a command that is not in the batch
        earlier.add(key)
    return alone
