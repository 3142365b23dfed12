"""Filter keys with operator prefixes, and what each condition accepts.

The rules are those of the classic CRM lists: negation includes empty values, zero equals empty for integers,
an array under a comparison is cast to 1 or 0, LIKE on directories is equality, unknown keys are dropped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from . import php
from .columns import Numbers
from .fields import Field
from .zone import Zone

_PREFIX = re.compile(r"!=%|!%=|!%|=%|%=|!@|!=|!|>=|<=|>|<|@|%|=|")
_NO_LIKE = frozenset({"crm_status", "crm_company", "crm_contact"})
_LIKE = {"%": "contains", "=%": "pattern", "%=": "pattern"}
Mask = npt.NDArray[np.bool_]
NUMERIC = frozenset({"integer", "number", "moment", "day", "flag"})


@dataclass(frozen=True)
class Condition:
    """One key of a filter: a field, an operator and the values to compare with (None stands for empty)."""

    field: str
    kind: str
    operator: str
    negated: bool
    operands: tuple[float | str | None, ...]
    zone: Zone

    @property
    def key(self) -> tuple[object, ...]:
        """Give what makes two conditions the same."""
        return (self.field, self.operator, self.negated, self.operands)

    def accepts(self, value: object) -> bool:
        """Tell whether one value of a row passes; for a multiple field, whether any element does."""
        return self._positive(value) != self.negated

    def accepts_numbers(self, values: Numbers) -> Mask:
        """Tell it for a whole column of numbers."""
        result = np.zeros(len(values), dtype=bool)
        for operand in self.operands:
            result |= _compare_numbers(values, self.operator, cast("float | None", operand), self.kind)
        return ~result if self.negated else result

    def number(self, value: object) -> float:
        """Read a value of a row as the number that is compared; NaN where it is empty."""
        if self.kind in ("moment", "day"):
            seconds = self.zone.parse(value) if isinstance(value, str) else None
            return np.nan if seconds is None else seconds
        if value is None or (isinstance(value, str) and not value):
            return np.nan
        return php.to_float(value)

    def _positive(self, value: object) -> bool:
        if isinstance(value, list) and value:
            return any(self._positive(_element(item)) for item in value)
        if value in (False, [], {}) and self.kind != "flag":
            value = None
        if self.kind in NUMERIC and self.operator not in ("contains", "pattern"):
            number = self.number(value)
            return any(
                _compare_number(number, self.operator, cast("float | None", operand), self.kind)
                for operand in self.operands
            )
        text = php.to_text(_element(value))
        return any(_compare_text(text, self.operator, operand) for operand in self.operands)


def _element(value: object) -> object:
    # phones and files are compared by their value and id
    if isinstance(value, dict):
        return value.get("VALUE", value.get("id"))
    return value


def _compare_numbers(values: Numbers, operator: str, operand: float | None, kind: str) -> Mask:
    missing = np.isnan(values)
    if operand is None:
        return missing | (values == 0) if kind in ("integer", "number", "flag") else missing
    with np.errstate(invalid="ignore"):
        result = {
            "=": values == operand,
            ">": values > operand,
            ">=": values >= operand,
            "<": values < operand,
            "<=": values <= operand,
        }[operator]
    if operand == 0 and "=" in operator and kind in ("integer", "flag"):
        result = result | missing
    return cast("Mask", result)


def _compare_number(value: float, operator: str, operand: float | None, kind: str) -> bool:
    """Compare a single value as `_compare_numbers` does a column; written rows are looked at one by one."""
    missing = value != value  # noqa: PLR0124  NaN
    if operand is None:
        return missing or (value == 0 and kind in ("integer", "number", "flag"))
    if missing:
        return operand == 0 and "=" in operator and kind in ("integer", "flag")
    return {
        "=": value == operand,
        ">": value > operand,
        ">=": value >= operand,
        "<": value < operand,
        "<=": value <= operand,
    }[operator]


def _compare_text(text: str, operator: str, operand: float | str | None) -> bool:
    mine, other = text.casefold(), php.to_text(operand).casefold()
    if operator == "contains":
        return other in mine
    if operator == "pattern":
        return _pattern(other).fullmatch(mine) is not None
    if operator == "=":
        return mine == other
    if not mine:
        return False
    return {">": mine > other, ">=": mine >= other, "<": mine < other, "<=": mine <= other}[operator]


def _pattern(text: str) -> re.Pattern[str]:
    pieces = {"%": ".*", "_": "."}
    return re.compile("".join(pieces.get(letter, re.escape(letter)) for letter in text), re.DOTALL)


def split_key(key: str) -> tuple[str, bool, str]:
    """Split a filter key into operator, negation and field name."""
    found = _PREFIX.match(key)
    prefix = found.group(0) if found else ""
    name = key[len(prefix) :]
    negated = prefix.startswith("!")
    operator = prefix.removeprefix("!")
    if operator in _LIKE:
        return _LIKE[operator], negated, name
    if operator == "=%" or operator in ("", "@"):
        operator = "="
    return operator, negated, name


def compile_filter(filters: object, fields: Mapping[str, Field], zone: Zone) -> list[Condition]:
    """Turn a filter array into conditions; keys that are no field of the object are dropped silently."""
    conditions = []
    for key, value in php.items_of(filters):
        operator, negated, name = split_key(key)
        field = fields.get(name)
        if field is not None:
            conditions.append(_condition(field, operator, negated, value, zone))
    return conditions


def _condition(field: Field, operator: str, negated: bool, value: object, zone: Zone) -> Condition:  # noqa: FBT001
    if operator in ("contains", "pattern") and (field.type in _NO_LIKE or field.multifield):
        operator = "="
    if operator in (">", ">=", "<", "<=") and isinstance(value, list | dict):
        values: list[object] = [php.to_int(value)] if field.kind in ("integer", "number") else [None]
    else:
        values = (
            list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
        )
    like = operator in ("contains", "pattern")
    operands = tuple(php.to_text(item) if like else _operand(field.kind, item, zone) for item in values)
    return Condition(field.code, field.kind, operator, negated, operands, zone)


def _operand(kind: str, value: object, zone: Zone) -> float | str | None:
    if kind == "text":
        return php.to_text(value)
    if kind in ("moment", "day"):
        text = php.to_text(value)
        # what does not parse becomes false, which compares as "is empty"
        return zone.parse(text) if kind == "moment" else zone.parse_day(text)
    if value is None or value == "":
        return None
    if kind == "flag":
        return 1.0 if value in ("1", 1, "Y", True) else 0.0
    return float(php.to_int(value)) if kind == "integer" else php.to_float(value)
