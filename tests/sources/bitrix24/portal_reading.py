"""Reads of a demo portal without dlt and without a socket, and what they brought."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import httpx

from sources.bitrix24.client import Bitrix24Client, Limits
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reader import PortalReader
from sources.bitrix24.reading import ReadRequest, ReadResult, Rules, Warehouse
from sources.bitrix24.retry import RetryPolicy
from sources.demo_portal import DemoPortal
from sources.demo_portal.virtual_time import START, VirtualClock

SYNCED_AT = "2026-01-01T00:00:00+00:00"
UNLIMITED = Limits(requests_per_second=0, operating_seconds=0)


def portal_of(deals: int = 60, **settings: Any) -> DemoPortal:  # noqa: ANN401 - the portal's own
    """A small portal without limits, on a clock of its own."""
    counts = {"deals": deals, "contacts": 5, "companies": 3, "leads": 5, **settings.pop("counts", {})}
    settings = {"clock": VirtualClock(), "rate": 0, "operating_limit": 0, "epoch": START - 86_400, **settings}
    return DemoPortal(counts=counts, **settings)


def read(
    portal: DemoPortal | httpx.AsyncBaseTransport,
    folder: Path,
    *names: str,
    cursors: Mapping[str, str] | None = None,
    overlap_seconds: int = 0,
    warehouse: Warehouse | None = None,
    **request: Any,  # noqa: ANN401 - the request's own
) -> dict[str, ReadResult]:
    """Read entities into a folder; with a cursor for an entity, what changed since."""
    requests = [
        ReadRequest(ENTITIES[name], cursor=(cursors or {}).get(name), **request)
        for name in names or ["deals"]
    ]

    async def main() -> dict[str, ReadResult]:
        demo = isinstance(portal, DemoPortal)
        client = Bitrix24Client(
            f"https://demo.example{portal.path if demo else '/rest/1/t0k3n0f0a0w3bh00k/'}",
            limits=UNLIMITED,
            transport=httpx.ASGITransport(portal) if demo else portal,
            clock=clock,
            policy=RetryPolicy(attempts=3, random=Random(1)),  # noqa: S311 - spreads waits
        )
        async with client:
            reader = PortalReader(
                client,
                folder,
                rules=Rules(overlap_seconds),
                observer=SilentObserver(),
                synced_at=SYNCED_AT,
                warehouse=warehouse,
            )
            return await reader.read(requests)

    clock = VirtualClock(START + 1e6)  # far from the portal's: no read may depend on it
    return asyncio.run(main()) if not isinstance(portal, DemoPortal) else clock.run(main())


def rows_of(result: ReadResult, table: str = "") -> list[dict[str, Any]]:
    """The rows that a read brought, as plain values, in the order of their files."""
    files = [str(chunk.path) for chunk in result.chunks if chunk.table == (table or result.entity.name)]
    if not files:
        return []
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        found = db.execute("SELECT * FROM read_parquet(?, union_by_name = true)", [files])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def ids_of(result: ReadResult) -> list[int]:
    """The ids that a read brought, in order."""
    files = [str(chunk.path) for chunk in result.chunks if chunk.table == result.entity.name]
    if not files:
        return []
    with duckdb.connect() as db:
        found = db.execute("SELECT id FROM read_parquet(?) ORDER BY 1", [files]).fetchall()
        return [number for (number,) in found]


def ids_in(portal: DemoPortal, table: str = "deals") -> list[int]:
    """The ids that the portal has, in order."""
    return [int(number) for number in portal.store.records(table).table.ids]


class BatchPortal(httpx.AsyncBaseTransport):
    """Answers each command of a batch by calling `answers[method](params)`; anything else with nothing."""

    def __init__(self, answers: Mapping[str, Callable[[dict[str, Any]], object]]) -> None:
        self.answers = answers
        self.requests: list[list[str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one batch."""
        from tests.sources.bitrix24.scripted_portal import php_query  # noqa: PLC0415

        commands = json.loads(await request.aread())["cmd"]
        self.requests.append([line.partition("?")[0] for line in commands.values()])
        results, totals = {}, {}
        for key, line in commands.items():
            method, _, query = line.partition("?")
            answer = self.answers.get(method, lambda _: [])(php_query(query))
            if isinstance(answer, tuple):
                answer, totals[key] = answer
            results[key] = answer
        time = {"start": START, "finish": START, "duration": 0.1, "date_start": "2027-01-15T09:00:00+01:00"}
        body = {
            "result": {
                "result": results,
                "result_error": [],
                "result_total": totals or [],
                "result_next": [],
                "result_time": {key: {**time, "processing": 0.1} for key in commands},
            },
            "time": time,
        }
        return httpx.Response(200, content=json.dumps(body).encode(), request=request)
