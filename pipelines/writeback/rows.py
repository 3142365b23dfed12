"""What a source of changes looks like once it is read, and how its faults are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pipelines.errors import PipelineError
from pipelines.writeback.cells import cell_text

_SHOWN: Final = 5
_LONGEST: Final = 60


@dataclass(frozen=True)
class Place:
    """Where a value stands, in the words of the person who looks at the file.

    `row` counts from 1, the header being a row; 0 speaks of the sheet or column as a whole.
    """

    sheet: str
    row: int
    column: str

    def __str__(self) -> str:
        """Sheet, row, column: what of them there is."""
        named = (self.sheet, f"row {self.row}" if self.row else "", self.column and f"column {self.column}")
        return ", ".join(part for part in named if part) or "the source"


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a source from being used; the message says what to do about it."""

    place: Place
    value: str
    message: str

    def __str__(self) -> str:
        """The place, the value where there is one, and the message, on one line."""
        shown = " ".join(self.value.split())
        shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
        return f"{self.place}: {f'{shown!r} ' if shown else ''}{self.message}"


class InvalidRowsError(PipelineError):
    """A source has rows or headers that cannot be used; nothing was sent.

    `problems` has every one of them: the whole source is looked at before this is raised.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = "; ".join(str(problem) for problem in self.problems[:_SHOWN])
        more = len(self.problems) - _SHOWN
        super().__init__(first + (f"; and {more} more" if more > 0 else ""))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row with something in it.

    `cells` has a value for every header: None where the cell is empty, otherwise a text, bool, int, Decimal,
    date or datetime (with an offset only where the source told one), or what JSON holds in a list or an
    object. `base` has, by header, the text that `cells.cell_text` gave the cell when the workbook was
    exported, "" for an empty one; numbers in it have a decimal point. It is None where the source has no base
    or the row was added by hand; a column that was added by hand is not in it.
    """

    sheet: str
    number: int
    cells: Mapping[str, object]
    base: Mapping[str, object] | None = None

    def place(self, header: str = "") -> Place:
        """Where the value under this header stands."""
        return Place(self.sheet, self.number, header)

    @property
    def edited(self) -> tuple[str, ...] | None:
        """The headers whose cells are not as they were exported; None for a row without a base."""
        if self.base is None:
            return None
        changed = getattr(self.base, "edited", None)  # a base that was read knows: nothing is compared again
        if changed is not None:
            return tuple(changed)
        return tuple(header for header in self.base if cell_text(self.cells[header]) != self.base[header])


@dataclass(frozen=True)
class Origin:
    """What an exported workbook says of itself.

    `codes` and `kinds` (kinds of fields) are in the order of the exported columns, `key` names the codes that
    identify a row, `timezone` is the one in which its moments are shown.
    """

    entity: str
    codes: tuple[str, ...]
    kinds: tuple[str, ...]
    key: tuple[str, ...]
    timezone: str
    exported_at: str


@dataclass(frozen=True)
class SourceTable:
    """A source as it was read: every row is checked, nothing is interpreted yet.

    `codes` names the field of a header where the file itself tells it (the hidden second row of an export).
    `notes` says what was decided or may surprise: encoding, separator, hidden rows. `digest` is the SHA-256
    of what was read, so that a plan can tell the source it was made from.
    """

    name: str
    headers: tuple[str, ...]
    codes: Mapping[str, str]
    rows: tuple[SourceRow, ...]
    notes: tuple[str, ...]
    digest: str
    origin: Origin | None = None
