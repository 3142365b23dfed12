"""Tells what a warehouse file says of itself: its last runs, and every table's freshness and receipt."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from pipelines.cli import tables
from pipelines.cli.remarks import remarks

if TYPE_CHECKING:
    from pipelines.receipts import Status

_WRITTEN: Final = ("done", "rejected", "conflicts", "skipped", "in_doubt")
_HOW: Final = {"whole": "all read", "count": "by count", "ids": "row by row"}


def tell_status(status: "Status", *, as_json: bool) -> None:
    """The last runs, every table's freshness, and what a person should look at."""
    if as_json:
        sys.stdout.write(json.dumps(status.as_json(), indent=2, ensure_ascii=False, default=str) + "\n")
        return
    console, now = tables.stdout(), datetime.now(UTC)
    if status.portal:
        portal = status.portal
        console.print(
            f"{status.db}: portal {portal['host']}, timezone {portal['timezone'] or 'not known'}, "
            f"base currency {portal['base_currency'] or 'not known'}"
        )
    console.print(_runs(status.runs, now))
    if status.write_runs:
        console.print(_write_runs(status.write_runs, now))
    console.print(_entities(status.entities, now))
    for line in (*remarks(map(_told, status.entities)), *_odd(status.entities, now)):
        console.print(line)


def _runs(runs: Iterable[Mapping[str, Any]], now: datetime) -> Table:
    numbers = ("seconds", "requests", "server s")
    made = tables.table("run", "status", "when", *numbers, "why", numbers=numbers)
    for run in runs:
        made.add_row(
            run["run_id"],
            tables.status_text(run["status"]),
            tables.ago(run["started_at"], now),
            _seconds(run),
            tables.number(run["http_requests"]),
            f"{run['operating_seconds'] or 0:.1f}",
            run["error"] or "",
        )
    return made


def _write_runs(runs: Iterable[Mapping[str, Any]], now: datetime) -> Table:
    made = tables.table(
        "write run", "what", "status", "when", "rows", "requests", "why", numbers=("requests",)
    )
    for run in runs:
        counts = ((run[name], name.replace("_", " ")) for name in _WRITTEN)
        made.add_row(
            run["run_id"],
            f"{run['kind']} {run['mode']} {run['target']}",
            tables.status_text(run["status"]),
            tables.ago(run["started_at"], now),
            ", ".join(f"{count:,} {name}" for count, name in counts if count),
            tables.number(run["http_requests"]),
            run["error"] or "",
        )
    return made


def _entities(entities: Iterable[Mapping[str, Any]], now: datetime) -> Table:
    made = tables.table("entity", "last run", "fresh", "rows", "receipt", "made", "cursor", numbers=("rows",))
    for entity in entities:
        made.add_row(
            entity["entity"],
            tables.status_text(entity["status"]),
            tables.ago(entity["fresh_at"], now),
            tables.number(entity["warehouse_count"]),
            tables.status_text(entity["receipt"]),
            _made(entity, now),
            entity["cursor_to"] or "",
        )
    return made


def _made(entity: Mapping[str, Any], now: datetime) -> str:
    """How and when portal and file were last compared."""
    if entity["counted_at"] is None:
        return ""
    return f"{_HOW.get(entity['counted_how'], 'by count')}, {tables.ago(entity['counted_at'], now)}"


def _odd(entities: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    """What does not fit its column, and rows that no key tells apart: where they were last met."""
    for entity in entities:
        if entity["odd_at"] is not None:
            when = tables.ago(entity["odd_at"], now)
            yield (
                f"odd: {entity['entity']}: {entity['odd_last']:,} values that no column could hold came "
                f"{when}; they are kept in _raw_values"
            )
        if entity["rejected_at"] is not None:
            when = tables.ago(entity["rejected_at"], now)
            yield (
                f"rejected: {entity['entity']}: {entity['rejected_last']:,} rows with an empty or doubled id "
                f"came {when}; they are kept in bitrix24.rejected_rows"
            )


def _seconds(run: Mapping[str, Any]) -> str:
    if run["finished_at"] is None:
        return "-"
    return f"{(run['finished_at'] - run['started_at']).total_seconds():.1f}"


@dataclass(frozen=True)
class _Told:
    entity: str
    status: str
    error: str | None
    note: str | None


def _told(entity: Mapping[str, Any]) -> _Told:
    return _Told(entity["entity"], entity["status"], entity["error"], entity["note"])
