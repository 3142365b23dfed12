"""A portal, a journal and plans between them, on a clock that waits for nobody."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pipelines.settings import Settings
from pipelines.writeback.carry_out import WriteReport, carry_out
from pipelines.writeback.inverse import inverse_over
from pipelines.writeback.journal import Entry, Journal, portal_key
from pipelines.writeback.make_plan import plan_over
from pipelines.writeback.plan import Plan
from pipelines.writeback.rows import SourceRow, SourceTable
from pipelines.writeback.rules import Caps, PlanRequest
from sources.bitrix24.client import Limits
from sources.bitrix24.limits import MemoryLimitsStore
from sources.bitrix24.portal_read import Connection
from sources.demo_portal import DemoPortal, Fault

NOON = 1_790_000_000.0
Row = Mapping[str, object]


class JumpingClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def time(self) -> float:
        """Unix seconds."""
        return self.now

    def monotonic(self) -> float:
        """The same seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds
        await asyncio.sleep(0)


class KilledError(BaseException):
    """Ends everything that runs in this process, as a SIGKILL would; only the disk remembers."""


@dataclass(frozen=True)
class After:
    """The request is carried out, and then this happens instead of an answer."""

    error: BaseException


class Wire(httpx.AsyncBaseTransport):
    """The way to the portal, with what may go wrong on it.

    `script` has, by the number of a request that writes (from 1), what becomes of it.
    """

    def __init__(self, portal: DemoPortal) -> None:
        self._inner = httpx.ASGITransport(app=portal)
        self.script: dict[int, object] = {}
        self.writes: list[list[str]] = []
        self.lose = ""
        """Methods with this in their name: the next request with one is carried out and not answered."""
        self.one_by_one = False
        """Carry out the commands of a batch each in its own request, so that reads see no later writes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or what the script makes of it."""
        body = json.loads(await request.aread())
        lines = {key: line for key, line in body.get("cmd", {}).items() if _writes(line)}
        if lines:
            self.writes.append(list(lines))
            deed = self.script.pop(len(self.writes), None)
            if isinstance(deed, BaseException):
                raise deed
            if isinstance(deed, After):
                await (await self._inner.handle_async_request(_again(request, body))).aread()
                raise deed.error
            if isinstance(deed, int):  # the portal is cut off after so many of the writes
                first = dict(list(lines.items())[:deed])
                cut = httpx.Request("POST", request.url, headers=_sent(request), json={**body, "cmd": first})
                await (await self._inner.handle_async_request(cut)).aread()
                return httpx.Response(504, text="<html>504</html>", request=request)
            if self.lose and any(self.lose in line.partition("?")[0] for line in lines.values()):
                self.lose = ""
                await (await self._inner.handle_async_request(_again(request, body))).aread()
                raise httpx.ReadTimeout("the answer was lost")
            if self.one_by_one:
                return await self._pieces(request, body)
        return await self._inner.handle_async_request(_again(request, body))

    async def _pieces(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        whole: dict[str, dict[str, Any]] = {}
        for key, line in body["cmd"].items():
            piece = httpx.Request(
                "POST", request.url, headers=_sent(request), json={**body, "cmd": {key: line}}
            )
            answer = json.loads(await (await self._inner.handle_async_request(piece)).aread())["result"]
            for name, part in answer.items():
                whole.setdefault(name, {}).update(part or {})
        return httpx.Response(200, json={"result": whole}, request=request)


def _again(request: httpx.Request, body: Any) -> httpx.Request:  # noqa: ANN401 - any JSON
    return httpx.Request(request.method, request.url, headers=_sent(request), json=body)


def _sent(request: httpx.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.lower() != "content-length"}


def _writes(line: str) -> bool:
    return line.partition("?")[0].rpartition(".")[2] in (
        "add",
        "update",
        "delete",
        "set",
        "complete",
        "renew",
    )


@dataclass
class Desk:
    """Where plans are made and carried out in this process."""

    portal: DemoPortal
    folder: Path
    clock: JumpingClock
    lifetime: float = 75.0
    wire: Wire = field(init=False)
    plans: int = 0

    def __post_init__(self) -> None:
        """Lay the wire."""
        self.wire = Wire(self.portal)
        self.store = MemoryLimitsStore()

    @property
    def settings(self) -> Settings:
        """As a person would have set them."""
        return Settings(
            webhook_url=self.url, request_lifetime=self.lifetime, state_dir=str(self.folder / "state")
        )

    @property
    def url(self) -> str:
        """The webhook."""
        return f"http://127.0.0.1:1{self.portal.path}"

    @property
    def connection(self) -> Connection:
        """The way to the portal, through the wire."""
        return Connection(
            self.url,
            Limits(0, 50, 480.0),
            detect_limits=False,
            verify=False,
            store=self.store,
            transport=self.wire,
            clock=self.clock,
        )

    def plan(self, rows: Sequence[Row], to: str = "deals", **request: Any) -> Plan:  # noqa: ANN401
        """Make a plan of rows that are alike."""
        self.plans += 1
        folder = self.folder / f"plan{self.plans}"
        asked = PlanRequest(to=to, **{"caps": Caps(), **request})
        return plan_over(self.connection, table_of(rows), asked, folder)

    def apply(self, plan: Plan, **options: Any) -> WriteReport:  # noqa: ANN401 - of carry_out
        """Carry a plan out."""
        return carry_out(plan, self.settings, self.connection, **options)

    def undo(self, run_id: str, kind: str = "undo", on_conflict: str = "skip") -> Plan:
        """Make the plan that undoes a run, or tries its rejected rows again."""
        self.plans += 1
        folder = self.folder / f"plan{self.plans}"
        return inverse_over(self.connection, self.settings, run_id, kind, folder, on_conflict=on_conflict)

    def entries(self, report: WriteReport) -> list[Entry]:
        """Rows of a run, as the journal has them."""
        with Journal(self.folder / "state", portal_key(self.connection.client().webhook)) as journal:
            return journal.entries(report.run_id)

    def states(self, report: WriteReport) -> dict[str, int]:
        """Rows of a run by state."""
        return {str(state): count for state, count in report.counts.items()}

    def fault(self, kind: Any, **more: Any) -> None:  # noqa: ANN401 - of Fault
        """Arm a fault."""
        self.portal.faults.add(Fault(kind, **more))

    def deals(self) -> dict[str, dict[str, Any]]:
        """Every deal, by id."""
        return {str(row["ID"]): dict(row) for row in self.portal.store.table("deals").rows()}

    def write_requests(self) -> list[list[str]]:
        """The commands that wrote, by request."""
        return self.wire.writes


def table_of(rows: Sequence[Row], base: Sequence[Row] | None = None) -> SourceTable:
    """Rows as a source has them, with their base where there is one."""
    headers = tuple(rows[0]) if rows else ("ID",)
    return SourceTable(
        "rows.csv",
        headers,
        {},
        tuple(
            SourceRow("", number, row, None if base is None else base[number - 2])
            for number, row in enumerate(rows, 2)
        ),
        (),
        "0",
    )
