"""Measures how a few deletions are found in a large table: by counting, against a demo portal on loopback."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np

from pipelines.errors import PipelineError
from sources.bitrix24.bus import Account, CommandBus
from sources.bitrix24.client import Bitrix24Client, Limits
from sources.bitrix24.convert import Converter
from sources.bitrix24.counting import Differences, Ids, compare_ids
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.keyset import KeysetQuery
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reader import IN_FLIGHT
from sources.bitrix24.session import Session
from sources.demo_portal import CostModel, DemoPortal, serve

_SEED = 1
_ROWS_A_PAGE = 50


@dataclass(frozen=True)
class DeletesMeasured:
    """What it cost to find `deleted` rows among `rows`, and what a listing of all ids would cost."""

    rows: int
    deleted: int
    requests: int
    commands: int
    operating_seconds: float
    seconds: float

    @property
    def listing_commands(self) -> int:
        """Commands that list every id."""
        return (self.rows - self.deleted) // _ROWS_A_PAGE + 1

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.deleted} of {self.rows:,} rows deleted: found with {self.requests} requests, "
            f"{self.commands} commands (a listing: {self.listing_commands:,}), "
            f"{self.operating_seconds:.1f} operating seconds, {self.seconds:.1f} s"
        )


def measure_deletes(
    rows: int = 1_000_000, deleted: int = 10, step: Callable[[str], None] = lambda _: None
) -> DeletesMeasured:
    """Delete random deals of a portal with so many, and compare it with the ids it had.

    Raises:
        PipelineError: other rows were found than those deleted.
    """
    step(f"A portal with {rows:,} deals")
    portal = DemoPortal(deals=0, counts={"deals": rows}, custom_fields=0, cost=CostModel())
    deals = portal.store.records("deals")
    ids = np.array(deals.table.ids, dtype=np.int64)
    gone = sorted(Random(_SEED).sample(ids.tolist(), deleted))  # noqa: S311 - which ones does not matter
    for number in gone:
        deals.delete(number)
    step(f"Finding {deleted} deals that are gone")
    with serve(portal) as url, tempfile.TemporaryDirectory(prefix="b24-bench-") as folder:
        began = time.perf_counter()
        found = asyncio.run(_compare(url, Path(folder), ids))
        seconds = time.perf_counter() - began
    if found != Differences(rows - deleted, (), tuple(gone)):
        raise PipelineError(f"{deleted} deals were deleted, and {len(found.vanished)} found")
    stats = portal.stats
    return DeletesMeasured(
        rows, deleted, stats.requests, stats.commands, sum(stats.operating.values()), seconds
    )


async def _compare(url: str, folder: Path, ids: Ids) -> Differences:
    entity = ENTITIES["deals"]
    now = datetime.now(UTC).isoformat()
    async with Bitrix24Client(url, limits=Limits()) as client:
        session = Session(
            client=client,
            bus=CommandBus(client, IN_FLIGHT),
            folder=folder,
            overlap_seconds=0,
            warehouse=None,
            observer=SilentObserver(),
            synced_at=now,
            converter=Converter(now),
        )
        try:
            return await compare_ids(session, entity, KeysetQuery(entity.method, {}, {}), ids, Account())
        finally:
            session.converter.close()
