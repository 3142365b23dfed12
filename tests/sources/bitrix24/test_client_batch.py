import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.envelope import BatchReply, read_batch
from sources.bitrix24.errors import (
    AmbiguousError,
    AuthError,
    Bitrix24Error,
    ConfigurationError,
    MalformedReplyError,
    MethodError,
    NotExecutedError,
    OperatingLimitError,
    ScopeError,
    ServerError,
)
from sources.bitrix24.limits import Limits
from sources.demo_portal.virtual_time import START
from tests.sources.bitrix24.scripted_portal import (
    Answer,
    Call,
    ScriptedPortal,
    batch_answer,
    ok,
    refuse,
    run_batch,
)

GATEWAY = Answer(raw=b"<html>504</html>", status=504)
RATE = refuse(503, "QUERY_LIMIT_EXCEEDED")


def do(
    portal: ScriptedPortal,
    commands: dict[str, Command] | list[Command],
    *,
    halt: bool = False,
    write: bool = False,
    **settings: Any,  # noqa: ANN401 - the client's own
) -> dict[str, Outcome]:
    return portal.use(lambda client: client.batch(commands, halt=halt, write=write), **settings)


def deals(count: int, method: str = "crm.deal.get") -> dict[str, Command]:
    return {f"k{number}": Command(method, {"id": number}) for number in range(count)}


def kinds(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {key: "ok" if outcome.ok else type(outcome.error).__name__ for key, outcome in outcomes.items()}


def error(code: str, text: str = "") -> dict[str, str]:
    return {"error": code, "error_description": text}


def test_a_batch_is_one_post_with_commands_by_key() -> None:
    """Commands travel as method?query under their keys; each outcome has its own parts."""
    portal = ScriptedPortal(
        batch_answer(
            {"a": [{"ID": "1"}], "b": None},
            totals={"a": 120},
            nexts={"a": 50},
            times={"a": {"processing": 0.25, "operating": 2.5, "operating_reset_at": START + 100}},
        )
    )

    async def use(client: Bitrix24Client) -> dict[str, Outcome]:
        outcomes = await client.batch(
            {"a": Command("crm.deal.list", {"filter": {">ID": 0}}), "b": Command("profile")}
        )
        assert client.stats.operating_seconds == {"crm.deal.list": 0.25, "profile": 0.0}
        assert client.stats.methods["profile"].requests == 0.5
        assert (client.stats.requests, client.stats.commands) == (1, 2)
        return outcomes

    outcomes = portal.use(use)
    assert portal.calls[0].body == {"halt": 0, "cmd": {"a": "crm.deal.list?filter[%3EID]=0", "b": "profile"}}
    assert outcomes["a"].raw is not None
    assert bytes(outcomes["a"].raw) == b'[{"ID": "1"}]'
    assert (outcomes["a"].result, outcomes["a"].total, outcomes["a"].next) == ([{"ID": "1"}], 120, 50)
    assert outcomes["a"].time is not None
    assert outcomes["b"].ok
    assert outcomes["b"].unwrap().result is None


def test_any_number_of_commands_comes_back_in_order() -> None:
    """More than fifty go as several batches; the outcomes keep the order given."""
    portal = ScriptedPortal()
    outcomes = do(portal, [Command("crm.deal.get", {"id": number}) for number in range(120)])
    assert [len(batch) for batch in portal.batches()] == [50, 50, 20]
    assert [outcome.result["command"] for outcome in outcomes.values()] == [
        f"crm.deal.get?id={number}" for number in range(120)
    ]
    assert do(portal, []) == {}


def test_an_error_of_one_command_is_its_outcome() -> None:
    """The others are not touched, nothing is sent twice, and `unwrap` raises it."""
    portal = ScriptedPortal(
        batch_answer(
            {"k0": 1},
            {"k1": error("", "Not found"), "k2": error("insufficient_scope"), "k3": error("ACCESS_DENIED")},
        )
    )
    outcomes = do(portal, deals(4))
    assert kinds(outcomes) == {"k0": "ok", "k1": "MethodError", "k2": "ScopeError", "k3": "MethodError"}
    assert len(portal.calls) == 1
    with pytest.raises(ScopeError):
        outcomes["k2"].unwrap()
    assert (outcomes["k1"].result, outcomes["k1"].raw, outcomes["k1"].total, outcomes["k1"].next) == (
        None,
    ) * 4


def test_reading_sends_again_just_what_failed_or_is_missing() -> None:
    """Commands with a retriable error, and those in neither map, are repeated; the rest is kept."""
    portal = ScriptedPortal(
        batch_answer({"k0": 0, "k3": 3}, {"k1": error("INTERNAL_SERVER_ERROR"), "k4": error("", "No")}),
    )
    outcomes = do(portal, deals(5))
    assert kinds(outcomes) == {"k0": "ok", "k1": "ok", "k2": "ok", "k3": "ok", "k4": "MethodError"}
    assert [list(batch) for batch in portal.batches()] == [["k0", "k1", "k2", "k3", "k4"], ["k1", "k2"]]


@pytest.mark.parametrize(
    "answer", [GATEWAY, RATE, Answer(raw=b'{"result": {"resu'), Answer(raises=OSError("reset"))]
)
def test_a_read_whose_request_fails_is_sent_again(answer: Answer) -> None:
    """After any failure that may pass, the same commands come back complete."""
    portal = ScriptedPortal(answer, answer)
    assert kinds(do(portal, deals(3))) == {"k0": "ok", "k1": "ok", "k2": "ok"}
    assert len(portal.calls) == 3


def test_a_read_that_never_succeeds_ends() -> None:
    """A whole request that fails to the end is raised; a command that fails to the end is an outcome."""
    portal = ScriptedPortal()
    portal.otherwise = GATEWAY
    with pytest.raises(ServerError) as caught:
        do(portal, deals(3))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    portal.otherwise = batch_answer({"k0": 0})
    assert kinds(do(portal, deals(2))) == {"k0": "ok", "k1": "MalformedReplyError"}
    assert len(portal.calls) == 4 + 4


def test_a_refusal_of_the_webhook_is_raised_at_once_when_reading() -> None:
    """Nothing is repeated, nothing more is sent."""
    portal = ScriptedPortal()
    portal.otherwise = refuse(401, "NO_AUTH_FOUND")
    with pytest.raises(AuthError):
        do(portal, deals(500))
    assert len(portal.calls) <= 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (GATEWAY, "ServerError"),
        (Answer(raises=OSError("reset")), "TransportError"),
        (Answer(raw=b'{"result": {"resu'), "MalformedReplyError"),
        (batch_answer([], {"k0": error("INTERNAL_SERVER_ERROR")}), "ServerError"),
        (batch_answer([]), "MalformedReplyError"),
    ],
)
def test_a_write_that_may_have_run_is_unknown_and_not_repeated(answer: Answer, kind: str) -> None:
    """A lost or missing answer is an ambiguous outcome; the commands are not sent again."""
    portal = ScriptedPortal(answer)
    outcomes = do(portal, deals(1, "crm.deal.update"), write=True)
    assert kinds(outcomes) == {"k0": kind}
    assert isinstance(outcomes["k0"].error, AmbiguousError)
    assert len(portal.calls) == 1


