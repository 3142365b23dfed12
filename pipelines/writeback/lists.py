"""Several values in one cell: a line each, or separated by `;`, or a JSON list where neither would do."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_TYPED: Final = re.compile(r"(?P<value>.*\S)\s*\((?P<type>[A-Z][A-Z0-9_]*)\)", re.DOTALL)


class ListError(ValueError):
    """A value is no list."""


def joined(items: Sequence[str]) -> str:
    """The items as one text that `parted` takes apart again."""
    text = "\n".join(items)
    # a list of one line may hold a `;`: a person's `a; b` and one value `a; b` must not look alike
    return text if parted(text) == list(items) else json.dumps(list(items), ensure_ascii=False)


def parted(value: object) -> list[Any]:
    """The items of a cell.

    Raises:
        ListError: it is an object.
    """
    if isinstance(value, Mapping):
        raise ListError("is an object, and the field holds a list: write its values, separated by ;")
    if not isinstance(value, str):
        return list(value) if isinstance(value, list | tuple) else [value]
    text = value.strip()
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except ValueError:
            pass
    items = text.splitlines() if "\n" in text or "\r" in text else text.split(";")
    return [item.strip() for item in items if item.strip()]


def points_text(points: Sequence[Mapping[str, Any]]) -> str:
    """Phones, e-mails and their like as a text: `+49 30 1234 (WORK)`, one a line."""
    return joined([f"{point.get('VALUE', '')} ({point.get('VALUE_TYPE') or 'WORK'})" for point in points])


def points_of(value: object) -> list[dict[str, str]]:
    """Phones, e-mails and their like: VALUE, VALUE_TYPE where it is told, ID where the portal gave one."""
    points = []
    for item in parted([value] if isinstance(value, Mapping) else value):
        if isinstance(item, Mapping):
            kept = {name: str(item[name]) for name in ("ID", "VALUE", "VALUE_TYPE") if item.get(name)}
            if kept.get("VALUE"):
                points.append(kept)
            continue
        text = str(item).strip()
        typed = _TYPED.fullmatch(text)
        points.append({"VALUE": typed["value"], "VALUE_TYPE": typed["type"]} if typed else {"VALUE": text})
    return points
