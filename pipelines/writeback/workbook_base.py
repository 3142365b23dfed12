"""The hidden sheet of an exported workbook: what every cell was, and how to know that nobody touched it.

Row 1 has what the workbook says of itself as JSON, row 2 the SHA-256 of the rows below; each of these is the
key of a record and the texts of its cells, both JSON lists, the second cut into pieces that fit into cells.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from pipelines.writeback.cells import CellError, Cells, cell_text
from pipelines.writeback.rows import Origin

BASE_SHEET: Final = "_base"
LISTS_SHEET: Final = "_lists"

_FORMAT: Final = 1
_PIECE: Final = 32_000  # a cell takes 32,767 characters
_CLOCK: Final = 19


class BaseError(ValueError):
    """The hidden sheet is not what the export wrote."""


def packed(key: Sequence[str], texts: Sequence[str]) -> list[str]:
    """One record as the cells of its row."""
    text = msgspec.json.encode(texts).decode()
    return [
        msgspec.json.encode(key).decode(),
        *(text[start : start + _PIECE] for start in range(0, len(text), _PIECE)),
    ]


class Digest:
    """The SHA-256 of rows as they are written or read."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, cells: Iterable[str]) -> None:
        """Take one row in."""
        self._hash.update("\x1f".join(cells).encode() + b"\x1e")

    def hex(self) -> str:
        """The digest of what was taken in."""
        return self._hash.hexdigest()


def told(origin: Origin) -> str:
    """The first row."""
    return json.dumps({"format": _FORMAT, **asdict(origin)}, ensure_ascii=False)


@dataclass(frozen=True)
class Base:
    """The hidden sheet, read: per record, as JSON, the texts of its cells in the order of `origin.codes`.

    A reader takes them out one by one: a hundred thousand are a hundred megabytes.
    """

    origin: Origin
    texts: dict[tuple[str, ...], str]


def read_base(rows: Iterator[Sequence[object]]) -> Base:
    """Read the hidden sheet.

    Raises:
        BaseError: it was edited or cut, or a newer version of this program wrote it.
    """
    try:
        said = json.loads(str(next(rows)[0]))
        expected = str(next(rows)[0])
        version = said.pop("format")
        origin = msgspec.convert(said, Origin) if version == _FORMAT else None
    except (StopIteration, ValueError, KeyError, IndexError, AttributeError, msgspec.ValidationError):
        raise BaseError("cannot be read: export again, and leave the hidden sheets alone") from None
    if origin is None:
        raise BaseError("was written by another version of this program: export again")
    digest = Digest()
    texts: dict[tuple[str, ...], str] = {}
    for row in rows:
        cells = [str(each) for each in row if each not in (None, "")]
        if cells:
            digest.add(cells)
            texts[tuple(msgspec.json.decode(cells[0], type=list[str]))] = "".join(cells[1:])
    if digest.hex() != expected:
        raise BaseError("was edited: export again, and leave the hidden sheets alone")
    return Base(origin, texts)


class BaseCells(Mapping[str, object]):
    """What a row's cells were at export: only where they differ from what they are is it kept."""

    __slots__ = ("_cells", "_differing", "_headers")

    def __init__(self, headers: Mapping[str, int], cells: Cells, differing: Mapping[str, str]) -> None:
        self._headers = headers
        self._cells = cells
        self._differing = differing

    @property
    def edited(self) -> tuple[str, ...]:
        """The headers of cells that are not what they were."""
        return tuple(self._differing)

    def __getitem__(self, header: str) -> str:
        self._headers[header]
        found = self._differing.get(header)
        return cell_text(self._cells[header]) if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def settled(value: object, base: str, kind: str, zone: ZoneInfo) -> object:
    """A cell of an exported workbook as what it was exported from, where a spreadsheet shows it differently.

    Moments get the offset of the timezone in which they are shown. `base` is "" in rows added by hand.

    Raises:
        CellError: a text of digits has become a number.
    """
    if kind == "datetime" and isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        if moment.tzinfo is not None:
            return moment
        if base and base[:_CLOCK] == moment.isoformat(timespec="seconds"):
            return datetime.fromisoformat(base)  # the hour that comes twice in autumn keeps its offset
        return moment.replace(tzinfo=zone)
    if kind == "text" and base and not isinstance(value, str | None) and _was_digits(base, value):
        raise CellError(
            f"was the text {base!r} and is now the number {cell_text(value)}: format the cell as text and "
            f"type {base} again"
        )
    return value


def _was_digits(base: str, value: object) -> bool:
    bare = base.strip().lstrip("+0").replace(" ", "")
    return base != cell_text(value) and bare == cell_text(value)
