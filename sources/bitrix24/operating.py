"""Server time of each method over the portal's rolling ten minutes, kept under the limit of the portal."""

import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from .clock import Clock, SystemClock
from .envelope import CommandTime
from .limits_store import LimitsStore

_log = logging.getLogger(__name__)

_SHARE: Final = 0.95  # of the limit; the rest is for what others use before we hear of it
_SMALLEST_CEILING: Final = 0.25  # of the limit; who is refused below that is refused for what others used
_MINUTE: Final = 60.0
_WINDOW: Final = 10  # one-minute buckets that the portal adds up
_GUARD: Final = 1.0  # the clocks are known to about a second
_POLL: Final = 0.1  # how often those who wait for other requests' figures look again
_WORTH_TELLING: Final = 5.0
_FLIGHT: Final = 120.0  # a command whose answer never came is forgotten after this many seconds
_READ_COST: Final = 0.05  # seconds of a command nobody has timed yet
_WRITE_COST: Final = 1.25  # likewise; the documentation's samples of updates take 1.3 to 3.2 s
_SMALLEST_COST: Final = 0.001
_FASTER: Final = 0.3  # weight of the newest mean when it is below what was learned
_SLOWER: Final = 0.7  # and above it: too large a request costs more than too small a one
_FADING: Final = 0.7  # what is left of the dearest command's surplus after each answer
_MOST_SURPLUS: Final = 4.0  # times the cost; one outlier must not hold back a cheap method


class _Usage(msgspec.Struct):
    reported: float = 0.0
    reset_at: float = 0.0  # on our clock
    window_end: float = (
        0.0  # the same as the portal said it: tells its windows apart, however slow the answers are
    )
    seen_at: float = 0.0
    window: dict[int, float] = {}  # minute → seconds of answers that came without a figure
    ceiling: float = 0.0  # figure at which the portal refused the method, where that was below the limit
    cost: float | None = None
    dearest: float = 0.0  # seconds of the dearest commands of late, fading towards the cost
    flights: list[tuple[float, int]] = []  # (forgotten at, commands)


_decode = msgspec.json.Decoder(_Usage).decode
_encode = msgspec.json.encode


