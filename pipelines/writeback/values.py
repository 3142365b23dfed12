r"""Values of cells as the portal takes them: one canonical form a kind of field, exact, never guessed.

| kind | canonical | also taken |
|---|---|---|
| text | str | numbers, as their digits |
| integer | int | `1 234` |
| decimal, double | str such as `1234.5` | numbers, `1 234,50` |
| money | str such as `1500\|EUR` | `1 500,00 EUR` |
| date | `2024-01-31` | days of a spreadsheet; other texts where their format is declared |
| datetime | `2024-01-31T09:30:00`, with an offset where one was told | the same |
| boolean | `Y` or `N` | yes and no, 1 and 0 in English, German, Russian |
| enumeration, status, user | the id, a str | labels, `Label [id]`, a user's e-mail |
| crm | `D_25` or int | |
| multifield | list of {VALUE, VALUE_TYPE where told, ID where known} | `+49 30 1 (WORK)`, a line each |
| json | what the JSON says | |

Of a field that holds several, a list of these. No value is None. A moment without an offset is portal time.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from pipelines.writeback.cells import CLEAR, MOST_DIGITS, cell_text, plain
from pipelines.writeback.choices import ChoiceError, chosen
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.lists import ListError, parted, points_of
from pipelines.writeback.sameness import live, same
from pipelines.writeback.written_dates import DateError, day_of, moment_of
from pipelines.writeback.written_numbers import NumberError, decimal_sign, number_of

__all__ = ["CLEAR", "ValueProblem", "canonical", "decimal_sign", "live", "remark", "same"]

_YES: Final = frozenset({"y", "yes", "true", "1", "on", "j", "ja", "wahr", "д", "да", "истина", "вкл"})
_NO: Final = frozenset({"n", "no", "false", "0", "off", "nein", "falsch", "н", "нет", "ложь", "выкл"})
_CURRENCY: Final = re.compile(r"(?P<amount>.*?)\s*[|\s]\s*(?P<code>[A-Za-z]{3})")
_LINK: Final = re.compile(r"[A-Z][A-Z0-9]*_\d+")
_PHONE: Final = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")


class ValueProblem(ValueError):  # noqa: N818 - it becomes a Problem of a row
    """A value cannot be written into its field; the message says what to do."""


def canonical(
    spec: FieldSpec,
    value: object,
    *,
    row: Mapping[str, object],
    decimal_sign: str | None,
    date_format: str | None = None,
) -> Any:  # noqa: ANN401 - JSON of the field's kind
    """The value as the portal takes it; None for none, CLEAR where the cell says so.

    Args:
        spec: the field.
        value: what a cell holds, or the text that the base of a workbook has for it.
        row: what is known of the record by field code; its CATEGORY_ID tells which stages are meant.
        decimal_sign: of the column (`decimal_sign(values)`); "." for the base of a workbook.
        date_format: how texts of the column write days, such as `DD.MM.YYYY`, where that was declared.

    Raises:
        ValueProblem: the value is not understood, or may mean two things.
    """
    if isinstance(value, str) and value.strip() == CLEAR:
        return CLEAR
    if _is_nothing(spec, value):
        return None
    column = _Column(spec, row, decimal_sign, date_format)
    try:
        if spec.kind == "multifield":
            return points_of(_phones(value)) or None
        if spec.multiple:
            return [column.one(item) for item in parted(value) if not _is_nothing(spec, item)] or None
        return column.one(value)
    except (NumberError, DateError, ChoiceError, ListError) as error:
        raise ValueProblem(str(error)) from None


@dataclass(frozen=True, slots=True)
class _Column:
    """What decides how a value is understood."""

    spec: FieldSpec
    row: Mapping[str, object]
    sign: str | None
    declared: str | None

    def one(self, value: object) -> object:
        if isinstance(value, list | tuple | dict) and self.spec.kind != "json":
            raise ValueProblem("is a list or an object, and the field holds one value")
        return _READERS[self.spec.kind](self, value)

    def chosen(self, value: object) -> str:
        return chosen(self.spec, value, self.row)

    def day(self, value: object) -> str:
        return day_of(value, self.declared)

    def moment(self, value: object) -> str:
        return moment_of(value, self.declared)

    def number(self, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise ValueProblem("is no number: write it with digits, such as 1234.50")
        return number_of(value, self.sign) if isinstance(value, str) else Decimal(value)

    def exact(self, value: object) -> str:
        return plain(self.number(value))

    def whole(self, value: object) -> int:
        number = self.number(value)
        if number != number.to_integral_value():
            raise ValueProblem("has decimals, and the field holds whole numbers: round it")
        return int(number)

    def money(self, value: object) -> str:
        match = _CURRENCY.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None or not match["amount"].strip():
            raise ValueProblem("names no amount with its currency: write it like 1500|EUR")
        code, known = match["code"].upper(), self.spec.options
        if known and code not in known:
            raise ValueProblem(f"has a currency that the portal does not know: one of {', '.join(known)}")
        return f"{self.exact(match['amount'])}|{code}"

    def flag(self, value: object) -> str:
        word = cell_text(value).strip().casefold()
        if word in _YES or word in _NO:
            return "Y" if word in _YES else "N"
        raise ValueProblem("is neither yes nor no: write Y or N")

    def link(self, value: object) -> object:
        text = cell_text(value).strip().upper()
        if text.isdecimal():
            return int(text) or None
        if _LINK.fullmatch(text):
            return text
        raise ValueProblem(
            "is no record of the CRM: write its id, or D_25, C_7, CO_3, L_1 where types are mixed"
        )

    def json(self, value: object) -> object:
        if not isinstance(value, str):
            return value if isinstance(value, bool | int | list | dict) else cell_text(value)
        try:
            return json.loads(value)
        except ValueError:
            raise ValueProblem("is no JSON: correct it, or leave the cell as it was") from None

    def file(self, _: object) -> object:
        raise ValueProblem("belongs to a field of files, which no table can write: leave the cell as it was")

    def text(self, value: object) -> str:
        return cell_text(value)


_READERS: Final[Mapping[str, Callable[[_Column, object], object]]] = MappingProxyType(
    {
        "text": _Column.text,
        "integer": _Column.whole,
        "decimal": _Column.exact,
        "double": _Column.exact,
        "money": _Column.money,
        "date": _Column.day,
        "datetime": _Column.moment,
        "boolean": _Column.flag,
        "enumeration": _Column.chosen,
        "status": _Column.chosen,
        "user": _Column.chosen,
        "crm": _Column.link,
        "file": _Column.file,
        "json": _Column.json,
    }
)


def remark(spec: FieldSpec, value: object) -> str | None:
    """What a person should know of a value that is taken all the same."""
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if number and spec.kind in ("text", "multifield"):
        return (
            f"is a number in a column of texts and is written as {cell_text(value)}; leading zeros are lost"
        )
    return None


def _is_nothing(spec: FieldSpec, value: object) -> bool:
    if isinstance(value, str) and spec.kind != "text":
        return not value.strip()
    return value is None or value == "" or (isinstance(value, list | tuple | dict) and not value)


def _phones(value: object) -> object:
    """A phone that became a number keeps its digits, unless it has lost some."""
    if isinstance(value, bool):
        raise ValueProblem("is no phone, e-mail or address: write it as text")
    text = cell_text(value) if isinstance(value, int | Decimal) else value
    if isinstance(text, str) and (_PHONE.fullmatch(text.strip()) or _has_lost_digits(value)):
        raise ValueProblem("has lost digits as a number: format the column as text and type it again")
    return text


def _has_lost_digits(value: object) -> bool:
    return isinstance(value, Decimal) and len(value.as_tuple().digits) >= MOST_DIGITS
