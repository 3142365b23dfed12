"""Measures write-back on a demo portal: requests against the least a portal allows, time, memory."""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

from pipelines.errors import PipelineError
from pipelines.settings import Settings
from pipelines.writeback.carry_out import carry_out
from pipelines.writeback.make_plan import plan_over
from pipelines.writeback.read_source import read_source
from pipelines.writeback.rules import PlanRequest
from sources.bitrix24.client import Limits
from sources.bitrix24.limits import MemoryLimitsStore
from sources.bitrix24.portal_read import Connection
from sources.demo_portal import CostModel, DemoPortal, serve

_KILO: Final = 1024
_READ_AT_ONCE: Final = 2_500
_BATCH: Final = 50
_SOURCE: Final = "rows.csv"


@dataclass(frozen=True)
class WriteBench:
    """One measurement.

    Args:
        rows: of the source, and deals on the portal.
        changed: rows that differ.
        rate: requests a second; 0 for no limit.
        bucket: requests the portal takes at once.
        write_seconds: server seconds of a write.
        only_plan: make the plan and leave it.
    """

    rows: int = 10_000
    changed: int = 500
    rate: float = 0.0
    bucket: int = 50
    write_seconds: float = 0.0
    only_plan: bool = False

    @property
    def floor_requests(self) -> int:
        """The least: reading all rows and writing the changed ones, 50 a batch."""
        return ceil(self.rows / _READ_AT_ONCE) + ceil(self.changed / _BATCH)

    @property
    def allowed_requests(self) -> int:
        """What the project promises: a fifth more writes than full batches, and five requests around them."""
        return ceil(self.rows / _READ_AT_ONCE) + ceil(ceil(self.changed / _BATCH) * 1.2) + 5


@dataclass(frozen=True)
class WriteMeasured:
    """What one measurement brought; `writes` are commands that changed something."""

    bench: WriteBench
    plan_requests: int
    plan_seconds: float
    apply_requests: int
    apply_seconds: float
    writes: int
    done: int
    refused_429: int
    peak_mb: float

    @property
    def requests(self) -> int:
        """In all."""
        return self.plan_requests + self.apply_requests


STANDARD: Final = (
    WriteBench(),
    WriteBench(changed=0),
    WriteBench(changed=10_000),
    WriteBench(rows=100_000, changed=1_000, only_plan=True),
)


def measure_writeback(
    benches: Sequence[WriteBench] = STANDARD, step: Callable[[str], object] = lambda _: None
) -> list[WriteMeasured]:
    """Measure each on a portal of its own, with the client in a process of its own."""
    results = []
    for bench in benches:
        step(f"Write-back: {bench.rows:,} rows, {bench.changed:,} of them changed")
        cost = CostModel(0.0, 0.0, 0.0, 0.0, write=bench.write_seconds, sleep=bench.write_seconds > 0)
        portal = DemoPortal(
            deals=bench.rows,
            counts={"contacts": 10, "companies": 10, "leads": 10},
            rate=bench.rate,
            bucket=bench.bucket,
            cost=cost,
        )
        with serve(portal) as url, tempfile.TemporaryDirectory() as folder:
            _write_rows(portal, Path(folder) / _SOURCE, bench.changed)
            told = _in_process(bench, url, Path(folder))
        stats = portal.stats
        results.append(
            WriteMeasured(
                bench,
                stats.requests - told["apply_requests"],
                told["plan_seconds"],
                told["apply_requests"],
                told["apply_seconds"],
                stats.by_method.get("crm.deal.update", 0),
                told["done"],
                stats.refused_429,
                told["peak_mb"],
            )
        )
    return results


def _write_rows(portal: DemoPortal, path: Path, changed: int) -> None:
    """Every deal with a few of its fields; the first ones with another amount."""
    columns = ("ID", "TITLE", "COMMENTS", "CURRENCY_ID", "CLOSEDATE", "ASSIGNED_BY_ID")
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        for number, row in enumerate(portal.store.table("deals").rows()):
            out.writerow(
                f"measured {row['ID']}" if code == "COMMENTS" and number < changed else row[code]
                for code in columns
            )


def _in_process(bench: WriteBench, url: str, folder: Path) -> dict[str, Any]:
    arguments = [str(folder), url, str(bench.rate), str(bench.bucket), str(int(bench.only_plan))]
    done = subprocess.run(  # noqa: S603 - this program itself
        [sys.executable, "-m", "pipelines.bench_writeback", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise PipelineError(f"The measurement failed: {done.stderr.decode()[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _work(folder: Path, url: str, limits: Limits, *, only_plan: bool) -> dict[str, Any]:
    connection = Connection(url, limits, detect_limits=False, store=MemoryLimitsStore())
    began = time.monotonic()
    made = plan_over(connection, read_source(folder / _SOURCE), PlanRequest(to="deals"), folder / "plan")
    planned = time.monotonic()
    told: dict[str, Any] = {
        "plan_seconds": planned - began,
        "apply_requests": 0,
        "apply_seconds": 0.0,
        "done": 0,
    }
    if not only_plan:
        report = carry_out(made, Settings(webhook_url=url, state_dir=str(folder)), connection)
        told |= {
            "apply_requests": report.requests,
            "apply_seconds": time.monotonic() - planned,
            "done": report.done,
        }
    return told | {"peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """This process's own: `ru_maxrss` begins with what its parent held when it started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / _KILO
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (_KILO * _KILO if sys.platform == "darwin" else _KILO)


if __name__ == "__main__":
    _FOLDER, _URL, _RATE, _BUCKET, _ONLY_PLAN = sys.argv[1:]
    _LIMITS = Limits(float(_RATE), int(_BUCKET), 480.0)
    sys.stdout.write(json.dumps(_work(Path(_FOLDER), _URL, _LIMITS, only_plan=_ONLY_PLAN == "1")))
