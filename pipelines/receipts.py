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
    """The last runs, newest first, and the latest word on every entity; rows as in the schema `ops`.

    Beside them stand `fresh_at`, when an entity was last read, and `receipt` with `counted_at`: whether
    warehouse and portal held equally many rows when both were last counted.
    """

    db: Path
    portal: Mapping[str, Any] | None
    runs: tuple[Mapping[str, Any], ...]
    entities: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "db": str(self.db),
            "portal": _plain(self.portal) if self.portal else None,
            "runs": [_plain(run) for run in self.runs],
            "entities": [_plain(entity) for entity in self.entities],
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
                        arg_max(if(portal_count = warehouse_count, 'equal', 'differs'), r.finished_at)
                            FILTER (WHERE portal_count IS NOT NULL) OVER (PARTITION BY e.entity),
                        'not counted'
                    ) AS receipt,
                    max(r.finished_at) FILTER (WHERE portal_count IS NOT NULL)
                        OVER (PARTITION BY e.entity) AS counted_at
                FROM ops.sync_entities AS e JOIN ops.sync_runs AS r USING (run_id)
                QUALIFY row_number() OVER (PARTITION BY e.entity ORDER BY r.started_at DESC) = 1
                ORDER BY e.entity
                """,
            ),
        )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[dict[str, Any], ...]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in result.fetchall())


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
