"""Tells what came of a command, to a person or as JSON."""

import sys
from collections.abc import Iterable, Iterator
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
    from pipelines.postgres import CopyReport
    from pipelines.report import BuildReport

_ROWS_SHOWN = 3


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
    if report.copied is not None:
        _tell_copy(report.copied)


def _tell_copy(report: "CopyReport") -> None:
    equal = sum(table.is_equal for table in report.tables)
    sent = sum(table.rows_sent for table in report.tables)
    tables.stdout().print(
        f"PostgreSQL at {report.server}: {sent:,} rows sent, {equal} of {len(report.tables)} tables equal",
        style=None if report.ok else "bold red",
    )
    for table in report.tables:
        if not table.is_equal:
            sys.stderr.write(
                f"b24: {table.table} in PostgreSQL does not hold the {table.rows:,} rows of the file: "
                "see that nothing else writes to it, and sync again\n"
            )


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
        if model.schema in {"reporting", "custom"} and model.rows is not None:
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
    for line in _build_remarks(report):
        sys.stderr.write(redact(f"b24: {line}") + "\n")


def _build_remarks(report: "BuildReport") -> Iterator[str]:
    yield from (f"warning: {text}" for text in report.warnings)
    if report.absent:
        empty = f", so these have no rows: {', '.join(report.empty)}" if report.empty else ""
        yield f"note: the database lacks {', '.join(report.absent)} (not synced yet, or no scope){empty}"
    for each in (*report.failed, *report.warned):
        yield f"{each.name}: {each.status}: {_reason(each)}"


def _reason(failed: Any) -> str:  # noqa: ANN401 - a model or a test
    rows = failed.rows[:_ROWS_SHOWN] if isinstance(failed.rows, tuple) else ()  # a model has a number
    shown = "; ".join(" ".join(f"{name}={value}" for name, value in row.items()) for row in rows)
    count = getattr(failed, "failures", 0)
    told = failed.message or f"{count:,} {'row' if count == 1 else 'rows'}"
    return f"{told}, such as {shown}" if shown else told
