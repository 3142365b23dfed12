"""Measures a sync of deals against what the portal's limits allow at best, and against other ways to read.

Every way runs in a process of its own against a demo portal in another one, so that seconds and memory are
those of a command that a person types. What the portal did is read from the portal.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Final

from pipelines.bench_process import (
    Cost,
    PortalProcess,
    cost_of,
    counted,
    portal_process,
    sync_command,
    synced,
)

ROWS_PER_REQUEST: Final = 2_500  # 50 commands of 50 rows
NAIVE_REQUESTS: Final = 120  # enough to see its pace; 300,000 deals would take an hour
_CUSTOM_FIELDS: Final = 10  # beside 45 columns of the portal's own


@dataclass(frozen=True)
class Bench:
    """What to measure: a portal with so many deals and such limits."""

    rows: int
    rate: float = 2.0
    bucket: int = 50
    cost: bool = False
    peers: bool = True

    @property
    def floor_requests(self) -> int:
        """The fewest requests that can bring the rows."""
        return ceil(self.rows / ROWS_PER_REQUEST)

    def floor_seconds(self, requests: int) -> float:
        """The least time in which the portal lets so many requests through."""
        return max(0.0, (requests - self.bucket) / self.rate) if self.rate > 0 else 0.0


@dataclass(frozen=True)
class Result:
    """What one way cost; `extrapolated` when it was stopped before its end."""

    way: str
    rows: int
    requests: int
    commands: int
    operating_seconds: float
    seconds: float
    peak_mb: float
    extrapolated: bool = False
    run_seconds: float | None = None
    """From the first request to the loaded table, without the start of the process."""

    @property
    def rows_per_second(self) -> float:
        """Rows of the whole process's time."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Measured:
    """All ways, and what they were measured against."""

    bench: Bench
    results: tuple[Result, ...]


def measure(bench: Bench, step: Callable[[str], None]) -> Measured:
    """Measure a full sync, one with nothing changed, one with 1 % changed, and the peers.

    Raises:
        PipelineError: a process failed.
    """
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="b24-bench-") as folder:
        db = Path(folder) / "bench.duckdb"
        sync = sync_command(str(db), "deals")
        step(f"A portal with {bench.rows:,} deals, {bench.rate:g} requests a second, {bench.bucket} at once")
        with _portal(bench) as portal:
            for way in ("b24 sync, full", "b24 sync, nothing changed", "b24 sync, 1 % changed"):
                if way.endswith("1 % changed"):
                    portal.change(0.01)
                step(way)
                results.append(_result(way, cost_of(portal, sync, synced, way)))
        for way, words in _peers(bench):
            step(way)
            with _portal(bench) as portal:
                results.append(_peer(bench, portal, way, words))
    return Measured(bench, tuple(results))


def _result(way: str, cost: Cost) -> Result:
    return Result(
        way=way,
        rows=cost.told.rows,
        run_seconds=cost.told.seconds,
        requests=cost.requests,
        commands=cost.commands,
        operating_seconds=cost.operating_seconds,
        seconds=cost.seconds,
        peak_mb=cost.peak_mb,
    )


def _portal(bench: Bench) -> AbstractContextManager[PortalProcess]:
    words = ["--deals", str(bench.rows), "--custom-fields", str(_CUSTOM_FIELDS)]
    return portal_process(bench.rate, bench.bucket, *words, *(["--cost"] if bench.cost else []))


def _peers(bench: Bench) -> Iterator[tuple[str, list[str]]]:
    if bench.peers:
        yield "a loop over start", ["naive", str(NAIVE_REQUESTS)]
        if find_spec("fast_bitrix24"):
            yield "fast_bitrix24", ["fast_bitrix24"]


def _peer(bench: Bench, portal: PortalProcess, way: str, words: list[str]) -> Result:
    command = [sys.executable, "-m", "pipelines.bench_peers", *words]
    result = _result(way, cost_of(portal, command, counted, way))
    if result.rows >= bench.rows:
        return result
    share = bench.rows / max(1, result.rows)
    requests = ceil(result.requests * share)
    unhindered = result.seconds - bench.floor_seconds(result.requests)
    return replace(
        result,
        rows=bench.rows,
        requests=requests,
        commands=ceil(result.commands * share),
        operating_seconds=result.operating_seconds * share,
        seconds=max(unhindered * share, bench.floor_seconds(requests)),
        extrapolated=True,
    )
