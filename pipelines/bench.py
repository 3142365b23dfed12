"""Measures a sync of deals against what the portal's limits allow at best, and against other ways to read.

Every way runs in a process of its own against a demo portal in another one, so that seconds and memory are
those of a command that a person types. What the portal did is read from the portal.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pipelines.errors import PipelineError

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
        sync = [sys.executable, "-m", "pipelines.cli", "sync", "deals", "--db", str(db), "--log", "json"]
        step(f"A portal with {bench.rows:,} deals, {bench.rate:g} requests a second, {bench.bucket} at once")
        with _portal(bench) as portal:
            for way in ("b24 sync, full", "b24 sync, nothing changed", "b24 sync, 1 % changed"):
                if way.endswith("1 % changed"):
                    portal.change(0.01)
                step(way)
                results.append(_measured(portal, way, sync, _synced))
        for way, words in _peers(bench):
            step(way)
            with _portal(bench) as portal:
                results.append(_peer(bench, portal, way, words))
    return Measured(bench, tuple(results))


@dataclass(frozen=True)
class _Told:
    """What a process said of itself."""

    rows: int
    seconds: float | None = None


@dataclass(frozen=True)
class _Portal:
    url: str
    environment: dict[str, str]

    def stats(self) -> dict[str, Any]:
        """What the portal has counted so far."""
        return self._control("stats", None)

    def change(self, share: float) -> None:
        """Let users change that share of the deals."""
        self._control("change", {"table": "deals", "seed": 1, "share": share})

    def _control(self, name: str, body: dict[str, Any] | None) -> dict[str, Any]:
        address = f"http://{urlsplit(self.url).netloc}/_control/{name}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(address, data), timeout=60) as answer:
            read: dict[str, Any] = json.load(answer)
        return read


@contextmanager
def _portal(bench: Bench) -> Iterator[_Portal]:
    words = ["--deals", str(bench.rows), "--rate", str(bench.rate), "--bucket", str(bench.bucket)]
    words += ["--custom-fields", str(_CUSTOM_FIELDS), *(["--cost"] if bench.cost else [])]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sources.demo_portal", *words], stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("READY "):
            raise PipelineError("the demo portal did not start")
        url = line.split()[1]
        with tempfile.TemporaryDirectory(prefix="b24-limits-") as limits:
            yield _Portal(
                url, {**os.environ, **_limits(bench), "BITRIX24_WEBHOOK_URL": url, "B24_STATE_DIR": limits}
            )
    finally:
        process.terminate()
        process.communicate()


def _limits(bench: Bench) -> dict[str, str]:
    """What the sync is told of the portal: a limit it would otherwise take for granted."""
    return {
        "SOURCES__BITRIX24__REQUESTS_PER_SECOND": str(bench.rate),
        "SOURCES__BITRIX24__BUCKET": str(bench.bucket),
    }


def _measured(portal: _Portal, way: str, command: Sequence[str], read: Callable[[str], _Told]) -> Result:
    before, began = portal.stats(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, env=portal.environment)  # noqa: S603 - our own modules
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise PipelineError(f"{way} failed (exit {process.returncode}); what it said stands above")
    after, told = portal.stats(), read(text)
    return Result(
        way=way,
        rows=told.rows,
        run_seconds=told.seconds,
        requests=after["requests"] - before["requests"],
        commands=after["commands"] - before["commands"],
        operating_seconds=_sum(after["operating"]) - _sum(before["operating"]),
        seconds=seconds,
        peak_mb=usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
    )


def _synced(text: str) -> _Told:
    (run,) = (event for line in text.splitlines() if (event := json.loads(line))["event"] == "synced")
    began, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
    rows = sum(entity["rows_read"] for entity in run["entities"] if entity["entity"] == "deals")
    return _Told(rows, (ended - began).total_seconds())


def _counted(text: str) -> _Told:
    return _Told(int(text))


def _peers(bench: Bench) -> Iterator[tuple[str, list[str]]]:
    if bench.peers:
        yield "a loop over start", ["naive", str(NAIVE_REQUESTS)]
        if find_spec("fast_bitrix24"):
            yield "fast_bitrix24", ["fast_bitrix24"]


def _peer(bench: Bench, portal: _Portal, way: str, words: list[str]) -> Result:
    result = _measured(portal, way, [sys.executable, "-m", "pipelines.bench_peers", *words], _counted)
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


def _sum(operating: dict[str, float]) -> float:
    return sum(operating.values())
