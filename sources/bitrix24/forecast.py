"""How long a read will take under a portal's limits."""

from dataclasses import dataclass
from math import ceil

_WINDOW = 600.0  # seconds over which a portal adds up a method's server time (API.md 4)


@dataclass(frozen=True)
class Pace:
    """What a portal lets through.

    Args:
        requests_per_second: 0 for no limit.
        bucket: requests at once, before that rate holds.
        batch: commands of the method that fit into a request.
        at_once: requests under way together.
        limit_seconds: server time of the method in ten minutes; 0 for no limit.
        left_seconds: what is left of that now.
    """

    requests_per_second: float
    bucket: int
    batch: int
    at_once: int
    limit_seconds: float
    left_seconds: float


@dataclass(frozen=True)
class Forecast:
    """About how many rows will come in about how many seconds; in `waits` the method has no server time."""

    rows: int
    seconds: float
    waits: int = 0
    wait_seconds: float = 0.0


def forecast(rows: int, commands: int, command_seconds: float, pace: Pace) -> Forecast:
    """Foretell a read of so many commands that take the portal so long each."""
    needed = commands * command_seconds
    requests = ceil(commands / pace.batch)
    allowed, speed = 0.0, float(pace.at_once)
    if pace.requests_per_second > 0:
        allowed = max(0.0, (requests - pace.bucket) / pace.requests_per_second)
        speed = min(speed, pace.requests_per_second * pace.batch * command_seconds)
    if needed <= 0 or speed <= 0:
        return Forecast(rows, allowed)
    if pace.limit_seconds <= 0 or needed <= pace.left_seconds:
        return Forecast(rows, max(allowed, needed / speed))
    later = needed - pace.left_seconds
    waits = ceil(later / pace.limit_seconds)
    last = later - (waits - 1) * pace.limit_seconds
    each = max(0.0, _WINDOW - pace.limit_seconds / speed)
    return Forecast(rows, max(allowed, waits * _WINDOW + last / speed), waits, each)
