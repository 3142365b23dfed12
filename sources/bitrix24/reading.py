"""What a read is asked for, by which rules it goes, what it comes to, and who hears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .batch import Outcome
from .bus import Account
from .entities import Entity, Reading
from .errors import MalformedReplyError
from .fields import Column, Kind
from .forecast import Forecast
from .spool import Chunk

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

PAGE_ROWS = 50
CHEAP_COMMANDS = 100
"""Reading everything again with so many commands is part of every run."""


@dataclass(frozen=True)
class ReadRequest:
    """What to read of one entity: all of it, or what changed since the cursor.

    `cursor` is the portal's time before the first page of the last read (ISO 8601); `since` limits a read
    to rows modified from then on; `digest` is what a dictionary looked like when it was last loaded.
    `kinds` and `names` are those of the columns that were loaded before, `fields` the portal's fields of
    then; `counted_at` and `walked_at` say when it was last counted and last read in full; `partial` that
    only rows since a date were ever read. With `fresh` everything is read whatever is known. `types`
    limits an entity with a table a type; `each` is what is known of each of its tables.
    """

    entity: Entity
    cursor: str | None = None
    since: str | None = None
    digest: str | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    counted_at: str | None = None
    walked_at: str | None = None
    partial: bool = False
    fresh: bool = False
    types: tuple[int, ...] | None = None
    each: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadResult:
    """What a read brought: files ready to load, and the cursor that is right once they are loaded.

    `whole` are the rows of a dictionary, decoded; `fields` the signature of the portal's fields;
    `portal_count` what the portal holds, where `check` tells how that is known: by reading everything
    (whole), by counting (count), by comparing ids and modification times (ids). `repaired` rows were
    found missing or out of date by a check and read again; `rejected` ones no key tells apart.
    """

    entity: Entity
    status: str  # done, unchanged, skipped (the webhook may not read it), failed
    cursor: str | None = None
    digest: str | None = None
    columns: tuple[Column, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    rows: int = 0
    deleted: int = 0
    resumed_rows: int = 0
    complete: bool = False
    account: Account = field(default_factory=Account)
    error: Exception | None = None
    note: str | None = None
    whole: tuple[Mapping[str, Any], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    portal_count: int | None = None
    check: str | None = None
    repaired: int = 0
    repaired_texts: int = 0
    rejected: int = 0
    counted_at: str | None = None
    walked_at: str | None = None


@dataclass(frozen=True)
class Checks:
    """How often a run looks for what no modification time tells.

    Deletions are found by counting: of tables with more than `cheap_rows` (about a second of the portal's
    time) every `count_hours`. Rows without a modification time (calendars, folders, what belongs to a deal)
    are all read again every `walk_hours`. What is cheap is done in every run; `verify` does everything at
    once and compares row by row.
    """

    count_hours: float = 6.0
    walk_hours: float = 24.0
    verify: bool = False
    cheap_rows: int = 50_000


@dataclass(frozen=True)
class CalendarWindow:
    """The days of events to read, around today."""

    days_back: int = 365
    days_ahead: int = 365


@dataclass(frozen=True)
class Rules:
    """How a run reads: `history` are the entities of which every version of a row is kept."""

    overlap_seconds: int = 300
    checks: Checks = field(default_factory=Checks)
    calendar_window: CalendarWindow = field(default_factory=CalendarWindow)
    history: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Vanished:
    """Live rows of a raw table that the files read from the portal lack.

    `among` limits the search to rows with these column values, `owners` to rows whose `owner_column`
    holds one of the ids; without them the files speak for the whole table.
    """

    table: str
    key: tuple[str, ...]
    seen: tuple[Path, ...]
    among: Mapping[str, str] = field(default_factory=dict)
    owner_column: str | None = None
    owners: Sequence[int] = ()


class Warehouse(Protocol):
    """What a read must know of the destination to compare the portal with it."""

    def write_vanished(self, search: "Vanished", target: Path) -> int:
        """Write the rows found, whole and marked as deleted, to Parquet; return how many."""
        ...

    def live_ids(self, table: str, id_column: str, files: Sequence[Path]) -> "npt.NDArray[np.int64]":
        """Return the ids, ascending, that the table will hold as live once these files are loaded."""
        ...

    def modified_times(self, table: str, id_column: str, modified: str, files: Sequence[Path]) -> "pa.Table":
        """Return id and modification time of every live row; the files' rows win."""
        ...

    def write_changed(self, table: str, key: Sequence[str], source: Path, target: Path) -> int:
        """Write those rows of a Parquet file that the table has not in exactly this form; return how many."""
        ...

    def write_first_versions(self, table: str, history: str, target: Path) -> int:
        """Write the live rows, whole, to Parquet unless there is a table of versions; return how many."""
        ...


