"""Ranges of ids, listed by narrow pages: what the warehouse holds is compared with these, not with rows."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeVar

from .batch import Outcome
from .bus import Account
from .errors import MalformedReplyError
from .keyset import KeysetQuery, check_order
from .reading import PAGE_ROWS
from .rows import Page, RowReader
from .session import Session

_T = TypeVar("_T")


class RangeReader:
    """Reads ranges of one query's rows, page after page; several may be read side by side.

    The query asks for ids and little else (`KeysetQuery.narrow`).
    """

    def __init__(self, session: Session, query: KeysetQuery, account: Account) -> None:
        self._session = session
        self._query = query
        self._account = account
        self._rows = RowReader((), rows_at=query.rows_at, id_code=query.id_code)

    async def pages(self, low: int, high: int | None, expected: float) -> AsyncIterator[Page]:
        """Yield every page of the ids in `(low, high]`, ascending; about `expected` rows will come.

        Raises:
            Bitrix24Error: a page could not be read, or is not what was asked for.
        """
        session, last, before, left, surprises = self._session, low, 0, expected, 0
        while True:
            size = session.page_rows
            surprises += left < 0  # more rows than were expected: each time as many again, and more
            keys = session.bus.keys(self._pages_wanted(left, least=4**surprises))
            outcomes = await session.bus.run(self._query.chain(keys, last, high, size), self._account)
            for outcome in outcomes.values():
                page = self.page(outcome, last, high)
                yield page
                self._learn_page_size(page.size, before)
                left, before = left - page.size, page.size
                if not page.size or (session.page_proven and page.size < session.page_rows):
                    return
                last = self._behind(page)
                if last == high:
                    return
                if page.size != size or page.rejected:  # the pages behind refer to another row or to none
                    break

    def page(self, outcome: Outcome, low: int, high: int | None) -> Page:
        """Return the rows of an answer, which should be the first ones in `(low, high]`.

        Raises:
            Bitrix24Error: the command failed, or the portal gives other rows than it was asked for.
        """
        method = self._query.method
        page = self._rows.page(method, outcome.unwrap().raw)
        check_order(method, page.ids, low)
        if high is not None and page.ids and page.ids[-1] > high:
            raise MalformedReplyError(
                f"{method}: asked for ids up to {high}, the portal gives {page.ids[-1]}: it drops the filter",
                method=method,
            )
        return page

    def _pages_wanted(self, expected: float, least: int) -> int:
        """As many as the rows fill, and the short one behind them that ends the range."""
        if not self._session.page_proven:
            return 1
        most = self._session.client.batch_size(self._query.method)
        return min(max(least, int(expected // self._session.page_rows) + 1), most)

    def _learn_page_size(self, rows: int, before: int) -> None:
        """A page that was not the last one tells how long pages are (see `KeysetRead`)."""
        session = self._session
        if rows >= PAGE_ROWS or (session.page_proven and rows > session.page_rows):
            session.prove_page(rows)
        elif rows and before and not session.page_proven:
            session.prove_page(before)

    def _behind(self, page: Page) -> int:
        if not page.ids:
            method = self._query.method
            raise MalformedReplyError(
                f"{method}: no row of a page has a usable {self._query.id_code}", method=method
            )
        return page.ids[-1]


async def together(works: Iterable[Coroutine[Any, Any, _T]]) -> list[_T]:
    """Do all of it at the same time; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise failure
