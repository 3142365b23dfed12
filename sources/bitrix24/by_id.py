"""Reading an entity by id: everything at first, then what changed, and everything again when it must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .batch import Command, Outcome
from .bus import Account
from .checking import check_rows
from .entities import CONTACT_POINTS, Entity
from .fields import camel_case, column_name, columns_of, signature_of
from .keyset import KeysetQuery, KeysetRead
from .reading import CHEAP_COMMANDS, ReadRequest, ReadResult, portal_time
from .rows import RowReader
from .session import Sealing, Session
from .spool import Spool


@dataclass(frozen=True)
class _Preflight:
    """What is asked before a read: the fields, the first page and, for a full read, the newest ids."""

    query: KeysetQuery
    fields: Mapping[str, Any]
    first: Outcome
    newest: Outcome | None

    @property
    def full(self) -> bool:
        """Whether everything is read."""
        return self.newest is not None


async def read_by_id(session: Session, request: ReadRequest, account: Account) -> ReadResult:
    """Read what a request asks for; look for deletions where that is due.

    A portal that has other fields than at the last read is read in full: rows do not count as modified
    when a field is added to them, and what a removed field held is no longer true.
    """
    start = await _preflight(session, request, account)
    entity, full = request.entity, start.full
    with Spool(session.folder / entity.name, _identity(session, request, full=full)) as spool:
        resumed = sum(lane.rows for lane in spool.lanes.values())
        rows = row_reader(session, request, start.fields, spool.facts.get("kinds", {}))
        if "cursor" not in spool.facts:
            spool.settle(cursor=portal_time(start.first), kinds={c.code: c.kind for c in rows.columns})
        rows.expect(spool.facts.get("unannounced", ()))
        if spool.chunks:  # a killed read's
            session.sealed(entity, spool.chunks, rows.columns)
        sealing = Sealing(session, entity, spool)
        try:
            read = KeysetRead(session, entity, start.query, rows, account)
            await read.all(spool, start.first, start.newest, sealing)
            await sealing.rest(rows.columns)
            complete = full and not request.since
            if not full:
                await _read_newer(session, request, start.query, spool, rows, account)
            deleted = session.mark_vanished(spool, entity.name, entity.key) if complete else 0
            check = await check_rows(session, request, start.query, spool, rows, account, complete=complete)
        finally:
            await sealing.abandon()
        await _mark_points(session, entity, spool, complete=complete)
        await session.keep_rejects(spool, entity.name)
        return ReadResult(
            entity,
            "done",
            cursor=spool.facts["cursor"],
            columns=rows.columns,
            chunks=tuple(spool.chunks),
            rows=sum(
                chunk.rows for chunk in spool.chunks if chunk.table == entity.name and not chunk.deleted
            ),
            deleted=deleted + check.deleted,
            resumed_rows=resumed,
            complete=complete,
            fields=signature_of(start.fields) or request.fields,
            portal_count=check.portal_count,
            check=check.kind,
            repaired=check.repaired,
            repaired_texts=rows.repaired_texts,
            counted_at=session.synced_at if check.kind else None,
            walked_at=session.synced_at if complete else None,
        )


async def _read_newer(
    session: Session,
    request: ReadRequest,
    query: KeysetQuery,
    spool: Spool,
    rows: RowReader,
    account: Account,
) -> None:
    """Read the rows behind the highest id, whenever they say that they were modified.

    Imported rows may bring times of the past (API.md 6), behind every cursor. A file that was filled since
    a date lacks rows of any id.
    """
    entity, warehouse = request.entity, session.warehouse
    if warehouse is None or entity.modified is None or request.partial:
        return
    ids = warehouse.live_ids(entity.name, column_name(entity.key[0]), spool.files(entity.name))
    if not len(ids):
        return
    above = replace(query, filter={f">={query.asked_id}": int(ids[-1]) + 1})
    first = await session.bus.one(above.page(0, None), account)
    with Spool(session.folder / f"{entity.name}.newer", {"read_at": portal_time(first)}) as newer:
        sealing = Sealing(session, entity, newer)
        try:
            await KeysetRead(session, entity, above, rows, account).all(newer, first, None, sealing)
            await sealing.rest(rows.columns)
        finally:
            await sealing.abandon()
        spool.chunks += newer.chunks


def row_reader(
    session: Session,
    request: ReadRequest,
    fields: Mapping[str, Any],
    kinds: Mapping[str, Any],
    *,
    by_id: bool = True,
) -> RowReader:
    """What cuts the rows of an entity, with the columns that its fields make."""
    entity = request.entity
    known = {**request.kinds, **kinds}
    described = {
        code: field
        for code, field in fields.items()
        if code not in entity.dropped and not entity.asks_for_fields
    }
    columns = columns_of(described, entity.columns, known, request.names)
    return RowReader(
        columns,
        rows_at=entity.rows_at,
        id_code=entity.key[0] if by_id else None,
        secret=session.secret,
        kinds=known,
        names=request.names,
        dropped=entity.dropped,
    )


def keyset_query(request: ReadRequest, overlap_seconds: int, *, full: bool = False) -> KeysetQuery:
    """How the rows that a request asks for are found by id."""
    entity = request.entity
    ((method, params),) = entity.requests
    where: dict[str, object] = {}
    modified = f">={entity.asked_modified}"
    if entity.modified and request.cursor and not full:
        where[modified] = earlier(request.cursor, overlap_seconds)
    elif entity.modified and request.since:
        where[modified] = request.since
    return KeysetQuery(
        method,
        params,
        where,
        entity.select,
        entity.rows_at,
        entity.key[0],
        entity.id_filter,
        entity.dialect,
    )


def earlier(moment: str, seconds: int) -> str:
    """A moment before an ISO 8601 one, with the same offset."""
    return (datetime.fromisoformat(moment) - timedelta(seconds=seconds)).isoformat()


async def _preflight(session: Session, request: ReadRequest, account: Account) -> _Preflight:
    full = request.cursor is None or _must_be_read_whole(session, request)
    fields = await _fields(session, request, account) if request.entity.asks_for_fields else None
    start = await _ask(session, request, account, fields, full=full)
    if not full and request.fields and start.fields and signature_of(start.fields) != request.fields:
        start = await _ask(session, request, account, start.fields, full=True)
    return start


def _must_be_read_whole(session: Session, request: ReadRequest) -> bool:
    """Rows that tell no modification time: new ones are found by their ids, changed ones by reading all."""
    entity, warehouse = request.entity, session.warehouse
    if entity.modified is not None:
        return False
    if warehouse is None or session.is_due(request.walked_at, session.checks.walk_hours):
        return True
    known = len(warehouse.live_ids(entity.name, column_name(entity.key[0]), ()))
    return known <= CHEAP_COMMANDS * session.page_rows


async def _ask(
    session: Session, request: ReadRequest, account: Account, fields: Mapping[str, Any] | None, *, full: bool
) -> _Preflight:
    entity, bus = request.entity, session.bus
    query = keyset_query(request, session.overlap_seconds, full=full)
    if not full and entity.modified is None and session.warehouse is not None:
        known = session.warehouse.live_ids(entity.name, column_name(entity.key[0]), ())
        query = replace(query, filter={f">={query.asked_id}": int(known[-1]) + 1 if len(known) else 0})
    if fields is not None and entity.asks_for_fields:
        asked = (code for code in fields if camel_case(code) not in entity.dropped)
        query = replace(query, select=(*asked, *entity.select))
    first, newest, described = bus.keys(3)
    commands = {first: query.page(0, None)}
    if full:
        commands[newest] = query.newest()
    if entity.fields_method and fields is None:
        commands[described] = Command(entity.fields_method, query.params)
    outcomes = await bus.run(commands, account)
    if described in outcomes:
        fields = _described(entity, outcomes[described])
    return _Preflight(query, fields or {}, outcomes[first], outcomes.get(newest))


async def _fields(session: Session, request: ReadRequest, account: Account) -> Mapping[str, Any]:
    entity = request.entity
    return _described(entity, await session.bus.one(Command(str(entity.fields_method)), account))


def _described(entity: Entity, outcome: Outcome) -> Mapping[str, Any]:
    answer = outcome.unwrap().result or {}
    fields = answer.get(entity.fields_at, {}) if entity.fields_at else answer
    return fields if isinstance(fields, Mapping) else {}


async def _mark_points(session: Session, entity: Entity, spool: Spool, *, complete: bool) -> None:
    """Mark the phones and e-mails that their owners no longer have, or whose owners are gone."""
    if not entity.multifields:
        return
    files = [chunk.path for chunk in spool.chunks if chunk.table == entity.name]
    owners: Sequence[int] = [] if complete else await session.values(files, "id")
    if complete or owners:
        session.mark_vanished(
            spool,
            CONTACT_POINTS,
            ("owner_type", "owner_id", "id"),
            among={"owner_type": entity.multifields},
            owner_column=None if complete else "owner_id",
            owners=owners,
        )


def _identity(session: Session, request: ReadRequest, *, full: bool) -> dict[str, object]:
    return {
        "portal": session.client.webhook.name,
        "entity": request.entity.name,
        "cursor": None if full else request.cursor,
        "since": request.since,
    }


def gone_files(result: ReadResult, table: str) -> list[Path]:
    """The files of rows that the portal no longer has."""
    return [chunk.path for chunk in result.chunks if chunk.table == table and chunk.deleted]
