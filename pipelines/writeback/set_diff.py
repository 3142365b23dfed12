"""Rows of a source grouped by their owner, beside what the owner has: one operation an owner.

A row with the owner and `#CLEAR` for the product or contact says that the owner shall have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.writeback.context import read_rows
from pipelines.writeback.diff import Tally
from pipelines.writeback.operations import Operation
from pipelines.writeback.rows import SourceRow
from pipelines.writeback.source_rows import SourceReader
from pipelines.writeback.target_sets import ROWS, SetTarget
from pipelines.writeback.values import CLEAR
from sources.bitrix24.client import Bitrix24Client


@dataclass(frozen=True)
class SetDiffer:
    """Compares the rows that a source has of an owner with those of the portal."""

    target: SetTarget
    source: SourceReader
    tally: Tally

    async def operations(self, client: Bitrix24Client) -> list[Operation]:
        """One operation for each owner whose rows are not as the source says, in the source's order.

        Raises:
            Bitrix24Error: the portal cannot be read.
        """
        owners: dict[str, list[tuple[SourceRow, dict[str, Any]]]] = {}
        spoiled: dict[str, int] = {}
        for row in self.source.table.rows:
            values = self._values(row)
            if values is not None:
                owners.setdefault(self.target.owner_of(values), []).append((row, values))
            elif (owner := self._owner(row)) is not None:
                spoiled[owner] = row.number
        for owner, number in spoiled.items():  # the others alone would take that row away
            for row, _ in owners.pop(owner, ()):
                told = f"belongs to {owner}, whose row {number} cannot be used: all of them are left out"
                self._refuse(row, self.target.owner[-1], told)
        live = await read_rows(client, self.target, list(owners), (ROWS,))
        made = []
        for owner, rows in owners.items():
            operation = self._compared(owner, rows, live.get(owner))
            if operation is not None:
                made.append(operation)
        return made

    def _owner(self, row: SourceRow) -> str | None:
        """The owner of a row of which nothing else may be understood."""
        mine = self.source.mine(row, {}, only=self.target.owner)
        return self.target.owner_of(mine) if mine and self.target.owner[-1] in mine else None

    def _values(self, row: SourceRow) -> dict[str, Any] | None:
        mine = self.source.mine(row, {})
        if mine is None:
            return None
        values = {code: value for code, value in mine.items() if value is not None and value != CLEAR}
        member = self.target.member
        for code in (self.target.owner[-1], member):
            if code not in values and not (code == member and mine.get(code) == CLEAR):
                self._refuse(row, code, f"has no {code}: every row needs one")
                return None
        if member not in values and any(code in values for code in self.target.parts):
            self._refuse(row, member, "empties the record: leave the other cells of the row empty")
            return None
        return values

    def _compared(
        self, owner: str, rows: list[tuple[SourceRow, dict[str, Any]]], live: Mapping[str, Any] | None
    ) -> Operation | None:
        first = rows[0][0]
        if live is None:
            owner_code = self.target.owner[-1]
            self._refuse(first, owner_code, "is no record of the portal: correct it or leave its rows out")
            return None
        clearing = next((row for row, values in rows if self.target.member not in values), None)
        if clearing is not None and len(rows) > 1:
            told = f"empties {owner}, which has other rows in the source: keep the one or the others"
            self._refuse(clearing, self.target.member, told)
            return None
        self.tally.compared += 1
        parts = [{code: row[code] for code in self.target.parts if code in row} for _, row in rows]
        wanted = [each for each in parts if each]
        if self.target.same(ROWS, wanted, live[ROWS]):
            self.tally.unchanged += len(rows)
            return None
        self.tally.emptied += not wanted
        return Operation(
            number=0,
            action="set",
            id=owner,
            after={ROWS: wanted},
            before={ROWS: live[ROWS]},
            sheet=first.sheet,
            row=first.number,
            more_rows=tuple(row.number for row, _ in rows[1:]),
            title=f"{owner}: {len(wanted)} instead of {len(live[ROWS])} rows",
        )

    def _refuse(self, row: SourceRow, code: str, message: str) -> None:
        self.source.problem(row, self.source.columns.header(code) or "", message)
