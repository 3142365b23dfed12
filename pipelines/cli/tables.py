"""Results as small tables that a person reads."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pipelines.cli.doctor import Finding
    from pipelines.ops import EntityReport

_STYLES = {
    "done": "green",
    "ok": "green",
    "unchanged": "dim",
    "equal": "green",
    "skipped": "yellow",
    "warning": "yellow",
    "failed": "bold red",
    "differs": "bold red",
    "refused": "bold red",
    "killed": "bold red",
}
_WIDTH_WITHOUT_TERMINAL = 140


def stdout() -> Console:
    """The console for results; wide enough for any table where no terminal sets its width."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    # titles of deals may look like markup: they are shown as they are
    return Console(highlight=False, markup=False, emoji=False, width=width)


def table(*columns: str, numbers: Iterable[str] = ()) -> Table:
    """An empty table; the columns named in `numbers` are right-aligned."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    right = set(numbers)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def status_text(status: str) -> Text:
    """The word in its colour."""
    return Text(status, style=_STYLES.get(status, ""))


def entities(reports: Iterable["EntityReport"]) -> Table:
    """One line an entity; those that were skipped are told beside the table."""
    counted = ("read", "changed", "deleted", "odd")
    made = table("entity", "status", *counted, "receipt", "requests", numbers=(*counted, "requests"))
    for each in reports:
        if each.status == "skipped":
            continue
        made.add_row(
            each.entity,
            status_text(each.status),
            number(each.rows_read),
            number(each.rows_changed),
            number(each.rows_deleted),
            number(each.odd_values),
            status_text(each.verdict or "-"),
            number(each.http_requests),
        )
    return made


def findings(found: Sequence["Finding"]) -> Table:
    """What the doctor saw."""
    made = table("looked at", "", "found")
    for each in found:
        detail = Text(each.detail)
        if each.advice:
            detail.append(f"\n-> {each.advice}", style="bold")
        made.add_row(each.subject, status_text(each.status), detail)
    return made


def number(value: float | None) -> str:
    """A number with thousands apart; a dash for none."""
    return "-" if value is None else f"{value:,.0f}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that says it."""
    if moment is None:
        return "never"
    seconds = max(0.0, (now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
