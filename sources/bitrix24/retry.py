"""When a failed exchange is sent again, and after how long."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from .clock import Clock
from .errors import (
    AmbiguousError,
    Bitrix24Error,
    MalformedReplyError,
    NotExecutedError,
    OperatingLimitError,
    RateLimitError,
)

# An address that has never answered like a portal is given this many tries: it is most likely not a portal.
_TRIES_OF_A_STRANGER: Final = 3


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long a client tries.

    `attempts` bounds failures that may be the portal's or the network's; refusals for a limit do not count
    there, as they end by waiting, but after `patience` seconds of them the last one leaves.
    """

    attempts: int = 6
    patience: float = 3600.0
    first_wait: float = 0.5
    longest_wait: float = 30.0
    random: Random = field(default_factory=Random)

    def backoff(self, times: int) -> float:
        """Return the wait before the next try: twice as long each time, spread over its upper half."""
        wait = min(self.longest_wait, self.first_wait * 2.0 ** min(times - 1, 20))
        return wait * (0.5 + self.random.random() / 2)


class Ledger:
    """One call's failures so far, and so whether it may be sent again."""

    def __init__(self, policy: RetryPolicy, clock: Clock, *, write: bool) -> None:
        self.delay = 0.0
        self._policy = policy
        self._clock = clock
        self._write = write
        self._failures = 0
        self._refusals = 0
        self._refused_since: float | None = None

    def permits(self, error: Bitrix24Error, *, stranger: bool = False) -> bool:
        """Note the failure and say whether to send again after `delay` seconds."""
        if isinstance(error, RateLimitError | OperatingLimitError):
            self._refusals += 1
            now = self._clock.monotonic()
            self._refused_since = now if self._refused_since is None else self._refused_since
            self.delay = self._policy.backoff(self._refusals)
            return now - self._refused_since < self._policy.patience
        if not isinstance(error, NotExecutedError) and (self._write or not isinstance(error, AmbiguousError)):
            return False
        self._failures += 1
        self.delay = self._policy.backoff(self._failures)
        tries = self._policy.attempts
        if stranger and isinstance(error, MalformedReplyError):
            tries = min(tries, _TRIES_OF_A_STRANGER)
        return self._failures < tries
