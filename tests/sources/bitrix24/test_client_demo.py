"""The client against a portal that was written without it."""

import asyncio
import io
import logging
from collections.abc import Callable, Coroutine
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

import httpx
import pytest

from sources.bitrix24.batch import Command
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.errors import (
    AmbiguousError,
    AuthError,
    MethodNotFoundError,
    PortalMovedError,
    ScopeError,
    TransportError,
)
from sources.bitrix24.limits import Limits, MemoryLimitsStore
from sources.bitrix24.retry import RetryPolicy
from sources.demo_portal import CostModel, DemoPortal, Fault, serve
from sources.demo_portal.virtual_time import START, VirtualClock

DEALS = 320
READ_FAULTS = [
    "rate",
    "operating",
    "server",
    "html",
    "cut",
    "reset",
    "write_then_drop",
    "write_then_error",
    "redirect",
]
UNLIMITED = Limits(requests_per_second=0, operating_seconds=0)
T = TypeVar("T")
Use = Callable[[Bitrix24Client], Coroutine[Any, Any, T]]


def portal_of(clock: VirtualClock | None = None, **settings: Any) -> DemoPortal:  # noqa: ANN401 - the portal's own
    return DemoPortal(deals=DEALS, clock=clock, **{"rate": 0, "operating_limit": 0, **settings})


def use(portal: DemoPortal, clock: VirtualClock, what: Use[T], limits: Limits = UNLIMITED) -> T:
    async def main() -> T:
        client = Bitrix24Client(
            f"https://demo.example{portal.path}",
            limits=limits,
            transport=httpx.ASGITransport(portal),
            clock=clock,
            policy=RetryPolicy(random=Random(3)),  # noqa: S311 - spreads waits
        )
        async with client:
            return await what(client)

    return clock.run(main())


def use_socket(portal: DemoPortal, what: Use[T], **settings: Any) -> T:  # noqa: ANN401 - the client's own
    async def main(url: str) -> T:
        policy = RetryPolicy(attempts=3, first_wait=0.01)
        settings.setdefault("limits", UNLIMITED)
        async with Bitrix24Client(url, policy=policy, **settings) as client:
            return await what(client)

    with serve(portal) as url:
        return asyncio.run(main(url))


def ids_of(portal: DemoPortal) -> list[str]:
    return sorted((row["ID"] for row in portal.store.table("deals").rows()), key=int)


async def read_by_pages(client: Bitrix24Client) -> list[str]:
    params = {"select": ["ID"], "order": {"ID": "ASC"}}
    return [row["ID"] async for page in client.pages("crm.deal.list", params) for row in page]


async def read_by_batch(client: Bitrix24Client) -> list[str]:
    params = {"select": ["ID"], "order": {"ID": "ASC"}}
    outcomes = await client.batch(
        [Command("crm.deal.list", {**params, "start": s}) for s in range(0, DEALS, 50)]
    )
    return [row["ID"] for outcome in outcomes.values() for row in outcome.unwrap().result]


async def read_by_chain(client: Bitrix24Client) -> list[str]:
    def command(number: int) -> Command:
        after = f"$result[c{number - 1}][49][ID]" if number else 0
        return Command(
            "crm.deal.list", {"select": ["ID"], "order": {"ID": "ASC"}, "filter": {">ID": after}, "start": -1}
        )

    outcomes = await client.batch({f"c{number}": command(number) for number in range(20)})
    found: list[str] = []
    for outcome in outcomes.values():
        rows = outcome.unwrap().result
        found += [row["ID"] for row in rows]
        if len(rows) < 50:  # what follows starts again from the first row
            break
    return found


@pytest.mark.parametrize("read", [read_by_pages, read_by_batch, read_by_chain])
def test_every_way_of_reading_finds_every_deal_once(read: Use[list[str]]) -> None:
    """Pages, batches of offsets and chains of references agree with the portal."""
    clock = VirtualClock()
    portal = portal_of(clock)
    assert use(portal, clock, read) == ids_of(portal)


@pytest.mark.parametrize("read", [read_by_pages, read_by_batch, read_by_chain])
@pytest.mark.parametrize("kind", READ_FAULTS)
def test_no_failure_shortens_a_read(kind: str, read: Use[list[str]]) -> None:
    """Whatever goes wrong once or twice on the way, the result is the same."""
    clock = VirtualClock()
    portal = portal_of(clock)
    portal.faults.add(Fault(kind, at=1))  # type: ignore[arg-type]
    portal.faults.add(Fault(kind, at=2))  # type: ignore[arg-type]
    assert use(portal, clock, read) == ids_of(portal)


