"""Raw tables as a sync makes them, without dlt: read by the reader, merged in SQL, compared, read again.

A sync of all tables takes five seconds of a processor, and more than half of them are dlt's. What is about
the reading can be looked at twice as often in this way.
"""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx

from pipelines.raw_schema import RAW_SCHEMA
from pipelines.raw_tables import RawTables
from sources.bitrix24.changes import CONTACT_POINT_KEY
from sources.bitrix24.client import Bitrix24Client, Limits
from sources.bitrix24.entities import CONTACT_POINTS, CURRENCY_RATES, ENTITIES
from sources.bitrix24.fields import Kind, column_name
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reader import PortalReader
from sources.bitrix24.reading import ReadResult, Rules, remembered, request_of
from sources.demo_portal import DemoPortal

_KEYS = {CONTACT_POINTS: CONTACT_POINT_KEY, CURRENCY_RATES: ("currency", "rate_date")}
_TYPES: Mapping[Kind, str] = {
    "integer": "BIGINT",
    "decimal": "DECIMAL(18, 2)",
    "rate": "DECIMAL(18, 4)",
    "double": "DOUBLE",
    "date": "DATE",
    "datetime": "TIMESTAMPTZ",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "json": "JSON",
    "any": "VARCHAR",
}
_SERVICE = {"_raw_values": "JSON", "_deleted_at": "TIMESTAMPTZ", "_synced_at": "TIMESTAMPTZ"}
_ROWS = "SELECT * FROM read_parquet($files, union_by_name = true)"
_UNLIMITED = Limits(requests_per_second=0, operating_seconds=0)


@dataclass
class MergedTables:
    """The raw tables of a portal in a file, and what is remembered of them."""

    portal: DemoPortal
    folder: Path
    rules: Rules
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: int = 0

    def __post_init__(self) -> None:
        """Make the file."""
        self.db = duckdb.connect(str(self.folder / "w.duckdb"))
        self.db.execute(f"SET TimeZone = 'UTC'; CREATE SCHEMA {RAW_SCHEMA}")

    def sync(self) -> dict[str, ReadResult]:
        """Read every entity, load what came, remember it; the results by table."""
        self.runs += 1
        results = asyncio.run(self._read(self.folder / f"spool {self.runs}"))
        for name, result in results.items():
            if result.error is None:
                state = self._state(name)
                self._load(result, first=not state.get("cursor"))
                state.update(remembered(state, result))
        return results

    def live_rows(self, table: str) -> int:
        """How many rows of a table are not marked as deleted."""
        found = self.db.execute(f"SELECT count(*) FROM {RAW_SCHEMA}.{table} WHERE _deleted_at IS NULL")
        ((rows,),) = found.fetchall()
        return int(rows)

    async def _read(self, spool: Path) -> dict[str, ReadResult]:
        transport = httpx.ASGITransport(self.portal)
        url = f"https://demo.example{self.portal.path}"
        async with Bitrix24Client(url, limits=_UNLIMITED, transport=transport) as client:
            reader = PortalReader(
                client,
                spool,
                observer=SilentObserver(),
                synced_at=datetime.now(UTC).isoformat(),
                rules=self.rules,
                warehouse=RawTables(lambda: nullcontext(self.db)),
            )
            return await reader.read(
                [request_of(entity, self._state(name)) for name, entity in ENTITIES.items()]
            )

    def _state(self, table: str) -> dict[str, Any]:
        """What is remembered of a table; of those of items, within what is of all of them."""
        if table in ENTITIES:
            return self.states.setdefault(table, {})
        each: dict[str, Any] = self._state("items").setdefault("each", {})
        state: dict[str, Any] = each.setdefault(table, {})
        return state

    def _load(self, result: ReadResult, *, first: bool) -> None:
        """Append what a first read brought, merge the rest by key, as `b24 sync` has dlt do it."""
        name = result.entity.name
        self._widen(name, {column.name: _TYPES[column.kind] for column in result.columns} | _SERVICE)
        for table in dict.fromkeys(chunk.table for chunk in result.chunks):
            files = {"files": [str(chunk.path) for chunk in result.chunks if chunk.table == table]}
            if table != name:
                described = self.db.execute(f"{_ROWS} LIMIT 0", files).description or ()
                self._widen(table, {column: str(kind) for column, kind, *_ in described})
            own = tuple(column_name(code) for code in result.entity.key)
            key = own if table == name else _KEYS.get(table, ())
            if key and not first:
                same = " AND ".join(f"t.{column} = s.{column}" for column in key)
                self.db.execute(
                    f"DELETE FROM {RAW_SCHEMA}.{table} AS t USING ({_ROWS}) AS s WHERE {same}", files
                )
            self.db.execute(f"INSERT INTO {RAW_SCHEMA}.{table} BY NAME {_ROWS}", files)

    def _widen(self, table: str, columns: Mapping[str, str]) -> None:
        """Make the table, and the columns that it has not yet."""
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        self.db.execute(f"CREATE TABLE IF NOT EXISTS {RAW_SCHEMA}.{table} ({listed})")
        present = self.db.execute(f"SELECT * FROM {RAW_SCHEMA}.{table} LIMIT 0").description or ()
        for name in columns.keys() - {column[0] for column in present}:
            self.db.execute(f'ALTER TABLE {RAW_SCHEMA}.{table} ADD COLUMN "{name}" {columns[name]}')
