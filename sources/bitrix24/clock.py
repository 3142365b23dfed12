"""Time as an argument: limits and retries wait on a clock that tests can replace."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the client knows of time."""

    def time(self) -> float:
        """Return unix seconds."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    async def sleep(self, seconds: float) -> None:
        """Wait; other tasks go on."""


class SystemClock:
    """The clock of this machine."""

    def time(self) -> float:
        """Return unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; other tasks go on."""
        await asyncio.sleep(seconds)
