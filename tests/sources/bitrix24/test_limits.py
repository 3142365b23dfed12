import asyncio
import json
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.bitrix24.limits import MemoryLimitsStore, RequestGate, SqliteLimitsStore
from sources.demo_portal.virtual_time import VirtualClock


@dataclass
class StrictBucket:
    """A portal that refuses the moment its bucket would run over."""

    clock: VirtualClock
    rate: float
    bucket: int
    level: float = 0.0
    at: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    refused: int = 0

    def arrive(self) -> None:
        """Take a request in, or refuse it."""
        now = self.clock.time()
        self.level = max(0.0, self.level - self.rate * (now - self.at)) + 1
        self.at = now
        self.arrivals.append(now)
        if self.level > self.bucket + 1e-9:
            self.refused += 1
            self.level -= 1


async def send(gate: RequestGate, portal: StrictBucket, there: float = 0.0, back: float = 0.0) -> None:
    slot = await gate.slot()
    try:
        await portal.clock.sleep(there)
        portal.arrive()
        await portal.clock.sleep(back)
    finally:
        slot.answered()


def gate_of(clock: VirtualClock, rate: float = 2.0, bucket: int = 50, store: object = None) -> RequestGate:
    chosen = store or MemoryLimitsStore()
    return RequestGate(chosen, "p:443", rate=rate, bucket=bucket, clock=clock)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "bucket", "count"), [(2.0, 50, 120), (5.0, 250, 400), (2.0, 2, 12), (1.0, 1, 5)]
)
def test_requests_take_the_floor_of_the_portal_and_hardly_more(rate: float, bucket: int, count: int) -> None:
    """A burst of the bucket, then the rate: never refused, and about a second above what is possible."""
    clock = VirtualClock()
    portal, gate = StrictBucket(clock, rate, bucket), gate_of(clock, rate, bucket)
    started = clock.now

    async def main() -> None:
        room = asyncio.Semaphore(4)

        async def one() -> None:
            async with room:
                await send(gate, portal, 0.02, 0.03)

        await asyncio.gather(*(one() for _ in range(count)))

    clock.run(main())
    floor = (count - bucket) / rate
    assert portal.refused == 0
    # Of a bucket of one or two the margin leaves one request at a time, each with its way there and back.
    travel = 0.05 * count if bucket <= 2 else 0.0
    assert floor <= clock.now - started <= floor + 1.1 / rate + 0.6 + travel + 0.01


@settings(max_examples=60, deadline=None)
@given(
    starts=st.lists(st.floats(0, 40), min_size=1, max_size=80),
    seed=st.integers(0, 10**6),
    slowest=st.sampled_from([0.0, 0.1, 1.0, 8.0]),
    bucket=st.integers(1, 12),
    rate=st.sampled_from([0.5, 2.0, 5.0]),
)
def test_a_strict_portal_never_refuses_however_long_requests_travel(
    starts: list[float], seed: int, slowest: float, bucket: int, rate: float
) -> None:
    """Random arrivals with random latency both ways, bunched or not, never overfill the portal's bucket."""
    clock, random = VirtualClock(), Random(seed)  # noqa: S311 - latencies
    portal, gate = StrictBucket(clock, rate, bucket), gate_of(clock, rate, bucket)
    travels = [(random.random() * slowest, random.random() * slowest) for _ in starts]

    async def one(start: float, there: float, back: float) -> None:
        await clock.sleep(start)
        await send(gate, portal, there, back)

    async def main() -> None:
        await asyncio.gather(*(one(start, *travel) for start, travel in zip(starts, travels, strict=True)))

    clock.run(main())
    assert len(portal.arrivals) == len(starts)
    assert portal.refused == 0


def test_those_who_wait_leave_in_order_and_one_by_one() -> None:
    """After the burst, tasks leave in the order they came, a full interval apart."""
    clock = VirtualClock()
    gate, left = gate_of(clock, 2.0, 4), []

    async def one(number: int) -> None:
        slot = await gate.slot()
        left.append((number, clock.now))
        slot.answered()

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(12)))

    clock.run(main())
    assert [number for number, _ in left] == list(range(12))
    times = [at for _, at in left[3:]]
    assert all(after - before >= 0.499 for before, after in pairwise(times))


