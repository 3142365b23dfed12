"""Reading by id: chains of pages that refer to the last id of the page before, 50 to a request.

The portal resolves `$result[c0][49][ID]` to the last id of a full page. Behind a short page the reference
reaches no id but the page itself, which the portal casts to 1: the chain starts again at the first row
(API.md 25). So everything behind the first short page is dropped.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from msgspec import Raw

from .batch import Command, Outcome
from .bus import Account
from .entity import Dialect, Entity
from .errors import Bitrix24Error, MalformedReplyError
from .reading import PAGE_ROWS
from .rows import RowReader
from .session import Sealing, Session
from .spool import Lane, Spool

_LANES = 2  # ranges of ids read side by side: while one answer is worked on, the portal makes the next
_MOST_LANES = 6  # where answers take the portal long: as many as the requests allowed meanwhile
_SLOW_SECONDS = 0.5  # of a request
_LANE_ROWS = 10_000  # a lane's last request is mostly empty, so short ranges are not worth one
_LONG_SECONDS = 60.0  # a read that is worth a word before it begins
_SURPLUS = 1.02  # ids are not quite evenly filled


@dataclass(frozen=True)
class KeysetQuery:
    """One list method as it is read by id.

    `id_code` is the id's name in the rows, `id_filter` its name in requests where that is another one.
    """

    method: str
    params: Mapping[str, object]
    filter: Mapping[str, object]
    select: tuple[str, ...] = ()
    rows_at: str | None = None
    id_code: str = "ID"
    id_filter: str = ""
    dialect: Dialect = Dialect.NAMED

    @property
    def asked_id(self) -> str:
        """The id as requests call it."""
        return self.id_filter or self.id_code

    def page(self, after: object, up_to: int | None) -> Command:
        """The page behind an id, without a count: `start=-1`."""
        return self._list(self._bounds(after, up_to), "ASC", self.select)

    def newest(self) -> Command:
        """The page with the highest ids, ids only."""
        return self._list({}, "DESC", (self.asked_id,))

    def count(self, low: int, high: int) -> Command:
        """Ids in `(low, high]`, counted: the outcome's `total`."""
        return self._list(self._bounds(low, high), "ASC", (self.asked_id,), start=0)

    def among(self, ids: Sequence[int]) -> Command:
        """The rows with these ids, at most a page of them."""
        key = f"@{self.asked_id}" if self.dialect is Dialect.NAMED else self.asked_id
        return self._list({key: list(ids)}, "ASC", self.select)

    def chain(self, keys: list[str], after: int, up_to: int | None, page_rows: int) -> dict[str, Command]:
        """Pages that follow one another within one request."""
        path = f"[{self.rows_at}]" if self.rows_at else ""
        links: list[object] = [after]
        links += [f"$result[{key}]{path}[{page_rows - 1}][{self.id_code}]" for key in keys[:-1]]
        return {key: self.page(link, up_to) for key, link in zip(keys, links, strict=True)}

    def narrow(self, *more: str) -> "KeysetQuery":
        """The same rows with nothing but their ids, and these fields."""
        return replace(self, select=(self.asked_id, *more))

    def _bounds(self, after: object, up_to: int | None) -> dict[str, object]:
        return {f">{self.asked_id}": after} | ({} if up_to is None else {f"<={self.asked_id}": up_to})

    def _list(
        self, where: Mapping[str, object], direction: str, select: tuple[str, ...], start: int = -1
    ) -> Command:
        where = {**self.filter, **where}
        if self.dialect is Dialect.POSITIONAL:
            # a query cannot say "empty array", and without one the next argument would take its place
            where = where or {f">{self.asked_id}": 0}
            navigation = {"NAV_PARAMS": {"nPageSize": PAGE_ROWS, "iNumPage": 1}}
            arguments = ({self.asked_id: direction}, where, list(select) or ["*"], navigation)
            return Command(self.method, {str(place): each for place, each in enumerate(arguments)})
        if self.dialect is Dialect.SORTED:
            params: dict[str, object] = {"SORT": self.asked_id, "ORDER": direction, "start": start}
            return Command(self.method, {**self.params, **params, **({"FILTER": where} if where else {})})
        params = {**self.params, "order": {self.asked_id: direction}, "start": start}
        if where:
            params["filter"] = where
        if select:
            params["select"] = list(select)
        return Command(self.method, params)


