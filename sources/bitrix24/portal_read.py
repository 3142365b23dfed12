"""One reading of a portal behind any number of dlt resources: the first one asked for rows starts it."""

import asyncio
import logging
import shutil
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from .client import Bitrix24Client, ClientStats, Limits
from .clock import Clock
from .entities import ENTITIES
from .limits import LimitsStore, SqliteLimitsStore
from .reader import PortalFacts, PortalReader
from .reading import Observer, ReadRequest, ReadResult, Rules, Warehouse, remembered, request_of

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class SilentObserver:
    """Leaves a word in the log about what could not be read, and nothing else."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """Do nothing."""

    def received(self, entity: str, rows: int) -> None:
        """Do nothing."""

    def finished(self, result: ReadResult) -> None:
        """Log what could not be read."""
        if result.error is not None:
            _log.warning("%s: %s: %s", result.entity.name, result.status, result.error)


@dataclass(frozen=True)
class Connection:
    """How the portal is reached, and under which limits."""

    webhook_url: str = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    detect_limits: bool = True
    verify: bool | str = True
    allow_http: bool = False
    store: LimitsStore | None = None
    transport: httpx.AsyncBaseTransport | None = None
    clock: Clock | None = None

    def client(self) -> Bitrix24Client:
        """A client that shares its limits with every process of this user.

        Raises:
            ConfigurationError: the webhook is none.
        """
        return Bitrix24Client(
            self.webhook_url,
            limits=self.limits,
            store=self.store or SqliteLimitsStore(),
            transport=self.transport,
            clock=self.clock,
            verify=self.verify,
            allow_http=self.allow_http,
        )


@dataclass(frozen=True)
class ReadSettings:
    """What a program that runs the source itself may settle; the defaults suit any dlt pipeline.

    Args:
        full: read everything again, whatever was read before.
        since: read only rows modified from then on (ISO 8601).
        rules: how far behind its cursor a read begins, what is checked and kept, and how often.
        types: the types of items to read; all of them by default.
        spool: where rows wait on their way; by default in the pipeline's working folder.
        warehouse: tells which rows have vanished; without one none are marked as deleted.
        observer: hears of progress.
        keep_going: load what could be read when an entity fails, instead of raising.
        append_first: append the rows of a first read. Twice as fast as merging them, and right only where
            an interrupted load is thrown away as a whole.
    """

    full: bool = False
    since: str | None = None
    rules: Rules = field(default_factory=Rules)
    types: tuple[int, ...] | None = None
    spool: Path | None = None
    warehouse: Warehouse | None = None
    observer: Observer = field(default_factory=SilentObserver)
    keep_going: bool = False
    append_first: bool = False


@dataclass(frozen=True)
class Place:
    """The pipeline that rows are read for: where they may wait, and whether it takes whole files of them."""

    spool: Path = Path()
    takes_files: bool = False


class PortalRead:
    """Reads the selected entities together, once per run of the source, and hands each resource its part."""

    def __init__(self, connection: Connection, settings: ReadSettings) -> None:
        self._connection = connection
        self._settings = settings
        self._results: dict[str, ReadResult] = {}
        self._to_be_asked_for: set[str] = set()
        self._unfinished: set[str] = set()
        self.facts: PortalFacts | None = None
        self.place = Place()
        self.stats = ClientStats()
        connection.client()  # a wrong webhook is told when the source is made, not in the middle of a run

    def results(
        self, asked_by: str, states: Mapping[str, Mapping[str, Any]], place: Callable[[], Place]
    ) -> dict[str, ReadResult]:
        """What was read, by entity: read now, unless the last reading has a part for this resource.

        Args:
            asked_by: the resource.
            states: what each selected resource remembers from its last load: `cursor`, `digest`.
            place: tells of the pipeline that the rows are for; asked once a reading, as it takes dlt long.

        Raises:
            Bitrix24Error: the portal as a whole cannot be read.
        """
        if asked_by not in self._to_be_asked_for:
            requests = [self._request(name, state) for name, state in states.items() if name in ENTITIES]
            self.place = place()
            self._results = _in_thread(self._read(requests, self._settings.spool or self.place.spool))
            self._to_be_asked_for = set(states)
            self._unfinished = set(states)
        self._to_be_asked_for.discard(asked_by)
        return self._results

    def handed_over(self, name: str) -> None:
        """Note that dlt has all rows of a resource; once it has those of every one, the spool is of no use.

        A later run must not take it for rows of its own, should the pipeline's state be dropped. Programs
        with a spool of their own keep it until their load is done.
        """
        self._unfinished.discard(name)
        if not self._unfinished and self._settings.spool is None:
            shutil.rmtree(self.place.spool, ignore_errors=True)

    @property
    def latest(self) -> dict[str, ReadResult]:
        """What the last reading brought."""
        return self._results

    def tolerates(self, result: ReadResult) -> bool:
        """Whether a run goes on in spite of this result."""
        return result.status != "failed" or self._settings.keep_going

    def disposition(self, state: Mapping[str, Any], *, complete: bool = False) -> dict[str, str]:
        """How rows get into the table: merging holds them all in memory, so a first load does not."""
        if state.get("cursor"):
            again = complete and self._settings.full
            return {"disposition": "merge", "strategy": "delete-insert" if again else "upsert"}
        if self._settings.append_first:
            return {"disposition": "append"}
        return {"disposition": "merge", "strategy": "insert-only"}

    def remembered(self, state: Mapping[str, Any], result: ReadResult) -> dict[str, Any]:
        """What a resource remembers once the rows are loaded: cursor, digest, its columns."""
        return remembered(state, result, self._settings.since)

    def _request(self, name: str, state: Mapping[str, Any]) -> ReadRequest:
        settings = self._settings
        request = request_of(ENTITIES[name], state, fresh=settings.full, since=settings.since)
        return replace(request, types=settings.types)

    async def _read(self, requests: list[ReadRequest], spool: Path) -> dict[str, ReadResult]:
        async with self._connection.client() as client:
            reader = PortalReader(
                client,
                spool,
                rules=self._settings.rules,
                observer=self._settings.observer,
                synced_at=datetime.now(UTC).isoformat(),
                warehouse=self._settings.warehouse,
                detect_limits=self._connection.detect_limits,
            )
            try:
                return await reader.read(requests)
            finally:
                self.facts, self.stats = reader.facts, client.stats.snapshot()


def _in_thread(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end in an event loop of its own: a notebook's thread has one already.

    An interrupt cancels the work, waits until its files are closed, and goes on its way.
    """
    done: list[_T] = []
    failed: list[BaseException] = []
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[_T]]] = []

    async def main() -> _T:
        task = asyncio.ensure_future(work)
        running.append((asyncio.get_running_loop(), task))
        return await task

    def run() -> None:
        try:
            done.append(asyncio.run(main()))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, name="b24-read", daemon=True)
    thread.start()
    try:
        thread.join()
    except BaseException:
        for loop, task in running:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if failed:
        raise failed[0]
    return done[0]
