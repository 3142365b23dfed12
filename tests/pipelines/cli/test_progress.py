import io
import json
import logging
from dataclasses import dataclass
from types import SimpleNamespace

from rich.console import Console

from pipelines.cli.progress import Bars, JsonLines, Lines
from sources.bitrix24.redaction import register_secret


@dataclass
class Hand:
    """A clock that is moved by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def result(error: Exception | None = None, rows: int = 500) -> SimpleNamespace:
    """What a read tells at its end."""
    status = "done" if error is None else "failed"
    return SimpleNamespace(
        entity=SimpleNamespace(name="deals"),
        status=status,
        rows=rows,
        deleted=0,
        error=error,
        repaired=0,
        portal_count=None,
        check=None,
        note=None,
    )


def test_bars_count_rows_and_show_their_rate() -> None:
    """A bar has the entity's name, its rows and its length once that is known."""
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True, width=120))
    with bars.progress:
        bars.expecting("deals", None)
        bars.expecting("deals", 500)
        bars.received("deals", 200)
        bars.built("model", "fct_deal", 0.5)
        shown = bars.progress.tasks[0]
        assert (shown.completed, shown.total) == (200, 500)
        bars.finished(result())
        assert (shown.completed, shown.total) == (500, 500)

    assert "deals" in screen.getvalue()
    assert "models" in screen.getvalue()


def test_a_bar_of_nothing_goes_away() -> None:
    """An entity without news leaves no empty bar behind."""
    bars = Bars(Console(file=io.StringIO(), force_terminal=True))
    bars.expecting("deals", 0)
    bars.finished(result(rows=0))

    assert bars.progress.tasks == []


def test_lines_say_nothing_on_the_way() -> None:
    """Where nobody watches, rows pass in silence; what failed is told with the result, once."""
    stream = io.StringIO()
    lines = Lines(stream)
    lines.expecting("deals", 5)
    lines.received("deals", 5)
    lines.finished(result())
    lines.finished(result(ValueError("no such thing")))

    assert stream.getvalue() == ""


def test_json_tells_rows_at_most_once_a_second() -> None:
    """A million rows are not a million lines, and each line has the sum so far."""
    stream, clock = io.StringIO(), Hand(100.0)
    events = JsonLines(stream, clock)
    for _ in range(10):
        events.received("deals", 50)
        clock.now += 0.25

    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["rows"] for event in told] == [50, 250, 450]
    assert {"received"} == {event["event"] for event in told}


def test_no_narrator_prints_a_secret() -> None:
    """Errors are redacted once more where they are printed."""
    register_secret("narrated0secret")
    error = logging.Formatter().format(logging.makeLogRecord({"msg": "POST /rest/1/narrated0secret/ failed"}))
    for narrator_type in (Lines, JsonLines):
        stream = io.StringIO()
        narrator = narrator_type(stream)
        narrator.finished(result(ValueError(error)))
        narrator.step(error)
        assert "narrated0secret" not in stream.getvalue()
        assert "***" in stream.getvalue()
