"""Ways to read all deals, side by side on the same portal: who is complete, at what cost.

Every reading has a portal of its own, made from the same seed, and a process of its own. What the portal did
is read from the portal; whether a reader is complete is judged by the ids it came home with.
"""

import sys
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Final

from pipelines.bench_process import sync_command
from pipelines.bench_vs_process import Allowed, Counted, Ended, openssl, portal, run

Step = Callable[[str], None]

OURS: Final = "b24 sync deals"
PAGE: Final = 50
WINDOW_SECONDS: Final = 600.0  # in which a method has its server time


class Outcome(StrEnum):
    """How a reading ended."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    COMPUTED = "computed"


@dataclass(frozen=True)
class Reader:
    """A way to read all deals.

    `way` is its name in bench_peers, none for our own; `module` and `package` are what must be installed.
    """

    name: str
    way: str | None = None
    module: str | None = None
    package: str | None = None
    https: bool = False

    @property
    def obstacle(self) -> str:
        """What has to be done before it can be measured; empty if nothing."""
        if self.module is not None and find_spec(self.module) is None:
            return f"not installed: pip install {self.package}"
        if self.https and openssl() is None:
            return "speaks https only: install openssl, which makes the certificate"
        return ""


LOOP: Final = Reader("a loop over start", "naive")
READERS: Final = (
    Reader(OURS),
    Reader("fast-bitrix24 get_all", "fast_bitrix24", "fast_bitrix24", "fast-bitrix24"),
    Reader("fast-bitrix24 get_all, slow", "fast_bitrix24_slow", "fast_bitrix24", "fast-bitrix24"),
    Reader("b24pysdk as_list_fast", "b24pysdk", "b24pysdk", "b24pysdk", https=True),
    LOOP,
)


@dataclass(frozen=True)
class Versus:
    """What to compare: portals of such sizes, and what they allow; `costs`: whether calls take time."""

    sizes: tuple[int, ...] = (10_000,)
    costs: tuple[bool, ...] = (False,)
    allowed: Allowed = field(default_factory=Allowed)
    max_minutes: float = 15.0
    readers: tuple[Reader, ...] = READERS


@dataclass(frozen=True)
class Verdict:
    """Of the rows that existed the whole time: how many did not come, how many came more than once."""

    missing: int
    doubled: int

    @property
    def complete(self) -> bool:
        """Each came exactly once."""
        return not self.missing and not self.doubled


@dataclass(frozen=True)
class Reading:
    """What one reading came to; `verdict` only where it ended by itself, `said` where it failed."""

    outcome: Outcome
    rows: int
    requests: int
    refused_503: int
    refused_429: int
    operating_seconds: float
    seconds: float
    peak_mb: float
    verdict: Verdict | None = None
    said: str = ""

    @property
    def rows_per_second(self) -> float:
        """Rows of the whole process's time."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Line:
    """A reader with nothing changing and with deals changing as it reads; or what keeps it from reading."""

    name: str
    quiet: Reading | None = None
    changing: Reading | None = None
    obstacle: str = ""


@dataclass(frozen=True)
class Scene:
    """All readers on portals of one kind."""

    rows: int
    cost: bool
    allowed: Allowed
    lines: tuple[Line, ...]


def measure_vs(versus: Versus, step: Step) -> Iterator[Scene]:
    """Let every reader read every portal, with nothing changing and with deals changing; scene by scene.

    Raises:
        PipelineError: a portal does not start.
    """
    for rows in versus.sizes:
        for cost in versus.costs:
            step(f"{rows:,} deals, calls {'take their time' if cost else 'cost nothing'}")
            lines = tuple(_line(versus, reader, rows, step, cost=cost) for reader in versus.readers)
            yield Scene(rows, cost, versus.allowed, lines)


def judge(lived: Iterable[int], read: Iterable[int]) -> Verdict:
    """Compare what a reader brought with the rows that existed the whole time."""
    seen, missing, doubled = Counter(read), 0, 0
    for number in lived:
        missing += seen[number] == 0
        doubled += seen[number] > 1
    return Verdict(missing, doubled)