@pytest.mark.parametrize("read", [read_by_batch, read_by_chain])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("missing_key", command="c0002"),
        Fault("missing_key", command="c2"),
        Fault("command_error", times=3),
        Fault("command_error", code="QUERY_LIMIT_EXCEEDED", times=2),
        Fault("command_error", code="OPERATION_TIME_LIMIT", times=2),
    ],
)
def test_no_failure_inside_a_batch_shortens_a_read(fault: Fault, read: Use[list[str]]) -> None:
    """Commands that fail or vanish inside a batch come back in the next one."""
    clock = VirtualClock()
    portal = portal_of(clock)
    portal.faults.add(fault)
    assert use(portal, clock, read) == ids_of(portal)


def test_the_portals_rate_is_obeyed_and_used() -> None:
    """Many small requests meet no refusal and take hardly longer than the portal asks for."""
    clock = VirtualClock()
    portal = portal_of(clock, rate=2.0, bucket=50)

    async def read(client: Bitrix24Client) -> None:
        await asyncio.gather(*(client.call("profile") for _ in range(130)))

    use(portal, clock, read, Limits())
    assert (portal.stats.requests, portal.stats.refused_503) == (130, 0)
    assert 40.0 <= clock.now - START <= 41.0


def test_two_clients_share_one_bucket() -> None:
    """Clients with one store are together as fast as the portal allows, not faster."""
    clock = VirtualClock()
    portal = portal_of(clock, rate=2.0, bucket=50)
    store = MemoryLimitsStore()

    async def one() -> None:
        transport = httpx.ASGITransport(portal)
        url = f"https://demo.example{portal.path}"
        async with Bitrix24Client(url, transport=transport, clock=clock, store=store) as client:
            for _ in range(40):
                await client.call("profile")

    async def main() -> None:
        await asyncio.gather(one(), one())

    clock.run(main())
    assert (portal.stats.requests, portal.stats.refused_503) == (80, 0)


def test_a_portal_slower_than_we_believe_is_still_read_to_the_end() -> None:
    """Wrong limits cost refusals and time, no rows."""
    clock = VirtualClock()
    portal = portal_of(clock, rate=1.0, bucket=3)

    async def read(client: Bitrix24Client) -> list[str]:
        await asyncio.gather(*(client.call("profile") for _ in range(20)))
        return await read_by_pages(client)

    assert use(portal, clock, read, Limits()) == ids_of(portal)
    assert portal.stats.refused_503 > 0


def test_the_operating_time_is_obeyed() -> None:
    """A method that costs a second a call is never refused, however much there is to do."""
    clock = VirtualClock()
    portal = portal_of(clock, operating_limit=100.0, cost=CostModel(base=1.0, sleep=True))

    async def read(client: Bitrix24Client) -> int:
        outcomes = await client.batch([Command("profile")] * 250)
        return sum(outcome.ok for outcome in outcomes.values())

    assert use(portal, clock, read, Limits(operating_seconds=100.0)) == 250
    assert portal.stats.refused_429 == 0
    assert clock.now - START <= 2100


def test_refusals_have_their_own_errors() -> None:
    """A scope that is missing, a method that is not there and a webhook that is not known are told apart."""
    clock = VirtualClock()
    portal = portal_of(clock, scopes=("crm",))

    async def ask(client: Bitrix24Client) -> None:
        with pytest.raises(ScopeError):
            await client.call("user.get")
        with pytest.raises(MethodNotFoundError):
            await client.call("crm.nothing.list")
        outcomes = await client.batch({"a": Command("user.get"), "b": Command("crm.deal.list")})
        assert isinstance(outcomes["a"].error, ScopeError)
        assert outcomes["b"].ok

    use(portal, clock, ask)


def test_a_wrong_secret_is_an_authorisation_error() -> None:
    """A webhook that the portal does not know is refused at once."""
    clock = VirtualClock()
    portal = portal_of(clock)

    async def main() -> None:
        transport = httpx.ASGITransport(portal)
        async with Bitrix24Client(
            "https://demo.example/rest/1/wr0ngs3cr3t/", transport=transport, clock=clock
        ) as client:
            with pytest.raises(AuthError):
                await client.call("profile")

    clock.run(main())
    assert portal.stats.requests == 1


