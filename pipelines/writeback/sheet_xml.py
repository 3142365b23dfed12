"""Values as cells of a sheet's XML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from pipelines.writeback.cells import MOST_DIGITS, cell_text, plain

# what XML cannot hold is written as _xHHHH_, and a text that looks like that too (ECMA-376 part 1, 22.9.2.19)
_SPECIAL: Final = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's clock has no zone
_FIRST_DAY: Final = date(1900, 3, 1)  # Excel believes in a 29 February 1900: days before are texts
_DAY_SECONDS: Final = 86_400
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class CellStyle:
    """The letters of a column and the numbers of its styles."""

    letters: str
    own: int
    day: int
    moment: int
    known: dict[str, str] = field(default_factory=dict)
    """The XML of texts that came before."""


def row_xml(number: int, values: Sequence[object], styles: Sequence[CellStyle]) -> str:
    """One row; empty cells are left out, for the style of their column is theirs."""
    cells = []
    for value, style in zip(values, styles, strict=True):
        if value is None or value == "":
            continue
        if type(value) is str:
            tail = style.known.get(value)
            if tail is None:
                tail = _text_xml(style.own, value)
                if len(style.known) < _REMEMBERED:
                    style.known[value] = tail
        else:
            tail = _cell_xml(value, style)
        cells.append(f'<c r="{style.letters}{number}"{tail}')
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell_xml(value: object, style: CellStyle) -> str:
    """The rest of a cell's XML, after its place."""
    kind = type(value)
    if kind is int or kind is Decimal:
        text = plain(value)  # type: ignore[arg-type]
        if len(text) <= MOST_DIGITS or _digits(text) <= MOST_DIGITS:
            return f' s="{style.own}"><v>{text}</v></c>'
        return _text_xml(style.own, text)
    if kind is bool:
        return f' s="{style.own}" t="b"><v>{int(bool(value))}</v></c>'
    if isinstance(value, date):
        clock = value.replace(tzinfo=None) if isinstance(value, datetime) else None
        if (value if clock is None else clock.date()) >= _FIRST_DAY:
            number = style.day if clock is None else style.moment
            return f' s="{number}"><v>{_serial(clock or value)}</v></c>'
    return _text_xml(style.own, cell_text(value))


def _digits(text: str) -> int:
    """The digits that count; a number so small or large that it has none left is a text."""
    counted = len(text.lstrip("-0.").replace(".", ""))
    return counted if len(text) <= MOST_DIGITS * 2 else MOST_DIGITS + 1


def _serial(value: date) -> str:
    if not isinstance(value, datetime):
        return str((value - _EPOCH.date()).days)
    past = value - _EPOCH
    return repr(past.days + past.seconds / _DAY_SECONDS) if past.seconds else str(past.days)


def _text_xml(style: int, text: str) -> str:
    if _SPECIAL.search(text):
        text = _SPECIAL.sub(_escaped, text)
    kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f' s="{style}" t="inlineStr"><is><t{kept}>{text}</t></is></c>'


def texts_xml(texts: Sequence[str]) -> str:
    """A row of texts of no style, in the first columns."""
    return "<row>" + "".join([_bare_xml(text) for text in texts]) + "</row>"


def _bare_xml(text: str) -> str:
    if _SPECIAL.search(text):
        text = _SPECIAL.sub(_escaped, text)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _escaped(match: re.Match[str]) -> str:
    letter = match.group()
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter) or f"_x{ord(letter):04X}_"
