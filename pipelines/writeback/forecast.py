"""What carrying out a plan will cost: requests, server seconds, minutes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from pipelines.writeback.operations import Operation
from pipelines.writeback.target import Target, WriteOptions
from sources.bitrix24.batch import LARGEST_BATCH
from sources.bitrix24.client import Limits

_WRITES: Final = LARGEST_BATCH - 2  # two commands of a request read
_READ_AT_ONCE: Final = 2_500
_REQUEST_SECONDS: Final = 25.0
_WINDOW: Final = 600.0
_SAMPLE: Final = 1.5  # of an update, by the samples of the documentation (WRITEBACK 1)


@dataclass(frozen=True)
class Forecast:
    """The price of a plan, by the documentation's samples of what a call takes; many portals are faster."""

    requests: int
    server_seconds: float
    minutes: float
    automation: int


def forecast(
    operations: Iterable[Operation], target: Target, limits: Limits, options: WriteOptions
) -> Forecast:
    """Foresee the requests and the time of a plan under the portal's limits."""
    planned = [each for each in operations if each.status == "planned"]
    requests, spent, longest = 0, 0.0, 0.0
    of_method: Counter[str] = Counter()
    for action, count in Counter(each.action for each in planned).items():
        each = target.seconds.get(action, _SAMPLE)
        requests += ceil(count / max(1, min(_WRITES, int(_REQUEST_SECONDS / each))))
        spent += count * each
        of_method[target.method(action, options)] += round(count * each)
    longest = max(
        (_duration(seconds, limits.operating_seconds) for seconds in of_method.values()), default=0.0
    )
    requests += (1 + ceil(len(planned) / _READ_AT_ONCE)) if planned else 0
    rate = limits.requests_per_second
    paced = max(0, requests - limits.bucket) / rate if rate > 0 else 0.0
    return Forecast(
        requests,
        round(spent, 1),
        round(max(longest, paced, spent) / 60, 1),
        sum(starts_automation(each, target) for each in planned),
    )


def starts_automation(operation: Operation, target: Target) -> bool:
    """Whether robots and workflows may start on an operation: creates, and moves to another stage."""
    if not target.automation:
        return False
    return operation.action == "add" or any(code in operation.after for code in target.automation)


def changed_fields(operations: Iterable[Operation]) -> Mapping[str, int]:
    """How many operations write each field, the most written first."""
    counted: Counter[str] = Counter()
    for each in operations:
        counted.update(each.after.keys())
    return dict(counted.most_common())


def _duration(seconds: float, limit: float) -> float:
    """Seconds until a method has run so long, when it may run `limit` seconds in ten minutes."""
    if limit <= 0 or seconds <= limit:
        return seconds
    return seconds / limit * _WINDOW
