"""The two limits of a portal: a leaky bucket for requests and run time per method."""

from collections import deque
from dataclasses import dataclass, field

from .clock import Clock

BUCKETS = 10
BUCKET_SECONDS = 60


class RateLimit:
    """A leaky bucket: `rate` requests a second leak out, a request that finds it full is refused."""

    def __init__(self, rate: float, bucket: int, clock: Clock) -> None:
        self._rate = rate
        self._bucket = bucket
        self._clock = clock
        self._level = 0.0
        self._at = clock.monotonic()

    def allows(self) -> bool:
        """Pour one request in, or say that there is no room."""
        if self._rate <= 0:
            return True
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._at) * self._rate)
        self._at = now
        if self._level + 1 > self._bucket + 1e-9:
            return False
        self._level += 1
        return True


@dataclass
class _Minute:
    begins: int
    seconds: float = 0.0


@dataclass
class _Account:
    minutes: deque[_Minute] = field(default_factory=deque)

    def drop_old(self, now: float) -> None:
        while self.minutes and now >= self.minutes[0].begins + BUCKETS * BUCKET_SECONDS:
            self.minutes.popleft()

    def add(self, now: float, seconds: float) -> None:
        if not self.minutes or now >= self.minutes[-1].begins + BUCKET_SECONDS:
            self.minutes.append(_Minute(int(now)))
        self.minutes[-1].seconds += seconds

    def total(self) -> float:
        return sum(minute.seconds for minute in self.minutes)


class OperatingBudget:
    """Run time of each method over ten rolling one-minute buckets; a spent method is blocked."""

    def __init__(self, limit: float, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._accounts: dict[str, _Account] = {}

    def allows(self, method: str) -> bool:
        """Tell whether the method may run now; the call that crosses the line still completes."""
        if self._limit <= 0:
            return True
        account = self._account(method)
        return account.total() < self._limit

    def charge(self, method: str, seconds: float) -> None:
        """Book the run time of one call."""
        self._account(method).add(self._clock.time(), seconds)

    def spent(self, method: str) -> float:
        """Give the seconds the method has used in the last ten minutes."""
        return self._account(method).total()

    def reset_at(self, method: str) -> int:
        """Give the unix second at which the oldest bucket drops out."""
        account = self._account(method)
        begins = account.minutes[0].begins if account.minutes else int(self._clock.time())
        return begins + BUCKETS * BUCKET_SECONDS

    def all_spent(self) -> dict[str, float]:
        """Give the seconds of every method that was charged."""
        return {method: self.spent(method) for method in self._accounts}

    def _account(self, method: str) -> _Account:
        account = self._accounts.setdefault(method, _Account())
        account.drop_old(self._clock.time())
        return account
