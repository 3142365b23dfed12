"""`b24 demo`: the whole way from a portal to reports, on a portal inside this program."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines import run, status, sync
from pipelines.cli import demo_reports, tables
from pipelines.cli.choices import Size
from pipelines.cli.demo_day import work_a_day
from pipelines.cli.progress import Narrator
from pipelines.errors import UsageError
from pipelines.warehouse import reading
from pipelines.working_copy import working_copy
from sources.bitrix24.webhook import is_loopback

if TYPE_CHECKING:
    from pipelines.load import SyncReport
    from pipelines.report import BuildReport
    from sources.demo_portal import DemoPortal


def run_demo(size: Size, db: Path, narrator: Narrator) -> None:
    """Serve a portal, sync it, change it, sync again, build the reports; print what happened.

    Raises:
        UsageError: the file exists and holds something else than a demo.
    """
    from sources.demo_portal import DemoPortal, serve  # noqa: PLC0415 - numpy, uvicorn

    console = tables.stdout()
    began = time.perf_counter()
    _clear(db)
    portal = DemoPortal(size=size.value)
    with serve(portal) as url:
        _headline(
            console, 1, f"A Bitrix24 portal is up on this machine, and nothing leaves it: {_contents(portal)}"
        )
        _headline(console, 2, "The first sync reads everything")
        first = sync(db=db, webhook_url=url, observer=narrator)
        _tell(console, first)
        console.print(_of_checklists(first))
        changes = work_a_day(portal, url, db)
        _headline(console, 3, "People work in the portal")
        console.print(*(f"   {line}" for line in changes.told()), sep="\n")
        _headline(console, 4, "The second sync reads what changed and counts what is gone; reports are built")
        done = run(db, webhook_url=url, observer=narrator, progress=narrator.built)
        _tell(console, done.sync)
    with reading(db) as connection:
        console.print(demo_reports.new_column(connection, changes.column))
        _tell_build(console, done.build)
        for report in demo_reports.small_reports(connection, changes.deals):
            console.print(report)
    seconds = time.perf_counter() - began
    console.print(
        f"Done in {seconds:.0f} s. {db} is yours: open it with any DuckDB client, or type\n\n"
        f"    b24 status --db {db}\n"
    )


def _clear(db: Path) -> None:
    """Make room for the file, if what stands there is an earlier demo."""
    if not db.exists():
        return
    with working_copy(db, "b24 demo"):  # refuses what another run holds and what is no warehouse
        known = status(db).portal
    if known is None or not is_loopback(str(known["host"])):
        raise UsageError(f"{db} exists and is not of a demo: name another file with --db")
    db.unlink()


def _contents(portal: "DemoPortal") -> str:
    names = ("deals", "contacts", "leads", "tasks", "disk_files")
    counts = (f"{len(portal.store.table(name)):,} {name.removeprefix('disk_')}" for name in names)
    return f"{', '.join(counts)} …"


def _of_checklists(report: "SyncReport") -> str:
    """Why there are so many commands: the portal gives checklists task by task only."""
    checklists = sum(each.commands for each in report.entities if each.entity == "task_checklist_items")
    of_all = report.totals.commands
    return (
        f"   {checklists:,} of the {of_all:,} commands in them were for checklists: one a task, 50 a request"
    )


def _headline(console: Console, step: int, text: str) -> None:
    console.print(f"\n{step}. {text}", style="bold")


def _tell(console: Console, report: "SyncReport") -> None:
    moved = [
        entity for entity in report.entities if entity.rows_changed or entity.rows_deleted or entity.error
    ]
    if moved:
        console.print(tables.entities(moved))
    seconds = (report.finished_at - report.started_at).total_seconds()
    still = len(report.entities) - len(moved)
    rest = f", nothing new in the other {still} tables" if still else ""
    console.print(f"   {report.totals.http_requests} requests, {seconds:.1f} s{rest}")


def _tell_build(console: Console, report: "BuildReport") -> None:
    passed = sum(test.status == "pass" for test in report.tests)
    console.print(
        f"   {len(report.models)} models, {passed} of {len(report.tests)} tests passed, "
        f"{report.seconds:.1f} s"
    )
