"""What a comparison found becomes a plan: problems, caps, warnings, forecast, header."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.writeback.diff import Differ
from pipelines.writeback.errors import CapError, ConflictError
from pipelines.writeback.forecast import forecast
from pipelines.writeback.journal import portal_key
from pipelines.writeback.mapping import Mapped
from pipelines.writeback.operations import Operation
from pipelines.writeback.plan import Plan, by_action, numbered
from pipelines.writeback.rows import InvalidRowsError, Problem, SourceTable
from pipelines.writeback.rules import PlanRequest
from pipelines.writeback.source_rows import SourceReader
from pipelines.writeback.target import Target, WriteOptions
from sources.bitrix24.client import Bitrix24Client

_MOST_PROBLEMS: Final = 1_000


@dataclass(frozen=True)
class Draft:
    """Everything that a plan of a source is made of but its operations."""

    target: Target
    table: SourceTable
    request: PlanRequest
    mode: str
    key: str | None
    source: SourceReader
    differ: Differ
    mapped: Mapped
    warnings: Sequence[str]

    def plan(
        self, operations: Sequence[Operation], client: Bitrix24Client, options: WriteOptions, folder: Path
    ) -> Plan:
        """Check what was found, and seal it.

        Raises:
            InvalidRowsError: rows cannot be used, and they may not be left out.
            ConflictError: a cell was changed on both sides, and that shall stop the plan.
            CapError: more would change than may.
        """
        problems = _in_order(self.source.problems)
        if problems and not self.request.skip_invalid:
            raise InvalidRowsError(problems)
        self._check_conflicts(operations)
        tally = self.differ.tally
        self.request.caps.check(by_action(operations), tally.compared)
        if tally.clears and not self.request.allow_clear:
            raise CapError(
                f"{tally.clears:,} cells that had a value when they were exported are empty now. "
                "If their fields shall be emptied, add --allow-clear; if not, put the values back"
            )
        if tally.emptied and not self.request.allow_clear:
            raise CapError(
                f"{tally.emptied:,} records would have no {self.target.name} any more, as #CLEAR says. "
                "If that is what you want, add --allow-clear"
            )
        plan_id = uuid.uuid4().hex[:12]
        made = numbered(operations, plan_id, limit=self.request.limit)
        header = {
            **header_of(plan_id, portal_key(client.webhook), self.target, self.mode, "plan", options),
            "key": self.key,
            "source": self.table.name,
            "source_digest": self.table.digest,
            "mapping_digest": self.mapped.digest,
            "on_conflict": self.request.on_conflict,
            "rows": len(self.table.rows),
            "unchanged": tally.unchanged,
            "clears": tally.clears,
            "problems": [_told(problem) for problem in problems[:_MOST_PROBLEMS]],
            "notes": [*self.table.notes, *self._notes()],
            "warnings": [*self.warnings, *self.source.remarks, *self._computed()],
            "labels": labels_of(self.source.specs, made),
            "forecast": asdict(forecast(made, self.target, client.limits, options)),
        }
        return Plan(header, made, folder, self._source_rows(made))

    def _source_rows(self, made: Sequence[Operation]) -> SourceTable:
        """The rows that do something or cannot, for the files that tell what became of them."""
        places = {(each.sheet, number) for each in made for number in (each.row, *each.more_rows)}
        places |= {(each.place.sheet, each.place.row) for each in self.source.problems}
        rows = tuple(row for row in self.table.rows if (row.sheet, row.number) in places)
        return replace(self.table, rows=rows)

    def _check_conflicts(self, operations: Sequence[Operation]) -> None:
        disputed = [each for each in operations if each.status == "conflict"]
        if disputed and self.request.on_conflict == "stop":
            first = disputed[0]
            raise ConflictError(
                f"{len(disputed):,} rows were changed on both sides, no plan was made; the first is row "
                f"{first.row} ({first.title}): {first.reason}. Choose --on-conflict skip, mine or theirs"
            )

    def _computed(self) -> list[str]:
        count, companion = self.differ.tally.computed, self.target.companion
        if not count or companion is None:
            return []
        field, flag = companion
        told = (
            f"{count:,} rows change {field} while {flag} is N: where a record has products, "
            f"the portal computes it from them; a column {flag} with Y makes yours stay"
        )
        return [told]

    def _notes(self) -> list[str]:
        tally = self.differ.tally
        notes = [f"{code} was filled in for {count:,} new records" for code, count in tally.filled.items()]
        if tally.missing:
            notes.append(f"{tally.missing:,} rows are no records of the portal any more")
        if tally.emptied:
            notes.append(f"{tally.emptied:,} records will have no {self.target.name} any more")
        if self.request.limit is not None:
            notes.append(f"no more than {self.request.limit:,} changes, as --limit says")
        return notes


def header_of(
    plan_id: str, portal: str, target: Target, mode: str, kind: str, options: WriteOptions
) -> dict[str, Any]:
    """The part of a header that every kind of plan has."""
    return {
        "plan_id": plan_id,
        "kind": kind,
        "portal": portal,
        "target": target.name,
        "mode": mode,
        "key": None,
        "source": "",
        "source_digest": "",
        "mapping_digest": "",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "on_conflict": "skip",
        "feed": options.feed,
        "automation": options.automation,
        "rows": 0,
        "unchanged": 0,
        "clears": 0,
        "problems": [],
        "notes": [],
        "warnings": [],
        "labels": {},
    }


def labels_of(specs: Mapping[str, Any], operations: Sequence[Operation]) -> dict[str, str]:
    """What the portal calls the fields that are written."""
    codes = {code for each in operations for code in each.after}
    return {code: specs[code].label for code in sorted(codes) if code in specs}


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Problems in the order of the source, each told once."""
    unique = {(problem.place, problem.message): problem for problem in problems}
    return sorted(unique.values(), key=lambda each: (each.place.sheet, each.place.row, each.place.column))


def _told(problem: Problem) -> dict[str, object]:
    place = problem.place
    return {
        "sheet": place.sheet,
        "row": place.row,
        "column": place.column,
        "value": problem.value,
        "message": problem.message,
    }
