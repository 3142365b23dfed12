"""Brings what is read into the raw tables with dlt, large first reads while they are still being read.

A portal's limits leave most of the time of a long read unused. So files of a table that is read for the first
time are loaded as they become ready, and at the end of the reading little is left to do. Nothing of this is
published before the whole run is over: a killed run finds its rows in the spool, not in the tables.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pipelines.errors import PipelineError, WarehouseError
from pipelines.order import Order
from pipelines.raw_schema import RAW_SCHEMA
from pipelines.working_copy import WorkingCopy
from sources.bitrix24.entities import CONTACT_POINTS, CURRENCY_RATES, ENTITIES, REJECTED_ROWS
from sources.bitrix24.errors import Bitrix24Error
from sources.bitrix24.portal_read import Place, PortalRead

# DuckDB's share of the memory while it loads: enough for what syncs usually bring. A load that needs more
# is repeated with what the machine has (`dlt` keeps its files).
_SHARE = 0.3125
# Files that are inserted at the same time: more of them hold more memory, and two cores are busy with fewer.
LOAD_WORKERS = 2
# Seconds in which the first requests get on their way, before dlt opens the file and takes the interpreter.
_HEAD_START = 0.3
# Values, for each megabyte, that are worth a load of their own, which costs about a second whatever it loads.
_EARLY_VALUES = 12_000
# A portal that gives rows slowly leaves time for smaller loads: this share of them, after so many seconds.
_EARLY_SHARE = 8
_EARLY_SECONDS = 5.0


class Load:
    """One run of dlt over what a portal's read brings."""

    def __init__(self, copy: WorkingCopy, read: PortalRead, order: Order, memory_mb: int) -> None:
        self._copy = copy
        self._read = read
        self._order = order
        self._memory = f"{int(memory_mb * _SHARE)}MB"
        self._early_values = _EARLY_VALUES * memory_mb

    def run(self) -> dict[str, str | None]:
        """Read and load; return the cursors that the tables had before.

        Raises:
            Bitrix24Error: the portal as a whole cannot be read.
            PipelineError: the rows cannot be loaded.
        """
        names = (*self._order.names, *_beside(self._order.names))
        place = Place(self._copy.places.spool, takes_files=True)
        failure: Exception | None = None
        self._copy.is_whole = False
        try:
            # where nothing is remembered the reading need not wait for dlt
            states = self._states() if self._copy.holds_rows else {}
            self._read.begin({name: states.get(name, {}) for name in names}, place)
            if not self._copy.holds_rows:
                self._read.ready.wait_for_end(_HEAD_START)
                self._states()
            self._load_early({name for name in self._order.names if not states.get(name, {}).get("cursor")})
            self._load_rest(names)
        except Exception as error:
            failure = _known(error)
            if failure is None:
                raise
            raise failure from None
        finally:
            self._read.stop()
        self._copy.is_whole = True
        return _cursors(states)

    def _states(self) -> Mapping[str, Mapping[str, Any]]:
        """What dlt remembers of each table from the loads before."""
        with _pipeline(self._copy, self._memory) as pipeline:
            pipeline.sync_destination()
        resources: Mapping[str, Mapping[str, Any]] = (
            pipeline.state.get("sources", {}).get("bitrix24", {}).get("resources", {})
        )
        return resources

    def _load_early(self, tables: set[str]) -> None:
        """Load files of these tables, which have no rows yet, until the reading is over."""
        from sources.bitrix24.source import source_of_ready  # noqa: PLC0415

        many = self._early_values
        while files := self._read.ready.wait(tables, many, many // _EARLY_SHARE, _EARLY_SECONDS):
            self._run(source_of_ready(self._read, files))
            self._read.ready.note_loaded(files)

    def _load_rest(self, names: Sequence[str]) -> None:
        from sources.bitrix24.source import source_of  # noqa: PLC0415

        results = self._read.wait().values()
        chunks = {chunk for result in results if result.error is None for chunk in result.chunks}
        if not self._read.ready.hold(chunks):
            self._copy.start_over()
            self._read.ready.forget_loaded()
            self._states()
        self._run(source_of(self._read).with_resources(*names))

    def _run(self, source: Any) -> None:  # noqa: ANN401 - dlt is imported late
        try:
            with _pipeline(self._copy, self._memory) as pipeline:
                pipeline.run(source, loader_file_format="parquet")
        except Exception as error:
            if "Out of Memory Error" not in str(error) or not pipeline.has_pending_data:
                raise
            with _pipeline(self._copy, None) as pipeline:
                pipeline.run()


@contextmanager
def _pipeline(copy: WorkingCopy, memory: str | None) -> Iterator[Any]:
    """Hold the working copy for a pipeline that writes it."""
    import dlt  # noqa: PLC0415 - three quarters of a second that usage errors need not wait for

    from pipelines.dlt_destination import attached  # noqa: PLC0415 - likewise

    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["load.truncate_staging_dataset"] = True  # or the file holds most rows twice (STACK.md)
    dlt.config["load.delete_completed_jobs"] = True
    dlt.config["load.workers"] = LOAD_WORKERS
    logging.getLogger("dlt").setLevel(logging.CRITICAL)  # failures are told once, by this program
    with copy.alone:
        yield dlt.pipeline(
            "b24",
            destination=attached(copy.path, copy.places.dlt, memory),
            dataset_name=RAW_SCHEMA,
            pipelines_dir=str(copy.places.dlt),
        )


def _beside(names: Sequence[str]) -> Iterator[str]:
    """The tables that come with these entities."""
    yield REJECTED_ROWS
    if any(ENTITIES[name].multifields for name in names):
        yield CONTACT_POINTS
    if any(ENTITIES[name].kept_daily for name in names):
        yield CURRENCY_RATES


def _cursors(states: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    tables = dict(states)
    for kept in states.values():
        tables |= kept.get("each", {})
    return {name: kept.get("cursor") for name, kept in tables.items()}


def _known(error: BaseException | None) -> Bitrix24Error | PipelineError | None:
    """The failure inside dlt's own; a full disk by its text, for DuckDB has no class for it."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Bitrix24Error | PipelineError):
            return each
        if isinstance(each, OSError) and each.errno is not None:
            return WarehouseError(f"{each.filename or 'The working folder'}: {each.strerror}")
        queue += [each.__cause__, each.__context__, getattr(each, "exception", None)]
    if "No space left" in str(error):
        return WarehouseError(
            "No space is left on the disk; free some and run again, it goes on where it stopped"
        )
    return None
