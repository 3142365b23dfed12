"""Reads entities of a portal side by side, each into files that are ready to load."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from .batch import Command, Outcome
from .bus import Account, CommandBus
from .client import Bitrix24Client
from .convert import Converter
from .entities import CONTACT_POINTS, Entity, Reading
from .errors import Bitrix24Error, MethodNotFoundError, ScopeError
from .fields import columns_of
from .keyset import KeysetQuery, KeysetRead
from .offset import read_whole
from .owners import read_owners
from .reading import Observer, ReadRequest, ReadResult, Sealing, Session, Warehouse, portal_time
from .rows import RowReader
from .spool import Spool

IN_FLIGHT = 3
_SPOOL_VERSION = 1
_ENTERPRISE_LIMITS: dict[str, Any] = {"requests_per_second": 5.0, "bucket": 250}  # API.md 4


@dataclass(frozen=True)
class PortalFacts:
    """What the portal says of itself; None where it does not say."""

    host: str
    license: str | None = None
    timezone: str | None = None
    offset: str | None = None

    @property
    def enterprise(self) -> bool:
        """Whether the plan is one with the larger limits: `ent…` in the licence's name (API.md 25)."""
        return re.search(r"(^|_)ent", self.license or "") is not None


class PortalReader:
    """One run's reading: every entity asked for, side by side, under one set of limits.

    Args:
        client: an open client of the portal.
        folder: where rows are spooled; what a killed run left there is gone on from.
        overlap_seconds: how far behind its cursor an incremental read begins.
        warehouse: tells which rows have vanished; without it none are marked.
        synced_at: written beside every row, ISO 8601.
        detect_limits: obey the limits of the portal's plan once it has told which it has.
    """

    def __init__(
        self,
        client: Bitrix24Client,
        folder: Path,
        *,
        overlap_seconds: int,
        observer: Observer,
        synced_at: str,
        warehouse: Warehouse | None = None,
        detect_limits: bool = False,
    ) -> None:
        self._session = Session(
            client=client,
            bus=CommandBus(client, IN_FLIGHT),
            folder=folder,
            overlap_seconds=overlap_seconds,
            warehouse=warehouse,
            observer=observer,
            synced_at=synced_at,
            converter=Converter(synced_at),
        )
        self._detect_limits = detect_limits
        self.facts = PortalFacts(client.webhook.name)

    async def read(self, requests: Sequence[ReadRequest]) -> dict[str, ReadResult]:
        """Read all of them; one that fails does not stop the others, its result says why."""
        results: dict[str, asyncio.Task[ReadResult]] = {}
        try:
            async with asyncio.TaskGroup() as reads:
                reads.create_task(self._learn_facts())
                for request in requests:
                    owner = results.get(request.entity.owner or "")
                    results[request.entity.name] = reads.create_task(self._guarded(request, owner))
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        else:
            return {name: task.result() for name, task in results.items()}
        finally:
            self._session.converter.close()
        raise failure

    async def _guarded(self, request: ReadRequest, owner: "asyncio.Task[ReadResult] | None") -> ReadResult:
        account = Account()
        try:
            result = await self._read(request, owner, account)
        except (ScopeError, MethodNotFoundError) as error:
            result = ReadResult(request.entity, "skipped", error=error)
        except (Bitrix24Error, OSError, ValueError, duckdb.Error, msgspec.MsgspecError) as error:
            result = ReadResult(request.entity, "failed", error=error)
        result = replace(result, account=account)
        self._session.observer.finished(result)
        return result

    async def _read(
        self, request: ReadRequest, owner: "asyncio.Task[ReadResult] | None", account: Account
    ) -> ReadResult:
        if request.entity.reading is Reading.OFFSET:
            return await read_whole(self._session, request, account)
        if request.entity.reading is Reading.PER_OWNER and request.cursor and owner is not None:
            query = keyset_query(request, self._session.overlap_seconds)
            return await read_owners(self._session, request, query, owner, account)
        return await self._by_id(request, account)

    async def _by_id(self, request: ReadRequest, account: Account) -> ReadResult:
        entity, session = request.entity, self._session
        query = keyset_query(request, session.overlap_seconds)
        full = request.cursor is None
        described, first, newest = await self._preflight(entity, query, full=full, account=account)
        with Spool(session.folder / entity.name, self._identity(request)) as spool:
            resumed = sum(lane.rows for lane in spool.lanes.values())
            kinds = {**request.kinds, **spool.facts.get("kinds", {})}
            columns = columns_of(described, entity.columns, kinds)
            rows = RowReader(
                columns, rows_at=entity.rows_at, id_code=query.id_code, secret=session.secret, kinds=kinds
            )
            if "cursor" not in spool.facts:
                spool.settle(cursor=portal_time(first), kinds={c.code: c.kind for c in columns})
            sealing = Sealing(session, entity, spool)
            try:
                await KeysetRead(session, entity, query, rows, account).all(spool, first, newest, sealing)
                await sealing.rest(rows.columns)
            finally:
                await sealing.abandon()
            complete = full and not request.since
            deleted = await self._mark_vanished(entity, spool, complete=complete)
            read = sum(lane.rows for lane in spool.lanes.values())
            return ReadResult(
                entity,
                "done",
                cursor=spool.facts["cursor"],
                columns=rows.columns,
                chunks=tuple(spool.chunks),
                rows=read,
                deleted=deleted,
                resumed_rows=resumed,
                complete=complete,
            )

    async def _preflight(
        self, entity: Entity, query: KeysetQuery, *, full: bool, account: Account
    ) -> tuple[Mapping[str, Any], Outcome, Outcome | None]:
        """The fields, the first page and, for a full read, the newest ids, asked for together."""
        bus = self._session.bus
        first, newest, fields = bus.keys(3)
        commands = {first: query.page(0, None)}
        if full:
            commands[newest] = query.newest()
        if entity.fields_method:
            commands[fields] = Command(entity.fields_method)
        outcomes = await bus.run(commands, account)
        described = outcomes[fields].unwrap().result if fields in outcomes else {}
        return described, outcomes[first], outcomes.get(newest)

    async def _mark_vanished(self, entity: Entity, spool: Spool, *, complete: bool) -> int:
        """What the warehouse has and the portal has not; short of a complete read, of multi-fields alone."""
        session = self._session
        if entity.multifields:
            owners = [] if complete else await session.values(spool.files(entity.name), "id")
            if complete or owners:
                session.mark_vanished(
                    spool,
                    CONTACT_POINTS,
                    ("owner_type", "owner_id", "id"),
                    among={"owner_type": entity.multifields},
                    owner_column=None if complete else "owner_id",
                    owners=owners,
                )
        return session.mark_vanished(spool, entity.name, entity.key) if complete else 0

    def _identity(self, request: ReadRequest) -> dict[str, object]:
        return {
            "version": _SPOOL_VERSION,
            "portal": self._session.client.webhook.name,
            "entity": request.entity.name,
            "cursor": request.cursor,
            "since": request.since,
        }

    async def _learn_facts(self) -> None:
        """Ask the portal about itself; a refusal is an answer too (API.md 8, `app.info`)."""
        bus = self._session.bus
        info, profile = bus.keys(2)
        try:
            outcomes = await bus.run({info: Command("app.info"), profile: Command("profile")}, Account())
        except Bitrix24Error:  # every entity tells it too
            return
        answers = {
            key: o.result if o.ok and isinstance(o.result, dict) else {} for key, o in outcomes.items()
        }
        time = outcomes[profile].time or outcomes[info].time
        self.facts = replace(
            self.facts,
            license=str(answers[info].get("LICENSE") or "") or None,
            timezone=str(answers[profile].get("TIME_ZONE") or "") or None,
            offset=time.date_start[-6:] if time and time.date_start else None,
        )
        if self._detect_limits and self.facts.enterprise:
            client = self._session.client
            client.use_limits(replace(client.limits, **_ENTERPRISE_LIMITS))


def keyset_query(request: ReadRequest, overlap_seconds: int) -> KeysetQuery:
    """How the rows that a request asks for are found by id."""
    entity = request.entity
    ((method, params),) = entity.requests
    where: dict[str, object] = {}
    if entity.modified and request.cursor:
        where[f">={entity.modified}"] = earlier(request.cursor, overlap_seconds)
    elif entity.modified and request.since:
        where[f">={entity.modified}"] = request.since
    return KeysetQuery(method, params, where, entity.select, entity.rows_at, entity.key[0])


def earlier(moment: str, seconds: int) -> str:
    """A moment before an ISO 8601 one, with the same offset."""
    return (datetime.fromisoformat(moment) - timedelta(seconds=seconds)).isoformat()
