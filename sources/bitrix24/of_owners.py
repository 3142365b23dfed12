"""Rows that can only be asked for by their owner: products, contact links, checklists.

No modification time of theirs is to be had, and no page says that a change moves their owner's. So they
are read for every owner that changed, and for all owners whenever a walk is due.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import Raw

from .bus import Account
from .by_id import gone_files, row_reader
from .entities import ENTITIES, Entity
from .errors import Bitrix24Error, MethodError, MethodNotFoundError
from .fields import column_name
from .ownership import Method, method_of
from .reading import CHEAP_COMMANDS, ReadRequest, ReadResult
from .rows import RowReader
from .session import Sealing, Session
from .spool import Lane, Spool

_WINDOW = 400  # commands under way: enough to keep every connection busy


@dataclass(frozen=True)
class _Owners:
    """Owners of one entity: those to ask for, those that are gone, and whether these are all."""

    entity: str
    ids: Sequence[int]
    gone: Sequence[int]
    whole: bool


async def read_of_owners(
    session: Session,
    request: ReadRequest,
    owners: "Mapping[str, asyncio.Task[ReadResult]]",
    account: Account,
) -> ReadResult:
    """Read the rows of changed owners, or of all of them.

    Rows of an owner whose rows the portal refuses stay as they are; the result's note says so.
    """
    entity = request.entity
    changed = {name: await task for name, task in owners.items()}
    for result in changed.values():
        if result.error is not None:
            raise result.error from None
    rows = row_reader(session, request, {}, {})
    method = method_of(session, entity, rows, request.digest)
    sets = [await _to_ask(session, request, method, name, result) for name, result in changed.items()]
    whole = all(each.whole for each in sets)
    cursor = next(iter(changed.values())).cursor
    # changed owners are other ones in every run: only a read of all of them can be gone on with
    identity = {"portal": session.client.webhook.name, "whole": whole} | ({} if whole else {"at": cursor})
    with Spool(session.folder / entity.name, identity) as spool:
        reading = _Reading(session, entity, spool, method, account)
        sealing = Sealing(session, entity, spool)
        try:
            for number, each in enumerate(sets):
                await reading.all(number, each, sealing, rows)
            await sealing.rest(rows.columns)
        finally:
            await sealing.abandon()
        deleted = reading.mark(sets, whole=whole)
        spool.reject(method.rejected)
        await session.keep_rejects(spool, entity.name)
        read = sum(lane.rows for lane in spool.lanes.values())
        complete = whole and not reading.refused
        return ReadResult(
            entity,
            "done",
            cursor=cursor,
            digest=method.proven,
            columns=rows.columns,
            chunks=tuple(spool.chunks),
            rows=read,
            deleted=deleted,
            complete=complete,
            note=reading.note,
            repaired_texts=rows.repaired_texts,
            portal_count=read if complete else None,
            check="whole" if complete else None,
            counted_at=session.synced_at if complete else None,
            walked_at=session.synced_at if whole else None,
        )


async def _to_ask(
    session: Session, request: ReadRequest, method: Method, name: str, result: ReadResult
) -> _Owners:
    column = column_name(ENTITIES[name].key[0])
    gone = await session.values(gone_files(result, name), column)
    files = [chunk.path for chunk in result.chunks if chunk.table == name and not chunk.deleted]
    if session.warehouse is not None:
        every = [int(number) for number in session.warehouse.live_ids(name, column, files)]
    elif result.complete:
        every = await session.values(files, column)
    else:
        every = []
    cheap = len(every) <= CHEAP_COMMANDS * method.owners_a_command
    due = request.cursor is None or cheap or session.is_due(request.walked_at, session.checks.walk_hours)
    whole = due and (session.warehouse is not None or result.complete)
    ids = every if whole else await session.values(files, column)
    lost = set(gone)
    return _Owners(name, [number for number in ids if number not in lost], gone, whole)


class _Reading:
    """Asks for the rows of owners, window by window, each spooled before the next."""

    def __init__(
        self, session: Session, entity: Entity, spool: Spool, method: Method, account: Account
    ) -> None:
        self._session = session
        self._entity = entity
        self._spool = spool
        self._method = method
        self._account = account
        self.refused: dict[str, set[int]] = {}
        self._reason: Bitrix24Error | None = None

    @property
    def note(self) -> str | None:
        """What was not given out, and why."""
        count = sum(map(len, self.refused.values()))
        return f"{count} owners refused: {self._reason}" if count else None

    async def all(self, number: int, owners: _Owners, sealing: Sealing, rows: RowReader) -> None:
        """Read the rows of these owners behind the last one that the spool knows."""
        lane = self._spool.lanes.get(number) or self._spool.lane(number, 0, None)
        ids = [each for each in owners.ids if each > lane.last]
        step = self._method.owners_a_command * _WINDOW
        self._session.observer.expecting(self._entity.name, None)
        for start in range(0, len(ids), step):
            lane = await self._window(lane, owners.entity, ids[start : start + step])
            await sealing.full_files(rows.columns)
        if owners.ids and len(self.refused.get(owners.entity, ())) == len(owners.ids) and self._reason:
            raise self._reason

    async def _window(self, lane: Lane, owner: str, ids: Sequence[int]) -> Lane:
        size = self._method.owners_a_command
        groups = [ids[n : n + size] for n in range(0, len(ids), size)]
        parts = await asyncio.gather(*(self._group(owner, group) for group in groups))
        texts = [text for part in parts for text in part]
        self._session.observer.received(self._entity.name, len(texts))
        return self._spool.append(lane, texts, last=ids[-1], done=False)

    async def _group(self, owner: str, ids: Sequence[int]) -> list[Raw]:
        try:
            return await self._method.rows(owner, ids, self._account)
        except MethodNotFoundError:
            raise
        except MethodError as error:
            self._reason = self._reason or error
            self.refused.setdefault(owner, set()).update(ids)
            return []

    def mark(self, sets: Sequence[_Owners], *, whole: bool) -> int:
        """Mark the rows that their owners no longer have."""
        session, entity = self._session, self._entity
        if whole and not self.refused:
            return session.mark_vanished(self._spool, entity.name, entity.key)
        deleted = 0
        for each in sets:
            refused = self.refused.get(each.entity, set())
            asked = [number for number in each.ids if number not in refused]
            if not asked and not each.gone:
                continue
            deleted += session.mark_vanished(
                self._spool,
                entity.name,
                entity.key,
                among={"owner_type": entity.owner_types[each.entity]} if entity.owner_types else None,
                owner_column=column_name(str(entity.owner_id)),
                owners=[*asked, *each.gone],
                part=f".{each.entity}",
            )
        return deleted
