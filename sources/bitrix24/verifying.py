"""The deep check: id and modification time of every row on the portal against those in the warehouse."""

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .bus import Account
from .counting import Differences, Ids
from .entity import Entity
from .errors import ConfigurationError
from .fields import column_name
from .keyset import KeysetQuery
from .listing import RangeReader
from .rows import Page
from .session import Session

Times = npt.NDArray[np.int64]
"""Microseconds since 1970 in UTC."""

_NO_TIME = -(1 << 63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def compare_rows(
    session: Session,
    entity: Entity,
    query: KeysetQuery,
    account: Account,
    *,
    files: Sequence[Path],
    cursor: str,
) -> Differences:
    """Compare every row of a query on the portal with the warehouse once `files` are loaded into it.

    Rows that were modified on the portal at `cursor` or later belong to the next run: they are no
    differences, and neither are rows without a modification time behind the highest id of ours. A row that
    this run has read (`files`) is not told to differ, as it cannot be loaded twice.

    Raises:
        ConfigurationError: there is no warehouse to compare with.
        Bitrix24Error: the portal could not be read.
    """
    ours, known = _warehouse(session, entity, files)
    sweep = _Sweep(entity.modified)
    reader = RangeReader(session, query.narrow(*filter(None, [entity.asked_modified])), account)
    async for page in reader.pages(0, None, len(ours)):
        sweep.take(page)
    ids, times = sweep.found()
    at = np.searchsorted(ours, ids)
    both = np.zeros(len(ids), dtype=np.bool_)
    within = at < len(ours)
    both[within] = ours[at[within]] == ids[within]
    if entity.modified:
        of_next_run = times >= _microseconds(cursor)
    else:
        of_next_run = ids > (int(ours[-1]) if len(ours) else 0)
    missing = ids[~both & ~of_next_run]
    shared = both & ~of_next_run
    differing = ids[shared][times[shared] != known[at[shared]]]
    vanished = np.setdiff1d(ours, ids, assume_unique=True)
    return Differences(
        int(both.sum()) + len(missing),
        tuple(missing.tolist()),
        tuple(vanished.tolist()),
        tuple(np.setdiff1d(differing, _ids_in(files, column_name(query.id_code))).tolist()),
    )


def _warehouse(session: Session, entity: Entity, files: Sequence[Path]) -> tuple[Ids, Times]:
    """The live rows: ids, ascending, and the times they were modified at."""
    if session.warehouse is None:
        raise ConfigurationError("There is no warehouse that the portal could be compared with")
    key = column_name(entity.key[0])
    if entity.modified is None:
        ids = session.warehouse.live_ids(entity.name, key, files)
        return ids, np.full(len(ids), _NO_TIME, dtype=np.int64)
    table = session.warehouse.modified_times(entity.name, key, column_name(entity.modified), files)
    ids = table.column(0).to_numpy()
    order = np.argsort(ids, kind="stable")  # of what is in order already, which costs nothing
    times = pc.fill_null(table.column(1).cast(pa.timestamp("us", "UTC")).cast(pa.int64()), _NO_TIME)
    return ids[order], times.to_numpy()[order]


def _ids_in(files: Sequence[Path], column: str) -> Ids:
    parts = [pq.read_table(file, columns=[column]).column(0).drop_null().to_numpy() for file in files]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


class _Sweep:
    """Ids and modification times as the pages bring them: 16 bytes a row."""

    def __init__(self, modified: str | None) -> None:
        self._ids = array("q")
        self._times = array("q")
        row: Any = msgspec.defstruct("Row", [("time", Any, None)], rename={"time": modified or ""})
        self._time_of = msgspec.json.Decoder(row).decode if modified else None

    def take(self, page: Page) -> None:
        """Add the rows of a page."""
        self._ids.extend(page.ids)
        if self._time_of is None:
            self._times.extend([_NO_TIME] * len(page.ids))
        else:
            self._times.extend(_microseconds(self._time_of(text).time) for text in page.texts)

    def found(self) -> tuple[Ids, Times]:
        """All of them, by ascending id."""
        return np.frombuffer(self._ids, dtype=np.int64), np.frombuffer(self._times, dtype=np.int64)


def _microseconds(moment: object) -> int:
    """A moment of the portal as the warehouse keeps it: without an offset it is none."""
    try:
        return (datetime.fromisoformat(str(moment)) - _EPOCH) // _MICROSECOND
    except (TypeError, ValueError):
        return _NO_TIME
