"""Rows of a source as values of fields: every cell understood, or told as a problem with its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.writeback.cells import cell_text
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.mapping import Columns, Mapped
from pipelines.writeback.rows import Place, Problem, SourceRow, SourceTable
from pipelines.writeback.values import (
    CLEAR,
    ValueProblem,
    canonical,
    decimal_sign,
    remark,
    same,
)
from pipelines.writeback.values import live as live_value

Cells = dict[str, Any]
_MOST_REMARKS: Final = 20
_NUMBERS: Final = ("integer", "decimal", "double", "money")


@dataclass
class SourceReader:
    """Understands the cells of one source.

    Attributes:
        problems: what cannot be understood, with its place.
        remarks: what is taken all the same and should be known.
    """

    table: SourceTable
    specs: Mapping[str, FieldSpec]
    columns: Columns
    mapped: Mapped
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _signs: dict[str, str | None] = field(default_factory=dict)
    _dates: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out how each column writes its numbers and days."""
        declared = {" ".join(name.split()).casefold(): form for name, form in self.mapped.dates.items()}
        for header, code in self.columns.codes.items():
            form = declared.get(" ".join(header.split()).casefold())
            if form:
                self._dates[header] = form
            if self.specs[code].kind not in _NUMBERS:
                continue
            try:
                self._signs[header] = decimal_sign(row.cells.get(header) for row in self.table.rows)
            except ValueError as error:
                self.problems.append(Problem(Place(self.table.name, 0, header), "", str(error)))

    def mine(
        self,
        row: SourceRow,
        known: Mapping[str, object],
        only: Iterable[str] = (),
        live: Mapping[str, Any] | None = None,
    ) -> Cells | None:
        """What the row wants, by field code; empty cells of a plain source are left out.

        None where a cell is not understood: then the problem is noted, and nothing of the row may be used.
        Fields named in `only` are read, all without any. A cell that is not understood and says what the
        record has (`live`) is left as it is: a user who cannot be looked up, a currency that was given up.
        """
        wanted: Cells = {}
        good = True
        chosen = set(only)
        edited = getattr(row.base, "edited", None)  # a workbook of ours knows what was touched
        context: dict[str, object] = dict(known)
        for header, code in self._in_order(chosen):
            cell = row.cells.get(header)
            if (cell is None and row.base is None) or (
                edited is not None and not chosen and header not in edited
            ):
                continue
            spec = self.specs[code]
            try:
                value = canonical(
                    spec,
                    cell,
                    row=context,
                    decimal_sign=self._signs.get(header),
                    date_format=self._dates.get(header),
                )
            except ValueProblem as problem:
                if not self._is_untouched(row, header, cell) and not self._is_live(spec, cell, live):
                    self.problem(row, header, str(problem))
                    good = False
                continue
            if value is None and row.base is None:
                continue
            self._remark(row, header, spec, cell)
            wanted[code] = value
            if value is not None and value != CLEAR:
                context[code] = value
        return wanted if good else None

    def base(self, row: SourceRow, code: str, known: Mapping[str, object]) -> object:
        """What the cell of this field was when the source was exported."""
        header = self.columns.header(code)
        text = (row.base or {}).get(header or "")
        try:
            return canonical(self.specs[code], text, row=known, decimal_sign=".")
        except ValueProblem:
            return text  # an option that was deleted since: it is what it was, and equal to nothing else

    def problem(self, row: SourceRow, header: str, message: str) -> None:
        """Note what is wrong with a cell, or with the row where no column is named."""
        cell = row.cells.get(header)
        self.problems.append(Problem(row.place(header), "" if cell is None else str(cell), message))

    def _is_untouched(self, row: SourceRow, header: str, cell: object) -> bool:
        """A cell as the export wrote it needs no understanding: a user or option may be gone since."""
        return row.base is not None and cell_text(cell) == str(row.base.get(header) or "")

    def _is_live(self, spec: FieldSpec, cell: object, live: Mapping[str, Any] | None) -> bool:
        theirs = None if live is None else live.get(spec.code)
        return theirs is not None and same(spec, cell_text(cell), live_value(spec, theirs))

    def _in_order(self, chosen: set[str]) -> list[tuple[str, str]]:
        """The columns, those first that others depend on: a stage's label is looked up in its pipeline."""
        pairs = [
            (header, code) for header, code in self.columns.codes.items() if not chosen or code in chosen
        ]
        return sorted(pairs, key=lambda pair: bool(self.specs[pair[1]].option_groups))

    def _remark(self, row: SourceRow, header: str, spec: FieldSpec, cell: object) -> None:
        told = remark(spec, cell)
        if told and len(self.remarks) <= _MOST_REMARKS:
            full = len(self.remarks) == _MOST_REMARKS
            self.remarks.append("… and more" if full else f"{row.place(header)}: {cell!r} {told}")
