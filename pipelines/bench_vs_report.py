"""A comparison in words: a table, who wins where, and the page that shows both."""

import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from pipelines.bench_vs import OURS, PAGE, Line, Outcome, Reading, Scene, Verdict
from pipelines.bench_vs_process import Allowed

COLUMNS: Final = (
    "reader",
    "nothing changing",
    "deals changing",
    "requests",
    "503",
    "429",
    "server s",
    "wall s",
    "rows/s",
    "peak MB",
)
NUMBERS: Final = COLUMNS[3:]
BEGIN, END = "<!-- vs -->", "<!-- /vs -->"

_PACKAGES: Final = ("b24-warehouse", "fast-bitrix24", "b24pysdk", "httpx", "dlt", "duckdb")
_NONE: Final = "-"


@dataclass(frozen=True)
class Metric:
    """Something that can be won by having the least of it."""

    name: str
    value: Callable[[Reading], float]
    unit: str
    only_with_cost: bool = False
    whole: bool = False

    def text(self, reading: Reading) -> str:
        """The value with its unit."""
        value = self.value(reading)
        shown = f"{value:,.0f}" if self.whole or value >= 100 else f"{value:,.1f}"  # noqa: PLR2004
        mark = (
            ", computed"
            if reading.outcome is Outcome.COMPUTED and self.name in ("Time", "Server time")
            else ""
        )
        return f"{shown} {self.unit}{mark}".strip()


METRICS: Final = (
    Metric("Time", lambda reading: reading.seconds, "s"),
    Metric("Requests", lambda reading: reading.requests, "", whole=True),
    Metric("Server time", lambda reading: reading.operating_seconds, "s", only_with_cost=True),
    Metric("Memory", lambda reading: reading.peak_mb, "MB", whole=True),
)


def cells(line: Line, *, cost: bool) -> tuple[str, ...]:
    """A line of the table, in the order of COLUMNS."""
    quiet = line.quiet
    if quiet is None:
        return (line.name, line.obstacle, *[_NONE] * (len(COLUMNS) - 2))
    mark = " (computed)" if quiet.outcome is Outcome.COMPUTED else ""
    return (
        line.name,
        _completeness(quiet),
        _NONE if line.changing is None else _completeness(line.changing),
        f"{quiet.requests:,}",
        f"{quiet.refused_503:,}",
        f"{quiet.refused_429:,}",
        f"{quiet.operating_seconds:,.1f}{mark}" if cost else _NONE,
        f"{quiet.seconds:,.1f}{mark}",
        f"{quiet.rows_per_second:,.0f}{mark}",
        f"{quiet.peak_mb:,.0f}",
    )


def title(scene: Scene) -> str:
    """What the scene is."""
    allowed = scene.allowed
    requests = f"{allowed.rate:g} requests a second behind {allowed.bucket}"
    parts = [f"{scene.rows:,} deals", requests if allowed.rate > 0 else "no limit of requests"]
    parts += [f"{allowed.operating_limit:g} s of operating time"] * (
        allowed.operating_limit != Allowed.operating_limit
    )
    return ", ".join([*parts, f"calls {'take their time' if scene.cost else 'cost nothing'}"])


def remarks(scene: Scene) -> Iterator[str]:
    """Why readers failed, who is complete, and who has the least of what."""
    for line in scene.lines:
        for reading in (line.quiet, line.changing):
            if reading is not None and reading.said:
                yield f"{line.name} failed: {reading.said}"
    silent = [
        f"{line.name} ({_verdict(line.quiet.verdict)})"
        for line in scene.lines
        if line.quiet is not None and line.quiet.verdict is not None and not line.quiet.verdict.complete
    ]
    if silent:
        yield f"**Ended without an error and was not complete with nothing changing**: {'; '.join(silent)}."
    yield from _who_is_complete(scene)
    whole = [
        (line, line.quiet)
        for line in scene.lines
        if line.quiet is not None and line.quiet.verdict is not None and line.quiet.verdict.complete
    ]
    for metric in METRICS:
        if whole and (scene.cost or not metric.only_with_cost):
            yield _winner(metric, whole)


def page(scenes: Sequence[Scene], command: str, found: str) -> str:
    """The Markdown page; `found` are the surroundings as they were before all of it."""
    introduction = _INTRODUCTION.format(command=command, page=PAGE, ours=OURS)
    parts = ["# Side by side", introduction, BEGIN, found]
    for scene in scenes:
        parts += [f"## {title(scene)}", table(scene), "\n".join(f"- {each}" for each in remarks(scene))]
    return "\n\n".join([*parts, END]) + "\n"


def embedded(text: str, only: str = "") -> str:
    """The tables of the page, for another page: headings a level deeper, those that begin with `only`."""
    first, *sections = text.split(BEGIN, 1)[1].split(END, 1)[0].strip().split("\n## ")
    chosen = [section for section in sections if section.startswith(only)]
    return "\n### ".join([first, *chosen]).strip()


