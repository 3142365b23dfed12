"""Readers are compared fairly: what they lose is found, what they cost is the portal's own count."""
# ruff: noqa: ANN001 - fixtures are typed where they are made

import sys
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.bench_peers import Pace, fast_bitrix24, fast_bitrix24_slow, naive
from pipelines.bench_vs import (
    LOOP,
    OURS,
    READERS,
    Line,
    Outcome,
    Reader,
    Reading,
    Scene,
    Verdict,
    Versus,
    judge,
    loop_forecast,
    measure_vs,
)
from pipelines.bench_vs_portal import METHOD, Disturber, make_portal
from pipelines.bench_vs_process import Allowed, portal, run
from pipelines.bench_vs_report import BEGIN, COLUMNS, END, cells, embedded, page, remarks
from pipelines.cli.choices import Subject
from pipelines.cli.progress import Lines
from pipelines.cli.versus import Asked, compare, sizes_of
from pipelines.errors import UsageError
from sources.demo_portal import serve
from tests.pipelines.rig import Rig

ROWS = 400
SDK = next(reader for reader in READERS if reader.https)


@pytest.fixture
def disturbed(tmp_path) -> Iterator[tuple[Rig, Disturber]]:
    """A portal whose deals change while they are read, and who changes them."""
    made = make_portal(ROWS, 0, 50, cost=False)
    disturber = Disturber(made)
    made.before_each(METHOD, disturber)
    with serve(made) as url:
        yield Rig(made, url, tmp_path / "w.duckdb"), disturber


def test_the_judge_finds_what_was_lost_and_what_came_twice() -> None:
    """A reader that loses one row and doubles one is told so; rows that came meanwhile do not count."""
    assert judge([1, 2, 3], [3, 2, 1]) == Verdict(0, 0)
    assert judge([1, 2, 3], [1, 3, 3, 9, 9]) == Verdict(missing=1, doubled=1)
    assert not judge([1, 2, 3], [1, 3, 3]).complete


def test_a_loop_over_start_is_not_complete_while_deals_change(disturbed) -> None:
    """Deletions move rows before the offset, restored ones move them behind it."""
    rig, disturber = disturbed
    rows = naive(rig.url, Pace())

    verdict = judge(disturber.lived(), [int(row["ID"]) for row in rows])
    assert disturber.changes == ROWS // 50
    assert verdict.missing > 0


def test_a_sync_is_complete_while_deals_change(disturbed) -> None:
    """Every deal that was there the whole time is in the file, once."""
    rig, disturber = disturbed
    assert rig.sync("deals").exit_code == 0

    assert disturber.changes >= ROWS // 50
    assert len(disturber.lived()) < ROWS
    assert judge(disturber.lived(), rig.live_ids()).complete


@pytest.mark.parametrize("way", [fast_bitrix24, fast_bitrix24_slow])
def test_fast_bitrix24_reads_under_the_same_conditions(way) -> None:
    """It is complete while nothing changes, in its slow mode too, with or without limits."""
    pytest.importorskip("fast_bitrix24")
    made = make_portal(ROWS, 50, 50, cost=False)
    with serve(made) as url:
        read = way(url, Pace(50, 50))

    assert judge(Disturber(made).lived(), [int(row["ID"]) for row in read]).complete


