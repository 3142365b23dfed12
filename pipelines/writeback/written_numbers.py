"""Numbers as people write them: `1 234,50`, `1.234,50`, `1,234.50`; exact, and never guessed."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

SIGNS: Final = (",", ".")

# plain, no-break, thin, narrow no-break and figure space, and the Swiss apostrophe in both shapes
_SPACES: Final = " \u00a0\u2009\u202f\u2007'\u2019"
_UNIFORM: Final = str.maketrans(dict.fromkeys(_SPACES, " ") | {"\u2212": "-"})
_LOOKS_WRITTEN: Final = re.compile(r"[+-]?[\d ,.]*\d[\d ,.]*")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_CURRENCY: Final = re.compile(r"[|\s]\s*[A-Za-z]{3}\s*$")
_THREE: Final = 3


class NumberError(ValueError):
    """A text is no number, or may be two different ones."""


def decimal_sign(values: Iterable[object]) -> str | None:
    """The decimal sign that the texts of a column prove: `,` or `.`, or None where nothing proves one.

    Raises:
        NumberError: some cells prove one, some the other.
    """
    proved: dict[str, str] = {}
    for value in values:
        if isinstance(value, str) and (sign := _proved(value)) and sign not in proved:
            proved[sign] = value.strip()
    if len(proved) > 1:
        raise NumberError(
            f"the column has both decimal signs ({proved[',']} and {proved['.']}): use one of them throughout"
        )
    return next(iter(proved), None)


def number_of(text: str, sign: str | None) -> Decimal:
    """The number that a text says in a column with this decimal sign.

    Raises:
        NumberError: it says none, or may say two; the message says what to do.
    """
    written = text.strip().translate(_UNIFORM).strip()
    if _SCIENTIFIC.fullmatch(written):
        raise NumberError("is in scientific notation and may have lost digits: write the number in full")
    if not _LOOKS_WRITTEN.fullmatch(written):
        raise NumberError("is no number: write it with digits and one decimal sign, such as 1234.50")
    sign = _proved(written) or sign if sign is None else sign
    if sign is None and any(mark in written for mark in SIGNS):
        alone = written.replace(",", "").replace(".", "")
        raise NumberError(
            f"may be {alone} or a number with three decimals: write it without separators of thousands"
        )
    return _parsed(written, sign or ".")


def _parsed(written: str, sign: str) -> Decimal:
    thousands = "." if sign == "," else ","
    whole, _, fraction = written.partition(sign)
    digits = whole.lstrip("+-")
    grouped = [mark for mark in (" ", thousands) if mark in digits]
    broken = (
        len(grouped) > 1
        or (fraction and not fraction.isdecimal())
        or (grouped and not re.fullmatch(rf"\d{{1,3}}({re.escape(grouped[0])}\d{{3}})+", digits))
        or (not grouped and digits and not digits.isdecimal())
    )
    if broken:
        raise NumberError(
            f"is no number with the decimal sign {sign!r}, which the column uses: write it like 1234{sign}50"
        )
    bare = whole.replace(" ", "").replace(thousands, "")
    return Decimal(f"{bare or '0'}.{fraction or '0'}" if bare not in ("+", "-") else f"{bare}0.{fraction}")


def _proved(text: str) -> str | None:
    """The decimal sign that one text proves by itself."""
    written = _CURRENCY.sub("", text).strip().translate(_UNIFORM).strip()
    if not _LOOKS_WRITTEN.fullmatch(written):
        return None
    marks = [mark for mark in SIGNS if mark in written]
    if not marks:
        return None
    if len(marks) == len(SIGNS):  # the last one is it: 1.234,50
        last = max(SIGNS, key=written.rindex)
        return last if written.count(last) == 1 else None
    (mark,) = marks
    if written.count(mark) > 1:  # 1.234.567: the other would be it
        return "," if mark == "." else "."
    whole, _, fraction = written.partition(mark)
    digits = whole.lstrip("+-")
    one_way = len(fraction) != _THREE or " " in whole or len(digits) > _THREE or digits in ("", "0")
    return mark if one_way else None