class Sealed(Protocol):
    """Takes files of rows as soon as they are ready, long before the read is over; called in its thread."""

    def __call__(self, entity: Entity, chunks: Sequence[Chunk], columns: tuple[Column, ...]) -> None:
        """These files of an entity are ready; their rows have these columns."""
        ...


def nobody_waits(entity: Entity, chunks: Sequence[Chunk], columns: tuple[Column, ...]) -> None:
    """Leave the files until the read is over."""


class Observer(Protocol):
    """Hears how a read goes on, for progress bars and logs; called in the reading thread."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """About so many rows will come."""
        ...

    def forecast(self, entity: str, forecast: Forecast) -> None:
        """It will take long."""
        ...

    def received(self, entity: str, rows: int) -> None:
        """So many more rows came."""
        ...

    def finished(self, result: ReadResult) -> None:
        """The entity is read, or cannot be."""
        ...


def request_of(
    entity: Entity, state: Mapping[str, Any], *, fresh: bool = False, since: str | None = None
) -> ReadRequest:
    """The request for an entity of which a pipeline remembers `state` (see `remembered`).

    `fresh`: read everything whatever was read before; the columns stay what they are all the same, and so
    does the window of a calendar, or what has left it would look deleted.
    """
    known = {} if fresh or since else state
    window = entity.reading is Reading.CALENDAR
    return ReadRequest(
        entity,
        cursor=(state if window else known).get("cursor"),
        since=since,
        digest=known.get("digest"),
        kinds=state.get("kinds", {}),
        names=state.get("names", {}),
        fields=state.get("fields", {}),
        counted_at=known.get("counted_at"),
        walked_at=known.get("walked_at"),
        partial=bool(state.get("partial")) and not fresh,
        fresh=fresh,
        each=state.get("each", {}),
    )


def remembered(state: Mapping[str, Any], result: ReadResult, since: str | None = None) -> dict[str, Any]:
    """What to remember of an entity once its rows are loaded.

    A read since a date knows nothing of changes before that date, so it must not pass over them.
    """
    before, cursor = state.get("cursor"), result.cursor
    since = since if result.entity.modified else None
    if since and before and not result.complete:
        cursor = before if datetime.fromisoformat(since) > datetime.fromisoformat(before) else cursor
    return {
        "cursor": cursor,
        "digest": result.digest,
        "kinds": {**state.get("kinds", {}), **{each.code: each.kind for each in result.columns}},
        "names": {**state.get("names", {}), **{each.code: each.name for each in result.columns}},
        "fields": dict(result.fields) or state.get("fields", {}),
        "counted_at": result.counted_at or state.get("counted_at"),
        "walked_at": result.walked_at or state.get("walked_at"),
        "partial": not result.complete and (bool(since and not before) or bool(state.get("partial"))),
    }


def portal_time(outcome: Outcome) -> str:
    """The portal's clock when it began on this command: what a cursor is made of.

    Raises:
        MalformedReplyError: the portal tells no time, so no cursor would be safe.
    """
    time = outcome.unwrap().time
    if time is None or not time.date_start:
        raise MalformedReplyError(
            "The portal's answers tell no time (`time.date_start`), and no other clock will do for a cursor"
        )
    return time.date_start