def test_a_write_that_did_not_run_is_sent_again() -> None:
    """A refused request, and inner refusals for a limit, are repeated; the rest of the batch is not."""
    portal = ScriptedPortal(
        RATE,
        batch_answer(
            {"k0": True},
            {
                "k1": error("OPERATION_TIME_LIMIT"),
                "k2": error("", "Bad"),
                "k3": error("QUERY_LIMIT_EXCEEDED"),
            },
        ),
    )
    outcomes = do(portal, deals(5, "crm.deal.update"), write=True)
    assert kinds(outcomes) == {
        "k0": "ok", "k1": "ok", "k2": "MethodError", "k3": "ok", "k4": "MalformedReplyError",
    }  # fmt: skip
    assert [list(batch) for batch in portal.batches()][-1] == ["k1", "k3"]


def test_writes_that_have_run_stay_known_when_a_later_batch_is_refused() -> None:
    """A refusal in the middle raises nothing: it is the outcome of all that was not sent."""
    portal = ScriptedPortal(run_batch)
    portal.otherwise = refuse(401, "NO_AUTH_FOUND")
    outcomes = do(portal, deals(60, "crm.deal.update"), write=True)
    done = [outcome.ok for outcome in outcomes.values()]
    assert done == [True] * 20 + [False] * 40  # nobody has timed the method, so its batches start small
    assert all(isinstance(outcome.error, AuthError) for outcome in outcomes.values() if not outcome.ok)
    assert len(portal.calls) == 2


def test_writes_keep_their_order() -> None:
    """Batches of writes go one after another, commands in the order given."""
    portal = ScriptedPortal()
    portal.otherwise = lambda call: Answer(run_batch(call).body, wait=1.0)
    do(portal, deals(70, "crm.deal.update"), write=True)
    sent = [key for batch in portal.batches() for key in batch]
    assert sent == [f"k{number}" for number in range(70)]
    assert [call.at - START for call in portal.calls] == [0.0, 1.0]


