"""What methods answer, and how answers become bytes without taking rows apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from . import php
from .jsontext import encode
from .table import Ids, Row


class Rendered(Protocol):
    """What can write its rows as JSON."""

    @property
    def key(self) -> str:
        """Name the field that holds a row's id."""
        ...

    def render(self, ids: Ids, names: tuple[str, ...]) -> list[bytes | memoryview]:
        """Give the JSON of these rows with these fields."""
        ...


@dataclass(frozen=True)
class Answer:
    """Result of one method and the figures that its cost is worked out from."""

    result: object
    total: int | None = None
    next: int | None = None
    rows: int = 1
    counted: int = 0
    offset: int = 0
    writes: bool = False


class RowPage:
    """A page of rows that stays bytes: they become objects only where a reference reaches in."""

    def __init__(self, table: Rendered, ids: Ids, names: tuple[str, ...]) -> None:
        self._table = table
        self._ids = ids
        self._names = names
        self._body: bytes | None = None

    @property
    def key(self) -> str:
        """Name the field that holds a row's id."""
        return self._table.key

    def __len__(self) -> int:
        return len(self._ids)

    def body(self) -> bytes:
        """Give the JSON list of the rows as they were when it was asked for first."""
        if self._body is None:
            self._body = b"[" + b",".join(self._table.render(self._ids, self._names)) + b"]"
        return self._body

    def rows(self) -> list[Row]:
        """Give the rows as objects."""
        rows: list[Row] = json.loads(self.body())
        return rows

    def row(self, index: int) -> "RowOfPage":
        """Give one row, still unread."""
        return RowOfPage(
            RowPage(self._table, self._ids[index : index + 1], self._names), int(self._ids[index])
        )


@dataclass(frozen=True)
class RowOfPage:
    """One row of a page; its ID is known without reading it."""

    page: RowPage
    row_id: int

    def read(self) -> Row:
        """Give the row as an object."""
        return self.page.rows()[0]


def to_bytes(value: object) -> bytes:
    """Write a result as JSON."""
    if isinstance(value, RowPage):
        return value.body()
    if isinstance(value, Mapping):
        if not any(isinstance(item, RowPage) for item in value.values()):
            return encode(value).encode()
        return b"{" + b",".join(encode(str(k)).encode() + b":" + to_bytes(v) for k, v in value.items()) + b"}"
    return encode(value).encode()


def settle(value: object) -> None:
    """Fix what a result says: commands behind it may change the rows."""
    for item in value.values() if isinstance(value, Mapping) else (value,):
        if isinstance(item, RowPage):
            item.body()


def plain(value: object) -> object:
    """Give a result as plain lists and dictionaries."""
    if isinstance(value, RowPage):
        return value.rows()
    if isinstance(value, RowOfPage):
        return value.read()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def walk(root: object, path: list[str]) -> object:
    """Follow keys as far as they exist and give what was reached last."""
    here = root
    for key in path:
        found, inner = _step(here, key)
        if not found:
            break
        here = inner
    return here


def _step(value: object, key: str) -> tuple[bool, object]:
    if isinstance(value, RowPage | list):
        if key.isdigit() and (key == "0" or key[0] != "0") and int(key) < len(value):
            return True, value.row(int(key)) if isinstance(value, RowPage) else value[int(key)]
        return False, None
    if isinstance(value, RowOfPage):
        if key == value.page.key:
            return True, str(value.row_id)
        value = value.read()
    if isinstance(value, Mapping):
        # a key that is set to null does not exist for PHP's isset
        return (True, value[key]) if value.get(key) is not None else (False, None)
    return False, None


def is_array(value: object) -> bool:
    """Tell whether PHP would call the value an array."""
    return isinstance(value, RowPage | RowOfPage | list | Mapping)


def text_of(value: object) -> str:
    """Cast what a reference reached to text, for use inside a longer text."""
    return "Array" if is_array(value) else php.to_text(value)