class OperatingBudget:
    """Says how many commands of a method may be sent now; a method near its limit waits, the others go on."""

    def __init__(
        self,
        store: LimitsStore,
        webhook: str,
        *,
        limit_seconds: float = 480.0,
        clock: Clock | None = None,
    ) -> None:
        self.limit_seconds = limit_seconds
        self.portal_ahead = 0.0  # seconds by which the portal's clock is ahead of ours
        self._store = store
        self._prefix = f"{webhook} operating "
        self._clock = clock or SystemClock()
        self._costs: dict[str, float] = {}  # what the store said last, as costs are asked for all the time

    def cost(self, method: str, *, write: bool = False) -> float:
        """Return the learned server seconds of one command, or a guess for a method never timed."""
        key = self._key(method)
        if key not in self._costs:
            learned = self._store.change(key, lambda value: (_encode(usage := self._now(value)), usage.cost))
            if learned is None:
                return _WRITE_COST if write else _READ_COST
            self._costs[key] = learned
        return self._costs[key]

    async def allow(self, method: str, commands: int, *, least: int = 1, write: bool = False) -> int:
        """Return how many of these commands may be sent now, at least `least`; waits while that is none."""
        told = False
        while True:
            granted, wait = self.ask(method, commands, least=least, write=write)
            if granted:
                return granted
            if wait > _WORTH_TELLING and not told:
                _log.info("%s has used up its server time; it goes on in about %.0f s", method, wait)
                told = True
            await self._clock.sleep(wait)

    def ask(self, method: str, commands: int, *, least: int = 1, write: bool = False) -> tuple[int, float]:
        """Return how many may be sent now, and when that is none, the seconds after which to ask again."""
        if self.limit_seconds <= 0:
            return commands, 0.0
        guess = self.cost(method, write=write)

        def decide(value: bytes | None) -> tuple[bytes, tuple[int, float]]:
            usage = self._now(value)
            granted, wait = self._decide(usage, commands, least, guess)
            if granted:
                usage.flights.append((self._clock.time() + _FLIGHT, granted))
            return _encode(usage), (granted, wait)

        return self._store.change(self._key(method), decide)

    def parked_for(self, method: str) -> float:
        """Return the seconds until the method may be sent again, 0 when it is not parked."""
        if self.limit_seconds <= 0:
            return 0.0
        guess = self.cost(method)

        def look(value: bytes | None) -> tuple[bytes, tuple[int, float]]:
            usage = self._now(value)
            return _encode(usage), self._decide(usage, 1, 1, guess)

        granted, wait = self._store.change(self._key(method), look)
        return 0.0 if granted or wait <= _POLL else wait

    def left(self, method: str) -> tuple[float, float]:
        """Return the server seconds that the method may use now, and those of ten minutes."""

        def look(value: bytes | None) -> tuple[bytes, tuple[float, float]]:
            usage = self._now(value)
            ceiling = self._ceiling(usage)
            return _encode(usage), (max(0.0, ceiling - _used(usage)), ceiling)

        return self._store.change(self._key(method), look)

    def spent(
        self, method: str, operating: float | None, reset_at: float | None, seconds: float | None
    ) -> None:
        """Note what one command's answer says; `reset_at` is on the portal's clock."""
        self.settle(
            method, [CommandTime(operating=operating, operating_reset_at=reset_at, processing=seconds)]
        )

    def settle(self, method: str, times: Sequence[CommandTime | None]) -> None:
        """Note what the answers of commands say, None for one without; they are no longer in flight."""
        if not times:
            return
        key = self._key(method)

        def note(value: bytes | None) -> tuple[bytes, float | None]:
            usage = self._now(value)
            _land(usage, len(times))
            for time in times:
                if time is not None:
                    self._note(usage, time)
            known = [time.seconds for time in times if time is not None and time.seconds is not None]
            if known:
                _learn(usage, known)
            return _encode(usage), usage.cost

        learned = self._store.change(key, note)
        if learned is not None:
            self._costs[key] = learned

    def park(self, method: str, reset_at: float | None) -> None:
        """Send no more of this method until `reset_at` on the portal's clock: the portal has refused it."""
        if self.limit_seconds <= 0:
            return

        def fill(value: bytes | None) -> tuple[bytes, None]:
            usage, now = self._now(value), self._clock.time()
            if _SMALLEST_CEILING * self.limit_seconds < _used(usage) < self.limit_seconds:
                usage.ceiling = _used(usage)  # the threshold is a setting of the portal (API.md 4)
            usage.reported, usage.seen_at = max(usage.reported, self.limit_seconds), now
            if reset_at is not None:
                usage.reset_at = self._ours(reset_at)
            if usage.reset_at <= now:  # the portal did not say: its oldest bucket is over within a minute
                usage.reset_at = now + _MINUTE
            return _encode(usage), None

        self._store.change(self._key(method), fill)

    def overrun(self, method: str, commands: int, seconds: float) -> None:
        """Note that a request with this many commands took at least these seconds without an answer."""
        key = self._key(method)

        def slow(value: bytes | None) -> tuple[bytes, float]:
            usage = self._now(value)
            usage.cost = max(usage.cost or 0.0, seconds / max(1, commands))
            return _encode(usage), usage.cost

        self._costs[key] = self._store.change(key, slow)

    def _key(self, method: str) -> str:
        return self._prefix + method.lower()

    def _ours(self, portal_time: float) -> float:
        # A figure from a clock gone wrong must not park a method for ever: the window is ten minutes.
        return min(portal_time - self.portal_ahead, self._clock.time() + (_WINDOW + 1) * _MINUTE)

    def _now(self, value: bytes | None) -> _Usage:
        usage = _Usage() if value is None else _decode(value)
        now = self._clock.time()
        usage.flights = [flight for flight in usage.flights if flight[0] > now]
        usage.window = {
            minute: seconds
            for minute, seconds in usage.window.items()
            if (minute + _WINDOW + 1) * _MINUTE > now
        }
        if now - usage.seen_at > (_WINDOW + 1) * _MINUTE:  # nothing of the last figure can still count
            usage.reported = 0.0
        return usage

    def _ceiling(self, usage: _Usage) -> float:
        return min(self.limit_seconds, usage.ceiling or self.limit_seconds) * _SHARE

    def _decide(self, usage: _Usage, commands: int, least: int, guess: float) -> tuple[int, float]:
        cost = max(_SMALLEST_COST, guess if usage.cost is None else usage.cost)
        cost = max(
            cost, min(usage.dearest, cost * _MOST_SURPLUS)
        )  # what is in flight may be of the dear sort
        used = _used(usage)
        in_flight = sum(count for _, count in usage.flights)
        ceiling = self._ceiling(usage)
        if usage.cost is None and in_flight:
            return 0, _POLL  # nobody knows yet what those cost: a few of them could be the whole budget
        fitting = int((ceiling - used) / cost) - in_flight
        if fitting >= least:
            return min(commands, fitting), 0.0
        if in_flight and used + least * cost <= ceiling:
            return 0, _POLL  # room once the figures of those in flight are known
        now = self._clock.time()
        until = usage.reset_at
        if usage.window and usage.reported <= 0:
            until = max(until, (min(usage.window) + _WINDOW + 1) * _MINUTE)
        if used > 0 and until > now:
            return 0, until - now + _GUARD
        if in_flight:
            return 0, _POLL  # one probe at a time
        return min(commands, least), 0.0

    def _note(self, usage: _Usage, time: CommandTime) -> None:
        now = self._clock.time()
        if time.operating is None:
            if time.seconds:
                minute = int(now // _MINUTE)
                usage.window[minute] = usage.window.get(minute, 0.0) + time.seconds
            return
        window_end = time.operating_reset_at or 0.0
        if window_end > usage.window_end or usage.reset_at <= now:
            usage.reported = time.operating  # the oldest minute has dropped out of the portal's sum
            usage.window_end = window_end
            usage.reset_at = self._ours(window_end) if window_end else now + _MINUTE
        elif window_end == usage.window_end:
            usage.reported = max(usage.reported, time.operating)  # answers may come in another order
        usage.seen_at = now


def _used(usage: _Usage) -> float:
    return usage.reported + sum(usage.window.values())


def _land(usage: _Usage, commands: int) -> None:
    left: list[tuple[float, int]] = []
    for forgotten_at, count in usage.flights:
        landed = min(commands, count)
        commands -= landed
        if count > landed:
            left.append((forgotten_at, count - landed))
    usage.flights = left


def _learn(usage: _Usage, seconds: Sequence[float]) -> None:
    mean = sum(seconds) / len(seconds)
    if usage.cost is None:
        usage.cost = mean
    else:
        weight = _SLOWER if mean > usage.cost else _FASTER
        usage.cost += weight * (mean - usage.cost)
    surplus = max(0.0, usage.dearest - usage.cost)
    usage.dearest = max(*seconds, usage.cost + _FADING * surplus)
