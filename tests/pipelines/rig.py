"""A portal, a warehouse file and syncs between them."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines import sync
from pipelines.load import SyncReport
from sources.demo_portal import DemoPortal, serve
from tests.pipelines.prepared import Process, start

ROOT = Path(__file__).resolve().parents[2]
CRM = ("deals", "contacts", "leads", "companies")
_LINKS = {"downloadUrl", "urlMachine", "DOWNLOAD_URL", "showUrl"}


class MovableClock:
    """The machine's time, set wrong by some seconds; a sleep takes a moment, in which others go on."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew
        self.may_jump: Callable[[], bool] = lambda: True
        """Long sleeps end when this says so, or after a while all the same."""

    def time(self) -> float:
        """Unix seconds as this clock has them."""
        return time.time() + self.skew

    def monotonic(self) -> float:
        """The same seconds: this clock is never set back."""
        return self.time()

    async def sleep(self, seconds: float) -> None:
        """Set the clock forward."""
        await asyncio.sleep(min(seconds, 0.03))
        for _ in range(500 if seconds > 60 else 0):
            if self.may_jump():
                break
            await asyncio.sleep(0.03)
        self.skew += seconds


def small_portal(deals: int = 60, **settings: Any) -> DemoPortal:  # noqa: ANN401 - the portal's own
    """A portal without limits unless some are given."""
    return DemoPortal(**{"deals": deals, "rate": 0, "operating_limit": 0, **settings})


@dataclass
class Rig:
    """A warehouse file and the portal it is synced with."""

    portal: DemoPortal
    url: str
    db: Path

    def sync(self, *names: str, **options: Any) -> SyncReport:  # noqa: ANN401 - of sync
        """Sync in this process."""
        return sync(names, db=self.db, webhook_url=self.url, **options)

    def process(self, *names: str) -> Process:
        """Start a sync in a process of its own."""
        code = (
            "import sys, logging; logging.basicConfig(level=logging.DEBUG); from pipelines import sync\n"
            "sys.exit(sync(sys.argv[3:], db=sys.argv[1], webhook_url=sys.argv[2]).exit_code)"
        )
        words = ["-c", code, str(self.db), self.url, *names]
        return start(words, self.db.parent, dict(_environment(self.db.parent)))

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published file."""
        with duckdb.connect(str(self.db), read_only=True) as db:
            db.execute("SET TimeZone = 'UTC'")
            return db.execute(query).fetchall()

    def live_ids(self, table: str = "deals") -> list[int]:
        """The ids of rows that are not marked as deleted."""
        found = self.fetch(f"SELECT id FROM bitrix24.{table} WHERE _deleted_at IS NULL ORDER BY 1")
        return [number for (number,) in found]

    def portal_ids(self, table: str = "deals") -> list[int]:
        """The ids the portal has."""
        return [int(number) for number in self.portal.store.records(table).table.ids]

    def differences(self, table: str) -> list[str]:
        """Where the raw rows are not, value for value, what the portal has."""
        with duckdb.connect(str(self.db), read_only=True) as db:
            db.execute("SET TimeZone = 'UTC'")
            found = db.execute(f"SELECT * FROM bitrix24.{table} WHERE _deleted_at IS NULL")
            columns = [(column[0], str(column[1])) for column in found.description or ()]
            rows = {row[0]: row for row in found.fetchall()}
        names = [name for name, _ in columns]
        assert names[0] == "id"
        wrong = []
        for expected in self.portal.store.table(table).rows():
            row = rows.get(int(str(expected["ID"])))
            if row is None:
                wrong.append(f"{table} {expected['ID']} is missing")
                continue
            kept = json.loads(row[names.index("_raw_values")] or "{}")
            for code, value in expected.items():
                place = names.index(code.lower())
                if not same_value(value, row[place], columns[place][1], kept.get(code, ...)):
                    wrong.append(f"{table} {expected['ID']} {code}: {value!r} became {row[place]!r}")
        return wrong


def same_value(value: Any, raw: Any, kind: str, kept: Any) -> bool:  # noqa: ANN401, PLR0911 - any value
    """Whether a raw value, with what is kept beside it, is what the portal has."""
    if kept is not ...:
        return raw is None and kept == value
    if value is None or raw is None:
        return value is None and raw is None
    if kind == "JSON":
        return bool(json.loads(raw) == _without_links(value))
    if isinstance(raw, datetime):
        return datetime.fromisoformat(value) == raw
    if isinstance(raw, bool):
        return raw == (value in (True, "Y", "1"))
    if isinstance(raw, Decimal):
        return Decimal(str(value)) == raw
    if isinstance(raw, int | float):
        return float(value) == raw
    return bool(raw == value if isinstance(value, str) else json.loads(raw) == _without_links(value))


def _without_links(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _without_links(item) for key, item in value.items() if key not in _LINKS}
    return [_without_links(item) for item in value] if isinstance(value, list) else value


def _environment(folder: Path) -> Iterator[tuple[str, str]]:
    import os  # noqa: PLC0415

    for name in ("PATH", "LANG", "SYSTEMROOT"):
        if name in os.environ:
            yield name, os.environ[name]
    yield "PYTHONPATH", str(ROOT)
    yield "HOME", str(folder / "home")
    yield "B24_STATE_DIR", str(folder / "state")
    yield "SOURCES__BITRIX24__OVERLAP_SECONDS", "0"


@contextmanager
def rig_with(portal: DemoPortal, folder: Path) -> Iterator[Rig]:
    """Serve the portal on a socket while the block runs."""
    with serve(portal) as url:
        yield Rig(portal, url, folder / "w.duckdb")
