"""Cuts an answer into the texts of its rows, without making objects of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from .errors import MalformedReplyError
from .fields import Column, Kind, named

_PAGE = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Page:
    """The rows of one answer as texts, and their ids where the reading goes by id."""

    texts: list[msgspec.Raw]
    ids: list[int]


class RowReader:
    """Reads the rows of one entity; its columns grow when a row holds a field that nothing announced."""

    def __init__(
        self,
        columns: tuple[Column, ...],
        *,
        rows_at: str | None = None,
        id_code: str | None = None,
        secret: str = "",
        kinds: Mapping[str, Kind] = MappingProxyType({}),
    ) -> None:
        self._secret = secret.encode()
        self.columns = columns
        self._kinds = kinds
        self._announced = len(columns)
        self._rows_at = rows_at
        self._id_code = id_code
        self._rows = self._decoder()

    @property
    def unannounced(self) -> list[str]:
        """The codes of the fields that only the rows told of."""
        return [column.code for column in self.columns[self._announced :]]

    def expect(self, codes: Iterable[str]) -> None:
        """Add a column for every one of these fields that has none."""
        known: dict[str, Kind] = {column.code: column.kind for column in self.columns}
        new = {code: self._kinds.get(code, "any") for code in codes if code not in known}
        if new:
            self.columns = named((known | new).items())
            self._rows = self._decoder()

    def page(self, method: str, raw: msgspec.Raw) -> Page:
        """Return the rows in a command's result.

        Raises:
            MalformedReplyError: the result holds no rows, or a row has no usable id.
        """
        body = self._body(method, bytes(raw))
        try:
            rows = self._rows.decode(body)
        except msgspec.ValidationError:
            self._learn(method, body)
            rows = self._decoded(method, body)
        texts = _PAGE.decode(body)
        if self._id_code is None:
            return Page(texts, [])
        try:
            return Page(texts, [int(row.id) for row in rows])
        except (TypeError, ValueError):
            problem = f"{method}: a row has no usable {self._id_code}"
        raise MalformedReplyError(problem, method=method)

    def _decoded(self, method: str, body: bytes) -> list[Any]:
        try:
            rows: list[Any] = self._rows.decode(body)
        except msgspec.ValidationError:
            problem = f"{method}: a row has no usable {self._id_code}"
        else:
            return rows
        raise MalformedReplyError(problem, method=method)

    def _body(self, method: str, body: bytes) -> bytes:
        """Return the rows as one JSON array without line feeds, which part the rows of a file."""
        if self._secret and self._secret in body:  # a link to a file can hold the webhook (API.md 1)
            body = body.replace(self._secret, b"***")
        if b"\n" in body:  # only between values: a JSON text cannot hold a raw line feed
            body = body.replace(b"\n", b" ").replace(b"\r", b" ")
        if self._rows_at is not None and body[:1] == b"{":
            members = _MEMBERS.decode(body)
            if self._rows_at not in members:  # no rows are one thing, rows in an unknown place another
                raise MalformedReplyError(f"{method}: the answer has no {self._rows_at!r}", method=method)
            body = bytes(members[self._rows_at])
        if body[:1] == b"{":  # a PHP list with gaps in its keys arrives as an object
            body = b"[" + b",".join(_MEMBERS.decode(body).values()) + b"]"
        if body in (b"null", b"false", b'""'):
            return b"[]"
        if body[:1] != b"[":
            raise MalformedReplyError(f"{method}: the answer holds no list of rows", method=method)
        return body

    def _learn(self, method: str, body: bytes) -> None:
        """Add the fields of these rows that no column stands for yet."""
        try:
            rows = _OBJECTS.decode(body)
        except msgspec.ValidationError:
            raise MalformedReplyError(f"{method}: a row is no object", method=method) from None
        self.expect(code for row in rows for code in row)

    def _decoder(self) -> "msgspec.json.Decoder[Any]":
        # a struct that forbids unknown fields finds them at the parser's speed
        fields: list[tuple[str, Any, Any]] = []
        rename = {}
        for number, column in enumerate(self.columns):
            name = "id" if column.code == self._id_code else f"f{number}"
            fields.append((name, str | int | None if name == "id" else msgspec.Raw, None))
            rename[name] = column.code
        if self._id_code is not None and "id" not in rename:
            fields.append(("id", str | int | None, None))
            rename["id"] = self._id_code
        row = msgspec.defstruct("Row", fields, rename=rename, forbid_unknown_fields=True)
        return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]
