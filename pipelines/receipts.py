"""What a warehouse file says of itself: runs, freshness, receipts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse import reading

_RUNS = 10


@dataclass(frozen=True)
class Status:
    """The last syncs and write runs, newest first, and the latest word on every entity; rows as in `ops`.

    Beside them stand `fresh_at`, when an entity was last read, and `receipt` with `counted_at` and
    `counted_how`: whether warehouse and portal held equally many rows when both were last compared, and how
    that was done (`check_kind`); `odd_last` with `odd_at` and `rejected_last` with `rejected_at`: odd values
    and rejected rows of the last run that met some.
    """

    db: Path
    portal: Mapping[str, Any] | None
    runs: tuple[Mapping[str, Any], ...]
    entities: tuple[Mapping[str, Any], ...]
    write_runs: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "db": str(self.db),
            "portal": _plain(self.portal) if self.portal else None,
            "runs": [_plain(run) for run in self.runs],
            "entities": [_plain(entity) for entity in self.entities],
            "write_runs": [_plain(run) for run in self.write_runs],
        }


def status(db: str | Path = "warehouse.duckdb") -> Status:
    """Read the status; a run under way neither disturbs this nor shows in it.

    Raises:
        WarehouseError: there is no such file, or nothing was ever synced into it.
    """
    with reading(db) as connection:
        known = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'ops' AND table_name = 'sync_runs'"
        ).fetchone()
        if not known or not known[0]:
            return Status(Path(db), None, (), ())
        portal = _rows(connection, "SELECT * FROM ops.portal")
        return Status(
            Path(db),
            portal[0] if portal else None,
            _rows(connection, f"SELECT * FROM ops.sync_runs ORDER BY started_at DESC LIMIT {_RUNS}"),
            _rows(
                connection,
                """
                SELECT e.* EXCLUDE (error), e.error AS error, r.finished_at AS synced_at,
                    max(r.finished_at) FILTER (WHERE e.status IN ('done', 'unchanged'))
                        OVER (PARTITION BY e.entity) AS fresh_at,
                    coalesce(
                        arg_max(
                            if(portal_count = coalesce(warehouse_count, 0), 'equal', 'differs'), r.finished_at
                        ) FILTER (WHERE portal_count IS NOT NULL) OVER (PARTITION BY e.entity),
                        'not counted'
                    ) AS receipt,
                    max(r.finished_at) FILTER (WHERE portal_count IS NOT NULL)
                        OVER (PARTITION BY e.entity) AS counted_at,
                    arg_max(e.check_kind, r.finished_at) FILTER (WHERE portal_count IS NOT NULL)
                        OVER (PARTITION BY e.entity) AS counted_how,
                    arg_max(e.odd_values - coalesce(e.rows_rejected, 0), r.finished_at)
                        FILTER (WHERE e.odd_values > coalesce(e.rows_rejected, 0))
                        OVER (PARTITION BY e.entity) AS odd_last,
                    max(r.finished_at) FILTER (WHERE e.odd_values > coalesce(e.rows_rejected, 0))
                        OVER (PARTITION BY e.entity) AS odd_at,
                    arg_max(e.rows_rejected, r.finished_at) FILTER (WHERE e.rows_rejected > 0)
                        OVER (PARTITION BY e.entity) AS rejected_last,
                    max(r.finished_at) FILTER (WHERE e.rows_rejected > 0)
                        OVER (PARTITION BY e.entity) AS rejected_at
                FROM ops.sync_entities AS e JOIN ops.sync_runs AS r USING (run_id)
                QUALIFY row_number() OVER (PARTITION BY e.entity ORDER BY r.started_at DESC) = 1
                ORDER BY e.entity
                """,
            ),
            _write_runs(connection),
        )


def _write_runs(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], ...]:
    """The last plans that were carried out; a file that knows of none has no such table."""
    if not connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'ops' AND table_name = 'write_runs'"
    ).fetchone():
        return ()
    return _rows(connection, f"SELECT * FROM ops.write_runs ORDER BY started_at DESC LIMIT {_RUNS}")


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[dict[str, Any], ...]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in result.fetchall())


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