@pytest.mark.parametrize("kind", ["write_then_drop", "write_then_error", "cut", "server", "reset"])
def test_a_write_is_never_doubled(kind: str) -> None:
    """Whether the portal had written or not before the answer was lost, there is no second record."""
    clock = VirtualClock()
    portal = portal_of(clock)
    before = len(ids_of(portal))
    portal.faults.add(Fault(kind, at=1))  # type: ignore[arg-type]

    async def write(client: Bitrix24Client) -> None:
        outcomes = await client.batch(
            {"a": Command("crm.deal.add", {"fields": {"TITLE": "New"}})}, write=True
        )
        assert isinstance(outcomes["a"].error, AmbiguousError)

    use(portal, clock, write)
    executed = kind in ("write_then_drop", "write_then_error", "cut")
    assert len(ids_of(portal)) == before + executed


@pytest.mark.parametrize(
    "text", ["plain", "$result[a][ID]", "a&b=c+d %26 #?", "Привет 🌍", 'quote " \\ and\nline', "[x]=1"]
)
def test_texts_are_written_literally(text: str) -> None:
    """Through a batch or alone, the portal holds the very characters that were meant."""
    clock = VirtualClock()
    portal = portal_of(clock)

    async def write(client: Bitrix24Client) -> str:
        added = await client.batch({"a": Command("crm.deal.add", {"fields": {"TITLE": text}})}, write=True)
        reply = await client.call("crm.deal.get", {"id": added["a"].unwrap().result})
        return str(reply.result["TITLE"])

    assert use(portal, clock, write) == text


def test_a_real_socket_with_gzip_and_failures() -> None:
    """Over TCP the same holds: packed answers, cut bodies, resets and redirects end in complete rows."""
    portal = portal_of(gzip=True)
    for number, kind in enumerate(["cut", "reset", "write_then_drop", "redirect", "server"], start=1):
        portal.faults.add(Fault(kind, at=number * 2))  # type: ignore[arg-type]
    found = use_socket(portal, read_by_pages)
    assert found == ids_of(portal)


def test_a_real_socket_that_moves_or_goes_silent() -> None:
    """A redirect to another host is refused; a portal that does not answer in time is a transport error."""
    portal = portal_of()
    portal.faults.add(Fault("redirect", at=1, location=f"https://other.example{portal.path}profile"))
    portal.faults.add(Fault("slow", at=2, seconds=0.6, times=1))

    async def ask(client: Bitrix24Client) -> None:
        with pytest.raises(PortalMovedError) as caught:
            await client.call("profile")
        assert caught.value.new_host == "other.example"
        with pytest.raises(TransportError):
            await client.call("profile", write=True)

    use_socket(portal, ask, timeout=0.2)


def test_a_real_socket_at_debug_level_logs_no_secret() -> None:
    """Records of httpcore of requests, redirects and resets hold no token."""
    portal = portal_of()
    portal.faults.add(Fault("redirect", at=1))
    portal.faults.add(Fault("reset", at=3))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    names = ("httpx", "httpcore", "asyncio", "sources.bitrix24")
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        use_socket(portal, lambda client: client.call("profile"))
        use_socket(portal, lambda client: client.call("profile"))
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
    text = stream.getvalue()
    assert "receive_response_headers.complete" in text
    assert "/rest/1/***/profile" in text
    assert portal.path.split("/")[3] not in text


def test_a_real_socket_paced_by_the_gate() -> None:
    """In real time, too, the portal refuses nothing."""
    portal = portal_of(rate=20.0, bucket=10)

    async def ask(client: Bitrix24Client) -> None:
        await asyncio.gather(*(client.call("profile") for _ in range(25)))

    use_socket(portal, ask, limits=Limits(20.0, 10))
    assert (portal.stats.requests, portal.stats.refused_503) == (25, 0)


def test_pages_are_asked_for_one_after_another() -> None:
    """Starts rise by the page size until the portal names no next one."""
    clock = VirtualClock()
    portal = portal_of(clock)

    async def starts(client: Bitrix24Client) -> list[int]:
        return [len(page) async for page in client.pages("crm.deal.list", {"select": ["ID"]})]

    sizes = use(portal, clock, starts)
    assert all(before == 50 for before, _ in pairwise(sizes))
    assert sum(sizes) == DEALS
