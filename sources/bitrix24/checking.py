"""The check at the end of a read by id: does the portal hold the rows that the warehouse will hold?"""

from dataclasses import dataclass, replace

import numpy as np

from .bus import Account
from .counting import compare_ids
from .entities import CONTACT_POINTS
from .fetching import fetch_rows
from .fields import column_name
from .keyset import KeysetQuery
from .reading import ReadRequest
from .rows import RowReader
from .session import Sealing, Session
from .spool import Spool


@dataclass(frozen=True)
class Check:
    """What a check found: how it was made (None: not at all), what the portal holds, what was put right."""

    kind: str | None = None
    portal_count: int | None = None
    deleted: int = 0
    repaired: int = 0


async def check_rows(
    session: Session,
    request: ReadRequest,
    query: KeysetQuery,
    spool: Spool,
    rows: RowReader,
    account: Account,
    *,
    complete: bool,
) -> Check:
    """Compare by count, or row by row where that was asked for; add what is missing, mark what is gone.

    Rows that the portal got after the read are not looked at: they belong to the next run.
    """
    entity = request.entity
    if session.warehouse is None or request.since or (request.partial and not complete):
        return Check()
    column = column_name(entity.key[0])
    files = [chunk.path for chunk in spool.chunks if chunk.table == entity.name and not chunk.deleted]
    if complete:
        ids = await session.convert(session.converter.ids, files, column)
    else:
        gone = [chunk.path for chunk in spool.chunks if chunk.table == entity.name and chunk.deleted]
        ids = session.warehouse.live_ids(entity.name, column, files)
        marked = await session.convert(session.converter.ids, gone, column)
        ids = np.setdiff1d(ids, marked, assume_unique=True)
    checks, verify = session.checks, session.checks.verify
    if len(ids) > checks.cheap_rows and not session.is_due(request.counted_at, checks.count_hours):
        return Check()
    every = replace(query, filter={})
    if verify and entity.modified and not complete:
        from .verifying import compare_rows  # noqa: PLC0415 - pyarrow, a tenth of a second before the first row

        found = await compare_rows(session, entity, every, account, files=files, cursor=spool.facts["cursor"])
    else:
        found = await compare_ids(session, entity, every, ids, account)
    wanted = (*found.missing, *found.differing)
    lost = 0
    if wanted:
        came = set(await fetch_rows(session, every, wanted, rows, spool, account))
        lost = sum(number not in came for number in found.missing)  # deleted since they were seen
        await Sealing(session, entity, spool).rest(rows.columns)
    deleted = 0
    if found.vanished:
        deleted = await _mark(session, spool, entity.name, column, found.vanished)
        deleted += session.mark_vanished(
            spool, entity.name, entity.key, owner_column=column, owners=found.vanished, part=".counted"
        )
    kind = "ids" if verify and entity.modified and not complete else "count"
    return Check(kind, found.portal_count - lost, deleted, len(wanted) - lost)


async def _mark(session: Session, spool: Spool, table: str, column: str, ids: tuple[int, ...]) -> int:
    """Mark rows that were read and deleted since; return how many."""
    marked = 0
    for chunk in spool.chunks:
        if chunk.table not in (table, CONTACT_POINTS) or chunk.deleted:
            continue
        own = column if chunk.table == table else "owner_id"
        count = await session.convert(session.converter.mark_deleted, chunk.path, own, ids)
        marked += count if chunk.table == table else 0
    return marked
