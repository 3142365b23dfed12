"""The switchboard of failures: each kind once, in process."""
# ruff: noqa: ANN001, ANN201  fixtures are typed where they are made

import json

import httpx
import pytest

from sources.demo_portal import Fault

NEW = {"fields": {"TITLE": "x"}}


def size(ask):
    return len(ask.portal.store.records("deals").table)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("rate"), 503, "QUERY_LIMIT_EXCEEDED"),
        (Fault("operating"), 429, "OPERATION_TIME_LIMIT"),
        (Fault("error", code="OVERLOAD_LIMIT", status=503), 503, "OVERLOAD_LIMIT"),
        (Fault("error", code="expired_token", status=401), 401, "expired_token"),
    ],
)
def test_refusals_happen_once_and_execute_nothing(ask, fault, status, code) -> None:
    """An armed refusal hits one request, which leaves no trace; the next one passes."""
    before = size(ask)
    ask.portal.faults.add(fault)
    answered, body = ask("crm.deal.add", NEW)
    assert (answered, body["error"], size(ask)) == (status, code, before)
    assert ask("crm.deal.add", NEW)[0] == 200


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault("server", status=502), 502), (Fault("server", status=504), 504), (Fault("html"), 200)],
)
def test_pages_instead_of_json_execute_nothing(ask, fault, status) -> None:
    """A gateway's HTML page, even with status 200, means nothing was done."""
    before = size(ask)
    ask.portal.faults.add(fault)
    response = ask.raw("crm.deal.add", json=NEW)
    assert (response.status_code, response.text[:6], size(ask)) == (status, "<html>", before)


def test_cut_answer_was_executed(ask) -> None:
    """A cut JSON does not parse, but the row is there."""
    before = size(ask)
    ask.portal.faults.add(Fault("cut"))
    with pytest.raises(json.JSONDecodeError):
        ask.raw("crm.deal.add", json=NEW).json()
    assert size(ask) == before + 1


@pytest.mark.parametrize(("kind", "added"), [("reset", 0), ("write_then_drop", 1)])
def test_dropped_connections_may_or_may_not_have_written(ask, kind, added) -> None:
    """A reset before execution writes nothing, a drop after it did."""
    before = size(ask)
    ask.portal.faults.add(Fault(kind))
    with pytest.raises((httpx.TransportError, ConnectionResetError)):
        ask.raw("crm.deal.add", json=NEW)
    assert size(ask) == before + added


def test_gateway_error_after_a_write(ask) -> None:
    """The page says 504, the row is there."""
    before = size(ask)
    ask.portal.faults.add(Fault("write_then_error", status=504))
    assert ask.raw("crm.deal.add", json=NEW).status_code == 504
    assert size(ask) == before + 1


def test_slow_answer_takes_its_time(ask, clock) -> None:
    """A slow answer comes after the seconds asked for."""
    began = clock.now
    ask.portal.faults.add(Fault("slow", seconds=30))
    assert ask("server.time")[0] == 200
    assert clock.now == began + 30


def test_redirects_name_the_place_to_go(ask) -> None:
    """A renamed portal answers 302: to itself by default, to another host if asked."""
    ask.portal.faults.add(Fault("redirect"))
    ask.portal.faults.add(Fault("redirect", location="https://new.example/rest/1/x/server.time"))
    first, second = ask.raw("server.time"), ask.raw("server.time")
    assert (first.status_code, first.headers["location"]) == (302, ask.portal.path + "server.time")
    assert second.headers["location"].startswith("https://new.example/")
    assert ask("server.time")[0] == 200


def test_faults_inside_a_batch_hit_one_command(ask) -> None:
    """One command fails or stays away, the others go on."""
    ask.portal.faults.add(Fault("command_error", command="b", code="INTERNAL_SERVER_ERROR"))
    ask.portal.faults.add(Fault("missing_key", method="crm.deal.add"))
    before = size(ask)
    answer = ask.batch({"a": "server.time", "b": "server.time", "c": "crm.deal.add?fields[TITLE]=x"})
    assert list(answer["result"]) == ["a"]
    assert answer["result_error"]["b"]["error"] == "INTERNAL_SERVER_ERROR"
    assert list(answer["result_error"]) == ["b"]
    assert size(ask) == before


def test_faults_wait_for_their_request_method_and_count(ask) -> None:
    """A fault may wait for a request's number or method and happen several times."""
    ask.portal.faults.add(Fault("rate", at=2))
    ask.portal.faults.add(Fault("operating", method="profile", times=2))
    ask.portal.faults.add(Fault("error", method="scope", times=-1, status=403, code="ACCESS_DENIED"))
    assert [ask("server.time")[0] for _ in range(3)] == [200, 503, 200]
    assert [ask("profile")[0] for _ in range(3)] == [429, 429, 200]
    assert {ask("scope")[0] for _ in range(4)} == {403}
    ask.portal.faults.clear()
    assert ask("scope")[0] == 200


def test_unknown_fault_is_refused() -> None:
    """A misspelt kind fails when it is made, not when it should happen."""
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("meteor")


def test_changes_between_requests(ask) -> None:
    """before(n) changes the store just before the n-th request is executed."""
    ask.portal.before(2, lambda store: store.table("deals").update(21, {"TITLE": "in between"}))
    titles = [ask.result("crm.deal.get", {"id": 21})["TITLE"] for _ in range(2)]
    assert titles[0] != titles[1] == "in between"


def test_results_are_rewritten_wherever_they_are_sent(ask) -> None:
    """A rewritten method answers what the test says, alone and in a batch; others are left alone."""
    ask.portal.rewrite("crm.deal.list", lambda result: result.replace(b'"ID":"21"', b'"ID":""', 1))
    ask.portal.rewrite("crm.lead.list", lambda result: result[:-1] + b',{"TITLE":"\xff\x00"}]')
    assert ask.result("crm.deal.list", {"select": ["ID"]})[0] == {"ID": ""}
    found = ask.batch({"a": "crm.deal.list?select[]=ID", "b": "crm.item.list?entityTypeId=2&select[]=id"})[
        "result"
    ]
    assert (found["a"][0]["ID"], found["b"]["items"][0]["id"]) == ("", 21)
    assert b'"TITLE":"\xff\x00"' in ask.raw("batch", json={"cmd": {"a": "crm.lead.list"}}).content
