"""`b24 demo`: the whole way from a portal to reports, on a portal inside this program."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines import run, status, sync
from pipelines.cli import demo_reports, tables
from pipelines.cli.choices import Size
from pipelines.cli.progress import Narrator
from pipelines.errors import UsageError
from pipelines.load import order_of
from pipelines.warehouse import reading, working_copy
from sources.bitrix24.batch import Command
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.webhook import is_loopback

if TYPE_CHECKING:
    from pipelines.load import SyncReport
    from pipelines.report import BuildReport

_CHANGED_DEALS = """
    SELECT id, title, category_id FROM bitrix24.deals
    WHERE stage_semantic_id = 'P' AND is_recurring = 'N' AND currency_id = 'EUR' AND opportunity > 0
    ORDER BY opportunity DESC LIMIT 5
"""


@dataclass(frozen=True)
class Changes:
    """What people did in the portal between two syncs."""

    won: tuple[int, ...]
    lost: int
    added: int
    deleted: int

    @property
    def deals(self) -> tuple[int, ...]:
        """Every deal that was touched."""
        return (*self.won, self.lost, self.added, self.deleted)

    def __str__(self) -> str:
        """Say it in a sentence."""
        won = ", ".join(str(deal) for deal in self.won)
        return f"deals {won} won, deal {self.lost} lost, deal {self.added} new, deal {self.deleted} deleted"


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
        _tell(console, sync(db=db, webhook_url=url, observer=narrator))
        changes = asyncio.run(_work_a_day(url, db))
        _headline(console, 3, f"People work in the portal: {changes}")
        _headline(console, 4, "The second sync reads what changed")
        _tell(console, sync(db=db, webhook_url=url, observer=narrator))
        _headline(console, 5, "A full sync of deals finds what was deleted, and the reports are built")
        order = order_of(["deals"], full=True)
        done = run(db, webhook_url=url, observer=narrator, progress=narrator.built, sync_order=order)
        _tell(console, done.sync)
    _tell_build(console, done.build)
    with reading(db) as connection:
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


async def _work_a_day(url: str, db: Path) -> Changes:
    """Win, lose, add and delete deals as a colleague would, through the portal's own methods."""
    with reading(db) as connection:
        found = connection.execute(_CHANGED_DEALS).fetchall()
    (*won, lost, gone) = [(int(deal), int(category or 0)) for deal, _, category in found]
    title = "Ten bicycles for the city library"
    commands = {
        **{f"won{deal}": _moved(deal, category, "WON") for deal, category in won},
        "lost": _moved(*lost, "LOSE"),
        "added": Command(
            "crm.deal.add", {"fields": {"TITLE": title, "OPPORTUNITY": "12500.00", "CURRENCY_ID": "EUR"}}
        ),
        "deleted": Command("crm.deal.delete", {"id": gone[0]}),
    }
    async with Bitrix24Client(url) as b24:
        outcomes = await b24.batch(commands, write=True)
    added = outcomes["added"].unwrap().result
    return Changes(tuple(deal for deal, _ in won), lost[0], int(added), gone[0])


def _moved(deal: int, category: int, stage: str) -> Command:
    target = f"C{category}:{stage}" if category else stage
    return Command("crm.deal.update", {"id": deal, "fields": {"STAGE_ID": target}})


def _contents(portal: "object") -> str:
    store = portal.store  # type: ignore[attr-defined]
    counts = {
        name: len(store.records(name).table) for name in ("deals", "contacts", "companies", "leads", "users")
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


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
