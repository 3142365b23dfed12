"""Every benchmark of `b24 bench` but that of deals: one table."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pipelines.bench_build import DEALS, measure_build
from pipelines.bench_deletes import measure_deletes
from pipelines.bench_everything import measure_everything
from pipelines.bench_figures import Figure
from pipelines.bench_operating import measure_operating
from pipelines.bench_process import cost_of, portal_process, sync_command, synced
from pipelines.bench_resume import measure_resume

Step = Callable[[str], None]

_FIELDS: Final = 200
_FIELDS_ROWS: Final = 20_000
_ROWS_A_SECOND: Final = 8_000
_OPERATING_ROWS: Final = 60_000
_RESUME_ROWS: Final = 300_000
_DELETES_ROWS: Final = 1_000_000
_DELETED: Final = 10
_DELETES_REQUESTS: Final = 25


@dataclass(frozen=True)
class Wishes:
    """What a person may choose; a benchmark takes what it has a use for."""

    size: str = "medium"
    rows: int | None = None
    rate: float = 2.0
    bucket: int = 50


def everything(wishes: Wishes, step: Step) -> list[Figure]:
    """All entities: requests and time against the floor, then a run with nothing changed."""
    return measure_everything(wishes.size, step, rate=wishes.rate, bucket=wishes.bucket).figures()


def deletes(wishes: Wishes, step: Step) -> list[Figure]:
    """Ten deletions in a large table, found by counting."""
    done = measure_deletes(wishes.rows or _DELETES_ROWS, _DELETED, step)
    most = f"wanted for {_DELETES_ROWS:,} rows"
    return [
        Figure("rows", done.rows),
        Figure("requests", done.requests, "", _DELETES_REQUESTS, most, 1.0),
        Figure("commands", done.commands, "", done.listing_commands, "a listing of all ids"),
        Figure("server time", done.operating_seconds, "s"),
        Figure("time", done.seconds, "s"),
    ]


def fields(wishes: Wishes, step: Step) -> list[Figure]:
    """Deals with 200 custom fields and no limit of requests: rows a second."""
    rows = wishes.rows or _FIELDS_ROWS
    step(f"A portal with {rows:,} deals of {_FIELDS} custom fields, no limit of requests")
    words = ("--deals", str(rows), "--custom-fields", str(_FIELDS))
    with tempfile.TemporaryDirectory(prefix="b24-bench-") as folder, portal_process(0, 50, *words) as portal:
        step("b24 sync deals")
        cost = cost_of(portal, sync_command(str(Path(folder) / "bench.duckdb"), "deals"), synced, "b24 sync")
    seconds = cost.told.seconds or cost.seconds
    return [
        Figure("rows", cost.told.rows),
        Figure("run", seconds, "s"),
        Figure(
            "rows a second",
            cost.told.rows / seconds,
            bound=_ROWS_A_SECOND,
            why="wanted, without the start of the process",
            limit=1.0,
            at_least=True,
        ),
        Figure("rows a second, with the start", cost.told.rows / cost.seconds),
        Figure("requests", cost.requests),
        Figure("memory", cost.peak_mb, "MB"),
    ]


def operating(wishes: Wishes, step: Step) -> list[Figure]:
    """A read that needs more server time than a method has in ten minutes, in virtual time."""
    return measure_operating(wishes.rows or _OPERATING_ROWS, step).figures()


def resume(wishes: Wishes, step: Step) -> list[Figure]:
    """A read that is killed at 10, 50 and 90 %, and run again."""
    return measure_resume(wishes.rows or _RESUME_ROWS, step).figures()


def build(wishes: Wishes, step: Step) -> list[Figure]:
    """The reports of a large file: seconds a model, against half the rows; memory; the first query."""
    return measure_build(wishes.rows or DEALS, step)


BENCHMARKS: Final[Mapping[str, Callable[[Wishes, Step], list[Figure]]]] = MappingProxyType(
    {
        "everything": everything,
        "deletes": deletes,
        "fields": fields,
        "operating": operating,
        "resume": resume,
        "build": build,
    }
)
