"""What a portal answered in canonical form, and when two canonical values mean the same to it."""

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pipelines.writeback.cells import CLEAR, cell_text, of_double, plain
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.lists import points_of
from pipelines.writeback.written_dates import moment_in

_DAY: Final = 10
_YES: Final = frozenset({"y", "true", "1"})
_NO: Final = frozenset({"n", "false", "0"})
_SETS: Final = frozenset({"enumeration", "status", "user", "crm"})
_LINKS: Final = frozenset({"user", "crm"})


def live(spec: FieldSpec, raw: object) -> Any:  # noqa: ANN401 - JSON of the field's kind
    """What the portal answered, in canonical form; what does not fit its kind stays as it came.

    Nothing is looked up: a portal answers ids, never labels. Empty forms of all shapes are None (API.md 2).
    """
    if _is_empty(spec, raw):
        return None
    if spec.kind == "multifield":
        return points_of(_php_list(raw)) or None
    if spec.multiple:
        items = _php_list(raw)
        listed = items if isinstance(items, list | tuple) else [items]
        return [_one(spec, item) for item in listed if not _is_empty(spec, item)] or None
    return _one(spec, raw)


def same(spec: FieldSpec, left: object, right: object) -> bool:
    """Whether two canonical values mean the same to the portal.

    All empty forms are one; a moment without an offset is compared by what the clock of the other shows;
    options in another order are the same, texts are not; of a phone, the type counts where both tell it.
    """
    if left is right or (_is_empty(spec, left) and _is_empty(spec, right)):
        return True
    if _is_empty(spec, left) or _is_empty(spec, right):
        return False
    if spec.kind == "multifield":
        return _same_points(points_of(left), points_of(right))
    if spec.multiple:
        ours, theirs = (
            [_comparable(spec, item) for item in (value if isinstance(value, list | tuple) else [value])]
            for value in (left, right)
        )
        if spec.kind in _SETS:
            return Counter(map(str, ours)) == Counter(map(str, theirs))
        return len(ours) == len(theirs) and all(map(_equal, ours, theirs))
    return _equal(_comparable(spec, left), _comparable(spec, right))


def _is_empty(spec: FieldSpec, value: object) -> bool:
    if value is None or value == CLEAR:
        return True
    if isinstance(value, bool):
        return not value and (spec.kind != "boolean" or spec.multiple)
    if isinstance(value, str):
        return not value or (spec.kind != "text" and not value.strip()) or _is_empty_form(spec, value)
    return (isinstance(value, list | tuple | dict) and not value) or (
        spec.kind in _LINKS and value == 0  # no linked record: null, "0" or 0 (API.md 2)
    )


def _is_empty_form(spec: FieldSpec, text: str) -> bool:
    return (spec.kind in _LINKS and text == "0") or (spec.kind == "money" and text.startswith("|"))


def _php_list(value: object) -> object:
    """An array of PHP whose keys do not count from 0 arrives as an object."""
    if isinstance(value, Mapping) and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return value


def _one(spec: FieldSpec, raw: object) -> Any:  # noqa: ANN401, PLR0911 - one line a kind
    kind = spec.kind
    if kind in ("json", "file"):
        return _parsed(raw)
    if isinstance(raw, float):
        raw = of_double(raw)
    if kind == "boolean":
        word = cell_text(raw).strip().lower()
        return "Y" if word in _YES else "N" if word in _NO else cell_text(raw)
    text = cell_text(raw) if not isinstance(raw, list | dict) else json.dumps(raw, ensure_ascii=False)
    if kind in ("integer", "decimal", "double"):
        number = _decimal(text)
        if number is None:
            return text
        whole = number == number.to_integral_value()
        return int(number) if kind == "integer" and whole else plain(number)
    if kind == "money":
        amount, _, currency = text.partition("|")
        number = _decimal(amount)
        return text if number is None else f"{plain(number)}|{currency}" if currency else plain(number)
    if kind == "date":
        return text[:_DAY]  # the time is technical (API.md 2)
    if kind == "datetime":
        moment = moment_in(text)
        return text if moment is None else moment.isoformat(timespec="seconds")
    if kind == "crm" and text.isdecimal():
        return int(text)
    return text


def _comparable(spec: FieldSpec, value: object) -> object:
    """A value that equals another exactly where the portal makes no difference."""
    form = _one(spec, value)
    if spec.kind in ("decimal", "double", "integer"):
        number = _decimal(cell_text(form))
        return form if number is None else number
    if spec.kind == "datetime":
        return moment_in(str(form)) or form
    if spec.kind == "text":
        return str(form).replace("\r\n", "\n").replace("\r", "\n")
    return str(form) if spec.kind == "crm" else form


def _equal(left: object, right: object) -> bool:
    ours, theirs = getattr(left, "tzinfo", None), getattr(right, "tzinfo", None)
    if hasattr(left, "isoformat") and hasattr(right, "isoformat") and (ours is None) != (theirs is None):
        left, right = left.replace(tzinfo=None), right.replace(tzinfo=None)  # type: ignore[attr-defined]
    return left == right


def _same_points(ours: list[dict[str, str]], theirs: list[dict[str, str]]) -> bool:
    rest = list(theirs)
    for point in ours:
        kind = point.get("VALUE_TYPE")
        match = next(
            (
                other
                for other in rest
                if other["VALUE"].strip() == point["VALUE"].strip()
                and (kind is None or other.get("VALUE_TYPE") in (None, kind))
            ),
            None,
        )
        if match is None:
            return False
        rest.remove(match)
    return not rest


def _parsed(raw: object) -> object:
    if isinstance(raw, str) and raw[:1] in ("[", "{"):
        try:
            return json.loads(raw)
        except ValueError:
            return raw
    return raw


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
