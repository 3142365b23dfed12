"""The journal: what was planned, sent and answered, durable before anything leaves; one writer per portal.

One SQLite file per portal. A row is journalled as `sent` before its request leaves and settled after the
answer, each time with a commit that is on the disk. Whatever ends the process, the next run finds every row
either surely not sent, surely settled, or `sent`: then it asks the portal before it sends anything again.
"""

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote, unquote

import msgspec
from filelock import FileLock, Timeout
from platformdirs import user_data_dir

from pipelines.errors import LockedError, UsageError
from pipelines.writeback.entries import Change, Entry, Run
from pipelines.writeback.operations import Operation, decoded
from pipelines.writeback.states import OPEN, State, may_become
from sources.bitrix24.webhook import Webhook, is_loopback

__all__ = ["Change", "Entry", "Journal", "Run", "folder_of", "journals", "portal_key"]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, plan_id TEXT UNIQUE NOT NULL, portal TEXT NOT NULL, target TEXT NOT NULL,
    mode TEXT NOT NULL, source TEXT NOT NULL, folder TEXT NOT NULL, kind TEXT NOT NULL,
    settings TEXT NOT NULL, started_at REAL NOT NULL, finished_at REAL, error TEXT,
    requests INTEGER NOT NULL DEFAULT 0, published INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS rows (
    run_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, operation BLOB NOT NULL,
    record_id TEXT, before BLOB, stamp TEXT, error TEXT, remark TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, executed INTEGER NOT NULL DEFAULT 0,
    checked INTEGER NOT NULL DEFAULT 0, changed_at REAL NOT NULL,
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rows_by_state ON rows (run_id, state, number);
"""
_FORGET: Final = 'run "b24 runs" to see the runs that are known'


def folder_of(configured: str | None = None) -> Path:
    """Where journals are: as configured, in B24_STATE_DIR, or among the user's own data."""
    named = configured or os.environ.get("B24_STATE_DIR", "").strip()
    return Path(named).expanduser() if named else Path(user_data_dir("b24"))


def portal_key(webhook: Webhook) -> str:
    """What a portal's plans and journal go by: its host, and on this machine, with its many, the port too."""
    return webhook.portal if is_loopback(webhook.name) else webhook.name


def journals(folder: Path) -> list[str]:
    """The portals that have a journal in this folder."""
    return sorted(unquote(path.stem.removeprefix("writeback-")) for path in folder.glob("writeback-*.sqlite"))


class Journal:
    """The journal of one portal."""

    def __init__(self, folder: Path, portal: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"writeback-{quote(portal, safe='')}.sqlite"
        self._lock = FileLock(str(self.path) + ".lock")
        # in a notebook a thread of its own does the work, while the one that opened the journal waits for it
        self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30.0, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLES)

    def __enter__(self) -> Self:
        """Use the journal inside the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def close(self) -> None:
        """Let go of the file and of the portal."""
        self._db.close()
        self._lock.release()

    def claim(self, purpose: str) -> None:
        """Become the portal's one writer until the journal is closed, however this process ends.

        Raises:
            LockedError: another process writes to this portal.
        """
        note = self.path.with_suffix(".holder.json")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LockedError(
                f"Another run writes to this portal{_holder(note)}: wait for its end and try again"
            ) from None
        started = datetime.now(UTC).isoformat(timespec="seconds")
        note.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose, "started": started}))

    def open_run(self, run: Mapping[str, Any], operations: Iterable[Operation], now: float) -> Run:
        """Return the run of this plan: the one that is known, or a new one with all its rows."""
        known = self._run("plan_id = ?", run["plan_id"])
        if known is not None:
            return known
        moment = datetime.fromtimestamp(now, UTC)
        run_id = f"w{moment:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
        with self._transaction():
            self._db.execute(
                "INSERT INTO runs (run_id, plan_id, portal, target, mode, source, folder, kind, settings, "
                "started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    *(
                        run[name]
                        for name in ("plan_id", "portal", "target", "mode", "source", "folder", "kind")
                    ),
                    json.dumps(run["settings"]),
                    now,
                ),
            )
            self._db.executemany(
                "INSERT INTO rows (run_id, number, state, operation, record_id, error, changed_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (run_id, each.number, each.status, each.encoded(), each.id, each.reason or None, now)
                    for each in operations
                ),
            )
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """The run of this id.

        Raises:
            UsageError: there is none.
        """
        found = self._run("run_id = ?", run_id)
        if found is None:
            raise UsageError(f"There is no run {run_id!r} on this portal: {_FORGET}")
        return found

    def runs(self) -> list[Run]:
        """Every run, the latest first."""
        ids = self._db.execute("SELECT run_id FROM runs ORDER BY started_at DESC, rowid DESC").fetchall()
        return [self.run(run_id) for (run_id,) in ids]

    def end_run(self, run_id: str, now: float | None, *, error: str | None, requests: int) -> None:
        """Note how a run stands as its process leaves it; `now` is None while it is not over."""
        self._db.execute(
            "UPDATE runs SET finished_at = ?, error = ?, requests = requests + ? WHERE run_id = ?",
            (now, error, requests, run_id),
        )

    def published(self, run_id: str) -> None:
        """Note that the warehouse knows of the run."""
        self._db.execute("UPDATE runs SET published = 1 WHERE run_id = ?", (run_id,))

    def counts(self, run_id: str) -> dict[State, int]:
        """Rows in each state."""
        found = self._db.execute("SELECT state, count(*) FROM rows WHERE run_id = ? GROUP BY 1", (run_id,))
        return {State(state): count for state, count in found.fetchall()}

    def remarks(self, run_id: str) -> int:
        """How many rows have a remark."""
        found = self._db.execute(
            "SELECT count(*) FROM rows WHERE run_id = ? AND remark IS NOT NULL", (run_id,)
        ).fetchone()
        return int(found[0])

    def entries(
        self,
        run_id: str,
        states: Sequence[State] = (),
        *,
        after: int = 0,
        limit: int = -1,
        unchecked: bool = False,
    ) -> list[Entry]:
        """Rows of a run in the order of the plan, in these states, behind this number."""
        chosen = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        chosen += " AND executed = 1 AND checked = 0" if unchecked else ""
        found = self._db.execute(
            "SELECT operation, state, record_id, before, stamp, error, remark, attempts, executed, checked, "
            f"changed_at FROM rows WHERE run_id = ? AND number > ? {chosen} ORDER BY number LIMIT ?",
            (run_id, after, *states, limit),
        )
        return [_entry(row) for row in found.fetchall()]

    def is_over(self, run_id: str) -> bool:
        """Whether no row is open any more."""
        counts = self.counts(run_id)
        return not any(counts.get(state) for state in OPEN)

    def recover(self, run_id: str, now: float) -> int:
        """Take every row that a lost process left as `sent` for unknown; return how many there were."""
        lost = self.entries(run_id, (State.SENT,))
        self.note(run_id, [Change(entry.number, State.UNKNOWN) for entry in lost], now)
        return len(lost)

    def note(self, run_id: str, changes: Iterable[Change], now: float) -> None:
        """Write these changes in one durable step.

        Raises:
            AssertionError: a row would go a way that the table of transitions does not have.
        """
        with self._transaction():
            for change in changes:
                self._note(run_id, change, now)

    def _note(self, run_id: str, change: Change, now: float) -> None:
        if change.state is not None:
            (old,) = self._db.execute(
                "SELECT state FROM rows WHERE run_id = ? AND number = ?", (run_id, change.number)
            ).fetchone()
            if not may_become(State(old), change.state):
                raise AssertionError(f"row {change.number}: {old} cannot become {change.state}")
        given: dict[str, object] = {
            "state": change.state,
            "record_id": change.record_id,
            "before": None if change.before is None else msgspec.json.encode(dict(change.before)),
            "stamp": change.stamp,
            "error": change.error,
            "remark": change.remark,
            "executed": change.executed,
            "checked": change.checked,
            "changed_at": now if change.state is not None else None,
        }
        told = {name: value for name, value in given.items() if value is not None}
        attempt = ["attempts = attempts + 1"] if change.attempt else []
        if told or attempt:
            self._db.execute(
                f"UPDATE rows SET {', '.join([*(f'{name} = ?' for name in told), *attempt])} "
                "WHERE run_id = ? AND number = ?",
                (*told.values(), run_id, change.number),
            )

    def _run(self, condition: str, value: object) -> Run | None:
        found = self._db.execute(
            "SELECT run_id, plan_id, portal, target, mode, source, folder, kind, settings, started_at, "
            f"finished_at, error, requests, published FROM runs WHERE {condition}",
            (value,),
        ).fetchone()
        if found is None:
            return None
        return Run(*found[:8], json.loads(found[8]), *found[9:13], bool(found[13]))  # type: ignore[call-arg]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _entry(row: Sequence[Any]) -> Entry:
    operation, state, record_id, before, stamp, error, remark, attempts, executed, checked, changed_at = row
    return Entry(
        decoded(operation),
        State(state),
        record_id,
        None if before is None else msgspec.json.decode(before),
        stamp,
        error,
        remark,
        attempts,
        bool(executed),
        bool(checked),
        changed_at,
    )


def _holder(note: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        held = json.loads(note.read_text())
        return f" ({held['purpose']}, process {held['pid']}, since {held['started']})"
    return ""
