"""The schema `ops`: what every run did. This module alone writes it."""

import uuid
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime

import duckdb

from pipelines.errors import WarehouseError

_TABLES = """
CREATE SCHEMA IF NOT EXISTS ops;
CREATE TABLE IF NOT EXISTS ops.sync_runs (
    run_id VARCHAR PRIMARY KEY, status VARCHAR, is_full BOOLEAN, since VARCHAR,
    started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ,
    http_requests BIGINT, commands BIGINT, operating_seconds DOUBLE, waited_seconds DOUBLE,
    refused_503 BIGINT, refused_429 BIGINT, error VARCHAR
);
CREATE TABLE IF NOT EXISTS ops.sync_entities (
    run_id VARCHAR, entity VARCHAR, status VARCHAR,
    rows_read BIGINT, rows_changed BIGINT, rows_deleted BIGINT, odd_values BIGINT,
    http_requests BIGINT, commands BIGINT, operating_seconds DOUBLE,
    cursor_from VARCHAR, cursor_to VARCHAR, portal_count BIGINT, warehouse_count BIGINT, error VARCHAR,
    PRIMARY KEY (run_id, entity)
);
CREATE TABLE IF NOT EXISTS ops.portal (
    host VARCHAR, license VARCHAR, timezone VARCHAR, base_currency VARCHAR, synced_at TIMESTAMPTZ
);
ALTER TABLE ops.sync_entities ADD COLUMN IF NOT EXISTS rows_repaired BIGINT;
ALTER TABLE ops.sync_entities ADD COLUMN IF NOT EXISTS rows_rejected BIGINT;
ALTER TABLE ops.sync_entities ADD COLUMN IF NOT EXISTS check_kind VARCHAR;
ALTER TABLE ops.sync_entities ADD COLUMN IF NOT EXISTS verdict VARCHAR;
ALTER TABLE ops.sync_entities ADD COLUMN IF NOT EXISTS note VARCHAR;
COMMENT ON TABLE ops.sync_runs IS 'one row per sync';
COMMENT ON TABLE ops.sync_entities IS 'one row per sync and entity';
COMMENT ON COLUMN ops.sync_entities.rows_repaired IS
    'rows that a check found missing or out of date, and that were read again';
COMMENT ON COLUMN ops.sync_entities.rows_rejected IS
    'rows that no key tells apart (empty or doubled id): kept in bitrix24.rejected_rows';
COMMENT ON COLUMN ops.sync_entities.odd_values IS
    'values that no typed column could hold (kept in _raw_values), bytes that were no text, rejected rows';
COMMENT ON COLUMN ops.sync_entities.portal_count IS 'rows the portal had, where it was asked';
COMMENT ON COLUMN ops.sync_entities.warehouse_count IS 'rows of the file that are not marked as deleted';
COMMENT ON COLUMN ops.sync_entities.check_kind IS
    'how portal_count is known: whole (everything was read), count (by ranges of ids), ids (row by row)';
COMMENT ON COLUMN ops.sync_entities.verdict IS 'equal, differs, or NULL where the portal was not asked';
COMMENT ON TABLE ops.portal IS 'one row: the portal this file belongs to';
"""


@dataclass(frozen=True)
class EntityReport:
    """What a sync did for one entity; the fields are the columns of `ops.sync_entities`."""

    entity: str
    status: str
    rows_read: int = 0
    rows_changed: int = 0
    rows_deleted: int = 0
    rows_repaired: int = 0
    rows_rejected: int = 0
    odd_values: int = 0
    http_requests: int = 0
    commands: int = 0
    operating_seconds: float = 0.0
    cursor_from: str | None = None
    cursor_to: str | None = None
    portal_count: int | None = None
    warehouse_count: int | None = None
    check_kind: str | None = None
    note: str | None = None
    error: str | None = None

    @property
    def verdict(self) -> str | None:
        """Whether portal and file hold equally many rows; None where the portal was not asked."""
        if self.portal_count is None:
            return None
        return "equal" if self.portal_count == (self.warehouse_count or 0) else "differs"


@dataclass(frozen=True)
class RunTotals:
    """What a sync cost in all."""

    http_requests: int = 0
    commands: int = 0
    operating_seconds: float = 0.0
    waited_seconds: float = 0.0
    refused_503: int = 0
    refused_429: int = 0


def begin_run(connection: duckdb.DuckDBPyConnection, *, full: bool, since: str | None, at: datetime) -> str:
    """Note that a run has begun at that moment; return its id."""
    connection.execute(_TABLES)
    run_id = f"{at:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    connection.execute(
        "INSERT INTO ops.sync_runs (run_id, status, is_full, since, started_at) "
        "VALUES (?, 'running', ?, ?, ?)",
        [run_id, full, since, at],
    )
    return run_id


def finish_run(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    *,
    status: str,
    totals: RunTotals,
    entities: Iterable[EntityReport],
    error: str | None,
) -> None:
    """Note how a run ended."""
    assignments = ", ".join(f"{field.name} = ?" for field in fields(RunTotals))
    connection.execute(
        f"UPDATE ops.sync_runs SET status = ?, finished_at = ?, error = ?, {assignments} WHERE run_id = ?",
        [status, datetime.now(UTC), error, *astuple(totals), run_id],
    )
    names = ", ".join(field.name for field in fields(EntityReport))
    places = ", ".join("?" for _ in fields(EntityReport))
    for entity in entities:
        connection.execute(
            f"INSERT INTO ops.sync_entities (run_id, verdict, {names}) VALUES (?, ?, {places})",
            [run_id, entity.verdict, *astuple(entity)],
        )


def check_portal(connection: duckdb.DuckDBPyConnection, host: str) -> None:
    """Refuse to mix two portals in one file.

    Raises:
        WarehouseError: the file belongs to another portal.
    """
    connection.execute(_TABLES)
    known = connection.execute("SELECT host FROM ops.portal").fetchone()
    if known is not None and known[0] != host:
        raise WarehouseError(
            f"This file holds the portal {known[0]}, and the webhook is of {host}; ids would be mixed up. "
            "Use another --db. If the portal was renamed, tell the file: "
            f"UPDATE ops.portal SET host = '{host}'"
        )


def note_portal(
    connection: duckdb.DuckDBPyConnection, host: str, license_name: str | None, timezone: str | None
) -> None:
    """Keep what the portal said of itself: the defaults of the reports."""
    currency = None
    if connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'bitrix24' AND table_name = 'currencies'"
    ).fetchone():
        found = connection.execute(
            "SELECT currency FROM bitrix24.currencies WHERE base = 'Y' AND _deleted_at IS NULL"
        ).fetchone()
        currency = found[0] if found else None
    connection.execute("DELETE FROM ops.portal")
    connection.execute(
        "INSERT INTO ops.portal VALUES (?, ?, ?, ?, ?)",
        [host, license_name, timezone, currency, datetime.now(UTC)],
    )


def live_rows(connection: duckdb.DuckDBPyConnection, table: str) -> int | None:
    """The rows of a raw table that the portal still has; None without the table."""
    if not connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'bitrix24' AND table_name = ?", [table]
    ).fetchone():
        return None
    row = connection.execute(f"SELECT count(*) FROM bitrix24.{table} WHERE _deleted_at IS NULL").fetchone()
    return int(row[0]) if row else None