def test_a_loop_that_would_take_too_long_is_computed() -> None:
    """Its time is forecast; its requests, its memory and what it loses are measured without limits."""
    steps: list[str] = []
    (scene,) = measure_vs(
        Versus((ROWS,), allowed=Allowed(rate=0.1), max_minutes=1, readers=(LOOP,)), steps.append
    )
    quiet, changing = scene.lines[0].quiet, scene.lines[0].changing

    assert quiet is not None
    assert changing is not None
    assert (quiet.outcome, quiet.verdict, quiet.rows) == (Outcome.COMPUTED, Verdict(0, 0), ROWS)
    assert (quiet.seconds, quiet.requests) == (80, ROWS // 50)
    assert 10 < quiet.peak_mb < 200
    assert changing.verdict is not None
    assert not changing.verdict.complete
    assert len(steps) == 3


@pytest.mark.skipif(bool(SDK.obstacle), reason=SDK.obstacle)
def test_b24pysdk_reads_a_portal_that_speaks_https(tmp_path) -> None:
    """In a process of its own, with a certificate made for it; by ids it loses nothing."""
    ids = tmp_path / "ids"
    command = [sys.executable, "-m", "pipelines.bench_peers", "b24pysdk", "--ids", str(ids)]
    with portal(ROWS, Allowed(rate=0), changing=True, https=True) as asked:
        ended = run(command, asked.environment, 60)
        counted = asked.counted()

    assert (ended.exit_code, ended.stopped) == (0, False)
    assert counted.requests == 2
    assert counted.changes == counted.pages > ROWS // 50
    assert judge(counted.lived, array("q", ids.read_bytes())).complete


def test_a_reader_that_takes_too_long_is_stopped() -> None:
    """It is killed after its time, and one that fails tells its last complaint."""
    stopped = run([sys.executable, "-S", "-c", "import signal; signal.pause()"], {}, 0.2)
    told = (
        "x\\nValueError: no rows today\\n  see the manual\\nTask exception was never retrieved\\nOSError: x"
    )
    complaint = f"print('{told}', file=sys.stderr); sys.exit(1)"
    failed = run([sys.executable, "-S", "-c", f"import sys; {complaint}"], {}, 60)

    assert stopped.stopped
    assert stopped.exit_code != 0
    assert (failed.stopped, failed.exit_code, failed.said) == (False, 1, "ValueError: no rows today")


def test_what_is_not_installed_says_how_to_install_it() -> None:
    """The line of a reader that cannot be run is what to type."""
    absent = Reader("some reader", "naive", "no_such_module", "no-such-package")
    (scene,) = measure_vs(Versus((ROWS,), readers=(absent,)), lambda _: None)

    assert cells(scene.lines[0], cost=False)[1] == "not installed: pip install no-such-package"


def test_the_time_of_a_loop_is_forecast() -> None:
    """Half a second a page; with costs that of the calls, unless the operating time would be used up."""
    assert loop_forecast(300_000, Allowed(), cost=False) == (3_000, 0)
    seconds, operating = loop_forecast(10_000, Allowed(), cost=True)
    assert seconds == 100
    assert operating == pytest.approx(200 * (0.02 + 50 * 0.0004 + 0.21 + 0.01))
    assert loop_forecast(100_000, Allowed(), cost=True)[0] == float("inf")


def reading(outcome: Outcome, verdict: Verdict | None, seconds: float, said: str = "") -> Reading:
    """A reading of 100 rows that was made up."""
    return Reading(outcome, 100, 2, 0, 0, 3.5, seconds, 50.0, verdict, said)


def made_up() -> Scene:
    """One that is quick but loses a row, ours, one that was computed, stopped or refused."""
    whole, lossy = Verdict(0, 0), Verdict(1, 0)
    done, computed = Outcome.DONE, Outcome.COMPUTED
    lines = (
        Line("quick", reading(done, whole, 1.0), reading(done, lossy, 1.0)),
        Line("sound", reading(done, whole, 2.0), reading(done, whole, 2.0)),
        Line(OURS, reading(done, whole, 4.0), reading(done, whole, 4.0)),
        Line(LOOP.name, reading(computed, whole, 3_000.0), reading(done, lossy, 1.0)),
        Line("endless", reading(Outcome.STOPPED, None, 900.0)),
        Line("refused", reading(Outcome.FAILED, None, 9.0, "Method is blocked")),
        Line("silent", reading(done, lossy, 1.0), reading(done, lossy, 1.0)),
    )
    return Scene(100, cost=True, allowed=Allowed(), lines=lines)


def test_it_is_told_who_wins_and_whether_that_counts() -> None:
    """A peer that wins is named before ours; one that has less but loses rows is named apart."""
    told = list(remarks(made_up()))

    assert "refused failed: Method is blocked" in told
    assert f"**Complete while deals change**: sound; {OURS}." in told
    assert f"**Not complete while deals change**: quick (1 missing); {LOOP.name} (1 missing); " in told[3]
    assert any("with nothing changing**: silent (1 missing)." in each for each in told)
    assert (
        f"**Time**: sound, 2.0 s; {OURS} 4.0 s, 2.00 times as much. "
        "Less, but not complete while deals change: quick 1.0 s."
    ) in told


def test_the_page_marks_what_was_not_measured_to_its_end() -> None:
    """Computed figures say so, and so does who was stopped or failed."""
    scene = made_up()
    lines = {line.name: dict(zip(COLUMNS, cells(line, cost=True), strict=True)) for line in scene.lines}
    text = page([scene], "b24 bench --vs", "A machine.")

    assert lines[LOOP.name]["wall s"] == "3,000.0 (computed)"
    assert lines["endless"]["nothing changing"] == "stopped after 15 min with 100 rows"
    assert lines["refused"]["nothing changing"] == "failed after 100 rows"
    assert "| quick | complete | 1 missing | 2 | 0 | 0 | 3.5 | 1.0 | 100 | 50 |" in text
    assert text.count(BEGIN) == text.count(END) == 1
    assert embedded(text).count("\n### 100 deals") == 1
    assert embedded(text, "100 deals") == embedded(text) != embedded(text, "200 deals")


def test_the_page_of_the_repository_is_one_of_these() -> None:
    """`docs/benchmark.md` has the parts that the command writes, so README can show its tables."""
    text = (Path(__file__).resolve().parents[2] / "docs/benchmark.md").read_text()

    assert f"| {' | '.join(COLUMNS)} |" in embedded(text)
    assert OURS in embedded(text)


def test_sizes_are_numbers_with_commas_between() -> None:
    """Anything else is wrong usage, and so is a benchmark in which there is nothing to compare."""
    assert sizes_of("10000, 300000") == (10_000, 300_000)
    for wrong in ("", "many", "10,", "0", "10;20"):
        with pytest.raises(UsageError):
            sizes_of(wrong)
    asked = Asked("10", 2.0, 50, cost=False, max_minutes=1.0, operating_limit=480, output=None)
    with pytest.raises(UsageError):
        compare(Subject.DELETES, asked, Lines(sys.stderr))


def test_the_page_says_how_it_is_made() -> None:
    """The command without the place of the page, and with what is not as usual."""
    usual = Asked("10", 2.0, 50, cost=False, max_minutes=15.0, operating_limit=480, output=Path("x.md"))
    other = Asked("10,20", 5.0, 250, cost=True, max_minutes=1.0, operating_limit=12, output=None)

    assert usual.command == "b24 bench --vs --sizes 10"
    assert other.command == (
        "b24 bench --vs --sizes 10,20 --cost --rate 5 --bucket 250 --operating-limit 12 --max-minutes 1"
    )
