"""What follows a run: the warehouse learns what was written, by whom, and how things were before."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from pipelines import ops
from pipelines.errors import PipelineError
from pipelines.working_copy import working_copy
from pipelines.writeback.context import Observer, sent_part
from pipelines.writeback.journal import Entry, Journal, Run, folder_of
from pipelines.writeback.plan import SOURCE, Plan
from pipelines.writeback.results import RowResult, write_rejects, write_results
from pipelines.writeback.source_file import read_source_rows
from pipelines.writeback.states import State
from pipelines.writeback.targets import target_named
from sources.bitrix24.errors import Bitrix24Error

if TYPE_CHECKING:
    import duckdb

    from pipelines.settings import Settings
    from pipelines.writeback.carry_out import WriteReport

_log: Final = logging.getLogger(__name__)

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS ops.write_runs (
    run_id VARCHAR PRIMARY KEY, kind VARCHAR, target VARCHAR, mode VARCHAR, source VARCHAR, portal VARCHAR,
    user_id BIGINT, login VARCHAR, status VARCHAR, started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ,
    rows BIGINT, done BIGINT, rejected BIGINT, conflicts BIGINT, skipped BIGINT, in_doubt BIGINT,
    http_requests BIGINT, error VARCHAR
);
CREATE TABLE IF NOT EXISTS ops.write_rows (
    run_id VARCHAR, number BIGINT, target VARCHAR, action VARCHAR, record_id VARCHAR, title VARCHAR,
    state VARCHAR, before JSON, after JSON, error VARCHAR, remark VARCHAR,
    sheet VARCHAR, source_row BIGINT, changed_at TIMESTAMPTZ,
    PRIMARY KEY (run_id, number)
);
COMMENT ON TABLE ops.write_runs IS 'one row per plan that was carried out';
COMMENT ON TABLE ops.write_rows IS 'one row per record of such a plan';
COMMENT ON COLUMN ops.write_runs.user_id IS 'user of the portal whose webhook it was';
COMMENT ON COLUMN ops.write_runs.login IS 'who was logged in where it was run';
COMMENT ON COLUMN ops.write_rows.before IS 'what the portal had, by field, right before the write';
COMMENT ON COLUMN ops.write_rows.after IS 'what was written, by field';
"""
_AT_ONCE: Final = 20_000


def finish(
    report: "WriteReport", plan: Plan, settings: "Settings", db: Path, observer: Observer, *, sync: bool
) -> "WriteReport":
    """Note every run that the warehouse does not know yet, and read what this one wrote.

    The writes are on the portal and in the journal: whatever goes wrong here is a warning, and is made up
    for by the next run.
    """
    warnings: list[str] = []
    synced: set[str] = set()
    try:
        synced = _publish(plan.header["portal"], settings, db)
    except (PipelineError, OSError) as error:
        warnings.append(f"{db.name} does not know of this run yet, the next one will tell it: {error}")
    files = _result_files(report, plan, settings)
    tables = [name for name in target_named(report.target).tables if name in synced]
    if sync and tables and report.counts.get(State.DONE) and not report.again:
        warnings += _sync(tables, plan, db, observer)
    return replace(report, warnings=tuple(warnings), files=files)


def _result_files(report: "WriteReport", plan: Plan, settings: "Settings") -> dict[str, Path]:
    """Write what became of each row beside the plan: all of them, and those to be corrected."""
    table = read_source_rows(plan.folder / SOURCE)
    if table is None or not table.rows:
        return {}
    told = {
        (each["sheet"], int(each["row"])): RowResult("invalid", "", f"{each['column']}: {each['message']}")
        for each in plan.header["problems"]
    }
    with Journal(folder_of(settings.state_dir), plan.header["portal"]) as journal:
        for entry in journal.entries(report.run_id):
            operation = entry.operation
            why = "; ".join(text for text in (entry.error, entry.remark) if text)
            result = RowResult(str(entry.state), entry.record_id or "", why)
            told |= {(operation.sheet, row): result for row in (operation.row, *operation.more_rows)}
    rejects = write_rejects(plan.folder, table, told, (State.REJECTED, "invalid"))
    files = {"results": write_results(plan.folder, table, told)}
    return files if rejects is None else {**files, "rejects": rejects}