class KeysetRead:
    """Reads every row that a query finds into a spool; goes on where a killed read stopped."""

    def __init__(
        self, session: Session, entity: Entity, query: KeysetQuery, rows: RowReader, account: Account
    ) -> None:
        self._session = session
        self._entity = entity
        self._query = query
        self._rows = rows
        self._account = account
        self._page_rows = PAGE_ROWS
        self._page_proven = False
        self._ids_passed = 0
        self._rows_passed = 0
        self._newest = 0, 0  # rows on the page with the highest ids, and the ids between them

    async def all(self, spool: Spool, first: Outcome, newest: Outcome | None, sealing: Sealing) -> None:
        """Read everything, given the answers to the first page and to the newest ids (for a full read)."""
        high = None if newest is None else self._highest(newest)
        if "page_rows" in spool.facts:
            self._page_rows, self._page_proven = spool.facts["page_rows"], True
        self._rows.expect(spool.facts.get("unannounced", ()))
        if not spool.lanes:
            await self._begin(spool, first, high, sealing)
        self._expect(spool, high)
        self._session.bus.widen(1 + sum(not lane.done for lane in spool.lanes.values()))
        try:
            async with asyncio.TaskGroup() as lanes:
                for lane in spool.lanes.values():
                    lanes.create_task(self._read(spool, lane, sealing))
        except BaseExceptionGroup as failures:
            failure = failures.exceptions[0]
        else:
            return
        raise failure

    async def _begin(self, spool: Spool, first: Outcome, high: int | None, sealing: Sealing) -> None:
        """Take the first page, then share what lies behind it out to lanes."""
        lane = spool.lane(0, 0, high)
        lane = await self._keep(spool, lane, [first], sealing)
        if lane.done or high is None:
            return
        lanes = self._lanes_for((high - lane.last) * self._density()) if self._page_proven else 1
        if lanes > 1:
            bounds = [lane.last + (high - lane.last) * n // lanes for n in range(lanes + 1)]
            spool.share(lane, list(pairwise(bounds)))

    def _lanes_for(self, rows: float) -> int:
        client, method = self._session.client, self._query.method
        seconds, rate = client.request_seconds(method), client.limits.requests_per_second
        if seconds < _SLOW_SECONDS:
            return min(_LANES, int(rows / _LANE_ROWS))
        allowed = ceil(seconds * rate) + 1 if rate > 0 else _MOST_LANES
        return min(allowed, _MOST_LANES, int(rows / (self._page_rows * client.batch_size(method))))

    async def _read(self, spool: Spool, lane: Lane, sealing: Sealing) -> None:
        ramp = 4
        while not lane.done:
            keys = self._session.bus.keys(self._pages_wanted(lane, ramp))
            commands = self._query.chain(keys, lane.last, lane.high, self._page_rows)
            outcomes = await self._session.bus.run(commands, self._account)
            lane = await self._keep(spool, lane, outcomes.values(), sealing)
            ramp *= 4

    def _pages_wanted(self, lane: Lane, ramp: int) -> int:
        """As many pages as the range still holds by what was seen, within what one request may cost."""
        most = self._session.client.batch_size(self._query.method) if self._page_proven else 1
        if lane.high is None:
            return min(ramp, most)
        pages = ceil((lane.high - lane.last) * self._density() * _SURPLUS / self._page_rows)
        return max(1, min(pages, most))

    async def _keep(self, spool: Spool, lane: Lane, outcomes: Iterable[Outcome], sealing: Sealing) -> Lane:
        """Spool the pages up to the first short or failed one; raise that failure afterwards."""
        texts: list[Raw] = []
        last, done = lane.last, False
        failure: Bitrix24Error | None = None
        for outcome in outcomes:
            if outcome.error is not None:
                failure = outcome.error
                break
            page = self._rows.page(self._query.method, outcome.unwrap().raw)
            check_order(self._query.method, page.ids, last)
            grown = page.size > self._page_rows
            self._learn_page_size(page.size, lane, spool)
            self._note_unannounced(spool)
            spool.reject(page.rejected)
            texts += page.texts
            self._rows_passed += len(page.ids)
            if page.ids:
                # ids in front of the very first row say nothing of those behind it
                self._ids_passed += page.ids[-1] - (last or page.ids[0] - 1)
                last = page.ids[-1]
            if page.rejected and not page.ids and (page.size >= self._page_rows or not self._rows_passed):
                failure = MalformedReplyError(
                    f"{self._query.method}: no row behind {last} has a usable {self._query.id_code}",
                    method=self._query.method,
                )
                break
            if page.size < self._page_rows:
                done = self._at_end(page.size, last, lane)
                break
            if grown or page.rejected:  # the pages behind refer to another row than this one's last
                break
        done = done or lane.high == last
        lane = spool.append(lane, texts, last=last, done=done, enough=sealing.enough)
        self._session.observer.received(self._entity.name, len(texts))
        await sealing.full_files(self._rows.columns)
        if failure is not None:
            raise failure from None
        return lane

    def _learn_page_size(self, rows: int, lane: Lane, spool: Spool) -> None:
        """A portal may give other pages than 50 (self-hosted): a page that is not the last one tells.

        Rows that joined meanwhile can make it tell too little, never too much: a longer page corrects it.
        """
        if self._page_proven and rows <= self._page_rows:
            return
        if rows >= PAGE_ROWS or self._page_proven:
            self._page_rows = rows
        elif rows and lane.rows:
            self._page_rows = max(rows, lane.rows)  # the page before was short and not the last
        else:
            return
        self._page_proven = True
        self._session.prove_page(self._page_rows)
        spool.settle(page_rows=self._page_rows)

    def _note_unannounced(self, spool: Spool) -> None:
        """Keep the fields that only the rows told of: those in the spool may be all that have them."""
        if len(self._rows.unannounced) > len(spool.facts.get("unannounced", ())):
            spool.settle(unannounced=self._rows.unannounced)

    def _at_end(self, rows: int, last: int, lane: Lane) -> bool:
        """Whether a short page ends the range: not while short pages may be all that this portal gives."""
        return self._page_proven or not rows or last == lane.high

    def _density(self) -> float:
        """Rows per id, by what was read so far and by the newest rows."""
        rows, ids = self._newest
        return (self._rows_passed + rows) / max(self._ids_passed + ids, self._rows_passed + rows, 1)

    def _highest(self, newest: Outcome) -> int:
        raw = newest.unwrap().raw
        rows = RowReader((), rows_at=self._query.rows_at, id_code=self._query.id_code)
        ids = rows.page(self._query.method, raw).ids
        if any(later >= earlier for earlier, later in pairwise(ids)):
            raise MalformedReplyError(
                f"{self._query.method}: rows do not come in the order asked for; reading by id loses rows",
                method=self._query.method,
            )
        self._newest = (len(ids), ids[0] - ids[-1] + 1) if ids else (0, 0)
        return max(ids, default=0)

    def _expect(self, spool: Spool, high: int | None) -> None:
        read = sum(lane.rows for lane in spool.lanes.values())
        left = sum((lane.high or lane.last) - lane.last for lane in spool.lanes.values() if not lane.done)
        to_come = round(left * self._density())
        observer, name = self._session.observer, self._entity.name
        observer.expecting(name, None if high is None else read + to_come)
        if high is not None:
            commands = ceil(to_come / self._page_rows)
            lanes = sum(not lane.done for lane in spool.lanes.values())
            told = self._session.client.forecast(self._query.method, to_come, commands, max(1, lanes))
            if told.seconds >= _LONG_SECONDS:
                observer.forecast(name, told)


def check_order(method: str, ids: Sequence[int], last: int) -> None:
    """Check that a page goes on behind the id before it.

    Raises:
        MalformedReplyError: reading by id would lose rows or bring some twice.
    """
    if any(later <= earlier for earlier, later in pairwise([last, *ids])):
        raise MalformedReplyError(
            f"{method}: rows do not come in the order of their ids behind {last}; "
            "reading by id would lose rows",
            method=method,
        )