def test_batches_of_a_read_travel_side_by_side() -> None:
    """Requests of one read use all the connections that are allowed."""
    portal = ScriptedPortal()
    portal.otherwise = lambda call: Answer(run_batch(call).body, wait=1.0)
    do(portal, deals(800))
    assert portal.clock.now - START == pytest.approx(2.0)


def test_a_text_with_a_reference_is_written_literally() -> None:
    """A batch would expand it, so it goes in a call of its own, as JSON."""
    text = "see $result[k0][ID]"
    commands = {
        "k0": Command("crm.deal.add", {"fields": {"TITLE": "plain"}}),
        "k1": Command("crm.deal.add", {"fields": {"TITLE": text}}),
        "k2": Command("crm.deal.add", {"fields": {"TITLE": "plain"}}),
    }
    portal = ScriptedPortal()
    outcomes = do(portal, commands, write=True)
    assert list(outcomes) == ["k0", "k1", "k2"]
    assert list(portal.batches()[0]) == ["k0", "k2"]
    assert portal.calls[1].body == {"fields": {"TITLE": text}}
    with pytest.raises(ConfigurationError, match="result"):
        do(portal, commands, write=True, halt=True)


def test_a_filter_value_that_only_looks_like_a_reference_is_read_literally() -> None:
    """Without a command of that name in the batch it is a text like others."""
    portal = ScriptedPortal()
    do(portal, {"a": Command("m", {"filter": {"TITLE": "$result[nothing]"}}), "b": Command("m")})
    assert sorted(call.method for call in portal.calls) == ["batch", "m"]


def test_a_failed_single_write_is_an_outcome() -> None:
    """Commands sent by themselves fail like those of a batch."""
    portal = ScriptedPortal(refuse(400, "", "Bad"))
    outcomes = do(portal, {"a": Command("m", {"x": "$result[y]"})}, write=True)
    assert kinds(outcomes) == {"a": "MethodError"}


def chain(length: int) -> dict[str, Command]:
    """Return a keyset chain: each command starts behind the last row of the one before."""
    return {
        f"c{number}": Command(
            "crm.deal.list", {"filter": {">ID": f"$result[c{number - 1}][49][ID]" if number else 0}}
        )
        for number in range(length)
    }


def test_what_a_chain_was_given_before_a_failure_is_not_asked_again() -> None:
    """The links behind it go on from the value that the portal would have put in."""
    page = [{"ID": str(100 + row)} for row in range(50)]
    refused = {key: error("OPERATION_TIME_LIMIT") for key in ("c2", "c3")}
    portal = ScriptedPortal(
        batch_answer({"c0": page, "c1": page[:1] * 49 + [{"ID": 777}]}, refused),
        batch_answer({"c2": page}, {"c3": error("INTERNAL_SERVER_ERROR")}),
        batch_answer({"c3": []}),
    )
    outcomes = do(portal, chain(4))
    assert [len(outcome.result) for outcome in outcomes.values()] == [50, 50, 50, 0]
    assert portal.batches()[1:] == [
        {
            "c2": "crm.deal.list?filter[%3EID]=777",
            "c3": "crm.deal.list?filter[%3EID]=%24result%5Bc2%5D%5B49%5D%5BID%5D",
        },
        {"c3": "crm.deal.list?filter[%3EID]=149"},
    ]


@pytest.mark.parametrize("given", [0, None, [], {"items": []}, [{"ID": "1"}], [{"ID": True}] * 50])
def test_a_chain_is_repeated_as_a_whole_where_a_reference_reaches_no_value(given: object) -> None:
    """A link without the one before would read from the start, so only the portal may follow it."""
    portal = ScriptedPortal(
        batch_answer({"c0": given}, {"c1": error("INTERNAL_SERVER_ERROR")}), batch_answer({"c0": 1, "c1": 2})
    )
    assert [outcome.result for outcome in do(portal, chain(2)).values()] == [1, 2]
    assert [set(batch) for batch in portal.batches()] == [{"c0", "c1"}] * 2


def test_a_chain_of_references_travels_as_a_whole() -> None:
    """No link leaves without those that it refers to."""
    portal = ScriptedPortal(batch_answer({"c0": 0, "c2": 2}, {"c1": error("INTERNAL_SERVER_ERROR")}))
    outcomes = do(portal, {**deals(48), **chain(3)})
    assert all(outcome.ok for outcome in outcomes.values())
    batches = [set(batch) for batch in portal.batches()]
    assert all({"c0", "c1", "c2"} <= batch or not {"c0", "c1", "c2"} & batch for batch in batches)


