"""What of a read is news to the warehouse: only that is loaded, and kept as a version where wished."""

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .entities import CONTACT_POINTS, ENTITIES, REJECTED_ROWS
from .fields import column_name
from .reading import ReadRequest, ReadResult, Warehouse
from .session import Session
from .spool import Chunk

ALWAYS_KEPT = frozenset({"custom_fields"})
"""What fields were called and which values they had is of use only together with when."""

_REJECTED_KEY = ("entity", "row")
_EVERY_TYPE = "items"

CONTACT_POINT_KEY = ("owner_type", "owner_id", "id")


def history_table(table: str) -> str:
    """The table that keeps the versions of another one's rows."""
    return f"{table}_history"


async def with_changes(session: Session, request: ReadRequest, result: ReadResult) -> ReadResult:
    """Leave out the rows that the warehouse has in exactly this form; add the versions to be kept.

    The overlap behind a cursor and whole re-reads bring mostly rows that are known. Without a warehouse to
    compare with everything is loaded, and no versions are kept: every row read again would be one.
    """
    warehouse, entity = session.warehouse, result.entity
    if warehouse is None or result.error is not None:
        return result
    kept = entity.name in session.history | ALWAYS_KEPT or (
        entity.name not in ENTITIES and _EVERY_TYPE in session.history
    )
    known = bool(request.kinds)  # it was loaded before
    keys = {
        entity.name: tuple(map(column_name, entity.key)),
        CONTACT_POINTS: CONTACT_POINT_KEY,
        REJECTED_ROWS: _REJECTED_KEY,
    }
    chunks: list[Chunk] = []
    for chunk in result.chunks:
        news = chunk
        if known and not chunk.deleted and chunk.table in keys:
            news = await asyncio.to_thread(_news, warehouse, chunk, keys[chunk.table])
        if news.rows:
            chunks.append(news)
    if kept:
        chunks += await asyncio.to_thread(lambda: list(_versions(entity.name, chunks)))
        if known:
            first = await asyncio.to_thread(_first_versions, warehouse, entity.name, session.folder)
            chunks += [first] if first.rows else []
    rejected = sum(chunk.rows for chunk in result.chunks if chunk.table == REJECTED_ROWS)
    return replace(result, chunks=tuple(chunks), rejected=rejected)


def _news(warehouse: Warehouse, chunk: Chunk, key: tuple[str, ...]) -> Chunk:
    target = chunk.path.with_suffix(".news.parquet")
    rows = warehouse.write_changed(chunk.table, key, chunk.path, target)
    return replace(chunk, path=target, rows=rows, odd_values=chunk.odd_values if rows else 0)


def _first_versions(warehouse: Warehouse, table: str, folder: Path) -> Chunk:
    """What a table held when its versions began to be kept: the next ones follow upon these."""
    target = folder / table / "first.versions.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = warehouse.write_first_versions(table, history_table(table), target)
    return Chunk(history_table(table), target, rows, 0)


def _versions(table: str, chunks: Iterable[Chunk]) -> Iterable[Chunk]:
    for chunk in chunks:
        if chunk.table == table:
            copy = Path(f"{chunk.path}.version")  # a load may move the file away that it takes in
            shutil.copyfile(chunk.path, copy)
            yield Chunk(history_table(table), copy, chunk.rows, 0)
