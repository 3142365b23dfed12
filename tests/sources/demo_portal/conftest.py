"""Portals on a clock that stands still, asked in process."""
# ruff: noqa: ANN401  fixtures are typed where they are made

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sources.demo_portal import DemoPortal

NOON = 1_790_000_000.0


class StoppedClock:
    """A clock that moves only when told to; sleeping moves it."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def time(self) -> float:
        """Give unix seconds."""
        return self.now

    def monotonic(self) -> float:
        """Give the same seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds


class Caller:
    """Asks one portal; gives status and body."""

    def __init__(self, portal: DemoPortal) -> None:
        self.portal = portal

    def raw(
        self,
        method: str,
        *,
        verb: str = "POST",
        path: str | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Send one request in process."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.portal)
            async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
                return await client.request(verb, (path or self.portal.path) + method, **request)

        return asyncio.run(ask())

    def __call__(self, method: str, params: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Post parameters as JSON; give status and body."""
        response = self.raw(method, json=params or {})
        return response.status_code, json.loads(response.content)

    def result(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Give the result of a call that succeeds."""
        status, body = self(method, params)
        assert status == 200, body
        return body["result"]

    def batch(self, commands: Any, **params: Any) -> Any:
        """Give the five maps of a batch."""
        return self.result("batch", {"cmd": commands, **params})


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def make(clock: StoppedClock) -> Callable[..., Caller]:
    """Make a portal without a rate limit unless told otherwise."""

    def build(**options: Any) -> Caller:
        return Caller(DemoPortal(**{"deals": 300, "rate": 0, "clock": clock, **options}))

    return build


@pytest.fixture
def ask(make: Callable[..., Caller]) -> Caller:
    return make()
