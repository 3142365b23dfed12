"""What was written so far: runs of every portal that has a journal here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.errors import UsageError
from pipelines.writeback.context import sent_part
from pipelines.writeback.journal import Entry, Journal, Run, folder_of, journals
from pipelines.writeback.states import OPEN, State


@dataclass(frozen=True)
class RunStatus:
    """One run: what it was, how far it came, and its rows where they were asked for."""

    run_id: str
    portal: str
    kind: str
    target: str
    mode: str
    source: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    requests: int
    error: str | None
    folder: str
    rows: tuple[Mapping[str, Any], ...] = ()


def runs(run_id: str | None = None) -> list[RunStatus]:
    """Every run, the latest first; or one run with its rows.

    Raises:
        UsageError: there is no such run.
    """
    from pipelines.settings import Settings  # noqa: PLC0415 - reads the configuration

    folder = folder_of(Settings.load().state_dir)
    found: list[RunStatus] = []
    for portal in journals(folder):
        with Journal(folder, portal) as journal:
            found += [
                _status(journal, run, with_rows=run_id is not None)
                for run in journal.runs()
                if run_id in (None, run.run_id)
            ]
    if run_id is not None and not found:
        raise UsageError(f"There is no run {run_id!r}: `b24 runs` lists those that are known here")
    return sorted(found, key=lambda each: each.started_at, reverse=True)


def _status(journal: Journal, run: Run, *, with_rows: bool) -> RunStatus:
    counts = journal.counts(run.run_id)
    is_open = any(counts.get(state) for state in OPEN)
    doubtful = counts.get(State.AMBIGUOUS)
    status = "open" if is_open or run.finished_at is None else "in doubt" if doubtful else "done"
    return RunStatus(
        run.run_id,
        run.portal,
        run.kind,
        run.target,
        run.mode,
        run.source,
        status,
        datetime.fromtimestamp(run.started_at, UTC),
        None if run.finished_at is None else datetime.fromtimestamp(run.finished_at, UTC),
        {str(state): count for state, count in counts.items()},
        run.requests,
        run.error,
        run.folder,
        tuple(_row(entry) for entry in journal.entries(run.run_id)) if with_rows else (),
    )


def _row(entry: Entry) -> Mapping[str, Any]:
    sent = sent_part(entry)
    return {
        "number": entry.number,
        "action": entry.operation.action,
        "id": entry.record_id,
        "title": entry.operation.title,
        "row": entry.operation.row or None,
        "state": str(entry.state),
        "before": dict(sent.before),
        "after": dict(sent.after),
        "error": entry.error or None,
        "remark": entry.remark,
    }
