"""Offsets of classic lists: `start` is rounded down to a page, a negative one means one page and no count."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import php
from .answers import Answer
from .errors import classic
from .fields import Field
from .params import pick


@dataclass(frozen=True)
class Window:
    """The part of a list that was asked for."""

    first: int
    size: int
    counted: bool

    def cut(self, rows: int) -> tuple[int, int]:
        """Give first and stop of the page among so many rows."""
        return min(self.first, rows), min(self.first + self.size, rows)

    def answer(
        self, result: object, found: int, *, shown: int, table_rows: int, total: int | None = None
    ) -> Answer:
        """Make the answer: `total` and `next` only where rows were counted, `next` only if more follow."""
        following = self.first + self.size
        if not self.counted:
            return Answer(result, rows=shown, offset=self.first)
        return Answer(
            result,
            total=found if total is None else total,
            next=following if following < found else None,
            rows=shown,
            counted=table_rows,
            offset=self.first,
        )


def window(params: dict[str, object], size: int) -> Window:
    """Read `start`."""
    start = php.to_int(pick(params, "start"))
    if start < 0:
        return Window(0, size, counted=False)
    return Window(start // size * size, size, counted=True)


def array_param(params: dict[str, object], name: str) -> object:
    """Read a parameter that must be an array; an absent one is an empty array."""
    value = pick(params, name)
    if value is None:
        return {}
    if not isinstance(value, list | dict):
        raise classic(f"Parameter '{name}' must be array.")
    return value


def read_order(order: object, fields: dict[str, Field]) -> list[tuple[str, bool]]:
    """Read sort fields and directions; unknown ones are ignored."""
    return [
        (name, php.to_text(direction).upper() == "DESC")
        for name, direction in php.items_of(order)
        if name in fields and fields[name].in_rows and not fields[name].multiple
    ]


def sorted_rows(rows: Sequence[dict[str, object]], order: list[tuple[str, bool]]) -> list[dict[str, object]]:
    """Sort small tables by several fields, numbers as numbers."""
    result = list(rows)
    for name, descending in reversed(order):
        result.sort(key=lambda row: _sort_key(row.get(name)), reverse=descending)
    return result


def _sort_key(value: object) -> tuple[int, float, str]:
    text = php.to_text(value)
    if not text:
        return (0, 0.0, "")
    return (1, float(text), "") if php.is_numeric(text) else (2, 0.0, text.casefold())
