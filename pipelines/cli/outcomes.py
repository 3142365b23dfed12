"""Tells what came of a command, to a person or as JSON."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipelines.cli import tables
from pipelines.cli.choices import LogFormat
from pipelines.cli.progress import JsonLines
from pipelines.cli.remarks import remarks
from sources.bitrix24.redaction import redact

if TYPE_CHECKING:
    from pipelines.load import SyncReport
    from pipelines.ops import EntityReport
    from pipelines.report import BuildReport


def tell_sync(report: "SyncReport", log: LogFormat) -> None:
    """One line an entity, and the run's id; what could not be read goes to stderr."""
    if log is LogFormat.JSON:
        told = [{**asdict(each), "verdict": each.verdict} for each in report.entities]
        facts = {**asdict(report), "status": report.status, "entities": told}
        JsonLines(sys.stdout).event("synced", facts)
        return
    console = tables.stdout()
    console.print(tables.entities(report.entities))
    seconds = (report.finished_at - report.started_at).total_seconds()
    read = sum(entity.rows_read for entity in report.entities)
    console.print(
        f"run {report.run_id} {report.status}: {read:,} rows read "
        f"in {report.totals.http_requests:,} requests, {seconds:.1f} s{_receipts(report.entities)}",
        style=None if report.status == "done" else "bold red",
    )
    for line in remarks(report.entities):
        sys.stderr.write(redact(f"b24: {line}") + "\n")


def _receipts(entities: Iterable["EntityReport"]) -> str:
    verdicts = [each.verdict for each in entities if each.verdict]
    return f"; {verdicts.count('equal')} of {len(verdicts)} receipts equal" if verdicts else ""


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


def _reason(failed: Any) -> str:  # noqa: ANN401 - a model or a test
    rows = getattr(failed, "rows", ())
    shown = f"; the first is {dict(rows[0])}" if rows else ""
    return (failed.message or f"{getattr(failed, 'failures', 0)} rows") + shown
