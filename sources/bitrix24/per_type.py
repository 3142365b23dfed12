"""Smart processes, invoices and quotes: one raw table for every type that a portal has."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from .batch import Command
from .bus import Account
from .entities_crm import BUILT_IN_ITEM_TYPES, items_of
from .errors import MethodError
from .reading import ReadRequest, ReadResult, request_of
from .session import Session
from .spool import Spool

_FIRST_SMART_PROCESS = 128  # API.md 10.1


async def read_types(
    session: Session,
    request: ReadRequest,
    types: "asyncio.Task[ReadResult] | None",
    read: Callable[[ReadRequest], Awaitable[ReadResult]],
) -> list[ReadResult]:
    """Read the table of every type, side by side; the rows of a type that was deleted are marked."""
    titles = dict(BUILT_IN_ITEM_TYPES)
    listed = False
    if types is not None:
        result = await types
        titles, listed = await titles_of_types(session, result), result.error is None
    wanted = titles if request.types is None else {n: titles.get(n, "") for n in request.types}
    requests = [
        request_of(
            items_of(number, title),
            request.each.get(f"items_{number}", {}),
            fresh=request.fresh,
            since=request.since,
        )
        for number, title in wanted.items()
    ]
    results = list(await asyncio.gather(*(read(each) for each in requests)))
    if listed and request.types is None:
        results += _deleted(session, request, titles)
    return results


async def titles_of_types(session: Session, types: ReadResult) -> dict[int, str]:
    """Every type that items may be of (`entityTypeId`), with its name, as far as this webhook may know."""
    if types.error is not None:
        return {**BUILT_IN_ITEM_TYPES, **await _names_for_everybody(session)}
    named = {int(row["entityTypeId"]): str(row.get("title") or "") for row in types.whole}
    return {**BUILT_IN_ITEM_TYPES, **named}


async def _names_for_everybody(session: Session) -> dict[int, str]:
    """The types as every user may know them: `crm.type.list` is for administrators (API.md 9)."""
    try:
        outcome = await session.bus.one(Command("crm.enum.ownertype"), Account())
        rows = outcome.unwrap().result or []
    except MethodError:
        return {}
    numbered = {int(row["ID"]): str(row.get("NAME") or "") for row in rows if row.get("ID")}
    return {number: name for number, name in numbered.items() if number >= _FIRST_SMART_PROCESS}


def _deleted(session: Session, request: ReadRequest, titles: dict[int, str]) -> Iterator[ReadResult]:
    for table, state in request.each.items():
        number = int(table.removeprefix("items_"))
        if number in titles:
            continue
        entity = items_of(number, "")
        with Spool(session.folder / table, {"deleted_at": session.synced_at}) as spool:
            deleted = session.mark_vanished(spool, table, entity.key)
            yield ReadResult(
                entity,
                "done",
                cursor=state.get("cursor"),
                chunks=tuple(spool.chunks),
                deleted=deleted,
                portal_count=0,
                check="whole",
                note="the portal no longer has this type",
            )