def table(scene: Scene) -> str:
    """The scene as a Markdown table."""
    rules = ["---:" if column in NUMBERS else "---" for column in COLUMNS]
    lines = [cells(line, cost=scene.cost) for line in scene.lines]
    return "\n".join(f"| {' | '.join(each)} |" for each in (COLUMNS, rules, *lines))


def surroundings() -> str:
    """The day, the machine and the versions; and whether the machine had anything else to do."""
    cores, (load, *_) = os.cpu_count() or 1, os.getloadavg()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    busy = " **The machine was busy: seconds and rows/s of this run say little.**" if load > cores / 2 else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {cores} cores ({_processor()}), {memory:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}; {packages}. "
        f"Load of the machine before: {load:.1f}.{busy}"
    )


_INTRODUCTION: Final = """\
All deals of a demo portal, with all their fields, read by several programs in one run. This page is made by
`{command}`; the readers that are not ours need the extra `bench` (`pip install ".[bench]"`).

- **Complete** is judged by ids: a deal that existed the whole time must be there exactly once. *Deals
  changing*: before each page of {page} deals that a reader asks for, in batches too, somebody edits a deal
  (in 5 of 10 cases), adds one (2), deletes one (2) or takes one out of the recycle bin (1), from a seed.
- All other figures are those of the reading with nothing changing. Requests, refusals (503: too many
  requests, 429: the method's operating time is used up) and server seconds are counted by the portal; seconds
  and memory are those of the whole process, from its start to its end.
- *Calls take their time*: 20 ms a call, 0.4 ms a row, 21 µs for every row that is counted for a `total`, 2 µs
  for every row that is skipped; a method has 480 s of that in ten minutes where nothing else is said, then it
  is refused with 429. Where calls cost nothing, no server seconds are told.
- `{ours}` ends with a DuckDB file on the disk: typed, committed, checked against the portal's count. The
  others end with a list of dictionaries in memory and have stored nothing yet.
- b24pysdk speaks https only, so it alone pays for encryption. fast-bitrix24 is told the portal's limits. The
  loop keeps to the requests a second and waits a second after a 503; where it would take too long, its time
  is computed, and what it loses is measured without limits."""


def _completeness(reading: Reading) -> str:
    if reading.outcome is Outcome.STOPPED:
        return f"stopped after {reading.seconds / 60:,.0f} min with {reading.rows:,} rows"
    if reading.verdict is None:
        return f"failed after {reading.rows:,} rows"
    return _verdict(reading.verdict)


def _verdict(verdict: Verdict) -> str:
    if verdict.complete:
        return "complete"
    told = (("missing", verdict.missing), ("doubled", verdict.doubled))
    return ", ".join(f"{number:,} {word}" for word, number in told if number)


def _who_is_complete(scene: Scene) -> Iterator[str]:
    whole, not_whole = [], []
    for line in scene.lines:
        if line.changing is not None and line.changing.verdict is not None:
            if line.changing.verdict.complete:
                whole.append(line.name)
            else:
                not_whole.append(f"{line.name} ({_verdict(line.changing.verdict)})")
    if whole:
        yield f"**Complete while deals change**: {'; '.join(whole)}."
    if not_whole:
        yield f"**Not complete while deals change**: {'; '.join(not_whole)}."


def _winner(metric: Metric, read: Sequence[tuple[Line, Reading]]) -> str:
    """Who is complete whatever happens and has the least; ours; who has less, but loses rows."""
    ranked = sorted(read, key=lambda pair: metric.value(pair[1]))
    sound = [pair for pair in ranked if _is_sound(pair[0])]
    others = [pair for pair in ranked if pair not in sound]
    if not sound:
        return f"**{metric.name}**: nobody who is complete while deals change."
    best = sound[0][1]
    least = metric.text(best)
    winners = [line.name for line, reading in sound if metric.text(reading) == least]
    told = f"**{metric.name}**: {' and '.join(winners)}, {least}"
    beaten = sound[len(winners) :]
    ours = next((reading for line, reading in beaten if line.name == OURS), None)
    if ours is not None:
        told += f"; {OURS} {metric.text(ours)}, {metric.value(ours) / metric.value(best):.2f} times as much"
    elif beaten:
        told += f"; next {beaten[0][0].name}, {metric.text(beaten[0][1])}"
    less = [
        f"{line.name} {metric.text(reading)}"
        for line, reading in others
        if metric.value(reading) < metric.value(best)
    ]
    return f"{told}." + (f" Less, but not complete while deals change: {'; '.join(less)}." if less else "")


def _is_sound(line: Line) -> bool:
    """Complete also while deals change."""
    verdict = line.changing.verdict if line.changing is not None else None
    return verdict is not None and verdict.complete


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