def _publish(portal: str, settings: "Settings", db: Path) -> set[str]:
    """Write runs into the warehouse; return the tables that it has."""
    with Journal(folder_of(settings.state_dir), portal) as journal:
        new = [run for run in journal.runs() if not run.published]
        with working_copy(db, "b24 apply") as copy, copy.connect() as connection:
            ops.check_portal(connection, settings.connection().client().webhook.name)
            connection.execute(_TABLES)
            for run in new:
                _write_run(connection, journal, run)
            known = connection.execute("SELECT DISTINCT entity FROM ops.sync_entities").fetchall()
        for run in new:
            if run.finished_at is not None:
                journal.published(run.run_id)
    return {name for (name,) in known}


def _sync(tables: Sequence[str], plan: Plan, db: Path, observer: Observer) -> list[str]:
    from pipelines.load import sync  # noqa: PLC0415 - dlt, most of a second

    observer.step(f"Reading {', '.join(tables)} into {db.name}")
    try:
        sync(tuple(tables), db=db, webhook_url=plan.webhook_url)
    except (PipelineError, Bitrix24Error) as error:
        return [f"{', '.join(tables)} could not be read into {db.name}, `b24 sync` will do it: {error}"]
    return []


def _write_run(connection: "duckdb.DuckDBPyConnection", journal: Journal, run: Run) -> None:
    counts = journal.counts(run.run_id)
    total = sum(counts.values())
    doubtful = total - sum(counts.get(state, 0) for state in _SETTLED)
    connection.execute("DELETE FROM ops.write_runs WHERE run_id = ?", [run.run_id])
    connection.execute("DELETE FROM ops.write_rows WHERE run_id = ?", [run.run_id])
    connection.execute(
        f"INSERT INTO ops.write_runs VALUES ({', '.join('?' * 19)})",
        [
            run.run_id,
            run.kind,
            run.target,
            run.mode,
            run.source,
            run.portal,
            run.settings.get("user_id"),
            run.settings.get("login"),
            "done" if run.finished_at is not None else "open",
            _moment(run.started_at),
            None if run.finished_at is None else _moment(run.finished_at),
            total,
            counts.get(State.DONE, 0),
            counts.get(State.REJECTED, 0),
            counts.get(State.CONFLICT, 0),
            counts.get(State.SKIPPED, 0),
            doubtful,
            run.requests,
            run.error,
        ],
    )
    after = 0
    while entries := journal.entries(run.run_id, after=after, limit=_AT_ONCE):
        after = entries[-1].number
        rows = pa.Table.from_pylist([_row(run, entry) for entry in entries], schema=_SCHEMA)
        connection.register("written", rows)
        connection.execute("INSERT INTO ops.write_rows SELECT * FROM written")
        connection.unregister("written")


_SETTLED: Final = (State.DONE, State.REJECTED, State.CONFLICT, State.SKIPPED)
_SCHEMA: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("number", pa.int64()),
        ("target", pa.string()),
        ("action", pa.string()),
        ("record_id", pa.string()),
        ("title", pa.string()),
        ("state", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("error", pa.string()),
        ("remark", pa.string()),
        ("sheet", pa.string()),
        ("source_row", pa.int64()),
        ("changed_at", pa.timestamp("us", tz="UTC")),
    ]
)


def _row(run: Run, entry: Entry) -> dict[str, Any]:
    sent = sent_part(entry)
    return {
        "run_id": run.run_id,
        "number": entry.number,
        "target": run.target,
        "action": entry.operation.action,
        "record_id": entry.record_id,
        "title": entry.operation.title,
        "state": str(entry.state),
        "before": json.dumps(dict(sent.before), ensure_ascii=False),
        "after": json.dumps(sent.after, ensure_ascii=False),
        "error": entry.error or None,
        "remark": entry.remark,
        "sheet": entry.operation.sheet,
        "source_row": entry.operation.row or None,
        "changed_at": _moment(entry.changed_at),
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