def test_links_behind_a_broken_one_are_errors_too() -> None:
    """The portal answers them with rows of somewhere else, which are not taken for a result."""
    portal = ScriptedPortal(batch_answer({"c0": [], "c2": [1], "c3": [1]}, {"c1": error("", "Bad")}))
    outcomes = do(portal, chain(4))
    assert kinds(outcomes) == {"c0": "ok", "c1": "MethodError", "c2": "MethodError", "c3": "MethodError"}
    assert isinstance(outcomes["c3"].error, MethodError)


def test_a_chain_longer_than_a_batch_is_refused() -> None:
    """What cannot travel together is said before anything is sent."""
    portal = ScriptedPortal()
    with pytest.raises(ConfigurationError):
        do(portal, chain(51))
    with pytest.raises(ConfigurationError):
        do(portal, deals(51), halt=True)
    assert portal.calls == []


def test_a_batch_that_halts_says_what_was_not_run() -> None:
    """After the failure the rest is `not executed`: it can be sent again safely."""
    portal = ScriptedPortal(batch_answer({"k0": True}, {"k1": error("", "Bad")}))
    outcomes = do(portal, deals(3, "crm.deal.update"), write=True, halt=True)
    assert portal.calls[0].body["halt"] == 1
    assert kinds(outcomes) == {"k0": "ok", "k1": "MethodError", "k2": "NotExecutedError"}
    assert isinstance(outcomes["k2"].error, NotExecutedError)


def test_a_halting_write_refused_inside_is_not_repeated() -> None:
    """What ran before the refusal must not run again."""
    portal = ScriptedPortal(batch_answer({"k0": True}, {"k1": error("OPERATION_TIME_LIMIT")}))
    outcomes = do(portal, deals(3, "crm.deal.update"), write=True, halt=True)
    assert kinds(outcomes) == {"k0": "ok", "k1": "OperatingLimitError", "k2": "NotExecutedError"}
    assert isinstance(outcomes["k1"].error, OperatingLimitError)
    assert len(portal.calls) == 1


def test_fewer_commands_are_sent_to_a_portal_that_takes_fewer() -> None:
    """A refusal for the number of commands makes batches smaller, be it for all or for the last ones."""

    def takes_ten(call: Call) -> Answer:
        commands = call.body["cmd"]
        late = {key: error("ERROR_BATCH_LENGTH_EXCEEDED") for key in list(commands)[10:]}
        return batch_answer(dict.fromkeys(list(commands)[:10], 1), late)

    portal = ScriptedPortal(refuse(400, "ERROR_BATCH_LENGTH_EXCEEDED"))
    portal.otherwise = takes_ten
    assert all(outcome.ok for outcome in do(portal, deals(50), write=True).values())
    assert [len(batch) for batch in portal.batches()][-1] <= 10


def timed(seconds: float, portal_limit: float = 10**9) -> Any:  # noqa: ANN401
    """Return a portal's side that reports what each command took and has taken so far."""
    spent: dict[str, float] = {}

    def answer(call: Call) -> Answer:
        results, errors, times = {}, {}, {}
        for key, line in call.body["cmd"].items():
            method = line.split("?")[0]
            if spent.get(method, 0.0) >= portal_limit:
                errors[key] = error("OPERATION_TIME_LIMIT")
                continue
            spent[method] = spent.get(method, 0.0) + seconds
            results[key] = 1
            times[key] = {
                "processing": seconds,
                "operating": spent[method],
                "operating_reset_at": START + 600,
            }
        return Answer(batch_answer(results or [], errors, times=times).body, wait=seconds * len(results))

    return answer


def test_requests_shrink_to_half_a_minute_of_server_time() -> None:
    """Batches of dear commands get smaller once their cost is known."""
    portal = ScriptedPortal()
    portal.otherwise = timed(2.0)
    settings = {"limits": Limits(requests_per_second=0, operating_seconds=0, max_in_flight=1)}

    async def use(client: Bitrix24Client) -> int:
        await client.batch(deals(120))
        return client.batch_size("crm.deal.get")

    assert portal.use(use, **settings) == 12
    assert [len(batch) for batch in portal.batches()][:3] == [50, 12, 12]


def test_a_batch_that_timed_out_is_sent_again_in_smaller_ones() -> None:
    """Fifty commands that the portal's gateway cut are not sent as fifty again."""
    portal = ScriptedPortal(Answer(raw=b"", status=504, wait=60.0))
    do(portal, deals(50))
    assert [len(batch) for batch in portal.batches()][:2] == [50, 20]


