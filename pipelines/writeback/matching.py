"""Finds the records that rows of a source speak of, 2,500 a request."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final

from pipelines.writeback.context import canonical_values, read_rows
from pipelines.writeback.diff import key_text, keys_of
from pipelines.writeback.rows import SourceRow
from pipelines.writeback.source_rows import SourceReader
from pipelines.writeback.target import Row, Target
from sources.bitrix24.client import Bitrix24Client

Matched = tuple[SourceRow, Sequence[tuple[str, Row]]]
_AT_ONCE: Final = 10_000  # four requests at a time, and what they bring fits into little memory


async def match_rows(
    client: Bitrix24Client, target: Target, source: SourceReader, codes: Sequence[str], key: str | None
) -> AsyncIterator[list[Matched]]:
    """Yield rows with the records they mean, in the order of the source; rows that share a key are refused.

    Raises:
        Bitrix24Error: the portal cannot be read.
    """
    if key is None:
        yield [(row, ()) for row in source.table.rows]
        return
    parts = target.id_parts if key == target.id_code and target.id_parts else (key,)
    keyed = keys_of(source, parts)
    single: list[tuple[str, SourceRow]] = []
    for value, rows in keyed.items():
        if value and len(rows) > 1:
            _refuse_shared(source, key, rows)
            continue
        single += [(value, row) for row in rows]
    order = {id(row): position for position, row in enumerate(source.table.rows)}
    single.sort(key=lambda pair: order[id(pair[1])])
    for start in range(0, len(single), _AT_ONCE):
        part = single[start : start + _AT_ONCE]
        values = [value for value, _ in part if value]
        if key == target.id_code:
            live = await read_rows(client, target, values, codes)
            yield [(row, [(value, live[value])] if value in live else ()) for value, row in part]
        else:
            found = await _found(client, target, source, key, values, codes)
            yield [(row, found.get(_fold(value), ())) for value, row in part]


async def _found(
    client: Bitrix24Client,
    target: Target,
    source: SourceReader,
    key: str,
    values: Sequence[str],
    codes: Iterable[str],
) -> Mapping[str, list[tuple[str, Row]]]:
    """Records by the value of a field; the portal may have more than one of a value."""
    commands = target.finds(key, values, codes)
    found: dict[str, dict[str, Row]] = {}
    for outcome in (await client.batch(commands)).values():
        for record_id, row in target.rows(outcome.unwrap().result, ()):
            value = canonical_values(source.specs, row, (key,))[key]
            for each in value if isinstance(value, list) else [value]:
                found.setdefault(_fold(key_text([each] if isinstance(each, dict) else each)), {})[
                    record_id
                ] = row
    return {value: list(rows.items()) for value, rows in found.items()}


def _refuse_shared(source: SourceReader, key: str, rows: Sequence[SourceRow]) -> None:
    header = source.columns.header(key) or ""
    places = ", ".join(str(row.number) for row in rows[:10]) + (", …" if len(rows) > 10 else "")  # noqa: PLR2004
    for row in rows:
        source.problem(row, header, f"is the key of rows {places}: keep one of them")


def _fold(value: str) -> str:
    """The portal's database makes no difference between capital and small letters."""
    return value.strip().casefold()
