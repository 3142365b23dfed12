"""What carrying out a run needs at every step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.journal import Change, Entry, Journal, Run
from pipelines.writeback.operations import Operation, Values
from pipelines.writeback.target import Row, Target, WriteOptions
from pipelines.writeback.values import live, same
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.clock import Clock


class Observer(Protocol):
    """Hears of progress."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """So many rows are there to be done."""

    def received(self, entity: str, rows: int) -> None:
        """So many more rows are done."""

    def step(self, text: str) -> None:
        """Something begins that a person would want to know of."""


class SilentObserver:
    """Hears nothing."""

    def expecting(self, entity: str, rows: int | None) -> None:
        """Do nothing."""

    def received(self, entity: str, rows: int) -> None:
        """Do nothing."""

    def step(self, text: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Context:
    """One run under way.

    Args:
        client: open.
        journal: claimed by this process.
        run: which is carried out.
        target: what is written.
        specs: its fields as the portal describes them now.
        options: how it is written.
        on_conflict: what becomes of cells that somebody else changed after the plan.
        clock: time of waits and of the journal.
        lifetime: seconds after which an unanswered write can no longer happen.
        observer: hears of progress.
    """

    client: Bitrix24Client
    journal: Journal
    run: Run
    target: Target
    specs: Mapping[str, FieldSpec]
    options: WriteOptions
    on_conflict: str
    clock: Clock
    lifetime: float
    observer: Observer

    def note(self, changes: Iterable[Change]) -> None:
        """Journal these changes in one durable step."""
        self.journal.note(self.run.run_id, changes, self.clock.time())

    async def live(self, operations: Iterable[Operation]) -> dict[str, Row]:
        """Read the records of these operations: the fields they are about, raw, by id.

        Raises:
            Bitrix24Error: they cannot be read.
        """
        chosen = list(operations)
        ids = list(dict.fromkeys(each.id for each in chosen if each.id is not None))
        if not ids:
            return {}
        return await read_rows(self.client, self.target, ids, codes_of(chosen, self.target))

    def canonical(self, row: Row, codes: Iterable[str]) -> Values:
        """Values of a raw row in canonical form."""
        return canonical_values(self.specs, row, codes)

    def same(self, code: str, left: object, right: object) -> bool:
        """Whether two values of a field mean the same to the portal."""
        return same_value(self.specs, code, left, right, self.target)

    def holds(self, operation: Operation, values: Mapping[str, Any]) -> bool:
        """Whether a record has what the operation writes."""
        return all(self.has(operation, code, values.get(code)) for code in operation.after)

    def has(self, operation: Operation, code: str, value: object) -> bool:
        """Whether a value is what the operation writes into the field."""
        told = self.target.holds(operation, code, value)
        return self.same(code, operation.after[code], value) if told is None else told


async def read_rows(
    client: Bitrix24Client, target: Target, ids: list[str], codes: Iterable[str]
) -> dict[str, Row]:
    """Read these fields of these records, raw, by id; what the portal does not have is left out.

    Raises:
        Bitrix24Error: the portal cannot be read.
    """
    rows: dict[str, Row] = {}
    parts = target.reads(ids, codes)
    outcomes = await client.batch([command for _, command in parts])
    for (part, _), outcome in zip(parts, outcomes.values(), strict=True):
        if not target.missing(outcome):
            rows.update(target.rows(outcome.unwrap().result, part))
    return rows


def codes_of(operations: Iterable[Operation], target: Target) -> list[str]:
    """The fields that operations are about, and the one that tells that a record was touched."""
    codes = dict.fromkeys(code for each in operations for code in (*each.before, *each.after))
    if target.stamp:
        codes[target.stamp] = None
    return list(codes)


def canonical_values(specs: Mapping[str, FieldSpec], row: Row, codes: Iterable[str]) -> Values:
    """Values of a raw row in canonical form."""
    return {code: live(specs[code], row.get(code)) if code in specs else row.get(code) for code in codes}


def same_value(
    specs: Mapping[str, FieldSpec], code: str, left: object, right: object, target: Target
) -> bool:
    """Whether two canonical values of a field mean the same to the portal."""
    told = target.same(code, left, right)
    if told is not None:
        return told
    return same(specs[code], left, right) if code in specs else left == right


def sent_part(entry: Entry) -> Operation:
    """The operation with the cells that were really sent: the journal has a before-value for each of them."""
    if entry.before is None or entry.operation.action == "add":
        return entry.operation
    kept = {code: value for code, value in entry.operation.after.items() if code in entry.before}
    return Operation(
        number=entry.number,
        action=entry.operation.action,
        id=entry.operation.id,
        after=kept,
        before=dict(entry.before),
        marker=entry.operation.marker,
        title=entry.operation.title,
    )
