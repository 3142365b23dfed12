"""Measures `b24 build` on a large file whose raw tables are made by SQL: no portal, no network."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from pipelines.bench_figures import Figure
from pipelines.errors import PipelineError

AS_OF: Final = datetime(2026, 6, 30, 12, tzinfo=UTC)
DEALS: Final = 1_000_000
_SMALL: Final = 1_000
_SHOWN: Final = 20
_SECONDS: Final = 90.0
_MEGABYTES: Final = 4_096.0
_FIRST_QUERY: Final = 4.0
_DOUBLE: Final = 2.2
_ROWS: Final = Path(__file__).with_name("bench_build_rows.sql")

Step = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """One build as a process of its own."""

    seconds: float
    first_query: float
    peak_mb: float
    models: Mapping[str, float]
    tests: int


def measure_build(deals: int, step: Step) -> list[Figure]:
    """Builds a small file twice, then one of half the rows and one of all.

    Raises:
        PipelineError: a build failed, or a test of one.
    """
    with tempfile.TemporaryDirectory(prefix="b24-bench-") as folder:
        db = Path(folder) / "bench.duckdb"
        step(f"{_SMALL:,} deals, twice: the second build finds the project parsed")
        make_raw_tables(db, _SMALL)
        _build(db)
        small = _build(db)
        half, whole = (_made_and_built(db, number, step) for number in (deals // 2, deals))
    why = f"wanted for {DEALS:,} deals"
    judged = 1.0 if deals <= DEALS else None
    return [
        *_by_model(half, whole),
        Figure("models", len(whole.models)),
        Figure("tests", whole.tests),
        Figure("whole build", whole.seconds, "s", _SECONDS, why, judged),
        Figure("half the rows", half.seconds, "s"),
        Figure("whole / half", whole.seconds / half.seconds, "", _DOUBLE, "wanted for twice the rows", 1.0),
        Figure("memory", whole.peak_mb, "MB", _MEGABYTES, why, judged),
        Figure("small build", small.seconds, "s"),
        Figure(
            "first query after", small.first_query, "s", _FIRST_QUERY, "wanted, project parsed before", 1.0
        ),
    ]


def _by_model(half: Built, whole: Built) -> list[Figure]:
    slowest = sorted(whole.models.items(), key=lambda model: -model[1])[:_SHOWN]
    return [Figure(name, seconds, "s", half.models.get(name), "half the rows") for name, seconds in slowest]


def _made_and_built(db: Path, deals: int, step: Step) -> Built:
    step(f"{deals:,} deals, {4 * deals:,} rows of history, {deals // 2:,} tasks and the rest")
    make_raw_tables(db, deals)
    step("b24 build")
    return _build(db)


def make_raw_tables(db: Path, deals: int) -> None:
    """Makes the raw tables anew; what dbt has parsed for a file of this name stays."""
    db.unlink(missing_ok=True)
    script = _ROWS.read_text(encoding="utf-8")
    for name, value in {"deals": deals, "as_of": AS_OF.isoformat(), "as_of_day": AS_OF.date()}.items():
        script = script.replace(f"{{{name}}}", str(value))
    with duckdb.connect(str(db)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(script)


def _build(db: Path) -> Built:
    """`b24 build` as it is typed; its last event tells what it did."""
    words = ["build", "--db", str(db), "--as-of", AS_OF.isoformat(), "--log", "json"]
    with tempfile.TemporaryFile("w+") as output:
        began = time.time()
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "pipelines.cli", *words], stdout=output, cwd=db.parent
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.time() - began
        output.seek(0)
        events = [json.loads(line) for line in output]
    if process.returncode != 0:
        raise PipelineError(f"b24 build failed (exit {process.returncode}); what it said stands above")
    (report,) = (event for event in events if event["event"] == "reports")
    return Built(
        seconds,
        datetime.fromisoformat(report["first_query_at"]).replace(tzinfo=UTC).timestamp() - began,
        usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
        {model["name"]: model["seconds"] for model in report["models"]},
        len(report["tests"]),
    )
