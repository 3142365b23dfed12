"""Tells what came of an export, a plan or a run, to a person or as JSON."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from pipelines.cli import tables
from pipelines.cli.choices import LogFormat
from pipelines.cli.progress import JsonLines
from sources.bitrix24.redaction import redact

if TYPE_CHECKING:
    from pipelines.writeback.carry_out import WriteReport
    from pipelines.writeback.export import Exported
    from pipelines.writeback.history import RunStatus
    from pipelines.writeback.plan import Plan

_MOST_ROWS: Final = 20
_WIDEST: Final = 40


def tell_export(exported: "Exported") -> None:
    """One line, and what should be known of it."""
    _out(f"{exported.path}: {exported.rows:,} rows, {exported.columns:,} columns")
    for note in exported.notes:
        _out(f"note: {note}")


@contextmanager
def problems_told() -> Iterator[None]:
    """Print every problem of a source on a line of its own before the command fails."""
    from pipelines.writeback.rows import InvalidRowsError  # noqa: PLC0415

    try:
        yield
    except InvalidRowsError as error:
        for problem in error.problems:
            sys.stderr.write(redact(f"b24: {problem}") + "\n")
        sys.stderr.write(
            f"b24: {len(error.problems):,} cells cannot be used; no plan was made, nothing sent\n"
        )
        raise typer.Exit(error.exit_code) from None


def tell_plan(plan: "Plan", folder: Path, log: LogFormat) -> None:
    """The summary, the first changes, and how to go on."""
    if log is LogFormat.JSON:
        facts = {"folder": str(folder), "counts": plan.counts, "forecast": plan.header["forecast"]}
        JsonLines(sys.stdout).event("planned", facts | {"exit_code": plan.exit_code})
        return
    _out(plan.summary())
    made = tables.table("row", "id", "record", "field", "before", "after")
    shown = 0
    for each in plan.operations:
        for code in each.after or {f"({each.action})": None}:
            if shown < _MOST_ROWS:
                made.add_row(
                    str(each.row or each.number),
                    each.id or "new",
                    _short(each.title),
                    code,
                    _short(each.before.get(code)),
                    _short(each.after.get(code)) if each.status == "planned" else each.status,
                )
            shown += 1
    if shown:
        tables.stdout().print(made)
    if shown > _MOST_ROWS:
        _out(f"and {shown - _MOST_ROWS:,} more; all are in {folder}")
    if any(each.status == "planned" for each in plan.operations):
        _out(f"Nothing was sent. b24 apply {folder} carries it out.")


def tell_apply(report: "WriteReport", log: LogFormat) -> None:
    """Counts, and where to look next."""
    counts = {str(state): count for state, count in report.counts.items()}
    if log is LogFormat.JSON:
        facts = asdict(report) | {"counts": counts, "exit_code": report.exit_code}
        JsonLines(sys.stdout).event("applied", facts)
        return
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "nothing to do"
    again = " (it was carried out before; nothing was sent now)" if report.again else ""
    _out(f"run {report.run_id} on {report.target}: {told}; {report.requests:,} requests{again}")
    if report.remarks:
        _out(f"{report.remarks:,} rows have a remark: b24 runs {report.run_id}")
    if report.exit_code:
        _out(f"What was not written, and why: b24 runs {report.run_id}")
    for name, path in report.files.items():
        _out(f"{name}: {path}")
    for warning in report.warnings:
        sys.stderr.write(redact(f"b24: warning: {warning}") + "\n")


def tell_runs(found: "list[RunStatus]", *, as_json: bool) -> None:
    """One line a run; of a single run, its rows as well."""
    if as_json:
        text = json.dumps(
            {"runs": [asdict(each) for each in found]}, indent=2, ensure_ascii=False, default=str
        )
        sys.stdout.write(redact(text) + "\n")
        return
    now = datetime.now(UTC)
    made = tables.table("run", "what", "status", "when", "rows", "requests", "source", numbers=("requests",))
    for each in found:
        rows = ", ".join(f"{count:,} {state}" for state, count in each.counts.items())
        made.add_row(
            each.run_id,
            f"{each.kind} {each.mode} {each.target}",
            tables.status_text(each.status),
            tables.ago(each.started_at, now),
            rows,
            tables.number(each.requests),
            each.source,
        )
    console = tables.stdout()
    console.print(made)
    for each in found:
        if each.error:
            console.print(f"{each.run_id}: {each.error}")
        if each.rows:
            console.print(_rows(each.rows))


def _rows(rows: tuple[Mapping[str, Any], ...]) -> Any:  # noqa: ANN401 - a rich table
    made = tables.table("row", "id", "record", "state", "before", "after", "why")
    for row in rows:
        why = "; ".join(str(text) for text in (row["error"], row["remark"]) if text)
        made.add_row(
            str(row["row"] or row["number"]),
            row["id"] or "",
            _short(row["title"]),
            tables.status_text(row["state"]),
            _short(row["before"]),
            _short(row["after"]),
            why,
        )
    return made


def _short(value: object) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _out(text: str) -> None:
    sys.stdout.write(redact(text) + "\n")
