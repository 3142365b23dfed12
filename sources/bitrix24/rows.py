"""Cuts an answer into the texts of its rows, without making objects of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from .errors import MalformedReplyError
from .fields import Column, Kind, named

_PAGE = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_scalar = msgspec.json.Decoder(str | int).decode


@dataclass(frozen=True)
class Page:
    """The rows of one answer as texts, and their ids where the reading goes by id.

    `rejected` are rows that no key tells apart; they count as rows of the answer (`size`), not more.
    """

    texts: list[msgspec.Raw]
    ids: list[int]
    rejected: list[msgspec.Raw] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Rows that the portal gave."""
        return len(self.texts) + len(self.rejected)


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
        names: Mapping[str, str] = MappingProxyType({}),
        dropped: Collection[str] = (),
    ) -> None:
        self._secret = secret.encode()
        self.columns = columns
        self.repaired_texts = 0
        """Places in which the portal's bytes were no text; each holds U+FFFD now."""
        self._kinds = kinds
        self._names = names
        self._dropped = dropped
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
        new = {
            code: self._kinds.get(code, "any")
            for code in codes
            if code not in known and code not in self._dropped
        }
        if new:
            given = {**self._names, **{column.code: column.name for column in self.columns}}
            self.columns = named((known | new).items(), given)
            self._rows = self._decoder()

    def page(self, method: str, raw: msgspec.Raw) -> Page:
        """Return the rows in a command's result.

        Raises:
            MalformedReplyError: the result holds no rows.
        """
        body = self._body(method, bytes(raw))
        try:
            rows = self._rows.decode(body)
        except msgspec.ValidationError:
            self._learn(body)
            rows = self._decoded(body)
        texts = _PAGE.decode(body)
        if texts and bytes(texts[0])[:1] != b"{" and not any(bytes(text)[:1] == b"{" for text in texts):
            raise MalformedReplyError(f"{method}: the answer holds no rows", method=method)
        if self._id_code is None:
            return Page(texts, [])
        if rows is not None:
            ids = [row.id for row in rows]
            try:
                ids = list(map(int, ids))
            except (TypeError, ValueError):
                pass
            else:
                if len(set(ids)) == len(ids):
                    return Page(texts, ids)
        return self._told_apart(texts)

    def _decoded(self, body: bytes) -> list[Any] | None:
        try:
            rows: list[Any] = self._rows.decode(body)
        except msgspec.ValidationError:  # an id that is no scalar
            return None
        return rows

    def _told_apart(self, texts: list[msgspec.Raw]) -> Page:
        """The rows with an id of their own; of two with one id the last one counts."""
        numbered: dict[int, msgspec.Raw] = {}
        rejected: list[msgspec.Raw] = []
        for text in texts:
            try:
                number = int(_scalar(_MEMBERS.decode(text)[str(self._id_code)]))
            except (KeyError, TypeError, ValueError, msgspec.MsgspecError):
                rejected.append(text)
                continue
            if number in numbered:
                rejected.append(numbered[number])
            numbered[number] = text
        return Page(list(numbered.values()), list(numbered), rejected)

    def _body(self, method: str, body: bytes) -> bytes:
        """Return the rows as one JSON array without line feeds, which part the rows of a file."""
        try:
            body.decode()
        except UnicodeDecodeError:
            text = body.decode(errors="replace")
            self.repaired_texts += text.count("\ufffd") - body.count("\ufffd".encode())
            body = text.encode()
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

    def _learn(self, body: bytes) -> None:
        """Add the fields of these rows that no column stands for yet."""
        codes: dict[str, None] = {}
        for text in _PAGE.decode(body):
            if bytes(text)[:1] == b"{":
                codes.update(dict.fromkeys(_MEMBERS.decode(text)))
        self.expect(codes)

    def _decoder(self) -> "msgspec.json.Decoder[Any]":
        # a struct that forbids unknown fields finds them at the parser's speed
        fields: list[tuple[str, Any, Any]] = []
        rename = {}
        codes = dict.fromkeys((*(column.code for column in self.columns), *self._dropped))
        for number, code in enumerate(codes):
            name = "id" if code == self._id_code else f"f{number}"
            fields.append((name, str | int | None if name == "id" else msgspec.Raw, None))
            rename[name] = code
        if self._id_code is not None and "id" not in rename:
            fields.append(("id", str | int | None, None))
            rename["id"] = self._id_code
        row = msgspec.defstruct("Row", fields, rename=rename, forbid_unknown_fields=True)
        return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]
