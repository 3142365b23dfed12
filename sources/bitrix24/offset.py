"""Reading by offset: for methods that know nothing else, with the count checked at the end."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from .batch import Command, Outcome
from .bus import Account
from .by_id import row_reader
from .entities import CURRENCY_RATES
from .errors import MalformedReplyError, MethodError, MethodNotFoundError
from .fields import label_of
from .reading import ReadRequest, ReadResult, portal_time
from .session import Sealing, Session
from .spool import Chunk, Spool

_TRIES = 4
_PARCEL = 40  # pages that travel together; the rest of the 50 is room for others

Rows = dict[tuple[object, ...], dict[str, Any]]


class OffsetRead:
    """Reads one dictionary whole, page by page; the parts of some types are there only if they have any."""

    def __init__(
        self, session: Session, request: ReadRequest, account: Account, types: Sequence[int] = ()
    ) -> None:
        self._session = session
        self._entity = request.entity
        self._account = account
        self._types = types
        self.rows = row_reader(session, request, {}, {}, by_id=False)
        self.read_at: str | None = None
        self.rejected: dict[bytes, None] = {}

    async def all(self) -> Rows:
        """Every row by key, with the labels that other methods know."""
        passes = [self._settled(method, params) for method, params in self._entity.requests]
        passes += [self._of_type(number) for number in self._types]
        labels, parts = await asyncio.gather(self._labels(), asyncio.gather(*passes))
        rows: Rows = {}
        for part in parts:
            rows.update(part)
        if self._entity.labels_from:
            for row in rows.values():
                row["LABEL"] = labels.get((row.get("ENTITY_ID"), row.get("FIELD_NAME")))
        return rows

    async def _of_type(self, number: int) -> Rows:
        try:
            return await self._settled(self._entity.method, {"entityTypeId": number})
        except MethodNotFoundError:
            raise
        except MethodError:  # a type without them is refused
            return {}

    async def _labels(self) -> dict[tuple[object, object], str | None]:
        sources = self._entity.labels_from
        if not sources:
            return {}
        keys = dict(zip(self._session.bus.keys(len(sources)), sources, strict=True))
        commands = {key: Command(sources[entity]) for key, entity in keys.items()}
        outcomes = await self._session.bus.run(commands, self._account)
        return {
            (keys[key], code): label_of(field)
            for key, outcome in outcomes.items()
            for code, field in (outcome.unwrap().result or {}).items()
        }

    async def _settled(self, method: str, params: Mapping[str, object]) -> Rows:
        """Read until the rows are as many as the portal counts, or two passes agree."""
        before: Rows | None = None
        for _ in range(_TRIES):
            rows, total = await self._pass(method, params)
            came = len(rows) + len(self.rejected)
            if self.rejected and not rows:
                raise MalformedReplyError(
                    f"{method}: no row has {' and '.join(self._entity.key)}, by which rows are told apart",
                    method=method,
                )
            if not total or came == total or (before is not None and before.keys() == rows.keys()):
                return rows
            before = rows
        raise MalformedReplyError(
            f"{method}: the rows change faster than they can be read; {len(rows)} of {total} came",
            method=method,
        )

    async def _pass(self, method: str, params: Mapping[str, object]) -> tuple[Rows, int]:
        first = await self._session.bus.one(Command(method, {**params, "start": 0}), self._account)
        self.read_at = self.read_at or portal_time(first)
        rows = self._keyed(method, first)
        step = first.next or len(rows)
        if first.next:  # of all methods: the page is a constant of the portal's REST module
            self._session.prove_page(first.next)
        total = first.total or 0
        if step and total > step:
            await self._known_pages(method, params, range(step, total, step), rows)
        else:
            await self._following_pages(method, params, first, rows)
        return rows, total

    async def _known_pages(
        self, method: str, params: Mapping[str, object], starts: range, rows: Rows
    ) -> None:
        bus = self._session.bus
        parcels = []
        for part in (starts[n : n + _PARCEL] for n in range(0, len(starts), _PARCEL)):
            keys = bus.keys(len(part))
            commands = {
                key: Command(method, {**params, "start": start})
                for key, start in zip(keys, part, strict=True)
            }
            parcels.append(bus.run(commands, self._account))
        for outcomes in await asyncio.gather(*parcels):
            for outcome in outcomes.values():
                rows.update(self._keyed(method, outcome))

    async def _following_pages(
        self, method: str, params: Mapping[str, object], last: Outcome, rows: Rows
    ) -> None:
        """Without a usable total: as long as a next page is named, or a full page leaves it open."""
        page, start = len(rows), 0
        while last.next is not None or page >= self._session.page_rows:
            start = last.next if last.next is not None else start + page
            last = await self._session.bus.one(Command(method, {**params, "start": start}), self._account)
            new = {key: row for key, row in self._keyed(method, last).items() if key not in rows}
            if not new:  # the method ignores `start` and gave everything at once
                return
            rows.update(new)
            page = len(new)

    def _keyed(self, method: str, outcome: Outcome) -> Rows:
        """The rows by key; of two with one key the last one counts, and one without is kept aside."""
        keyed: Rows = {}
        for text in self.rows.page(method, outcome.unwrap().raw).texts:
            row = msgspec.json.decode(text)
            parts = [row.get(code) for code in self._entity.key] if isinstance(row, dict) else [None]
            key = tuple("" if part is None else str(part) for part in parts)
            if key[-1] in ("", "[]", "{}") or key in keyed:
                self.rejected[bytes(text)] = None
            else:
                keyed[key] = row
        return keyed


async def read_whole(
    session: Session, request: ReadRequest, account: Account, types: Sequence[int] = ()
) -> ReadResult:
    """Read a dictionary whole; what is as it was when it was last loaded is not loaded again.

    `types` are those of items (`entityTypeId`) for which it is asked once more.
    """
    entity = request.entity
    read = OffsetRead(session, request, account, types)
    rows = await read.all()
    texts = [msgspec.json.encode(row) for row in rows.values()]
    # rates are kept for every day, also when they are as they were
    today = [str(read.read_at)[:10].encode()] if entity.kept_daily else []
    digest = hashlib.blake2b(b"\n".join([*today, *sorted(texts)]), digest_size=16).hexdigest()
    session.observer.expecting(entity.name, len(texts))
    session.observer.received(entity.name, len(texts))
    seen = ReadResult(
        entity,
        "unchanged",
        cursor=read.read_at,
        digest=digest,
        columns=read.rows.columns,
        rows=len(texts),
        complete=True,
        whole=tuple(rows.values()),
        portal_count=len(texts),
        check="whole",
        repaired_texts=read.rows.repaired_texts,
        counted_at=session.synced_at,
        walked_at=session.synced_at,
    )
    if digest == request.digest:
        return seen
    with Spool(session.folder / entity.name, {"read_at": read.read_at, "digest": digest}) as spool:
        spool.append(spool.lane(0, 0, None), [msgspec.Raw(text) for text in texts], last=0, done=True)
        await Sealing(session, entity, spool).rest(read.rows.columns)
        deleted = session.mark_vanished(spool, entity.name, entity.key)
        spool.reject([msgspec.Raw(text) for text in read.rejected])
        await session.keep_rejects(spool, entity.name)
        if entity.kept_daily:
            target = spool.folder / "rates.parquet"
            files = [chunk.path for chunk in spool.chunks if not chunk.deleted]
            async with session.converting:
                rates = await asyncio.to_thread(
                    session.converter.rates, files, str(read.read_at)[:10], target
                )
            spool.chunks.append(Chunk(CURRENCY_RATES, rates.path, rates.rows, 0))
        return replace(seen, status="done", chunks=tuple(spool.chunks), deleted=deleted)
