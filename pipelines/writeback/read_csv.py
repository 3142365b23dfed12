"""CSV: the encoding and the separator are found out, never half believed, and told with a sample."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pipelines.errors import UsageError
from pipelines.writeback.grid import Grid, Header
from pipelines.writeback.rows import InvalidRowsError, Place, Problem, SourceRow, SourceTable

SEPARATORS: Final = (";", ",", "\t")

_NAMES: Final = {";": "semicolon", ",": "comma", "\t": "tab"}
_SAMPLE: Final = 40
_LOOKED_AT: Final = 200
_SHOWN_TO_PARSER: Final = 1 << 20
_LARGEST_FIELD: Final = 1 << 24


def read_csv(path: Path, digest: str) -> SourceTable:
    """Read the file; every value is a text.

    Raises:
        InvalidRowsError: with everything that is wrong in it.
    """
    text, encoding = _decoded(path)
    separator, start = _separator(text)
    grid = Grid("", lambda raw: raw)
    grid.notes.append(_decision(text, encoding, separator))
    records = _Records(text[start:], separator, grid)
    header, _ = grid.header_of(records.numbered())
    rows: tuple[SourceRow, ...] = ()
    if header is not None:
        below = (pair for pair in records.numbered() if pair[0] > header.number)
        rows = tuple(grid.rows(header, records.checked(header, below)))
    if grid.problems:
        raise InvalidRowsError(sorted(grid.problems, key=lambda each: each.place.row))
    headers = tuple(header.places) if header else ()
    return SourceTable(path.name, headers, {}, rows, tuple(grid.notes), digest)


def _decoded(path: Path) -> tuple[str, str]:
    """The text and its encoding: UTF-16 where it says so, UTF-8 where it is, else cp1251."""
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise UsageError(f"{path} begins like UTF-16 and is not: save it as CSV UTF-8") from None
    for encoding, name in (("utf-8-sig", "UTF-8"), ("cp1251", "Windows-1251")):
        try:
            return raw.decode(encoding), name
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path} is neither UTF-8 nor Windows-1251: save it as CSV UTF-8")


def _separator(text: str) -> tuple[str, int]:
    """The separator, and where the table begins: `sep=;` in the first line is Excel's own way to tell."""
    first, _, _ = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        return first[4], len(first) + 1
    beginning = text[:_SHOWN_TO_PARSER]
    return max(SEPARATORS, key=lambda each: _evenness(beginning, each)), 0


def _evenness(text: str, separator: str) -> tuple[float, int]:
    """How much a separator makes a table: the share of rows of one width, and that width."""
    widths: Counter[int] = Counter()
    try:
        for count, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
            if count >= _LOOKED_AT:
                break
            if any(record):
                widths[len(record)] += 1
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, rows = widths.most_common(1)[0]
    return (rows / widths.total() if width > 1 else 0.0), width


def _decision(text: str, encoding: str, separator: str) -> str:
    """What was decided, with the first words in which a wrong encoding would show."""
    place = next((index for index, letter in enumerate(text) if not letter.isascii()), None)
    named = _NAMES.get(separator, repr(separator))
    if place is None:
        return f"read as {encoding}, separated by {named}"
    start = max(text.rfind(mark, 0, place) + 1 for mark in (separator, "\n"))
    sample = " ".join(text[start : place + _SAMPLE].splitlines()[0].split(separator)[0].strip('"').split())
    return f"read as {encoding} (sample: {sample[:_SAMPLE]}), separated by {named}"


class _Records:
    """The records of a file, numbered as a spreadsheet would show them."""

    def __init__(self, text: str, separator: str, grid: Grid) -> None:
        self._text = text
        self._separator = separator
        self._grid = grid

    def numbered(self) -> Iterator[tuple[int, Sequence[object]]]:
        limit = csv.field_size_limit(_LARGEST_FIELD)
        number = 0
        try:
            reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self._separator, strict=True)
            for number, record in enumerate(reader, 1):
                yield number, record
        except csv.Error as error:
            problem = Problem(
                Place("", number + 1, ""), "", f"cannot be read ({error}): a quotation mark is out of place"
            )
            if problem not in self._grid.problems:
                self._grid.problems.append(problem)
        finally:
            csv.field_size_limit(limit)

    def checked(
        self, header: Header, rows: Iterator[tuple[int, Sequence[object]]]
    ) -> Iterator[tuple[int, Sequence[object]]]:
        """Rows of the header's width: a shorter one was cut, or a separator is missing."""
        width = max(header.names) + 1
        for number, row in rows:
            if any(row) and len(row) < width:
                self._grid.problems.append(
                    Problem(
                        Place("", number, ""),
                        self._separator.join(str(each) for each in row),
                        f"has {len(row)} values and the header has {width}: complete the row",
                    )
                )
                continue
            yield number, row
