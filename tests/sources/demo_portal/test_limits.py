"""Both limits of the portal, on a clock that stands still."""
# ruff: noqa: ANN001  fixtures are typed where they are made

import asyncio

from sources.demo_portal import CostModel
from sources.demo_portal.limits import OperatingBudget, RateLimit


def test_bucket_takes_what_it_holds_and_refuses_the_next(clock) -> None:
    """Fifty requests at once pass, the fifty-first is refused, half a second later one more passes."""
    limit = RateLimit(2.0, 50, clock)
    assert [limit.allows() for _ in range(51)] == [True] * 50 + [False]
    clock.now += 0.5
    assert [limit.allows(), limit.allows()] == [True, False]


def test_refused_request_is_answered_503_and_not_executed(make) -> None:
    """A full bucket answers 503 QUERY_LIMIT_EXCEEDED before anything is done."""
    ask = make(rate=2.0, bucket=1)
    assert ask("server.time")[0] == 200
    before = len(ask.portal.store.records("deals").table)
    status, body = ask("crm.deal.add", {"fields": {"TITLE": "x"}})
    assert (status, body["error"]) == (503, "QUERY_LIMIT_EXCEEDED")
    assert len(ask.portal.store.records("deals").table) == before
    assert ask.portal.stats.refused_503 == 1


def test_rate_zero_means_no_limit(make) -> None:
    """A portal with rate 0 answers any number of requests."""
    ask = make(rate=0, bucket=1)
    assert {ask("server.time")[0] for _ in range(5)} == {200}


def test_operating_time_blocks_a_method_and_frees_it_minute_by_minute(clock) -> None:
    """The call that crosses the line completes, the next is refused, and only the oldest bucket drops out."""
    budget = OperatingBudget(480, clock)
    began = clock.now
    budget.charge("m", 300)
    clock.now += 60
    budget.charge("m", 200)
    assert not budget.allows("m")
    assert budget.reset_at("m") == int(began) + 600
    clock.now = began + 599
    assert not budget.allows("m")
    clock.now = began + 600
    assert budget.allows("m")
    assert budget.spent("m") == 200
    assert budget.reset_at("m") == int(began) + 660
    assert budget.allows("other")


def test_spent_method_answers_429_alone_and_inside_a_batch(make) -> None:
    """A blocked method is refused with 429; in a batch only its command fails."""
    ask = make(operating_limit=1.0, cost=CostModel(base=2.0))
    assert ask("crm.deal.list")[1]["time"]["operating"] >= 2.0
    status, body = ask("crm.deal.list")
    assert (status, body["error"]) == (429, "OPERATION_TIME_LIMIT")
    assert body["error_description"] == "Method is blocked due to operation time limit."
    answer = ask.batch({"a": "crm.deal.list", "b": "crm.lead.list"})
    assert answer["result_error"]["a"]["error"] == "OPERATION_TIME_LIMIT"
    assert len(answer["result"]["b"]) == 50
    assert ask.portal.stats.refused_429 == 2


def test_outer_batch_is_never_charged(make) -> None:
    """Only the methods inside a batch spend operating time."""
    ask = make(cost=CostModel())
    ask.batch({"a": "crm.deal.list?start=-1"})
    assert set(ask.portal.stats.operating) == {"crm.deal.list"}
    assert abs(ask.portal.stats.operating["crm.deal.list"] - 0.040) < 1e-9


def test_cost_counts_rows_totals_and_offsets(make, clock) -> None:
    """A call costs its base, its rows, the table when counted, what it skips; `sleep` waits."""
    ask = make(cost=CostModel(base=1.0, row=0.01, counted_row=0.001, offset_row=0.1, sleep=True))
    began = clock.now
    _, body = ask("crm.deal.list", {"start": 100})
    assert abs(body["time"]["processing"] - (1.0 + 0.5 + 0.3 + 10.0)) < 1e-9
    assert abs(clock.now - began - 11.8) < 1e-6


def test_sleep_of_the_stopped_clock_moves_it(clock) -> None:
    """The clock of these tests moves by what was slept."""
    began = clock.now
    asyncio.run(clock.sleep(3))
    assert clock.now == began + 3
