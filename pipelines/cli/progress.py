"""How a run's progress reaches a person, a log file or a program: bars, plain lines, or JSON."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from pipelines.cli.choices import LogFormat
from sources.bitrix24.redaction import RedactingFilter, redact

if TYPE_CHECKING:
    from sources.bitrix24.forecast import Forecast
    from sources.bitrix24.reading import ReadResult

_SECONDS_BETWEEN_EVENTS = 1.0
_MINUTE = 60


class Narrator(Protocol):
    """Hears of a sync (`sources.bitrix24.reading.Observer`) and of a build."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """About so many rows will come."""

    def forecast(self, entity: str, forecast: "Forecast") -> None:
        """It will take long."""

    def received(self, entity: str, rows: int) -> None:
        """So many more rows came."""

    def finished(self, result: "ReadResult") -> None:
        """The entity is read, or cannot be."""

    def built(self, kind: str, name: str, share: float) -> None:
        """A model or a test is done."""

    def step(self, text: str) -> None:
        """Something begins that a person would want to know of."""

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Something happened that a program would want to know of."""


class Bars:
    """Progress bars on a terminal: rows, rows a second, time left."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=28),
            _Rows(),
            TimeRemainingColumn(compact=True),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def expecting(self, entity: str, rows: int | None) -> None:
        """Show a bar, of that length if it is known."""
        if entity in self._tasks:
            self.progress.update(self._tasks[entity], total=rows)
        else:
            self._tasks[entity] = self.progress.add_task(entity, total=rows)

    def forecast(self, entity: str, forecast: "Forecast") -> None:
        """Print how long it will take above the bars."""
        self.step(_foretold(entity, forecast))

    def received(self, entity: str, rows: int) -> None:
        """Move the bar."""
        if entity not in self._tasks:
            self.expecting(entity, None)
        self.progress.advance(self._tasks[entity], rows)

    def finished(self, result: "ReadResult") -> None:
        """Fill the bar, or take it away if nothing was read."""
        name = result.entity.name
        if name in self._tasks and result.rows:
            self.progress.update(self._tasks[name], completed=result.rows, total=result.rows)
        elif name in self._tasks:
            self.progress.remove_task(self._tasks.pop(name))

    def built(self, kind: str, name: str, share: float) -> None:  # noqa: ARG002 - a bar shows no names
        """Move the bar of the models or of the tests."""
        self.expecting(f"{kind}s", 100)
        self.progress.update(self._tasks[f"{kind}s"], completed=round(share * 100))

    def step(self, text: str) -> None:
        """Print the step above the bars."""
        self.progress.console.print(text, style="bold", highlight=False)

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Do nothing: a person reads the table at the end."""


class Lines:
    """A plain line on stderr for what went wrong and for each step; nothing in between."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def expecting(self, entity: str, rows: int | None) -> None:
        """Do nothing."""

    def forecast(self, entity: str, forecast: "Forecast") -> None:
        """Print how long it will take."""
        self.step(_foretold(entity, forecast))

    def received(self, entity: str, rows: int) -> None:
        """Do nothing."""

    def finished(self, result: "ReadResult") -> None:
        """Do nothing: what could not be read is told at the end, once if it is the same for all."""

    def built(self, kind: str, name: str, share: float) -> None:
        """Do nothing."""

    def step(self, text: str) -> None:
        """Print the step."""
        self._stream.write(redact(text) + "\n")
        self._stream.flush()

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Do nothing."""


class JsonLines:
    """One JSON object a line on stdout, `event` and `time` in each."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock
        self._rows: dict[str, int] = {}
        self._told: dict[str, float] = {}

    def expecting(self, entity: str, rows: int | None) -> None:
        """Tell the number of rows."""
        self.event("expecting", {"entity": entity, "rows": rows})

    def forecast(self, entity: str, forecast: "Forecast") -> None:
        """Tell how long it will take."""
        self.event("forecast", {"entity": entity, **asdict(forecast)})

    def received(self, entity: str, rows: int) -> None:
        """Tell the rows so far, at most once a second for an entity."""
        self._rows[entity] = self._rows.get(entity, 0) + rows
        now = self._clock()
        if now - self._told.get(entity, 0.0) >= _SECONDS_BETWEEN_EVENTS:
            self._told[entity] = now
            self.event("received", {"entity": entity, "rows": self._rows[entity]})

    def finished(self, result: "ReadResult") -> None:
        """Tell what came of the entity."""
        self.event(
            "read",
            {
                "entity": result.entity.name,
                "status": result.status,
                "rows": result.rows,
                "deleted": result.deleted,
                "repaired": result.repaired,
                "portal_count": result.portal_count,
                "check": result.check,
                "note": result.note,
                "error": str(result.error) if result.error is not None else None,
            },
        )

    def built(self, kind: str, name: str, share: float) -> None:
        """Tell the model or test."""
        self.event("built", {"kind": kind, "name": name, "share": round(share, 3)})

    def step(self, text: str) -> None:
        """Tell the step."""
        self.event("step", {"text": text})

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Write the line."""
        line = json.dumps({"event": name, "time": self._clock(), **facts}, default=str, ensure_ascii=False)
        self._stream.write(redact(line) + "\n")
        self._stream.flush()


def _foretold(entity: str, forecast: "Forecast") -> str:
    words = f"{entity}: about {forecast.rows:,} rows, about {_duration(forecast.seconds)}"
    if forecast.waits:
        waits = "1 wait" if forecast.waits == 1 else f"{forecast.waits} waits"
        words += (
            f": {waits} of {_duration(forecast.wait_seconds)}, because the portal gives this method only so "
            "much server time in ten minutes; the other tables go on meanwhile"
        )
    return words


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / _MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@contextmanager
def narrating(log: LogFormat, progress: str) -> Iterator[Narrator]:
    """The narrator that suits where the output goes; log records go the same way while it lasts."""
    console = Console(stderr=True, markup=False, emoji=False)
    narrator: Narrator
    if log is LogFormat.JSON:
        narrator = JsonLines(sys.stdout)
        with _logging_to(_JsonHandler(narrator)):
            yield narrator
    elif progress == "on" or (progress == "auto" and console.is_terminal):
        narrator = Bars(console)
        with narrator.progress, _logging_to(_LineHandler(narrator)):
            yield narrator
    else:
        narrator = Lines(sys.stderr)
        with _logging_to(_LineHandler(narrator)):
            yield narrator


class _Rows(ProgressColumn):
    """Rows done, of how many, and how fast."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        of = f" of {task.total:,.0f}" if task.total and not task.finished else ""
        rate = f", {speed:,.0f}/s" if speed else ""
        return Text(f"{task.completed:,.0f}{of}{rate}")


class _LineHandler(logging.Handler):
    def __init__(self, narrator: Narrator) -> None:
        super().__init__(logging.WARNING)
        self._narrator = narrator

    def emit(self, record: logging.LogRecord) -> None:
        self._narrator.step(f"{record.levelname.lower()}: {redact(record.getMessage())}")


class _JsonHandler(_LineHandler):
    def emit(self, record: logging.LogRecord) -> None:
        facts = {"level": record.levelname.lower(), "logger": record.name, "text": record.getMessage()}
        self._narrator.event("log", facts)


@contextmanager
def _logging_to(handler: logging.Handler) -> Iterator[None]:
    handler.addFilter(RedactingFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
