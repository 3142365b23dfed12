"""What the reads of one run share, and the way of rows from answers to sealed files."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from .bus import CommandBus
from .client import Bitrix24Client
from .convert import Converter
from .entities import CONTACT_POINTS, MULTIFIELDS, REJECTED_ROWS, Entity
from .fields import Column, column_name
from .reading import PAGE_ROWS, CalendarWindow, Checks, Observer, Sealed, Vanished, Warehouse, nobody_waits
from .spool import CHUNK_ROWS, Chunk, RowFile, Spool

_P = ParamSpec("_P")
_T = TypeVar("_T")
_UNSEALED = 2  # files that may wait for the converter before the reading waits for it


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
    checks: Checks = field(default_factory=Checks)
    calendar_window: CalendarWindow = field(default_factory=CalendarWindow)
    history: frozenset[str] = frozenset()
    sealed: Sealed = nobody_waits
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
        return await self.convert(self.converter.values, files, column)

    async def convert(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call the converter in a thread, one call at a time; who is cancelled ends his and waits."""
        async with self.converting:
            work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                self.converter.interrupt()
                await asyncio.gather(work, return_exceptions=True)
                raise

    def mark_vanished(
        self,
        spool: Spool,
        table: str,
        key: Sequence[str],
        *,
        among: Mapping[str, str] | None = None,
        owner_column: str | None = None,
        owners: Sequence[int] = (),
        part: str = "",
    ) -> int:
        """Add what the warehouse has and the portal has not to the spool, as deleted; return how many rows.

        `part` tells the files of several searches apart. Without a warehouse nothing is marked.
        """
        target = spool.folder / f"{table}{part}.vanished.parquet"
        if self.warehouse is None:
            return 0
        names = tuple(column_name(code) for code in key)
        search = Vanished(table, names, tuple(spool.files(table)), among or {}, owner_column, owners)
        deleted = self.warehouse.write_vanished(search, target)
        if deleted:
            spool.chunks.append(Chunk(table, target, deleted, 0, deleted=True))
        return deleted

    async def keep_rejects(self, spool: Spool, table: str) -> None:
        """Turn rows that no key tells apart into a chunk of their own table."""
        if spool.rejects.exists():
            target = spool.folder / "rejected.parquet"
            done = await self.convert(self.converter.rejected, spool.rejects, table, target)
            spool.chunks.append(Chunk(REJECTED_ROWS, done.path, done.rows, 0))

    def is_due(self, last: str | None, hours: float) -> bool:
        """Whether something that is done every so many hours is due; a clock set back makes it so."""
        if last is None or self.checks.verify:
            return True
        age = datetime.fromisoformat(self.synced_at) - datetime.fromisoformat(last)
        return not timedelta(0) <= age < timedelta(hours=hours)


class Sealing:
    """Turns the row files of one spool into Parquet beside the reading, which waits when it runs ahead."""

    def __init__(self, session: Session, entity: Entity, spool: Spool) -> None:
        self._session = session
        self._entity = entity
        self._spool = spool
        self._places = asyncio.Semaphore(_UNSEALED)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def enough(self) -> int:
        """The rows that make a file worth sealing: fewer where nothing else is to be sealed.

        So little is left to do when a portal that gives rows slowly has given the last one.
        """
        return CHUNK_ROWS if self._session.converting.locked() else CHUNK_ROWS // 2

    async def full_files(self, columns: tuple[Column, ...]) -> None:
        """Begin to seal the files that are full; waits while too many are unsealed."""
        for file in self._spool.take_full():
            await self._places.acquire()
            self._tasks.append(asyncio.create_task(self._seal(file, columns)))

    async def rest(self, columns: tuple[Column, ...]) -> None:
        """Seal everything that is left: the reading is over."""
        await self._settle()
        for lane in self._spool.lanes.values():
            self._spool.take(lane)
        self._spool.take_full()  # they are among those that follow
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
            chunks = await self._session.convert(self._convert, file, columns)
            self._spool.seal(file, chunks)
            self._session.sealed(self._entity, chunks, columns)
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
