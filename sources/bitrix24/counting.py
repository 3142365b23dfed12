"""Deletes found by counting: ranges of ids that count as many rows as the warehouse holds are the same rows.

No page of the REST documentation offers a list of what was deleted. A count is cheap to send and dear to
answer (about 21 microseconds a row, API.md 5), so a table is counted in ranges; those that differ are cut
into smaller ones, all of them in one request a round, until it costs less to list their ids. What is
reported as vanished was absent from a listing, what is reported as missing was in one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from .batch import LARGEST_BATCH, Outcome
from .bus import Account
from .entity import Entity
from .errors import MalformedReplyError
from .keyset import KeysetQuery
from .listing import RangeReader, together
from .session import Session

Ids = npt.NDArray[np.int64]

RANGE_ROWS = 18_000
"""Rows counted by one command: 50 of them fill the 25 s of a request as they fill its 50 places.

Longer ranges would save no request, and the search would begin further from its end.
"""

_COUNT_SECONDS = 0.02
_ROW_SECONDS = 25e-6
_TOGETHER = 10  # counts in one parcel: small enough to fit beside others, few requests if it has to wait
_FEWEST_PARTS = 4  # halving costs as many commands, in twice as many rounds
_TRIES = 3  # rows that come back may come between listing and counting
_SLACK = 0.75  # of a page: how far the rows of a piece may be from what was guessed


@dataclass(frozen=True)
class Differences:
    """Where portal and warehouse differ, by id.

    `missing` rows are on the portal alone, `vanished` ones in the warehouse alone; once those are added and
    these marked, the warehouse holds `portal_count` rows, unless the portal counts rows that it never
    lists. `differing` rows are in both, modified at another time than the warehouse knows: counting cannot
    tell them, `compare_rows` does.
    """

    portal_count: int
    missing: tuple[int, ...] = ()
    vanished: tuple[int, ...] = ()
    differing: tuple[int, ...] = ()


async def compare_ids(
    session: Session,
    entity: Entity,
    query: KeysetQuery,
    ids: Ids,
    account: Account,
    *,
    top: int | None = None,
) -> Differences:
    """Compare the ids that the warehouse will hold, ascending, with those on the portal.

    Ids above `top`, by default the highest of ours, are left out: rows made meanwhile are no differences.
    Two differences that cancel each other out within one range stay unseen, except on its first page.

    Raises:
        Bitrix24Error: the portal could not be asked, or its counts are none.
    """
    search = _Search(session, entity, query, ids, account)
    highest = int(ids[-1]) if len(ids) else 0
    await search.all(highest if top is None else top)
    return search.found()


@dataclass(frozen=True)
class _Range:
    """Ids in `(low, high]`: ours are those from place `first` to before `stop`, the portal's are counted."""

    low: int
    high: int
    first: int
    stop: int
    counted: int = 0

    @property
    def ours(self) -> int:
        return self.stop - self.first

    @property
    def rows(self) -> int:
        return max(self.ours, self.counted)

    @property
    def differences(self) -> int:
        """How many there are at least."""
        return max(1, abs(self.counted - self.ours))


