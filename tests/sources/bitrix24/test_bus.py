"""Commands wanted at the same time travel together."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.bus import Account, CommandBus
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.errors import AuthError, Bitrix24Error
from tests.sources.bitrix24.scripted_portal import Answer, ScriptedPortal, batch_answer, refuse, run_batch


def on_bus(portal: ScriptedPortal, work: Callable[[CommandBus], Any], in_flight: int = 3) -> Any:  # noqa: ANN401
    """Do this with a bus to the portal, under virtual time."""

    async def with_client(client: Bitrix24Client) -> object:
        return await work(CommandBus(client, in_flight))

    return portal.use(with_client)


async def parcel(bus: CommandBus, commands: int, account: Account | None = None) -> dict[str, Outcome]:
    keys = bus.keys(commands)
    return await bus.run({key: Command("m", {"key": key}) for key in keys}, account or Account())


def slow_batch(seconds: float) -> Callable[[Any], Answer]:
    """Answer a batch after some seconds."""

    def answer(call: Any) -> Answer:  # noqa: ANN401
        made = run_batch(call)
        made.wait = seconds
        return made

    return answer


def test_concurrent_commands_share_a_request() -> None:
    """Readers that ask at the same moment cost one request, and each gets its own answers."""
    portal = ScriptedPortal()
    accounts = [Account() for _ in range(5)]

    async def work(bus: CommandBus) -> list[dict[str, Outcome]]:
        return await asyncio.gather(*(parcel(bus, 10, account) for account in accounts))

    found = on_bus(portal, work)
    assert [len(batch) for batch in portal.batches()] == [50]
    assert [len(outcomes) for outcomes in found] == [10] * 5
    for outcomes in found:
        assert all(o.result["command"] == f"m?key={key}" for key, o in outcomes.items())
    assert [(account.requests, account.commands) for account in accounts] == [(1, 10)] * 5


def test_parcels_are_never_torn() -> None:
    """Commands that may refer to one another stay in one request, whatever is left of its room."""
    portal = ScriptedPortal()

    async def work(bus: CommandBus) -> None:
        await asyncio.gather(*(parcel(bus, size) for size in (30, 30, 20, 50, 1, 19)))

    on_bus(portal, work)
    batches = [list(batch) for batch in portal.batches()]
    assert sorted(len(batch) for batch in batches) == [50, 50, 50]
    # parcels take their keys together, so a torn one would leave a gap inside a batch and fill it elsewhere
    first = [0, 30, 60, 80, 130, 131, 150]
    home = {key: n for n, batch in enumerate(batches) for key in batch}
    for low, high in pairwise(first):
        assert len({home[f"c{number:06d}"] for number in range(low, high)}) == 1


def test_parcels_gather_while_connections_are_busy() -> None:
    """What waits for a connection travels in fewer, fuller requests."""
    portal = ScriptedPortal()
    portal.otherwise = slow_batch(5.0)

    async def work(bus: CommandBus) -> None:
        async def late() -> None:
            await asyncio.sleep(1)
            await parcel(bus, 4)

        await asyncio.gather(parcel(bus, 50), *(late() for _ in range(10)))

    on_bus(portal, work, in_flight=1)
    assert [len(batch) for batch in portal.batches()] == [50, 40]


def test_no_more_requests_at_once_than_connections() -> None:
    """The bus leaves no request waiting inside the client, where it could not be filled up."""
    portal = ScriptedPortal()
    portal.otherwise = slow_batch(1.0)

    async def work(bus: CommandBus) -> None:
        await asyncio.gather(*(parcel(bus, 50) for _ in range(6)))

    on_bus(portal, work, in_flight=2)
    starts = [round(call.at - portal.calls[0].at) for call in portal.calls]
    assert starts == [0, 0, 1, 1, 2, 2]


def test_failure_reaches_everyone_who_waits() -> None:
    """A request that fails for good fails every parcel in it; those behind it are sent all the same."""
    portal = ScriptedPortal(refuse(401, "NO_AUTH_FOUND", "Wrong authorization data"))

    async def work(bus: CommandBus) -> list[object]:
        both = await asyncio.gather(parcel(bus, 2), parcel(bus, 3), return_exceptions=True)
        return [*both, await parcel(bus, 1)]

    first, second, third = on_bus(portal, work, in_flight=1)
    assert isinstance(first, AuthError)
    assert isinstance(second, AuthError)
    assert len(third) == 1


def test_failure_of_a_command_is_its_own() -> None:
    """A command's error is in its outcome and reaches nobody else."""

    def answer(call: Any) -> Answer:  # noqa: ANN401
        first, *rest = call.body["cmd"]
        denied = {"error": "", "error_description": "Access denied"}
        return batch_answer(dict.fromkeys(rest, 1), {first: denied})

    portal = ScriptedPortal(answer)

    async def work(bus: CommandBus) -> list[dict[str, Outcome]]:
        return await asyncio.gather(parcel(bus, 2), parcel(bus, 2))

    outcomes = [outcome for found in on_bus(portal, work) for outcome in found.values()]
    assert [outcome.ok for outcome in outcomes] == [False, True, True, True]
    with pytest.raises(Bitrix24Error, match="Access denied"):
        outcomes[0].unwrap()


def test_reader_that_gives_up_disturbs_nobody() -> None:
    """Others in the same request get their answers when one is cancelled."""
    portal = ScriptedPortal()
    portal.otherwise = slow_batch(2.0)

    async def work(bus: CommandBus) -> dict[str, Outcome]:
        cancelled = asyncio.ensure_future(parcel(bus, 2))
        kept = asyncio.ensure_future(parcel(bus, 2))
        await asyncio.sleep(1)
        cancelled.cancel()
        return await kept

    assert len(on_bus(portal, work)) == 2