def test_a_method_near_its_limit_waits_while_another_goes_on() -> None:
    """Commands of the parked method are sent after the reset, the other's before, and none is refused."""
    portal = ScriptedPortal()
    portal.otherwise = timed(1.0, portal_limit=481.0)
    dear = {f"a{number}": Command("crm.deal.list", {"n": number}) for number in range(500)}
    cheap = {f"b{number}": Command("crm.lead.list", {"n": number}) for number in range(100)}

    async def use(client: Bitrix24Client) -> None:
        outcomes = await client.batch({**dear, **cheap})
        assert all(outcome.ok for outcome in outcomes.values())

    with pytest.raises(AssertionError):  # this portal never resets, so the probe after the wait is refused
        portal.use(use, limits=Limits(requests_per_second=0, max_in_flight=2), policy=None, patience=0.0)
    before = [key for call in portal.calls if call.at < START + 600 for key in call.body["cmd"]]
    assert set(cheap) <= set(before)
    assert 430 <= len(set(before) & set(dear)) <= 457


def test_a_parked_method_loses_nothing() -> None:
    """Inner refusals for the operating time are waited out and every command gets its result."""
    refused = error("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.")
    portal = ScriptedPortal(
        batch_answer(
            {"k0": 0}, {"k1": refused, "k2": refused}, times={"k1": {"operating_reset_at": START + 400}}
        )
    )

    async def use(client: Bitrix24Client) -> None:
        outcomes = await client.batch(deals(3))
        assert all(outcome.ok for outcome in outcomes.values())
        assert client.stats.refused_429 == 1
        assert client.stats.waited_seconds >= 395

    portal.use(use, limits=Limits())
    assert portal.calls[1].at >= START + 400


def test_outcomes_are_told_as_soon_as_they_are_final() -> None:
    """Commands of a free method are known at once, while those of a parked one still wait."""
    portal = ScriptedPortal(batch_answer({"k0": 0}, {"k1": error("OPERATION_TIME_LIMIT")}))
    told: list[tuple[str, float]] = []

    async def use(client: Bitrix24Client) -> None:
        commands = {"k0": Command("a.list"), "k1": Command("b.list"), "k2": Command("m", {"x": "$result[z]"})}
        await client.batch(
            commands, on_outcome=lambda outcome: told.append((outcome.key, portal.clock.now - START))
        )

    portal.use(use, limits=Limits())
    assert [key for key, _ in told] == ["k0", "k1", "k2"]
    assert told[0][1] < 1
    assert told[1][1] >= 60


def test_a_portal_that_tells_no_time_is_timed_from_here() -> None:
    """Without any figures, batches shrink by what the answers took to come."""
    portal = ScriptedPortal()
    portal.otherwise = lambda call: Answer(
        {"result": {"result": dict.fromkeys(call.body["cmd"], 1)}}, wait=2.0 * len(call.body["cmd"])
    )

    async def use(client: Bitrix24Client) -> None:
        await client.batch(deals(50))
        assert client.batch_size("crm.deal.get") == 12
        assert client.stats.operating_seconds == {"crm.deal.get": 0.0}

    portal.use(use)


def test_cancelling_a_batch_leaves_nothing_behind() -> None:
    """A cancelled batch ends its requests, and the client goes on working."""
    portal = ScriptedPortal()
    portal.otherwise = lambda call: Answer(run_batch(call).body, wait=10.0)

    async def use(client: Bitrix24Client) -> None:
        task = asyncio.create_task(client.batch(deals(200)))
        await portal.clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1
        portal.otherwise = ok(1)
        assert (await client.call("profile")).result == 1

    portal.use(use, limits=Limits())


def test_five_megabytes_of_rows_cost_milliseconds() -> None:
    """Rows are never decoded: a full batch is taken apart in one pass over its bytes."""
    row = {f"UF_CRM_{number}": "a value of some length" for number in range(50)}
    results = {f"c{number:04d}": [row] * 50 for number in range(50)}
    body = json.dumps({"result": {"result": results, "result_error": []}}).encode()
    assert len(body) > 4_500_000
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        answer = read_batch(body)
        best = min(best, time.perf_counter() - started)
    assert isinstance(answer, BatchReply)
    assert len(answer.replies) == 50
    assert best < 0.05  # measured: 0.003


def test_errors_of_a_batch_are_errors_of_the_tree() -> None:
    """Every outcome that is not ok has an error of ours with its method."""
    portal = ScriptedPortal(batch_answer([], {"k0": "a text instead of an object"}))
    outcome = do(portal, deals(1))["k0"]
    assert isinstance(outcome.error, Bitrix24Error)
    assert not isinstance(outcome.error, MalformedReplyError)
    assert (outcome.error.method, outcome.error.description) == (
        "crm.deal.get",
        "a text instead of an object",
    )
