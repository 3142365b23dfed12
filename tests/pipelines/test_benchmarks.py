"""Benchmarks measure against bounds that the portal's own tables make."""

from pipelines.bench_everything import Everything, commands_needed
from pipelines.bench_figures import Figure
from pipelines.bench_process import Cost, Told
from pipelines.benchmarks import BENCHMARKS
from pipelines.cli.choices import Subject
from sources.demo_portal import DemoPortal


def test_the_command_line_offers_every_benchmark() -> None:
    """What can be typed behind `b24 bench` is what there is."""
    assert {subject.value for subject in Subject} == {"deals", *BENCHMARKS}


def test_the_floor_counts_a_command_for_what_only_one_command_can_bring() -> None:
    """Pages of 50 rows, a command a task and a folder, lists of owners; files come with their folders."""
    portal = DemoPortal(deals=120, rate=0)
    tables = {name: len(portal.store.table(name)) for name in portal.store.names()}
    needed = commands_needed(tables)

    assert needed["deals"] == 3
    assert needed["deal_contacts"] == 3
    assert needed["task_checklist_items"] == tables["tasks"] == 24
    assert needed["disk_folders"] == tables["disk_storages"] + tables["disk_folders"]
    assert needed["disk_files"] == 0
    assert needed["custom_fields"] == 4
    assert needed["items_31"] == 1


def test_a_figure_is_judged_by_its_ratio() -> None:
    """A cost must not exceed its bound by more than the limit, a speed must not fall below it."""
    assert Figure("requests", 115, bound=100, limit=1.15).reached
    assert not Figure("requests", 116, bound=100, limit=1.15).reached
    assert Figure("rows a second", 8_000, bound=8_000, limit=1.0, at_least=True).reached
    assert not Figure("rows a second", 7_999, bound=8_000, limit=1.0, at_least=True).reached
    assert Figure("rows", 5).reached


def test_a_quiet_run_may_walk_calendars_and_folders() -> None:
    """Ten requests, and one more for each 50 calendars and folders that it walked."""
    portal = DemoPortal(deals=120, rate=0)
    tables = {name: len(portal.store.table(name)) for name in portal.store.names()}
    first = Cost(Told(100, 1.0, {}), 20, 900, 1.0, 2.0, 100.0)
    quiet = Cost(Told(5, 0.5, {"calendar_events": 31, "disk_folders": 60}), 12, 200, 0.5, 1.5, 90.0)
    figures = {figure.what: figure for figure in Everything(tables, first, quiet, 2.0, 50).figures()}

    assert figures["requests, nothing changed"].bound == 12
    assert figures["requests, nothing changed"].reached
