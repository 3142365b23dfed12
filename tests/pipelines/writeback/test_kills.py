"""Cases 4-6 of WRITEBACK 5: processes that are killed, and writes that land after their answer was due."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from pipelines.settings import Settings
from pipelines.writeback.carry_out import WriteReport, carry_out
from pipelines.writeback.make_plan import plan_over
from pipelines.writeback.plan import Plan
from pipelines.writeback.rules import PlanRequest
from sources.bitrix24.client import Limits
from sources.bitrix24.limits import MemoryLimitsStore
from sources.bitrix24.portal_read import Connection
from sources.demo_portal import DemoPortal, Fault, serve
from tests.pipelines.rig import ROOT
from tests.pipelines.writeback.desk import table_of

WAIT = 60.0
LIFETIME = 0.6

# Carries a plan out and kills itself at a request that writes: before it leaves, or once it is answered.
DYING = """
import os, signal, sys
import httpx
from pipelines.settings import Settings
from pipelines.writeback.carry_out import carry_out
from pipelines.writeback.plan import read_plan
from sources.bitrix24.client import Limits
from sources.bitrix24.limits import MemoryLimitsStore
from sources.bitrix24.portal_read import Connection

folder, url, state, moment, number = sys.argv[1:]

class Dying(httpx.AsyncHTTPTransport):
    seen = 0
    async def handle_async_request(self, request):
        writes = b".deal.add" in request.content or b".deal.update" in request.content
        self.seen += writes
        if writes and moment == "before" and self.seen == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await super().handle_async_request(request)
        if writes and moment == "after" and self.seen == int(number):
            await answer.aread()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

carry_out(
    read_plan(folder),
    Settings(webhook_url=url, request_lifetime=0.6, state_dir=state),
    Connection(url, Limits(0, 50, 480.0), detect_limits=False, store=MemoryLimitsStore(), transport=Dying()),
)
"""


@dataclass
class Site:
    """A portal on a socket, and plans for it."""

    portal: DemoPortal
    url: str
    folder: Path
    plans: int = 0

    @property
    def connection(self) -> Connection:
        """The way to the portal."""
        return Connection(
            self.url, Limits(0, 50, 480.0), detect_limits=False, verify=False, store=MemoryLimitsStore()
        )

    def plan(self, rows: list[dict[str, object]], **request: Any) -> Plan:  # noqa: ANN401 - of PlanRequest
        """Make a plan."""
        self.plans += 1
        asked = PlanRequest(to="deals", **request)
        return plan_over(self.connection, table_of(rows), asked, self.folder / f"plan{self.plans}")

    def apply(self, plan: Plan) -> WriteReport:
        """Carry a plan out in this process."""
        settings = Settings(
            webhook_url=self.url, request_lifetime=LIFETIME, state_dir=str(self.folder / "state")
        )
        return carry_out(plan, settings, self.connection)

    def killed(self, plan: Plan, moment: str, number: int) -> None:
        """Carry a plan out in a process that dies."""
        process = self.process(plan, moment, number)
        _, errors = process.communicate(timeout=WAIT)
        assert process.returncode == -signal.SIGKILL, errors.decode()[-2_000:]

    def process(self, plan: Plan, moment: str, number: int) -> Popen[bytes]:
        """Start carrying a plan out in a process of its own."""
        state = str(self.folder / "state")
        return Popen(
            [sys.executable, "-c", DYING, str(plan.folder), self.url, state, moment, str(number)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.folder)},
            stdout=PIPE,
            stderr=PIPE,
        )

    def titles(self) -> list[str]:
        """Of all deals."""
        return sorted(str(row["TITLE"]) for row in self.portal.store.table("deals").rows())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    portal = DemoPortal(deals=60, rate=0, operating_limit=0)
    with serve(portal) as url:
        yield Site(portal, url, tmp_path)


@pytest.mark.parametrize(("moment", "number"), [("before", 2), ("after", 1)])
def test_killed_around_a_request(site: Site, moment: str, number: int) -> None:
    """Cases 5 and 6: killed between journal and send, or between answer and journal: each row once."""
    plan = site.plan([{"TITLE": f"new {n}"} for n in range(50)], mode="insert")
    before = site.titles()
    site.killed(plan, moment, number)
    report = site.apply(plan)

    assert dict(report.counts) == {"done": 50}
    assert site.titles() == sorted([*before, *(f"new {n}" for n in range(50))])
    assert site.apply(plan).again


def test_killed_while_the_portal_works(site: Site) -> None:
    """The process dies while its request is carried out: what was updated is found, the rest is written."""
    ids = [str(row["ID"]) for row in site.portal.store.table("deals").rows()[:40]]
    plan = site.plan([{"ID": number, "TITLE": f"renamed {number}"} for number in ids])
    process: list[Popen[bytes]] = []
    site.portal.before(site.portal.stats.requests + 3, lambda _: os.kill(process[0].pid, signal.SIGKILL))
    process.append(site.process(plan, "never", 0))
    process[0].communicate(timeout=WAIT)
    report = site.apply(plan)
    row = site.portal.store.table("deals").get

    assert dict(report.counts) == {"done": 40}
    assert all(row(int(number))["TITLE"] == f"renamed {number}" for number in ids)


def test_create_that_lands_after_the_connection_broke(site: Site) -> None:
    """Case 4: the answer never comes, the create lands later: one record, for it is waited for."""
    plan = site.plan([{"TITLE": "late"}], mode="insert")
    site.portal.faults.add(Fault("late", at=site.portal.stats.requests + 3, seconds=LIFETIME / 2))
    report = site.apply(plan)

    assert dict(report.counts) == {"done": 1}
    assert site.titles().count("late") == 1
