"""Reads back what was written: a portal answers with success also where it took nothing."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pipelines.writeback.context import Context, sent_part
from pipelines.writeback.journal import Change, Entry
from pipelines.writeback.states import State
from pipelines.writeback.target import Row

_AT_ONCE: Final = 2_500  # records that one request reads


async def read_back(context: Context) -> None:
    """Compare every record that was written with what was written into it, and note what differs.

    Raises:
        Bitrix24Error: the portal cannot be read; the next run goes on with this.
    """
    journal, run_id = context.journal, context.run.run_id
    after = 0
    while entries := journal.entries(run_id, (State.DONE,), after=after, limit=_AT_ONCE, unchecked=True):
        after = entries[-1].number
        if not context.target.reads_back:
            context.note(Change(each.number, checked=True) for each in entries)
            continue
        rows = await _rows(context, entries)
        context.note(_compared(context, each, rows.get(each.record_id or "")) for each in entries)


async def _rows(context: Context, entries: Sequence[Entry]) -> dict[str, Row]:
    return await context.live(
        msgspec.structs.replace(each.operation, id=each.record_id) for each in entries if each.record_id
    )


def _compared(context: Context, entry: Entry, row: Row | None) -> Change:
    operation, number = sent_part(entry), entry.number
    if operation.action == "delete":
        if row is None:
            return Change(number, checked=True)
        return Change(
            number, State.REJECTED, error="the portal agreed to delete it, and it is there", checked=True
        )
    if row is None:
        return Change(number, checked=True, remark="the record was gone when it was read back")
    stamp = str(row.get(context.target.stamp) or "") or None
    values = context.canonical(row, operation.after)
    differing = [code for code, value in values.items() if not context.has(operation, code, value)]
    if not differing:
        return Change(number, checked=True, stamp=stamp)
    untaken = [code for code in differing if _is_untaken(context, entry, code, values[code])]
    if untaken:
        told = "; ".join(f"{code} is still {values[code]!r}" for code in untaken)
        return Change(
            number,
            State.REJECTED,
            error=f"the portal answered with success and did not take it: {told}",
            stamp=stamp,
            checked=True,
        )
    told = "; ".join(f"{code} is {values[code]!r}" for code in differing)
    return Change(number, checked=True, stamp=stamp, remark=f"changed again right after the write: {told}")


def _is_untaken(context: Context, entry: Entry, code: str, value: object) -> bool:
    if entry.operation.action == "add":
        return value in (None, "", [], False)
    return entry.before is not None and context.same(code, entry.before.get(code), value)
