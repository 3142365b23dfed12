"""A portal of nothing but ids: lists and counts ranges of them in batches, as the real one does."""

import json
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import httpx

from sources.bitrix24.bus import Account, CommandBus
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.convert import Converter
from sources.bitrix24.keyset import KeysetQuery
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reading import Warehouse
from sources.bitrix24.session import Session
from sources.demo_portal.virtual_time import START, VirtualClock
from tests.sources.bitrix24.portal_reading import SYNCED_AT, UNLIMITED
from tests.sources.bitrix24.scripted_portal import WEBHOOK, php_query

METHOD = "crm.deal.list"
QUERY = KeysetQuery(METHOD, {}, {}, ("*", "UF_*"))
_REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")


class IdPortal(httpx.AsyncBaseTransport):
    """Answers `crm.deal.list` by id; what a request costs is charged as the vendor's page measured it.

    `before_command` may change the ids, given how many commands were carried out so far.
    """

    def __init__(self, ids: Collection[int], *, page_size: int = 50) -> None:
        self.ids = sorted(ids)
        self.modified: dict[int, str] = {}
        self.page_size = page_size
        self.requests: list[float] = []
        """Server seconds of every request."""
        self.commands = 0
        self.counts = 0
        self.rejected: Collection[int] = ()
        """Ids that rows are given without."""
        self.total: Callable[[int], int | None] = lambda total: total
        self.before_command: Callable[[int], None] = lambda _: None

    def delete(self, number: int) -> None:
        """Take a row away, if it is there."""
        place = bisect_left(self.ids, number)
        if self.ids[place : place + 1] == [number]:
            del self.ids[place]

    def restore(self, number: int) -> None:
        """Put a row back, or there for the first time."""
        if number not in self.ids[bisect_left(self.ids, number) :][:1]:
            insort(self.ids, number)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a batch."""
        results: dict[str, Any] = {}
        totals: dict[str, int] = {}
        nexts: dict[str, int] = {}
        times: dict[str, Any] = {}
        for key, line in json.loads(await request.aread())["cmd"].items():
            self.before_command(self.commands)
            self.commands += 1
            params = _resolved(php_query(line.partition("?")[2]), results)
            found, seconds = self._found(params["filter"]), 0.02
            results[key] = [self._row(number) for number in found[: self.page_size]]
            if int(params["start"]) >= 0:
                self.counts += 1
                seconds += 21e-6 * len(found)
                total = self.total(len(found))
                if total is not None:
                    totals[key] = total
                if len(found) > self.page_size:
                    nexts[key] = self.page_size
            seconds += 0.0004 * len(results[key])
            times[key] = {"start": START, "finish": START + seconds, "processing": seconds}
        self.requests.append(sum(time["processing"] for time in times.values()))
        time = {"start": START, "finish": START, "duration": 0.1, "date_start": "2027-01-15T09:00:00+01:00"}
        body = {
            "result": results,
            "result_error": [],
            "result_total": totals or [],
            "result_next": nexts or [],
            "result_time": times,
        }
        return httpx.Response(200, json={"result": body, "time": time}, request=request)

    def _row(self, number: int) -> dict[str, Any]:
        row: dict[str, Any] = {"ID": "" if number in self.rejected else str(number)}
        if self.modified:
            row["DATE_MODIFY"] = self.modified.get(number, "")
        return row

    def _found(self, where: dict[str, Any]) -> list[int]:
        if "@ID" in where:
            asked = {int(number) for number in where["@ID"].values()}
            return [number for number in self.ids if number in asked]
        after = where[">ID"]
        after = bool(after) if isinstance(after, list) else int(after or 0)  # as PHP casts
        first = bisect_right(self.ids, after)
        stop = bisect_right(self.ids, int(where["<=ID"])) if "<=ID" in where else len(self.ids)
        return self.ids[first : max(first, stop)]


def on_portal(
    portal: httpx.AsyncBaseTransport,
    folder: Path,
    work: Callable[[Session, Account], Any],
    warehouse: Warehouse | None = None,
    url: str = WEBHOOK,
) -> Any:  # noqa: ANN401 - what the work returns
    """Do this in a session with a portal, under virtual time."""

    async def main() -> object:
        client = Bitrix24Client(url, limits=UNLIMITED, transport=portal, clock=clock)
        async with client:
            session = Session(
                client=client,
                bus=CommandBus(client, 3),
                folder=folder,
                overlap_seconds=0,
                warehouse=warehouse,
                observer=SilentObserver(),
                synced_at=SYNCED_AT,
                converter=Converter(SYNCED_AT),
            )
            try:
                return await work(session, Account())
            finally:
                session.converter.close()

    clock = VirtualClock()
    return clock.run(main())


def _resolved(value: Any, results: dict[str, Any]) -> Any:  # noqa: ANN401 - parameters
    """Put earlier results in the place of references: the path is walked as far as it exists (API.md 25)."""
    if isinstance(value, dict):
        return {key: _resolved(item, results) for key, item in value.items()}
    reference = _REFERENCE.fullmatch(value)
    if reference is None:
        return value
    found: Any = results
    for step in reference[1][1:-1].split("]["):
        if isinstance(found, list):
            if int(step) >= len(found):
                break
            found = found[int(step)]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            break
    return found
