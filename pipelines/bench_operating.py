"""Measures a long read against the server time that a portal gives a method, in virtual time.

Hours of waiting pass at once: portal, client and limits live by one clock that jumps while all of them wait.
Each page is made twenty times as dear as on a real portal, so that few rows make a long read.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Final

import httpx

from pipelines.bench_figures import Figure
from sources.bitrix24.client import Bitrix24Client, Limits
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.forecast import Forecast
from sources.bitrix24.limits import MemoryLimitsStore
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reader import PortalReader
from sources.bitrix24.reading import PAGE_ROWS, ReadRequest, ReadResult, Rules
from sources.demo_portal import CostModel, DemoPortal
from sources.demo_portal.virtual_time import VirtualClock

DEARER: Final = 20
COST: Final = CostModel(
    base=0.020 * DEARER, row=0.0004 * DEARER, counted_row=0, offset_row=2e-6 * DEARER, sleep=True
)
_LIMIT: Final = 480.0  # seconds of a method's server time (API.md 4)
_WINDOW: Final = 600.0


@dataclass(frozen=True)
class Operating:
    """What a read of deals cost the portal; seconds are virtual."""

    rows: int
    read: int
    server_seconds: float
    seconds: float
    foretold: float
    requests: int
    refused_429: int
    refused_503: int

    @property
    def least_server_seconds(self) -> float:
        """Pages of 50 full rows."""
        return ceil(self.rows / PAGE_ROWS) * COST.seconds(rows=PAGE_ROWS, counted=0, offset=0, writes=False)

    @property
    def least_seconds(self) -> float:
        """What a method's server time allows in the long run."""
        return self.least_server_seconds / _LIMIT * _WINDOW

    def figures(self) -> list[Figure]:
        """Each beside the least that it could be."""
        pages = "pages of 50 rows"
        long_run = "480 s in ten minutes, in the long run"
        return [
            Figure("rows", self.read, "", self.rows, "on the portal", 1.0, at_least=True),
            Figure("server time", self.server_seconds, "s", self.least_server_seconds, pages, 1.1),
            Figure("time", self.seconds, "s", self.least_seconds, long_run, 1.2),
            Figure("time, foretold", self.foretold, "s", self.seconds, "as it came"),
            Figure("requests", self.requests),
            Figure("refused with 429", self.refused_429),
            Figure("refused with 503", self.refused_503),
        ]


class _Listener(SilentObserver):
    def __init__(self) -> None:
        self.foretold = 0.0

    def forecast(self, entity: str, forecast: Forecast) -> None:  # noqa: ARG002 - there is one entity
        self.foretold = forecast.seconds


def measure_operating(rows: int, step: Callable[[str], object], limit: float = _LIMIT) -> Operating:
    """Read that many deals; `limit` is what the portal really gives, whatever the client believes."""
    step(f"A read of {rows:,} deals of {DEARER} times the usual cost, in virtual time")
    clock, listener = VirtualClock(), _Listener()
    portal = DemoPortal(
        counts={"deals": rows, "contacts": 5, "companies": 3, "leads": 5},
        clock=clock,
        operating_limit=limit,
        cost=COST,
        epoch=clock.time() - 86_400,
    )

    async def read(folder: Path) -> ReadResult:
        client = Bitrix24Client(
            f"https://demo.example{portal.path}",
            limits=Limits(),
            store=MemoryLimitsStore(),
            transport=httpx.ASGITransport(portal),
            clock=clock,
        )
        async with client:
            now = datetime.fromtimestamp(clock.time(), UTC).isoformat()
            reader = PortalReader(client, folder, rules=Rules(), observer=listener, synced_at=now)
            results = await reader.read([ReadRequest(ENTITIES["deals"])])
        return results["deals"]

    with tempfile.TemporaryDirectory(prefix="b24-bench-") as folder:
        result = clock.run(read(Path(folder)))
    if result.error is not None:
        raise result.error
    return Operating(
        rows,
        result.rows,
        portal.stats.operating["crm.deal.list"],
        clock.elapsed,
        listener.foretold,
        portal.stats.requests,
        portal.stats.refused_429,
        portal.stats.refused_503,
    )
