# ruff: noqa: ANN001 - fixtures are typed where they are made

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from pipelines.cli.doctor import examine, exit_code
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.limits import MemoryLimitsStore
from sources.bitrix24.portal_read import Connection
from sources.demo_portal import DemoPortal, Fault, serve

_DATES = re.compile("DATE_MODIFY|CHANGED_DATE|LAST_UPDATED|updatedTime")


class ShiftedClock:
    """A portal's clock that is wrong by so many seconds."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead

    def time(self) -> float:
        """Tell the wrong time."""
        return time.time() + self.ahead

    def monotonic(self) -> float:
        """Tell the right one: durations are right."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Rewriting(httpx.ASGITransport):
    """A portal that reads requests differently from what was sent."""

    def __init__(self, portal: DemoPortal, rewrite: Callable[[str], str]) -> None:
        super().__init__(app=portal)
        self._rewrite = rewrite

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Rewrite the body, then answer."""
        body = self._rewrite((await request.aread()).decode()).encode()
        headers = {**request.headers, "content-length": str(len(body))}
        changed = httpx.Request(request.method, request.url, headers=headers, content=body)
        return await super().handle_async_request(changed)


def found(portal: DemoPortal, rewrite: Callable[[str], str] = str) -> dict[str, Any]:
    """What the doctor finds, by subject."""
    connection = Connection(
        f"http://127.0.0.1{portal.path}",
        store=MemoryLimitsStore(),
        transport=Rewriting(portal, rewrite),
    )
    findings = asyncio.run(examine(connection))
    return {finding.subject: finding for finding in findings} | {"exit": exit_code(findings)}


def test_a_sound_portal_has_nothing_to_mend(b24, webhook) -> None:
    """Every line is ok, the last one says what to type, exit 0."""
    done = b24("check", webhook=webhook)

    assert done.returncode == 0, done.stderr
    assert "Ready to sync: type `b24 sync`." in done.stdout
    assert "warning" not in done.stdout


def test_the_clock_of_the_portal_is_compared(b24) -> None:
    """A machine whose clock is an hour off is told so, and that a sync loses nothing by it."""
    with serve(DemoPortal(deals=20, rate=0, clock=ShiftedClock(3600.0))) as url:
        done = b24("check", webhook=url)

    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "seconds behind the portal" in told
    assert "set the clock" in told


def test_a_missing_scope_is_named_with_its_tables() -> None:
    """The scope to tick is named, and so is each table that stays empty; the rest can be synced."""
    result = found(DemoPortal(deals=120, rate=0, scopes=("crm", "calendar")))

    assert "department, disk, task, telephony, user" in result["scopes"].advice
    readable = {name for name in ENTITIES if result[name].status == "ok"}
    assert readable == {name for name, entity in ENTITIES.items() if entity.scope in ("crm", "calendar")}
    for name, entity in ENTITIES.items():
        assert f"needs the scope {entity.scope}" in result[name].detail
    assert result["exit"] == 0


def test_what_a_portal_does_not_have_is_told_apart_from_a_missing_scope() -> None:
    """Methods that are missing are named, whether the portal was called or only asked; the rest is ready."""
    portal = DemoPortal(deals=120, rate=0)
    missing = {"code": "ERROR_METHOD_NOT_FOUND", "description": "Method not found!"}
    portal.faults.add(Fault("command_error", method="voximplant.statistic.get", times=-1, **missing))
    result = found(portal, lambda body: body.replace("disk.folder.getchildren", "disk.folder.nothing"))

    assert "this portal has no voximplant.statistic.get" in result["calls"].detail
    assert "this portal has no disk.folder.getChildren" in result["disk_folders"].detail
    assert result["exit"] == 0


def test_a_check_takes_two_requests() -> None:
    """However many entities there are, they are asked for in one batch."""
    portal = DemoPortal(deals=120, rate=0)
    found(portal)

    assert portal.stats.requests == 2


def test_a_webhook_that_may_read_nothing_is_refused() -> None:
    """Nothing can be synced: that is exit 10."""
    assert found(DemoPortal(deals=20, rate=0, scopes=()))["exit"] == 10


def test_a_portal_that_ignores_the_date_filter_is_found_out() -> None:
    """Rows of the year 2099 prove that the filter does nothing, and that fails the check."""
    result = found(DemoPortal(deals=20, rate=0), lambda body: _DATES.sub("NOTHING", body))

    for name in ("deals", "tasks", "activities"):
        assert result[f"{name} by date"].status == "failed"
        assert "ignores the filter" in result[f"{name} by date"].detail
    assert "not allowed in filter" in result["items by date"].detail  # these methods say so
    assert result["exit"] == 1


def test_a_portal_whose_date_filter_hides_rows_is_found_out() -> None:
    """No rows since 1990, though there are some: incremental reads would miss changes."""
    result = found(DemoPortal(deals=20, rate=0), lambda body: body.replace("1990", "2098"))

    assert result["deals by date"].status == "failed"
    assert "hides rows" in result["deals by date"].detail


def test_a_working_date_filter_is_proven() -> None:
    """Nothing from the far future and something from long ago: both are needed."""
    result = found(DemoPortal(deals=20, rate=0))

    for name in ("deals", "tasks", "activities", "items"):
        assert result[f"{name} by date"].status == "ok"
    assert result["exit"] == 0


def test_an_enterprise_plan_has_the_larger_limits() -> None:
    """The plan is told with the limits that follow from it."""
    assert "5 requests a second" in found(DemoPortal(deals=20, rate=0, license="ru_ent250"))["limits"].detail


def test_a_portal_that_hides_its_plan_gets_the_smaller_limits() -> None:
    """Without a plan the smaller limits hold, and the settings for the larger ones are named."""
    limits = found(DemoPortal(deals=20, rate=0, app_info=False))["limits"]

    assert "2 requests a second" in limits.detail
    assert "requests_per_second = 5" in limits.advice


def test_an_empty_table_may_be_a_missing_right() -> None:
    """A webhook whose owner sees no deals is told that this may be a right and not the truth."""
    result = found(DemoPortal(counts={"deals": 0}, rate=0, deals=20))

    assert "lacks the right" in result["deals"].advice
