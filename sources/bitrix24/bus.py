"""Many readers, few requests: commands that are wanted at the same time travel in the same batch."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from .batch import LARGEST_BATCH, Command, Outcome
from .client import Bitrix24Client

_HELD_SECONDS = 2.0  # a request under way may itself wait for its method's time, which others must not
_SECONDS = 25.0  # of server time in one request, which the portal cuts after 60 (API.md 4)


@dataclass
class Account:
    """What one entity cost: requests that carried it, commands, and the portal's own seconds."""

    requests: int = 0
    commands: int = 0
    operating_seconds: float = 0.0


@dataclass
class _Parcel:
    """Commands that refer to one another, or at least belong to one caller."""

    commands: Mapping[str, Command]
    account: Account
    seconds: float
    since: float
    behind: "frozenset[asyncio.Task[None]]"
    outcomes: "asyncio.Future[dict[str, Outcome]]" = field(repr=False)
    received: dict[str, Outcome] = field(default_factory=dict)

    def receive(self, outcome: Outcome) -> None:
        """Take an outcome; with the last one the caller goes on."""
        self.received[outcome.key] = outcome
        self.account.operating_seconds += (outcome.time and outcome.time.seconds) or 0.0
        if len(self.received) == len(self.commands) and not self.outcomes.done():
            self.outcomes.set_result({key: self.received[key] for key in self.commands})

    def fail(self, error: BaseException) -> None:
        """Let the caller have the failure of the request, unless its commands were answered before."""
        if not self.outcomes.done():
            self.outcomes.set_exception(error)


class CommandBus:
    """Collects the commands of concurrent readers and sends them in as few requests as they fit into.

    While every connection is busy or the request gate is shut, parcels gather; so the busier the portal,
    the fuller the batches. Requests are what a portal limits first: a parcel that would leave most of one
    empty waits for the answers under way, whose readers may have more to ask. A parcel is never torn
    apart: its commands may refer to one another. A parcel whose method has used up its server time waits
    on its own, so that the others go on.
    """

    def __init__(self, client: Bitrix24Client, in_flight: int) -> None:
        self._client = client
        self._waiting: list[_Parcel] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._parked: set[asyncio.Task[None]] = set()
        self._in_flight = in_flight
        self._numbers = count()

    def widen(self, in_flight: int) -> None:
        """Have at least so many requests under way together from now on."""
        self._in_flight = max(self._in_flight, in_flight)

    def keys(self, wanted: int) -> list[str]:
        """Return fresh keys: texts, so that PHP makes a map of them, in the order of execution."""
        return [f"c{next(self._numbers):06d}" for _ in range(wanted)]

    async def one(self, command: Command, account: Account) -> Outcome:
        """Return what became of a single command."""
        (key,) = self.keys(1)
        return (await self.run({key: command}, account))[key]

    async def run(
        self, commands: Mapping[str, Command], account: Account, *, seconds: float = 0.0
    ) -> dict[str, Outcome]:
        """Return one outcome per command; at most 50 commands, which travel together.

        `seconds` is what they may cost the portal, where that is known to be much: one request carries no
        more than it can answer long before it is cut.

        Raises:
            Bitrix24Error: the request that carried them failed for good.
        """
        loop, under_way = asyncio.get_running_loop(), frozenset(self._sending)
        parcel = _Parcel(commands, account, seconds, loop.time(), under_way, loop.create_future())
        if any(self._client.parked_for(method) for method in {c.method for c in commands.values()}):
            task = asyncio.create_task(self._carry([parcel]))  # the client waits for the method's time
            self._parked.add(task)
            task.add_done_callback(self._parked.discard)
        else:
            self._waiting.append(parcel)
            self._dispatch()
            if under_way:
                loop.call_later(_HELD_SECONDS, self._dispatch)
        return await parcel.outcomes

    def _dispatch(self) -> None:
        if self._waiting and len(self._sending) < self._in_flight and self._worth_a_request():
            task = asyncio.create_task(self._send())
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _worth_a_request(self) -> bool:
        """Whether a request would be full, or has waited for the answers that were under way, or for long."""
        if sum(len(parcel.commands) for parcel in self._waiting) >= LARGEST_BATCH:
            return True
        held_since = asyncio.get_running_loop().time() - _HELD_SECONDS
        return any(
            not parcel.behind & self._sending or parcel.since <= held_since or self._is_full(parcel)
            for parcel in self._waiting
        )

    def _is_full(self, parcel: _Parcel) -> bool:
        """Whether it holds as many commands as its method may have in one request."""
        method = next(iter(parcel.commands.values())).method
        return len(parcel.commands) >= self._client.batch_size(method)

    def _sent(self, task: "asyncio.Task[None]") -> None:
        self._sending.discard(task)
        self._dispatch()

    async def _send(self) -> None:
        # readers that go on at this moment get their commands into the same request
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        parcels = self._load()
        self._dispatch()
        if parcels:
            await self._carry(parcels)

    async def _carry(self, parcels: list[_Parcel]) -> None:
        owners = {key: parcel for parcel in parcels for key in parcel.commands}
        for account in {id(parcel.account): parcel.account for parcel in parcels}.values():
            account.requests += 1
        for parcel in parcels:
            parcel.account.commands += len(parcel.commands)
        commands = {key: parcel.commands[key] for key, parcel in owners.items()}
        try:
            outcomes = await self._client.batch(commands, on_outcome=lambda o: owners[o.key].receive(o))
        except BaseException as error:
            for parcel in parcels:
                parcel.fail(error)
            if not isinstance(error, Exception):
                raise
            return
        for key, outcome in outcomes.items():  # what the client had to call alone comes only now
            if key not in owners[key].received:
                owners[key].receive(outcome)

    def _load(self) -> list[_Parcel]:
        """Take parcels in order, skipping those that no longer fit, until the batch is full."""
        taken: list[_Parcel] = []
        room, seconds = LARGEST_BATCH, _SECONDS
        for parcel in list(self._waiting):
            if len(parcel.commands) <= room and (parcel.seconds <= seconds or not taken):
                taken.append(parcel)
                self._waiting.remove(parcel)
                room -= len(parcel.commands)
                seconds -= parcel.seconds
        return taken
