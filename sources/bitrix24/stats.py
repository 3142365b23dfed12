"""What a client has done so far, in all and by method."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields


@dataclass
class MethodStats:
    """One method's part; a batch request counts for its methods by their share of its commands."""

    requests: float = 0.0
    commands: int = 0
    operating: float = 0.0


@dataclass
class ClientStats:
    """Counters of a client; they only grow, so the cost of something is `snapshot()` after minus before."""

    requests: int = 0
    commands: int = 0
    retries: int = 0
    refused_503: int = 0
    refused_429: int = 0
    bytes: int = 0
    waited_seconds: float = 0.0
    methods: dict[str, MethodStats] = field(default_factory=dict)

    @property
    def operating_seconds(self) -> dict[str, float]:
        """Server seconds by method, as the answers told them."""
        return {name: stats.operating for name, stats in self.methods.items()}

    def method(self, name: str) -> MethodStats:
        """Return the counters of one method, new at first use."""
        return self.methods.setdefault(name, MethodStats())

    def sent(self, methods: Sequence[str]) -> None:
        """Count a request's commands; `methods` has one entry for each of them."""
        self.commands += len(methods)
        for name in methods:
            stats = self.method(name)
            stats.commands += 1
            stats.requests += 1 / len(methods)

    def snapshot(self) -> "ClientStats":
        """Return a copy that stays as it is."""
        return deepcopy(self)

    def since(self, earlier: "ClientStats") -> "ClientStats":
        """Return what was added after an earlier snapshot."""
        added = ClientStats()
        for each in fields(self):
            if each.name != "methods":
                setattr(added, each.name, getattr(self, each.name) - getattr(earlier, each.name))
        for name, now in self.methods.items():
            before = earlier.methods.get(name, MethodStats())
            added.methods[name] = MethodStats(
                now.requests - before.requests,
                now.commands - before.commands,
                now.operating - before.operating,
            )
        return added
