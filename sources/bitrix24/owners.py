"""Reading per owner: rows that the portal rewrites are read again for every owner that changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from .bus import Account
from .by_id import gone_files, keyset_query, row_reader
from .checking import check_rows
from .keyset import KeysetQuery, KeysetRead, check_order
from .reading import ReadRequest, ReadResult, portal_time
from .rows import RowReader
from .session import Sealing, Session
from .spool import Spool

_OWNERS = 20  # in one filter: few enough that their rows mostly fit into the pages asked for at once
_PAGES = 3


async def read_owners(
    session: Session,
    request: ReadRequest,
    owner: "asyncio.Task[ReadResult]",
    account: Account,
) -> ReadResult:
    """Read the rows of all owners that changed, or have new rows, since the cursor.

    Owners and their rows are read side by side; an owner that could not be read fails this entity too.
    """
    entity = request.entity
    assert entity.owner_id is not None  # noqa: S101 - the entry was checked when it was made
    query = keyset_query(request, session.overlap_seconds)
    rows = row_reader(session, request, {}, {})
    cursor, recent = await _owners_of_new_rows(session, request, query, account)
    changed = await owner
    if changed.error is not None:
        raise changed.error from None
    (owners_table,) = entity.owners
    gone = await session.values(gone_files(changed, owners_table), "id")
    files = [chunk.path for chunk in changed.chunks if chunk.table == owners_table]
    owners = sorted({*recent, *await session.values(files, "id")})
    identity = {"cursor": cursor, "owners": len(owners)}
    with Spool(session.folder / entity.name, identity) as spool:
        spool.settle(cursor=cursor)
        read = 0
        if owners:
            reading = OwnersRead(session, entity.name, entity.owner_id, query, rows, account)
            texts = await reading.all([each for each in owners if each not in set(gone)])
            read = len(texts)
            spool.append(spool.lane(0, 0, None), texts, last=0, done=True)
            spool.reject(reading.rejected)
            await Sealing(session, entity, spool).rest(rows.columns)
        deleted = (
            session.mark_vanished(
                spool, entity.name, entity.key, owner_column=entity.owner_id.lower(), owners=owners
            )
            if owners
            else 0
        )
        check = await check_rows(session, request, query, spool, rows, account, complete=False)
        await session.keep_rejects(spool, entity.name)
        return ReadResult(
            entity,
            "done",
            cursor=cursor,
            columns=rows.columns,
            chunks=tuple(spool.chunks),
            rows=read,
            deleted=deleted + check.deleted,
            portal_count=check.portal_count,
            check=check.kind,
            repaired=check.repaired,
            repaired_texts=rows.repaired_texts,
            counted_at=session.synced_at if check.kind else None,
        )


async def _owners_of_new_rows(
    session: Session, request: ReadRequest, query: KeysetQuery, account: Account
) -> tuple[str, list[int]]:
    """The cursor for next time, and who owns the rows made since this one."""
    entity = request.entity
    first = await session.bus.one(query.page(0, None), account)
    rows = row_reader(session, replace(request, kinds={}), {}, {})
    with Spool(session.folder / f"{entity.name}.new", {"read_at": portal_time(first)}) as spool:
        sealing = Sealing(session, entity, spool)
        await KeysetRead(session, entity, query, rows, account).all(spool, first, None, sealing)
        await sealing.rest(rows.columns)
        owners = await session.values(spool.files(entity.name), str(entity.owner_id).lower())
        spool.discard()
    return portal_time(first), owners


class OwnersRead:
    """Reads the rows of many owners, a few owners to a command."""

    def __init__(
        self,
        session: Session,
        name: str,
        owner_id: str,
        query: KeysetQuery,
        rows: RowReader,
        account: Account,
    ) -> None:
        self._session = session
        self._name = name
        self._owner_id = owner_id
        self._query = query
        self._rows = rows
        self._account = account
        self.rejected: list[msgspec.Raw] = []
        """Rows that came and that no key tells apart."""

    async def all(self, owners: Sequence[int]) -> list[msgspec.Raw]:
        """The rows of all of them."""
        groups = [owners[n : n + _OWNERS] for n in range(0, len(owners), _OWNERS)]
        parts = await asyncio.gather(*(self._group(group) for group in groups))
        return [text for part in parts for text in part]

    async def _group(self, owners: Sequence[int]) -> list[msgspec.Raw]:
        query = replace(self._query, filter={f"@{self._owner_id}": list(owners)})
        texts: list[msgspec.Raw] = []
        last = 0
        while True:
            keys = self._session.bus.keys(_PAGES)
            size = self._session.page_rows
            commands = query.chain(keys, last, None, size)
            outcomes = await self._session.bus.run(commands, self._account)
            for outcome in outcomes.values():
                page = self._rows.page(query.method, outcome.unwrap().raw)
                check_order(query.method, page.ids, last)
                texts += page.texts
                self.rejected += page.rejected
                self._session.observer.received(self._name, len(page.texts))
                if not page.ids or (page.size < size and self._session.page_proven):
                    return texts
                last = page.ids[-1]
                if page.size > size:
                    self._session.prove_page(page.size)
                if page.size != size or page.rejected:  # the pages behind refer to another row than the last
                    break