class _Search:
    """One comparison: what was counted as equal, what was listed, what is still suspected."""

    def __init__(
        self, session: Session, entity: Entity, query: KeysetQuery, ids: Ids, account: Account
    ) -> None:
        self._session = session
        self._entity = entity
        self._query = query
        self._ids = ids
        self._account = account
        self._reader = RangeReader(session, query.narrow(), account)
        self._portal_count = 0
        self._missing: list[Ids] = []
        self._vanished: list[Ids] = []

    def found(self) -> Differences:
        """What the search came to."""
        return Differences(self._portal_count, _numbers(self._missing), _numbers(self._vanished))

    async def all(self, top: int) -> None:
        """Search the ids up to `top`."""
        whole = _Range(0, top, 0, int(np.searchsorted(self._ids, top, side="right")))
        if top <= 0:
            return
        suspects = await self._counted(self._cut(whole, ceil(whole.ours / RANGE_ROWS)))
        while suspects:
            suspects = await self._round(suspects)

    async def _round(self, suspects: Sequence[_Range]) -> list[_Range]:
        """List what is cheaply listed, cut up and count the rest; return what is suspected after that."""
        page_rows = self._session.page_rows
        few = sum(map(self._pages, suspects)) <= LARGEST_BATCH
        listed: list[_Range] = []
        others: list[_Range] = []
        for each in suspects:
            cheap = few or self._pages(each) <= _commands(each.rows, each.differences, page_rows)
            (listed if cheap else others).append(each)
        room = LARGEST_BATCH - sum(map(self._pages, listed))
        parts = max(_FEWEST_PARTS, room // max(1, len(others)))
        smaller = [
            part for each in others for part in self._cut(each, min(parts, ceil(each.rows / page_rows)))
        ]
        found = await together([self._counted(smaller), *map(self._list, listed)])
        return [suspect for part in found for suspect in part]

    def _cut(self, whole: _Range, parts: int) -> list[_Range]:
        """Ranges without gaps between them that hold about equally many of our ids."""
        parts = max(1, min(parts, whole.ours))
        marks = [whole.first + whole.ours * n // parts for n in range(parts + 1)]
        bounds = [whole.low, *(int(self._ids[mark - 1]) for mark in marks[1:-1]), whole.high]
        return [_Range(bounds[n], bounds[n + 1], marks[n], marks[n + 1]) for n in range(parts)]

    async def _counted(self, ranges: Sequence[_Range]) -> list[_Range]:
        """Count the ranges; return those, or what is left of them, that differ."""
        parcels = [ranges[n : n + _TOGETHER] for n in range(0, len(ranges), _TOGETHER)]
        found = await together(map(self._count, parcels))
        return [suspect for part in found for suspect in part]

    async def _count(self, parcel: Sequence[_Range]) -> list[_Range]:
        bus = self._session.bus
        asked = dict(zip(bus.keys(len(parcel)), parcel, strict=True))
        outcomes = await bus.run(
            {key: self._query.count(each.low, each.high) for key, each in asked.items()},
            self._account,
            seconds=sum(_COUNT_SECONDS + _ROW_SECONDS * each.rows for each in parcel),
        )
        suspects = (self._rest(asked[key], outcome) for key, outcome in outcomes.items())
        return [suspect for suspect in suspects if suspect is not None]

    def _rest(self, whole: _Range, outcome: Outcome) -> _Range | None:
        """Settle what an answer lists, the beginning of its range; return what is left to search."""
        page = self._reader.page(outcome, whole.low, whole.high)
        total = self._total(whole, outcome, page.size)
        if page.size < (outcome.next or min(total, self._session.page_rows)):  # rows are hidden, or went
            return replace(whole, counted=total)
        if outcome.next and page.size:  # more follow: this is how long a page is
            self._session.prove_page(page.size)
        if page.size >= total:  # the answer holds all that it counts
            self._settle(whole, np.array(page.ids, dtype=np.int64))
            return None
        last = page.ids[-1] if page.ids else whole.low
        seen = int(np.searchsorted(self._ids, last, side="right"))
        self._settle(_Range(whole.low, last, whole.first, seen), np.array(page.ids, dtype=np.int64))
        rest = _Range(last, whole.high, seen, whole.stop, total - page.size)
        if rest.counted == rest.ours:
            self._portal_count += rest.ours
            return None
        return rest

    def _total(self, whole: _Range, outcome: Outcome, rows: int) -> int:
        total = outcome.total
        if total is not None and (total or not rows) and total <= max(whole.high - whole.low, rows):
            return total
        told = "no total" if total is None else f"{total} rows"
        method = self._query.method
        raise MalformedReplyError(
            f"{self._entity.name}: {method} counts {told} for the ids {whole.low + 1} to {whole.high}; "
            "what was deleted cannot be found by counting",
            method=method,
        )

    async def _list(self, whole: _Range) -> list[_Range]:
        """Settle a range by its ids; rows that are counted and never listed count as the portal's."""
        counted = whole.counted
        for _ in range(_TRIES):
            parts = await together(map(self._ids_of, self._pieces(whole)))
            hidden = counted - sum(rows for _, rows in parts)
            if hidden > 0:  # or deleted since they were counted
                counted = await self._count_again(whole)
                hidden = counted - sum(rows for _, rows in parts)
            if hidden <= 0:
                break
        self._settle(whole, np.concatenate([ids for ids, _ in parts]))
        self._portal_count += max(0, hidden)
        return []

    async def _ids_of(self, piece: _Range) -> tuple[Ids, int]:
        """The ids on the portal, and how many rows came with them: some may have none."""
        listed: list[int] = []
        rows = 0
        async for page in self._reader.pages(piece.low, piece.high, piece.counted):
            listed += page.ids
            rows += page.size
        return np.array(listed, dtype=np.int64), rows

    async def _count_again(self, whole: _Range) -> int:
        outcome = await self._session.bus.one(self._query.count(whole.low, whole.high), self._account)
        page = self._reader.page(outcome, whole.low, whole.high)
        return self._total(whole, outcome, page.size)

    def _settle(self, piece: _Range, listed: Ids) -> None:
        """Note what a listing of a range brought."""
        ours = self._ids[piece.first : piece.stop]
        self._portal_count += len(listed)
        self._missing.append(np.setdiff1d(listed, ours, assume_unique=True))
        self._vanished.append(np.setdiff1d(ours, listed, assume_unique=True))

    def _pieces(self, whole: _Range) -> list[_Range]:
        """Parts that one request can list each, if the portal's rows are spread as ours are."""
        most = int((LARGEST_BATCH - _SLACK) * self._session.page_rows)
        if whole.counted <= most or whole.counted > 2 * whole.ours:  # our ids do not tell where those lie
            return [whole]
        step = max(1, whole.ours * most // whole.counted)
        marks = [*range(whole.first, whole.stop, step), whole.stop]
        bounds = [whole.low, *(int(self._ids[mark - 1]) for mark in marks[1:-1]), whole.high]
        share = whole.counted / whole.ours
        slack = _SLACK * self._session.page_rows / 2
        return [
            _Range(bounds[n], bounds[n + 1], marks[n], stop, ceil((stop - marks[n]) * share + slack))
            for n, stop in enumerate(marks[1:])
        ]

    def _pages(self, suspect: _Range) -> int:
        """Commands that list a range: its pages, the last of them short."""
        return suspect.counted // self._session.page_rows + 1


def _commands(rows: float, differences: float, page_rows: int) -> float:
    """Commands that find evenly spread differences in a range, by listing it or by cutting it up first."""
    listed = rows / page_rows + 1
    if listed <= _FEWEST_PARTS:
        return listed
    differing: float = _FEWEST_PARTS * (1 - (1 - 1 / _FEWEST_PARTS) ** differences)
    within = _commands(rows / _FEWEST_PARTS, max(1.0, differences / differing), page_rows)
    return min(listed, _FEWEST_PARTS + differing * within)


def _numbers(parts: Iterable[Ids]) -> tuple[int, ...]:
    parts = list(parts)
    return tuple(np.sort(np.concatenate(parts)).tolist()) if parts else ()
