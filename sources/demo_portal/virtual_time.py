"""Virtual time: hours of waiting pass at once, in the order in which they would have passed."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START = 1_800_000_000.0


class VirtualClock:
    """A clock whose seconds pass at once as soon as no task has anything else to do."""

    def __init__(self, start: float = START) -> None:
        self.start = start
        self.elapsed = 0.0  # apart from the start: unix seconds are too coarse for a loop's timers

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.start + self.elapsed

    def time(self) -> float:
        """Return unix seconds."""
        return self.now

    def monotonic(self) -> float:
        """Return the seconds passed."""
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait in the loop's time."""
        await asyncio.sleep(seconds)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine in an event loop that lives by this clock."""
        with asyncio.Runner(loop_factory=lambda: _VirtualLoop(self)) as runner:
            return runner.run(main)


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0 if timeout is not None else None)
        if not events and timeout is not None:
            self._clock.elapsed += max(0.0, timeout)
        return events


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_JumpingSelector(clock))
        self._virtual = clock

    def time(self) -> float:
        return self._virtual.elapsed
