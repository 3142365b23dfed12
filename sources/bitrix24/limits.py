"""Obeys a portal's limits instead of discovering them: a slot is reserved before every request."""

import logging
from dataclasses import dataclass
from typing import Final

import msgspec

from .clock import Clock, SystemClock
from .limits_store import LimitsStore, MemoryLimitsStore, SqliteLimitsStore
from .operating import OperatingBudget

__all__ = [
    "Clock",
    "Limits",
    "LimitsStore",
    "MemoryLimitsStore",
    "OperatingBudget",
    "RequestGate",
    "Slot",
    "SqliteLimitsStore",
    "SystemClock",
]

_log = logging.getLogger(__name__)

# Others may use the portal from the same address, and clocks tick differently: one slot is never used.
_MARGIN: Final = 1
# A request whose end was never told (its process was killed) counts as arrived after this many seconds.
_LEASE: Final = 120.0
# Waits end this much later than they could, so that no rounding of a clock makes them end too early.
_PAD: Final = 0.001


@dataclass(frozen=True)
class Limits:
    """What a portal allows; Enterprise allows 5 a second and a bucket of 250. A rate of 0 means no limit."""

    requests_per_second: float = 2.0
    bucket: int = 50
    operating_seconds: float = 480.0
    max_in_flight: int = 8


class _Request(msgspec.Struct, array_like=True):
    ticket: int
    expires: float


class _Bucket(msgspec.Struct):
    level: float = 0.0
    at: float = 0.0
    next_ticket: int = 0
    open: list[_Request] = []


_decode = msgspec.json.Decoder(_Bucket).decode
_encode = msgspec.json.encode


class Slot:
    """The right to send one request; `answered` tells the gate that the request has surely arrived."""

    def __init__(self, gate: "RequestGate | None", ticket: int, waited: float) -> None:
        self._gate = gate
        self._ticket = ticket
        self.waited = waited

    def answered(self) -> None:
        """Let the bucket leak for this request; to be called once it is over, whatever came of it."""
        if self._gate is not None:
            self._gate.close(self._ticket)
            self._gate = None


class RequestGate:
    """A portal's leaky bucket, as full as it can be at worst, shared through the store.

    A request sent now arrives at some time before its answer. Counting it in full from its reservation, and
    letting it leak only from its answer, gives an upper bound of the portal's level, so no jitter on the way
    can overfill it. Reservations are numbered: each waits for those before it, and no two leave together.
    """

    def __init__(
        self,
        store: LimitsStore,
        portal: str,
        *,
        rate: float = 2.0,
        bucket: int = 50,
        clock: Clock | None = None,
    ) -> None:
        self.rate = rate
        self.bucket = bucket
        self._store = store
        self._key = f"{portal} requests"
        self._clock = clock or SystemClock()

    async def slot(self) -> Slot:
        """Return when a request may be sent."""
        if self.rate <= 0:
            return Slot(None, 0, 0.0)
        started = self._clock.monotonic()
        ticket, wait = self._store.change(self._key, self._join)
        try:
            while wait > 0:
                await self._clock.sleep(wait)
                wait = self._store.change(self._key, lambda value: self._look(value, ticket))
        except BaseException:
            self._store.change(self._key, lambda value: self._leave(value, ticket, sent=False))
            raise
        return Slot(self, ticket, self._clock.monotonic() - started)

    def penalise(self) -> None:
        """Take the bucket as full: the portal has just refused a request."""
        if self.rate > 0:
            self._store.change(self._key, self._fill)
            _log.info(
                "The portal refused a request for its rate; others wait until its bucket has room again"
            )

    def close(self, ticket: int) -> None:
        """Count the request of this ticket as arrived."""
        self._store.change(self._key, lambda value: self._leave(value, ticket, sent=True))

    def _join(self, value: bytes | None) -> tuple[bytes, tuple[int, float]]:
        bucket = self._now(value)
        ticket = bucket.next_ticket
        bucket.next_ticket += 1
        wait = self._wait(bucket, ticket)
        bucket.open.append(_Request(ticket, bucket.at + wait + _LEASE))
        return _encode(bucket), (ticket, wait)

    def _look(self, value: bytes | None, ticket: int) -> tuple[bytes, float]:
        bucket = self._now(value)
        wait = self._wait(bucket, ticket)
        for request in bucket.open:
            if request.ticket == ticket:
                request.expires = bucket.at + wait + _LEASE
        return _encode(bucket), wait

    def _leave(self, value: bytes | None, ticket: int, *, sent: bool) -> tuple[bytes, None]:
        bucket = self._now(value)
        still_open = [request for request in bucket.open if request.ticket != ticket]
        if sent:
            bucket.level += len(bucket.open) - len(still_open)
        bucket.open = still_open
        return _encode(bucket), None

    def _fill(self, value: bytes | None) -> tuple[bytes, None]:
        bucket = self._now(value)
        bucket.level = max(bucket.level, float(self.bucket))
        return _encode(bucket), None

    def _now(self, value: bytes | None) -> _Bucket:
        bucket = _Bucket() if value is None else _decode(value)
        now = self._clock.time()
        # A clock set back leaks nothing; one set forward past the lease counts open requests as arrived.
        bucket.level = max(0.0, bucket.level - self.rate * max(0.0, now - bucket.at))
        bucket.at = now
        lost = [request for request in bucket.open if request.expires <= now]
        if lost:
            bucket.level += len(lost)
            bucket.open = [request for request in bucket.open if request.expires > now]
        return bucket

    def _wait(self, bucket: _Bucket, ticket: int) -> float:
        capacity = max(1, self.bucket - _MARGIN)
        ahead = sum(1 for request in bucket.open if request.ticket < ticket)
        over = bucket.level + ahead + 1 - capacity
        return over / self.rate + _PAD if over > 0 else 0.0
