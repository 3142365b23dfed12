"""Tells what came of a command, to a person or as JSON."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipelines.cli import tables
from pipelines.cli.choices import LogFormat
from pipelines.cli.progress import JsonLines
from sources.bitrix24.redaction import redact

if TYPE_CHECKING:
    from pipelines.bench import Measured
    from pipelines.load import SyncReport
    from pipelines.receipts import Status
    from pipelines.report import BuildReport


def tell_sync(report: "SyncReport", log: LogFormat) -> None:
    """One line an entity, and the run's id."""
    if log is LogFormat.JSON:
        JsonLines(sys.stdout).event("synced", {**asdict(report), "status": report.status})
        return
    console = tables.stdout()
    console.print(tables.entities(report.entities))
    seconds = (report.finished_at - report.started_at).total_seconds()
    read = sum(entity.rows_read for entity in report.entities)
    console.print(
        f"run {report.run_id} {report.status}: {read:,} rows read "
        f"in {report.totals.http_requests:,} requests, {seconds:.1f} s",
        style=None if report.status == "done" else "bold red",
    )
    for entity in report.entities:
        if entity.error:
            sys.stderr.write(redact(f"b24: {entity.entity}: {entity.status}: {entity.error}") + "\n")


def tell_build(report: "BuildReport", log: LogFormat) -> None:
    """The reports and their rows; what failed goes to stderr."""
    if log is LogFormat.JSON:
        JsonLines(sys.stdout).event("reports", {**asdict(report), "ok": report.ok})
        return
    console = tables.stdout()
    made = tables.table("report", "rows", numbers=("rows",))
    for model in report.models:
        if model.schema == "reporting" and model.status == "success":
            made.add_row(model.name, tables.number(model.rows))
    if made.row_count:
        console.print(made)
    passed = sum(test.status == "pass" for test in report.tests)
    built = sum(model.status == "success" for model in report.models)
    console.print(
        f"{built} of {len(report.models)} models built, {passed} of {len(report.tests)} tests passed, "
        f"as of {report.as_of:%Y-%m-%d %H:%M %Z}, {report.seconds:.1f} s",
        style=None if report.ok else "bold red",
    )
    for failed in report.failed:
        sys.stderr.write(redact(f"b24: {failed.name}: {failed.status}: {_reason(failed)}") + "\n")


def tell_status(status: "Status", *, as_json: bool) -> None:
    """The last runs, and every table's freshness."""
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
    runs = tables.table(
        "run", "status", "when", "seconds", "requests", "server s", "why", numbers=_RUN_NUMBERS
    )
    for run in status.runs:
        runs.add_row(
            run["run_id"],
            tables.status_text(run["status"]),
            tables.ago(run["started_at"], now),
            _seconds(run),
            tables.number(run["http_requests"]),
            f"{run['operating_seconds'] or 0:.1f}",
            run["error"] or "",
        )
    fresh = tables.table(
        "entity",
        "last run",
        "fresh",
        "rows",
        "portal had",
        "receipt",
        "cursor",
        numbers=("rows", "portal had"),
    )
    for entity in status.entities:
        fresh.add_row(
            entity["entity"],
            tables.status_text(entity["status"]),
            tables.ago(entity["fresh_at"], now),
            tables.number(entity["warehouse_count"]),
            tables.number(entity["portal_count"]),
            _receipt(entity, now),
            entity["cursor_to"] or "",
        )
    console.print(runs, fresh)


def _receipt(entity: Mapping[str, Any], now: datetime) -> str:
    counted_at = entity["counted_at"]
    return f"{entity['receipt']}, {tables.ago(counted_at, now)}" if counted_at else str(entity["receipt"])


_RUN_NUMBERS = ("seconds", "requests", "server s")


def _seconds(run: Mapping[str, Any]) -> str:
    if run["finished_at"] is None:
        return "-"
    return f"{(run['finished_at'] - run['started_at']).total_seconds():.1f}"


def _reason(failed: Any) -> str:  # noqa: ANN401 - a model or a test
    rows = getattr(failed, "rows", ())
    shown = f"; the first is {dict(rows[0])}" if rows else ""
    return (failed.message or f"{getattr(failed, 'failures', 0)} rows") + shown


def tell_bench(measured: "Measured") -> None:
    """A line a way, beside the floor."""
    console, bench = tables.stdout(), measured.bench
    numbers = ("rows", "requests", "commands", "server s", "wall s", "rows/s", "peak MB", "requests / floor")
    made = tables.table("way", *numbers, numbers=numbers)
    for result in measured.results:
        mark = " (extrapolated)" if result.extrapolated else ""
        whole = result.rows >= bench.rows
        made.add_row(
            result.way + mark,
            tables.number(result.rows),
            tables.number(result.requests),
            tables.number(result.commands),
            f"{result.operating_seconds:,.1f}",
            f"{result.seconds:,.1f}",
            tables.number(result.rows_per_second),
            tables.number(result.peak_mb),
            f"{result.requests / bench.floor_requests:.2f}" if whole else "",
        )
    floor = bench.floor_seconds(bench.floor_requests)
    console.print(made)
    console.print(
        f"The floor for {bench.rows:,} deals: {bench.floor_requests:,} requests of 50 x 50 rows, "
        f"{floor:,.1f} s at {bench.rate:g} a second behind a bucket of {bench.bucket}."
    )
    first = measured.results[0]
    if first.run_seconds:
        console.print(
            f"Without the start of the process the full sync took {first.run_seconds:,.1f} s: "
            f"{first.rows / first.run_seconds:,.0f} rows a second from the first request to the loaded table."
        )
    if floor > 0:
        console.print(f"A full sync took {first.seconds / floor:.2f} times the floor.")
