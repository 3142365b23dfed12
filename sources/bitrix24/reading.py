"""What every way of reading shares: the request, the result, and the way of rows to sealed files."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .batch import Outcome
from .bus import Account, CommandBus
from .client import Bitrix24Client
from .convert import Converter
from .entities import CONTACT_POINTS, MULTIFIELDS, Entity
from .errors import MalformedReplyError
from .fields import Column, Kind, column_name
from .spool import CHUNK_ROWS, Chunk, Lane, RowFile, Spool

PAGE_ROWS = 50
_UNSEALED = 2  # files that may wait for the converter before the reading waits for it


@dataclass(frozen=True)
class ReadRequest:
    """What to read of one entity: all of it, or what changed since the cursor.

    `cursor` is the portal's time before the first page of the last read (ISO 8601); `since` limits a read
    to rows modified from then on; `digest` is what a dictionary looked like when it was last loaded;
    `kinds` are those of the columns that were loaded before.
    """

    entity: Entity
    cursor: str | None = None
    since: str | None = None
    digest: str | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadResult:
    """What a read brought: files ready to load, and the cursor that is right once they are loaded."""

    entity: Entity
    status: str  # done, unchanged, skipped (the webhook may not read it), failed
    cursor: str | None = None
    digest: str | None = None
    columns: tuple[Column, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    rows: int = 0
    deleted: int = 0
    resumed_rows: int = 0
    complete: bool = False
    account: Account = field(default_factory=Account)
    error: Exception | None = None


@dataclass(frozen=True)
class Vanished:
    """Live rows of a raw table that the files read from the portal lack.

    `among` limits the search to rows with these column values, `owners` to rows whose `owner_column`
    holds one of the ids; without them the files speak for the whole table.
    """

    table: str
    key: tuple[str, ...]
    seen: tuple[Path, ...]
    among: Mapping[str, str] = field(default_factory=dict)
    owner_column: str | None = None
    owners: Sequence[int] = ()


class Warehouse(Protocol):
    """What a read must know of the destination to tell which rows have vanished from the portal."""

    def write_vanished(self, search: "Vanished", target: Path) -> int:
        """Write the rows found, whole and marked as deleted, to Parquet; return how many."""
        ...


class Observer(Protocol):
    """Hears how a read goes on, for progress bars and logs; called in the reading thread."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """About so many rows will come."""
        ...

    def received(self, entity: str, rows: int) -> None:
        """So many more rows came."""
        ...

    def finished(self, result: ReadResult) -> None:
        """The entity is read, or cannot be."""
        ...


@dataclass
class Session:
    """What the reads of one run share."""

    client: Bitrix24Client
    bus: CommandBus
    folder: Path
    overlap_seconds: int
    warehouse: Warehouse | None
    observer: Observer
    synced_at: str
    converter: Converter
    converting: asyncio.Lock = field(default_factory=asyncio.Lock)
    page_rows: int = PAGE_ROWS
    page_proven: bool = False

    def prove_page(self, rows: int) -> None:
        """Note that a page of so many rows was not the last one: the portal's pages are no shorter."""
        self.page_rows = max(rows, self.page_rows) if self.page_proven else rows
        self.page_proven = True

    @property
    def secret(self) -> str:
        """The webhook's token, which must not reach a file."""
        return self.client.webhook.secret

    async def values(self, files: Sequence[Path], column: str) -> list[int]:
        """The distinct integers in a column of sealed files."""
        async with self.converting:
            return await asyncio.to_thread(self.converter.values, files, column)

    def mark_vanished(
        self,
        spool: Spool,
        table: str,
        key: Sequence[str],
        *,
        among: Mapping[str, str] | None = None,
        owner_column: str | None = None,
        owners: Sequence[int] = (),
    ) -> int:
        """Add what the warehouse has and the portal has not to the spool, as deleted; return how many rows.

        Without a warehouse to compare with nothing is marked.
        """
        target = spool.folder / f"{table}.vanished.parquet"
        if self.warehouse is None:
            return 0
        names = tuple(column_name(code) for code in key)
        search = Vanished(table, names, tuple(spool.files(table)), among or {}, owner_column, owners)
        deleted = self.warehouse.write_vanished(search, target)
        if deleted:
            spool.chunks.append(Chunk(table, target, deleted, 0))
        return deleted


class Sealing:
    """Turns the row files of one spool into Parquet beside the reading, which waits when it runs ahead."""

    def __init__(self, session: Session, entity: Entity, spool: Spool) -> None:
        self._session = session
        self._entity = entity
        self._spool = spool
        self._places = asyncio.Semaphore(_UNSEALED)
        self._tasks: list[asyncio.Task[None]] = []

    async def full_files(self, lane: Lane, columns: tuple[Column, ...]) -> None:
        """Begin to seal the lane's file if it is full; waits while too many are unsealed."""
        file = self._spool.take(lane, CHUNK_ROWS)
        if file is not None:
            await self._places.acquire()
            self._tasks.append(asyncio.create_task(self._seal(file, columns)))

    async def rest(self, columns: tuple[Column, ...]) -> None:
        """Seal everything that is left: the reading is over."""
        await self._settle()
        for lane in self._spool.lanes.values():
            self._spool.take(lane)
        for file in list(self._spool.unsealed.values()):
            await self._places.acquire()
            await self._seal(file, columns)

    async def _settle(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            await task

    async def abandon(self) -> None:
        """Wait for what is under way: the converter must not be used after it is closed."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _seal(self, file: RowFile, columns: tuple[Column, ...]) -> None:
        try:
            async with self._session.converting:
                chunks = await asyncio.to_thread(self._convert, file, columns)
            self._spool.seal(file, chunks)
        finally:
            self._places.release()

    def _convert(self, file: RowFile, columns: tuple[Column, ...]) -> list[Chunk]:
        entity, converter = self._entity, self._session.converter
        done = converter.convert(file.path, columns, file.path.with_suffix(".parquet"), file.longest)
        chunks = [Chunk(entity.name, done.path, done.rows, done.odd_values)]
        present = [code for code in MULTIFIELDS if code in {column.code for column in columns}]
        if entity.multifields and present:
            points = converter.contact_points(
                done.path, entity.multifields, present, file.path.with_suffix(".points.parquet")
            )
            if points.rows:
                chunks.append(Chunk(CONTACT_POINTS, points.path, points.rows, 0))
            else:
                points.path.unlink()
        return chunks


def portal_time(outcome: Outcome) -> str:
    """The portal's clock when it began on this command: what a cursor is made of.

    Raises:
        MalformedReplyError: the portal tells no time, so no cursor would be safe.
    """
    time = outcome.unwrap().time
    if time is None or not time.date_start:
        raise MalformedReplyError(
            "The portal's answers tell no time (`time.date_start`), and no other clock will do for a cursor"
        )
    return time.date_start
