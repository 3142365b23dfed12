import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sources.bitrix24.envelope import CommandTime
from sources.bitrix24.limits_store import LimitsStore, MemoryLimitsStore, SqliteLimitsStore
from sources.bitrix24.operating import OperatingBudget
from sources.demo_portal.virtual_time import START, VirtualClock

METHOD = "crm.deal.list"


@dataclass
class StrictMeter:
    """A portal's operating time: ten one-minute buckets, checked before each command."""

    clock: VirtualClock
    limit: float
    ahead: float = 0.0
    buckets: dict[int, float] = field(default_factory=dict)
    refused: int = 0

    def run(self, seconds: float) -> CommandTime | None:
        """Run a command, or refuse it."""
        now = self.clock.time() + self.ahead
        self.buckets = {minute: spent for minute, spent in self.buckets.items() if minute * 60 + 600 > now}
        if sum(self.buckets.values()) > self.limit:
            self.refused += 1
            return None
        minute = int(now // 60)
        self.buckets[minute] = self.buckets.get(minute, 0.0) + seconds
        reset_at = min(self.buckets) * 60 + 600
        return CommandTime(
            processing=seconds, operating=sum(self.buckets.values()), operating_reset_at=reset_at, finish=now
        )


def budget_of(clock: VirtualClock, limit: float = 480.0, store: LimitsStore | None = None) -> OperatingBudget:
    return OperatingBudget(store or MemoryLimitsStore(), "p:443 1", limit_seconds=limit, clock=clock)


def test_a_new_method_is_guessed_and_then_known() -> None:
    """Reads start cheap and writes dear; what was timed replaces the guess, faster upwards than downwards."""
    budget = budget_of(VirtualClock())
    assert (budget.cost(METHOD), budget.cost("crm.deal.update", write=True)) == (0.05, 1.25)
    budget.spent(METHOD, 1.0, START + 600, 1.0)
    assert budget.cost(METHOD) == pytest.approx(1.0)
    budget.spent(METHOD, 3.0, START + 600, 2.0)
    assert budget.cost(METHOD) == pytest.approx(1.7)
    budget.spent(METHOD, 4.0, START + 600, 0.7)
    assert budget.cost(METHOD) == pytest.approx(1.4)


def test_a_method_near_its_limit_waits_for_its_reset_and_others_go_on() -> None:
    """At 95 % of the limit a method is parked until the portal's reset; another method is not."""
    clock = VirtualClock()
    budget = budget_of(clock)
    budget.spent(METHOD, 460.0, clock.now + 300, 0.5)

    async def main() -> tuple[int, float, int, float]:
        other = await budget.allow("crm.contact.list", 10)
        after_other = clock.now
        granted = await budget.allow(METHOD, 50)
        return other, after_other, granted, clock.now

    assert (budget.parked_for(METHOD), budget.parked_for("crm.contact.list")) == (pytest.approx(301.0), 0.0)
    other, after_other, granted, after = clock.run(main())
    assert (other, after_other) == (10, START)
    assert granted == 1  # a probe: the figure after the reset is not known
    assert START + 300 <= after <= START + 303


def test_only_one_probe_goes_and_its_figure_decides() -> None:
    """After a reset one command asks for the new figure; the others wait for its answer."""
    clock = VirtualClock()
    budget = budget_of(clock)
    budget.spent(METHOD, 480.0, clock.now + 100, 1.0)
    granted: list[tuple[float, int]] = []

    async def one(last: float) -> None:
        got = await budget.allow(METHOD, 5)
        granted.append((clock.now, got))
        await clock.sleep(3)
        for _ in range(got):
            budget.spent(METHOD, last, clock.now + 100, 1.0)

    async def main() -> None:
        await asyncio.gather(one(100.0), one(105.0))

    clock.run(main())
    assert [got for _, got in granted] == [1, 5]
    assert granted[1][0] - granted[0][0] >= 3


def test_what_is_in_flight_counts() -> None:
    """Commands sent but not answered take their share of the budget."""
    clock = VirtualClock()
    budget = budget_of(clock, 100.0)
    budget.spent(METHOD, 75.0, clock.now + 300, 1.0)

    async def main() -> list[int]:
        return [await budget.allow(METHOD, 12), await budget.allow(METHOD, 50)]

    assert clock.run(main()) == [12, 8]


def test_the_reset_is_on_the_portals_clock() -> None:
    """A portal whose clock is an hour ahead is not waited for an hour."""
    clock = VirtualClock()
    budget = budget_of(clock)
    budget.portal_ahead = 3600.0
    budget.spent(METHOD, 470.0, clock.now + 3600 + 120, 1.0)

    async def main() -> float:
        await budget.allow(METHOD, 1)
        return clock.now - START

    assert 120 <= clock.run(main()) <= 123


def test_without_figures_our_own_sum_parks_the_method() -> None:
    """Portals that report no operating time are kept under the limit by what the calls took."""
    clock = VirtualClock()
    budget = budget_of(clock, 100.0)

    async def main() -> float:
        spent = 0.0
        while clock.now == START:
            await budget.allow(METHOD, 1)
            budget.spent(METHOD, None, None, 5.0)
            spent += 5.0
        return spent

    assert 90.0 <= clock.run(main()) <= 105.0
    assert 600 <= clock.now - START <= 665


@pytest.mark.parametrize("ahead", [0.0, -37.0, 25.0])
@pytest.mark.parametrize("seconds", [0.4, 3.0, 20.0])
def test_a_strict_portal_never_refuses_a_method(ahead: float, seconds: float) -> None:
    """An hour of work at several speeds and clock offsets meets no refusal and uses most of the limit."""
    clock = VirtualClock()
    portal = StrictMeter(clock, 480.0, ahead)
    budget = budget_of(clock)
    done = 0

    async def worker() -> None:
        nonlocal done
        while clock.now < START + 3600:
            granted = await budget.allow(METHOD, 4)
            await clock.sleep(seconds * granted)
            times = [portal.run(seconds) for _ in range(granted)]
            finish = next((time.finish for time in times if time and time.finish), None)
            if finish is not None:
                budget.portal_ahead = finish - clock.now
            budget.settle(METHOD, times)
            done += sum(time is not None for time in times)

    async def main() -> None:
        await asyncio.gather(worker(), worker())

    clock.run(main())
    assert portal.refused == 0
    assert done * seconds >= 0.7 * 480 * 6


def test_a_refused_method_is_parked_until_the_time_the_portal_names() -> None:
    """After a 429 nothing of the method goes until its reset, a minute when the portal names none."""
    clock = VirtualClock()
    budget = budget_of(clock)

    async def wait() -> float:
        before = clock.now
        await budget.allow(METHOD, 1)
        return clock.now - before

    budget.park(METHOD, clock.now + 200)
    assert 200 <= clock.run(wait()) <= 203
    budget.settle(METHOD, [None])
    budget.park(METHOD, None)
    assert 60 <= clock.run(wait()) <= 63


def test_a_reset_far_in_the_future_is_not_believed() -> None:
    """The portal's window is ten minutes, so no wait is much longer."""
    clock = VirtualClock()
    budget = budget_of(clock)
    budget.park(METHOD, clock.now + 10**6)
    clock.run(budget.allow(METHOD, 1))
    assert clock.now - START <= 670


def test_the_figures_survive_a_restart(tmp_path: Path) -> None:
    """A new process knows what a method has used, what it costs and when it is free again."""
    clock = VirtualClock()
    path = tmp_path / "limits.sqlite"
    first = SqliteLimitsStore(path)
    budget_of(clock, store=first).spent(METHOD, 470.0, clock.now + 240, 2.0)
    first.close()
    second = SqliteLimitsStore(path)
    again = budget_of(clock, store=second)
    assert again.cost(METHOD) == pytest.approx(2.0)
    clock.run(again.allow(METHOD, 10))
    second.close()
    assert 240 <= clock.now - START <= 243


def test_a_limit_of_zero_is_no_limit_but_costs_are_learned() -> None:
    """Self-hosted portals without the limit are not held back; request sizes still adapt."""
    clock = VirtualClock()
    budget = budget_of(clock, 0.0)
    budget.spent(METHOD, 10_000.0, clock.now + 600, 3.0)
    budget.park(METHOD, None)
    assert clock.run(budget.allow(METHOD, 50)) == 50
    assert (clock.now, budget.cost(METHOD)) == (START, pytest.approx(3.0))


def test_a_command_dearer_than_the_whole_limit_still_goes_alone() -> None:
    """What can never fit is sent by itself instead of waiting for ever."""
    clock = VirtualClock()
    budget = budget_of(clock, 10.0)
    budget.spent(METHOD, 0.0, None, 30.0)
    assert clock.run(budget.allow(METHOD, 5)) == 1
    assert clock.now - START <= 700


def test_lost_answers_are_forgotten() -> None:
    """Commands in flight of a killed process do not hold the budget for ever."""
    clock = VirtualClock()
    budget = budget_of(clock, 10.0)
    budget.spent(METHOD, 0.0, clock.now + 600, 1.0)

    async def main() -> None:
        assert await budget.allow(METHOD, 50) == 9
        assert await budget.allow(METHOD, 50) == 9

    clock.run(main())
    assert 100 < clock.now - START < 130


def test_a_request_without_an_answer_makes_the_next_ones_smaller() -> None:
    """A batch that timed out teaches what its commands cost at least."""
    budget = budget_of(VirtualClock())
    budget.overrun(METHOD, 50, 75.0)
    assert budget.cost(METHOD) == pytest.approx(1.5)
