import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the portal takes its time from, so that tests can move it."""

    def time(self) -> float:
        """Give unix seconds."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Give unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)
