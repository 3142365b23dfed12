"""What a workbook's XML tells and the fast reader does not: hidden rows, errors, formulas without a value.

python-calamine gives "" for `#REF!` and for a formula that was never calculated: both would pass for empty
cells, which is a change of data nobody made.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_CHUNK: Final = 4 << 20
# Strict Open XML, which Excel saves on request, has namespaces of its own: tags are matched without them.
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_NUMBER: Final = re.compile(rb'\br="(\d+)"')
_HIDDEN: Final = re.compile(rb'\bhidden="(?:1|true)"')
_ERROR: Final = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>(.*?)</(?:\w+:)?c>', re.DOTALL)
_UNCALCULATED: Final = re.compile(
    rb"<(?:\w+:)?c\b([^>]*[^/])><(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[ >]")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_CELL: Final = re.compile(rb'\br="([A-Z]+)(\d+)"')
_END_OF_ROW: Final = b"row>"


@dataclass(frozen=True)
class Scan:
    """What was seen in one sheet; cells are (row, letters of the column, what stands there)."""

    hidden: frozenset[int]
    filtered: bool
    errors: tuple[tuple[int, str, str], ...]
    uncalculated: tuple[tuple[int, str], ...]


def scan_sheet(path: Path, sheet: str) -> Scan:
    """Look through one sheet, a few megabytes at a time."""
    hidden: set[int] = set()
    errors: list[tuple[int, str, str]] = []
    uncalculated: list[tuple[int, str]] = []
    filtered = False
    with ZipFile(path) as book, book.open(_part_of(book, sheet)) as part:
        for piece in _pieces(part):
            if b"hidden=" in piece:
                for row in _ROW.findall(piece):
                    if _HIDDEN.search(row) and (number := _NUMBER.search(row)):
                        hidden.add(int(number[1]))
            if b't="e"' in piece:
                errors += [(*_place(cell), _text(inside)) for cell, inside in _ERROR.findall(piece)]
            if _FORMULA.search(piece):
                uncalculated += [
                    _place(cell) for cell in _UNCALCULATED.findall(piece) if b't="e"' not in cell
                ]
            filtered = filtered or b"autoFilter" in piece
    return Scan(frozenset(hidden), filtered, tuple(errors), tuple(uncalculated))


def _part_of(book: ZipFile, sheet: str) -> str:
    root = ET.fromstring(book.read("xl/workbook.xml"))  # noqa: S314 - expat stops entities that multiply
    links = ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for each in root.iter():
        if each.tag.rpartition("}")[2] == "sheet" and each.get("name") == sheet:
            reference = next((value for name, value in each.attrib.items() if name.endswith("}id")), None)
            return posixpath.normpath(posixpath.join("/xl", targets[reference]))[1:]
    raise KeyError(sheet)


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """The sheet in pieces that end with a row."""
    rest = b""
    while chunk := part.read(_CHUNK):
        rest += chunk
        end = rest.rfind(_END_OF_ROW) + len(_END_OF_ROW)
        if end >= len(_END_OF_ROW):
            yield rest[:end]
            rest = rest[end:]
    yield rest


def _place(cell: bytes) -> tuple[int, str]:
    match = _CELL.search(cell)
    return (int(match[2]), match[1].decode()) if match else (0, "")


def _text(inside: bytes) -> str:
    match = _VALUE.search(inside)
    return match[1].decode() if match else "#ERROR"
