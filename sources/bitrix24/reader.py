"""Reads entities of a portal side by side, each into files that are ready to load."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import msgspec

from .batch import Command
from .bus import Account, CommandBus
from .by_id import read_by_id
from .calendar import calendar_owners, read_calendar
from .changes import with_changes
from .client import Bitrix24Client
from .convert import Converter
from .disk import read_disk
from .entities import ENTITIES, Entity, Reading
from .errors import Bitrix24Error, MethodError, MethodNotFoundError, ScopeError
from .of_owners import read_of_owners
from .offset import read_whole
from .owners import read_owners
from .per_type import read_types, titles_of_types
from .plan_limits import ASK_FOR_PLAN, is_enterprise, license_of, obey_plan
from .reading import (
    CHEAP_COMMANDS,
    Observer,
    ReadRequest,
    ReadResult,
    Rules,
    Sealed,
    Warehouse,
    nobody_waits,
    request_of,
)
from .session import Session

IN_FLIGHT = 3
NOT_FOR_THIS_WEBHOOK = ("ACCESS_DENIED", "ENTITY_TYPE_NOT_SUPPORTED", "NOT_FOUND")
"""Answers to a read without which a sync goes on."""
_FAILURES = (Bitrix24Error, OSError, ValueError, duckdb.Error, msgspec.MsgspecError)


@dataclass(frozen=True)
class PortalFacts:
    """What the portal says of itself; None where it does not say."""

    host: str
    license: str | None = None
    timezone: str | None = None
    offset: str | None = None

    @property
    def enterprise(self) -> bool:
        """Whether the plan is one with the larger limits."""
        return is_enterprise(self.license)


class PortalReader:
    """One run's reading: every entity asked for, side by side, under one set of limits.

    Args:
        client: an open client of the portal.
        folder: where rows are spooled; what a killed run left there is gone on from.
        rules: how far behind its cursor a read begins, what is checked and kept, and how often.
        warehouse: tells which rows have vanished; without it none are marked.
        synced_at: written beside every row, ISO 8601.
        detect_limits: obey the limits of the portal's plan once it has told which it has.
        sealed: takes files of rows as soon as they are ready.
        memory_mb: what the run's database may use.
    """

    def __init__(  # noqa: PLR0913 - what a run settles, all optional but three
        self,
        client: Bitrix24Client,
        folder: Path,
        *,
        observer: Observer,
        synced_at: str,
        rules: Rules | None = None,
        warehouse: Warehouse | None = None,
        detect_limits: bool = False,
        sealed: Sealed = nobody_waits,
        memory_mb: int = 512,
    ) -> None:
        rules = rules or Rules()
        self._session = Session(
            client=client,
            bus=CommandBus(client, IN_FLIGHT),
            folder=folder,
            overlap_seconds=rules.overlap_seconds,
            warehouse=warehouse,
            observer=observer,
            synced_at=synced_at,
            converter=Converter(synced_at, memory_mb, folder / "converter.tmp"),
            checks=rules.checks,
            calendar_window=rules.calendar_window,
            history=rules.history,
            sealed=sealed,
        )
        self._detect_limits = detect_limits
        self.facts = PortalFacts(client.webhook.name)

    async def read(self, requests: Sequence[ReadRequest]) -> dict[str, ReadResult]:
        """Read all of them; one that fails does not stop the others, its result says why.

        An entity that needs others (owners, types) waits for those among the requests.
        """
        one: dict[str, asyncio.Task[ReadResult]] = {}
        many: list[asyncio.Task[list[ReadResult]]] = []
        try:
            async with asyncio.TaskGroup() as reads:
                reads.create_task(self._learn_facts())
                for request in _with_owners(requests):
                    entity = request.entity
                    if entity.reading is Reading.PER_TYPE:
                        types = one.get(entity.owners[0])
                        many.append(reads.create_task(read_types(self._session, request, types, self._alone)))
                    elif entity.reading is not Reading.DISK:
                        one[entity.name] = reads.create_task(self._guarded(request, one))
                walks = [each for each in requests if each.entity.reading is Reading.DISK]
                if walks:
                    many.append(reads.create_task(self._disk(walks, one)))
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        else:
            asked = {request.entity.name for request in requests}
            results = [task.result() for name, task in one.items() if name in asked]
            results += [result for task in many for result in task.result()]
            return {result.entity.name: result for result in results}
        finally:
            self._session.converter.close()
        raise failure

    async def _alone(self, request: ReadRequest) -> ReadResult:
        return await self._guarded(request, {})

    async def _guarded(
        self, request: ReadRequest, others: "Mapping[str, asyncio.Task[ReadResult]]"
    ) -> ReadResult:
        account = Account()
        try:
            read = await self._read(request, others, account)
            result = await with_changes(self._session, request, read)
        except _FAILURES as error:
            result = _unread(request.entity, error)
        result = replace(result, account=account)
        self._session.observer.finished(result)
        return result

    async def _read(
        self, request: ReadRequest, others: "Mapping[str, asyncio.Task[ReadResult]]", account: Account
    ) -> ReadResult:
        entity, session = request.entity, self._session
        owners = {name: others[name] for name in entity.owners if name in others}
        if entity.reading is Reading.OFFSET:
            types = [number for task in owners.values() for number in await self._types(await task)]
            return await read_whole(session, request, account, types)
        if entity.reading is Reading.OF_OWNERS:
            return await read_of_owners(session, request, owners, account)
        if entity.reading is Reading.CALENDAR:
            read = {name: await task for name, task in owners.items()}
            calendars = calendar_owners(*(read[name].whole for name in entity.owners))
            if not self._walk_is_due(request, len(calendars)):
                return _not_due(request)
            certain = all(result.error is None for result in read.values())
            return await read_calendar(session, request, calendars, account, all_owners=certain)
        if entity.reading is Reading.PER_OWNER and request.cursor and owners:
            return await read_owners(session, request, next(iter(owners.values())), account)
        return await read_by_id(session, request, account)

    async def _types(self, types: ReadResult) -> Iterable[int]:
        """The types of items; where they could not be read nobody knows what else is missing."""
        if types.status == "failed" and types.error is not None:
            raise types.error from None
        return await titles_of_types(self._session, types)

    async def _disk(
        self, walks: Sequence[ReadRequest], others: "Mapping[str, asyncio.Task[ReadResult]]"
    ) -> list[ReadResult]:
        """Folders and files come out of the same walk; what was not asked for is not handed on."""
        asked = {request.entity.name: request for request in walks}
        folders, files = both = [
            asked.get(name) or request_of(ENTITIES[name], {}) for name in ("disk_folders", "disk_files")
        ]
        accounts = Account(), Account()
        try:
            storages = await others["disk_storages"]
            if storages.error is not None:
                raise storages.error from None
            session = self._session
            if self._walk_is_due(folders, self._known("disk_folders") + len(storages.whole)):
                read = await read_disk(session, folders, files, storages.whole, *accounts)
                pairs = zip(both, read, strict=True)
                results = [await with_changes(session, request, result) for request, result in pairs]
            else:
                results = [_not_due(request) for request in both]
        except _FAILURES as error:
            results = [_unread(request.entity, error) for request in both]
        known = [replace(result, account=own) for result, own in zip(results, accounts, strict=True)]
        wanted = [result for result in known if result.entity.name in asked]
        for result in wanted:
            self._session.observer.finished(result)
        return wanted

    def _walk_is_due(self, request: ReadRequest, commands: int) -> bool:
        """Whether everything is read again: always where that costs little."""
        hours = self._session.checks.walk_hours
        cheap = commands <= CHEAP_COMMANDS
        return (
            request.cursor is None or request.fresh or cheap or self._session.is_due(request.walked_at, hours)
        )

    def _known(self, table: str) -> int:
        warehouse = self._session.warehouse
        return 0 if warehouse is None else len(warehouse.live_ids(table, "id", ()))

    async def _learn_facts(self) -> None:
        """Ask the portal about itself."""
        bus = self._session.bus
        info, profile = bus.keys(2)
        try:
            outcomes = await bus.run({info: ASK_FOR_PLAN, profile: Command("profile")}, Account())
        except Bitrix24Error:  # every entity tells it too
            return
        told = outcomes[profile].result if outcomes[profile].ok else None
        time = outcomes[profile].time or outcomes[info].time
        self.facts = replace(
            self.facts,
            license=license_of(outcomes[info]),
            timezone=(str(told.get("TIME_ZONE") or "") or None) if isinstance(told, dict) else None,
            offset=time.date_start[-6:] if time and time.date_start else None,
        )
        if self._detect_limits:
            obey_plan(self._session.client, self.facts.license)


def _with_owners(requests: Sequence[ReadRequest]) -> list[ReadRequest]:
    """The requests in an order in which each comes behind those it waits for, which are added if need be."""
    asked = {request.entity.name: request for request in requests}
    for request in requests:
        # rows per owner are found by their own ids too
        for owner in () if request.entity.reading is Reading.PER_OWNER else request.entity.owners:
            asked.setdefault(owner, request_of(ENTITIES[owner], {}))
    places = list(ENTITIES)
    return sorted(asked.values(), key=lambda request: places.index(request.entity.name))


def _unread(entity: Entity, error: Exception) -> ReadResult:
    """Skipped where the portal does not give the entity to this webhook, failed otherwise."""
    refused = isinstance(error, MethodError) and error.code.upper() in NOT_FOR_THIS_WEBHOOK
    skipped = refused or isinstance(error, ScopeError | MethodNotFoundError)
    return ReadResult(entity, "skipped" if skipped else "failed", error=error)


def _not_due(request: ReadRequest) -> ReadResult:
    return ReadResult(request.entity, "unchanged", cursor=request.cursor, digest=request.digest)
