"""Rows by their ids: what a comparison found missing or different is read again, whole."""

from collections.abc import Sequence

from .batch import Outcome
from .bus import Account
from .errors import MalformedReplyError
from .keyset import KeysetQuery
from .rows import Page, RowReader
from .session import Session
from .spool import Spool


async def fetch_rows(
    session: Session,
    query: KeysetQuery,
    ids: Sequence[int],
    rows: RowReader,
    spool: Spool,
    account: Account,
) -> tuple[int, ...]:
    """Add the rows with these ids to the spool; return the ids of those that the portal still has.

    They go into a lane of their own, which a read that goes on after a kill finds done or empty, and wait
    there to be sealed. None of the ids may have a row in the spool: a load takes a key once.

    Raises:
        Bitrix24Error: rows could not be read, or are not those that were asked for.
    """
    fetch = _Fetch(session, query, rows, account)
    lane = spool.lane(max(spool.lanes, default=-1) + 1, 0, 0)
    found: list[int] = []
    left = sorted(ids)
    while left:
        part = left[: fetch.most()]
        page = await fetch.some(part)
        lane = spool.append(lane, page.texts, last=0, done=True)
        found += page.ids
        # the portal's pages may be shorter than was thought: what was not given is asked for once more
        unproven = page.ids and not session.page_proven
        left = [*(sorted(set(part) - set(page.ids)) if unproven else ()), *left[len(part) :]]
    if not lane.done:
        spool.append(lane, [], last=0, done=True)
    return tuple(found)


class _Fetch:
    """Asks for rows by id, a page of them to a command."""

    def __init__(self, session: Session, query: KeysetQuery, rows: RowReader, account: Account) -> None:
        self._session = session
        self._query = query
        self._rows = rows
        self._account = account

    def most(self) -> int:
        """How many ids one request can ask for."""
        return self._session.page_rows * self._session.client.batch_size(self._query.method)

    async def some(self, ids: Sequence[int]) -> Page:
        """The rows with these ids, as far as there are any."""
        bus, size = self._session.bus, self._session.page_rows
        groups = [ids[n : n + size] for n in range(0, len(ids), size)]
        asked = dict(zip(bus.keys(len(groups)), groups, strict=True))
        outcomes = await bus.run(
            {key: self._query.among(group) for key, group in asked.items()}, self._account
        )
        pages = [self._page(outcome, asked[key]) for key, outcome in outcomes.items()]
        return Page([text for page in pages for text in page.texts], [n for page in pages for n in page.ids])

    def _page(self, outcome: Outcome, ids: Sequence[int]) -> Page:
        method = self._query.method
        page = self._rows.page(method, outcome.unwrap().raw)
        if not set(page.ids) <= set(ids):
            raise MalformedReplyError(
                f"{method}: asked for {len(ids)} rows by id, the portal gives others: it drops the filter",
                method=method,
            )
        return page