def test_a_refusal_makes_everybody_wait_for_room() -> None:
    """After a penalty the next request waits until the full bucket has leaked, then the rate holds."""
    clock = VirtualClock()
    gate = gate_of(clock, 2.0, 50)

    async def main() -> list[float]:
        gate.penalise()
        left = []
        for _ in range(3):
            (await gate.slot()).answered()
            left.append(clock.now)
        return left

    started = clock.now
    assert [round(at - started, 1) for at in clock.run(main())] == [1.0, 1.5, 2.0]


def test_a_rate_of_zero_is_no_limit() -> None:
    """Without a rate nothing waits and nothing is stored."""
    clock = VirtualClock()
    gate = gate_of(clock, 0.0)

    async def main() -> None:
        for _ in range(1000):
            (await gate.slot()).answered()
        gate.penalise()

    started = clock.now
    clock.run(main())
    assert clock.now == started


def test_a_task_cancelled_while_waiting_gives_its_place_back() -> None:
    """The place of a cancelled task goes to the next one."""
    clock = VirtualClock()
    gate = gate_of(clock, 1.0, 2)

    async def main() -> float:
        (await gate.slot()).answered()
        waiting = [asyncio.create_task(gate.slot()) for _ in range(5)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        before = clock.now
        (await gate.slot()).answered()
        return clock.now - before

    assert clock.run(main()) == pytest.approx(1.0, abs=0.01)


def test_requests_of_a_killed_process_are_forgotten() -> None:
    """A request whose answer was never told blocks its slot for two minutes, not for ever."""
    clock = VirtualClock()
    store = MemoryLimitsStore()
    gate = gate_of(clock, 1.0, 2, store)

    async def main() -> float:
        await gate.slot()  # killed here
        started = clock.now
        (await gate_of(clock, 1.0, 2, store).slot()).answered()
        return clock.now - started

    assert 100 < clock.run(main()) < 125


def test_the_bucket_survives_the_event_loop_and_the_process(tmp_path: Path) -> None:
    """A second run, in another loop and with another store object, finds the bucket as full as it was."""
    clock = VirtualClock()
    path = tmp_path / "limits.sqlite"

    async def burst(store: SqliteLimitsStore, count: int) -> None:
        gate = gate_of(clock, 2.0, 10, store)
        for _ in range(count):
            (await gate.slot()).answered()

    first = SqliteLimitsStore(path)
    clock.run(burst(first, 9))
    first.close()
    before = clock.now
    second = SqliteLimitsStore(path)
    clock.run(burst(second, 1))
    second.close()
    assert clock.now - before == pytest.approx(0.5, abs=0.01)


def test_a_clock_set_back_gives_no_slots_away() -> None:
    """Time that runs backwards leaks nothing and blocks nobody for long."""
    clock = VirtualClock()
    gate = gate_of(clock, 1.0, 3)

    async def main() -> float:
        for _ in range(2):
            (await gate.slot()).answered()
        clock.start -= 3600
        before = clock.now
        (await gate.slot()).answered()
        return clock.now - before

    assert clock.run(main()) == pytest.approx(1.0, abs=0.01)


PROCESS = """
import asyncio, json, sys, time
from sources.bitrix24.limits import RequestGate, SqliteLimitsStore

async def main():
    store = SqliteLimitsStore(sys.argv[1])
    gate = RequestGate(store, "p:443", rate=20.0, bucket=11)
    sent = []
    while len(sent) < 12:
        slot = await gate.slot()
        sent.append(time.time())
        slot.answered()
    store.close()
    print(json.dumps(sent))

asyncio.run(main())
"""


def test_two_processes_share_one_bucket(tmp_path: Path) -> None:
    """What two processes send together fits into one portal's bucket."""
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "limits.sqlite")]
    root = Path(__file__).parents[3]
    processes = [Popen(command, cwd=root, stdout=PIPE, text=True) for _ in range(2)]
    sent = sorted(at for process in processes for at in json.loads(process.communicate(timeout=60)[0]))
    assert all(process.returncode == 0 for process in processes)
    level, last = 0.0, sent[0]
    for at in sent:
        level = max(0.0, level - 20.0 * (at - last)) + 1
        last = at
        assert level <= 11
    assert sent[-1] - sent[0] >= (24 - 11) / 20.0
