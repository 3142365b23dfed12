"""Runs one method: scope, operating budget, cost and the `time` block of its answer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .answers import Answer
from .context import Context
from .costs import CostModel
from .errors import insufficient_scope, operating_limit, unknown_method
from .jsontext import encode
from .limits import OperatingBudget
from .methods import Method
from .service_methods import allowed
from .zone import Zone


@dataclass
class Stats:
    """What the portal has been asked so far."""

    requests: int = 0
    commands: int = 0
    refused_503: int = 0
    refused_429: int = 0
    by_method: dict[str, int] = field(default_factory=dict)
    operating: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """The `time` block."""

    start: float
    finish: float
    processing: float
    operating: float | None = None
    reset_at: int | None = None

    def text(self, zone: Zone) -> str:
        """Write it as JSON."""
        finish = max(self.finish, self.start + self.processing)
        block: dict[str, object] = {
            "start": round(self.start, 6),
            "finish": round(finish, 6),
            "duration": finish - self.start,
            "processing": self.processing,
            "date_start": zone.text(self.start),
            "date_finish": zone.text(finish),
        }
        if self.operating is not None:
            block["operating_reset_at"] = self.reset_at
            block["operating"] = self.operating or 0
        return encode(block)


class Engine:
    """The methods of one portal under its operating budget."""

    def __init__(
        self, methods: dict[str, Method], context: Context, budget: OperatingBudget, cost: CostModel | None
    ) -> None:
        self._methods = methods
        self._context = context
        self._budget = budget
        self._cost = cost
        self._clock = context.clock
        self.stats = Stats()
        self.watchers: list[Callable[[str], object]] = []  # told of each method just before it is carried out

    def find(self, name: str) -> str:
        """Give the name of a method as the table has it: lower case is tried first."""
        return name.lower() if name.lower() in self._methods else name

    async def run(self, name: str, params: dict[str, object]) -> tuple[Answer, Timing]:
        """Carry a method out, or raise the refusal."""
        method = self._methods.get(self.find(name))
        if method is None:
            raise unknown_method()
        if not allowed(method.scope, self._context.scopes):
            raise insufficient_scope()
        if not self._budget.allows(method.name):
            self.stats.refused_429 += 1
            raise operating_limit()
        for tell in self.watchers:
            tell(method.name)
        start, began = self._clock.time(), self._clock.monotonic()
        self.stats.commands += 1
        self.stats.by_method[method.name] = self.stats.by_method.get(method.name, 0) + 1
        answer = method.handler(self._context, params)
        seconds = self._clock.monotonic() - began
        if self._cost is not None:
            seconds = self._cost.seconds(
                rows=answer.rows, counted=answer.counted, offset=answer.offset, writes=answer.writes
            )
            if self._cost.sleep:
                await self._clock.sleep(seconds)
        self._budget.charge(method.name, seconds)
        self.stats.operating[method.name] = self.stats.operating.get(method.name, 0.0) + seconds
        spent, reset_at = self._budget.spent(method.name), self._budget.reset_at(method.name)
        return answer, Timing(start, self._clock.time(), seconds, spent, reset_at)