def loop_forecast(rows: int, allowed: Allowed, *, cost: bool) -> tuple[float, float]:
    """Seconds and server seconds that a loop over `start` takes; endless seconds where it will be refused."""
    from sources.demo_portal import CostModel  # noqa: PLC0415 - numpy

    pages, model = ceil(rows / PAGE), CostModel()
    page = model.seconds(rows=PAGE, counted=rows, offset=rows // 2, writes=False) if cost else 0.0
    interval = max(page, 1 / allowed.rate if allowed.rate > 0 else 0.0)
    refused = interval > 0 and page * min(pages, WINDOW_SECONDS / interval) > allowed.operating_limit > 0
    return (float("inf") if refused else pages * interval), pages * page


def _line(versus: Versus, reader: Reader, rows: int, step: Step, *, cost: bool) -> Line:
    if reader.obstacle:
        return Line(reader.name, obstacle=reader.obstacle)
    seconds, operating = loop_forecast(rows, versus.allowed, cost=cost)
    computed = reader == LOOP and 60 * versus.max_minutes < seconds < float("inf")
    if computed:  # what is lost does not depend on its pace, nor does its memory
        step(f"  {reader.name}, computed; measured without limits for what it loses")
        cost, versus = False, replace(versus, allowed=replace(versus.allowed, rate=0.0))
    else:
        step(f"  {reader.name}")
    quiet = _read(versus, reader, rows, cost=cost, changing=False)
    changing = None
    if quiet.outcome is Outcome.DONE:
        step(f"  {reader.name}, deals changing")
        changing = _read(versus, reader, rows, cost=cost, changing=True)
    if computed and quiet.outcome is Outcome.DONE:
        quiet = replace(quiet, outcome=Outcome.COMPUTED, seconds=seconds, operating_seconds=operating)
    return Line(reader.name, quiet, changing)


def _read(versus: Versus, reader: Reader, rows: int, *, cost: bool, changing: bool) -> Reading:
    with (
        tempfile.TemporaryDirectory(prefix="b24-vs-") as name,
        portal(rows, versus.allowed, cost=cost, changing=changing, https=reader.https) as asked,
    ):
        folder = Path(name)
        ended = run(_command(versus, reader, folder), asked.environment, 60 * versus.max_minutes)
        counted = asked.counted()
        read = _ids(reader, folder) if ended.exit_code == 0 else None
    return _reading(ended, counted, read)


def _reading(ended: Ended, counted: Counted, read: "array[int] | None") -> Reading:
    outcome = Outcome.STOPPED if ended.stopped else Outcome.FAILED if read is None else Outcome.DONE
    return Reading(
        outcome=outcome,
        rows=min(len(counted.lived), PAGE * counted.pages) if read is None else len(read),
        requests=counted.requests,
        refused_503=counted.refused_503,
        refused_429=counted.refused_429,
        operating_seconds=counted.operating_seconds,
        seconds=ended.seconds,
        peak_mb=ended.peak_mb,
        verdict=None if read is None else judge(counted.lived, read),
        said=ended.said if outcome is Outcome.FAILED else "",
    )


def _command(versus: Versus, reader: Reader, folder: Path) -> list[str]:
    if reader.way is None:
        return sync_command(str(folder / "bench.duckdb"), "deals")
    limits = ["--rate", str(versus.allowed.rate), "--bucket", str(versus.allowed.bucket)]
    ids = ["--ids", str(folder / "ids")]
    return [sys.executable, "-m", "pipelines.bench_peers", reader.way, *limits, *ids]


def _ids(reader: Reader, folder: Path) -> "array[int]":
    read = array("q")
    if reader.way is not None:
        read.frombytes((folder / "ids").read_bytes())
        return read
    import duckdb  # noqa: PLC0415 - only after a sync

    with duckdb.connect(str(folder / "bench.duckdb"), read_only=True) as connection:
        rows = connection.sql("SELECT id FROM bitrix24.deals WHERE _deleted_at IS NULL").fetchall()
    read.extend(int(number) for (number,) in rows)
    return read
