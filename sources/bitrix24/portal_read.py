"""One reading of a portal behind any number of dlt resources: the first one asked for rows starts it."""

import asyncio
import logging
import shutil
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from .client import Bitrix24Client, ClientStats, Limits
from .clock import Clock
from .entities import ENTITIES
from .forecast import Forecast
from .limits import LimitsStore, SqliteLimitsStore
from .reader import PortalFacts, PortalReader
from .reading import Observer, ReadRequest, ReadResult, Rules, Warehouse, remembered, request_of
from .ready import ReadyFiles

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class SilentObserver:
    """Leaves a word in the log about what could not be read, and nothing else."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """Do nothing."""

    def forecast(self, entity: str, forecast: Forecast) -> None:
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
        memory_mb: what the database may use while rows are typed; Python's own memory comes on top.
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
    memory_mb: int = 512


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
        self._reading: _Reading[dict[str, ReadResult]] | None = None
        self._results: dict[str, ReadResult] = {}
        self._to_be_asked_for: set[str] = set()
        self._unfinished: set[str] = set()
        self.facts: PortalFacts | None = None
        self.place = Place()
        self.ready = ReadyFiles()
        self.stats = ClientStats()
        connection.client()  # a wrong webhook is told when the source is made, not in the middle of a run

    def begin(self, states: Mapping[str, Mapping[str, Any]], place: Place) -> None:
        """Start to read in the background; `ready` has files as they are made, `results` what came of it.

        Args:
            states: what each selected resource remembers from its last load: `cursor`, `digest`.
            place: the pipeline that the rows are for.
        """
        requests = [self._request(name, state) for name, state in states.items() if name in ENTITIES]
        self.place, self.ready = place, ReadyFiles()
        self._reading = _Reading(self._read(requests, self._settings.spool or place.spool), self.ready.end)
        self._to_be_asked_for = set(states)
        self._unfinished = set(states)

    def wait(self) -> dict[str, ReadResult]:
        """Return what the reading that was begun came to, by entity, at its end.

        Raises:
            Bitrix24Error: the portal as a whole cannot be read.
        """
        if self._reading is not None:
            reading, self._reading = self._reading, None
            try:
                self._results = reading.result()
            except BaseException:
                self._to_be_asked_for = set()
                raise
        return self._results

    def stop(self) -> None:
        """End a reading that was begun; what it has read stays in the spool."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.stop()
            self._to_be_asked_for = set()

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
            self.begin(states, place())
        results = self.wait()
        self._to_be_asked_for.discard(asked_by)
        return results

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
                sealed=self.ready.add,
                memory_mb=self._settings.memory_mb,
            )
            try:
                return await reader.read(requests)
            finally:
                self.facts, self.stats = reader.facts, client.stats.snapshot()


class _Reading(Generic[_T]):
    """Work in an event loop and a thread of its own: a notebook's thread has a loop already."""

    def __init__(self, work: Coroutine[Any, Any, _T], at_end: Callable[[], None]) -> None:
        self._done: list[_T] = []
        self._failed: list[BaseException] = []
        self._running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[_T]]] = []
        self._thread = threading.Thread(target=self._run, args=(work, at_end), name="b24-read", daemon=True)
        self._thread.start()

    def result(self) -> _T:
        """Wait for the end and return what came of it, or raise why nothing did.

        An interrupt cancels the work, waits until its files are closed, and goes on its way.
        """
        try:
            self._thread.join()
        except BaseException:
            self.stop()
            raise
        if self._failed:
            raise self._failed[0]
        return self._done[0]

    def stop(self) -> None:
        """Cancel the work and wait until its files are closed."""
        for loop, task in self._running:
            with suppress(RuntimeError):  # the loop is closed: it has ended
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join()

    def _run(self, work: Coroutine[Any, Any, _T], at_end: Callable[[], None]) -> None:
        try:
            self._done.append(asyncio.run(self._main(work)))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._failed.append(error)
        finally:
            at_end()

    async def _main(self, work: Coroutine[Any, Any, _T]) -> _T:
        task = asyncio.ensure_future(work)
        self._running.append((asyncio.get_running_loop(), task))
        return await task
