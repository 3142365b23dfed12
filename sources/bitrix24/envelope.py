"""Cuts a portal's answer into its parts without looking into rows: results stay slices of the body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

import msgspec

_T = TypeVar("_T")
_BOM: Final = b"\xef\xbb\xbf"
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape in a JSON text; the group is one half of a character that lacks its other half."""


@dataclass(frozen=True)
class CommandTime:
    """What the portal says about the time of one call; anything may be missing."""

    start: float | None = None
    finish: float | None = None
    duration: float | None = None
    processing: float | None = None
    date_start: str | None = None
    date_finish: str | None = None
    operating: float | None = None
    operating_reset_at: float | None = None

    @property
    def seconds(self) -> float | None:
        """Server seconds of the call: the larger of processing and duration, as either may be zero."""
        known = [value for value in (self.processing, self.duration) if value is not None]
        return max(known) if known else None


@dataclass(frozen=True, eq=False)
class Reply:
    """The answer to one call."""

    raw: msgspec.Raw
    total: int | None = None
    next: int | None = None
    time: CommandTime | None = None

    @cached_property
    def result(self) -> Any:  # noqa: ANN401 - whatever JSON the method answers
        """The result, decoded at first use; bytes that are no text become U+FFFD."""
        try:
            return msgspec.json.decode(self.raw)
        except UnicodeDecodeError:
            return msgspec.json.decode(bytes(self.raw).decode(errors="replace"))


@dataclass(frozen=True)
class Failure:
    """What a portal says instead of a result: `code` is text, a number, or an object of REST 3.0."""

    code: object
    description: object
    time: CommandTime | None = None


@dataclass(frozen=True)
class BatchReply:
    """The answer to a batch, by command key; a key in neither `replies` nor `failures` is unknown."""

    replies: Mapping[str, Reply]
    failures: Mapping[str, Failure]
    time: CommandTime | None = None
    times: Mapping[str, CommandTime] = field(default_factory=dict)


class _Envelope(msgspec.Struct):
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Any = msgspec.UNSET
    error_description: Any = None
    total: Any = None
    next: Any = None
    time: Any = None


# A PHP array arrives as a list when its keys are 0..n-1, as an object when not, as [] when empty.
_PhpMap = dict[str, msgspec.Raw] | list[msgspec.Raw] | str | int | float | bool | None


class _BatchBody(msgspec.Struct):
    result: _PhpMap = None
    result_error: Any = None
    result_total: Any = None
    result_next: Any = None
    result_time: Any = None


class _BatchEnvelope(msgspec.Struct):
    result: _BatchBody | list[msgspec.Raw] | str | int | float | bool | msgspec.UnsetType | None = (
        msgspec.UNSET
    )
    error: Any = msgspec.UNSET
    error_description: Any = None
    time: Any = None


_envelope = msgspec.json.Decoder(_Envelope)
_batch_envelope = msgspec.json.Decoder(_BatchEnvelope)


def read_reply(body: bytes) -> Reply | Failure | None:
    """Return the parts of one call's answer; None when it is JSON but no answer of a portal.

    Raises:
        msgspec.DecodeError: the body is not JSON, or is cut.
    """
    answer = _decoded(_envelope, body)
    time = read_time(answer.time)
    if answer.error is not msgspec.UNSET and (answer.error or answer.result is msgspec.UNSET):
        return Failure(answer.error, answer.error_description, time)
    if isinstance(answer.result, msgspec.UnsetType):
        return None
    return Reply(answer.result, _integer(answer.total), _integer(answer.next), time)


def read_batch(body: bytes) -> BatchReply | Failure | None:
    """Return the parts of a batch's answer in one pass over its bytes; None when it is no answer to a batch.

    Raises:
        msgspec.DecodeError: the body is not JSON, or is cut.
    """
    answer = _decoded(_batch_envelope, body)
    time = read_time(answer.time)
    inner = answer.result
    if answer.error is not msgspec.UNSET and (answer.error or not isinstance(inner, _BatchBody)):
        return Failure(answer.error, answer.error_description, time)
    if not isinstance(inner, _BatchBody):
        return None
    totals, nexts = _php_map(inner.result_total), _php_map(inner.result_next)
    times = {key: read for key, value in _php_map(inner.result_time).items() if (read := read_time(value))}
    failures = {
        key: _failure(entry, times.get(key))
        for key, entry in _php_map(inner.result_error).items()
        if entry is not None
    }
    replies = {
        key: Reply(raw, _integer(totals.get(key)), _integer(nexts.get(key)), times.get(key))
        for key, raw in _php_map(inner.result).items()
        if key not in failures
    }
    return BatchReply(replies, failures, time, times)


def read_time(value: object) -> CommandTime | None:
    """Return the `time` member as numbers where it has numbers, or None when there is none."""
    if not isinstance(value, dict) or not value:
        return None
    return CommandTime(
        start=_number(value.get("start")),
        finish=_number(value.get("finish")),
        duration=_number(value.get("duration")),
        processing=_number(value.get("processing")),
        date_start=_text(value.get("date_start")),
        date_finish=_text(value.get("date_finish")),
        operating=_number(value.get("operating")),
        operating_reset_at=_number(value.get("operating_reset_at")),
    )


def rows_of(result: object) -> list[Any]:
    """Return the rows in a list method's result, wherever it puts them; a single object is one row."""
    if isinstance(result, list):
        return result
    if not isinstance(result, dict):
        return []
    for name in _ROW_KEYS:
        if isinstance(result.get(name), list):
            return list(result[name])
    lists = [value for value in result.values() if isinstance(value, list)]
    if len(lists) == 1 and len(result) <= _WRAPPER_KEYS:
        return list(lists[0])
    return [result] if result else []


# Where list methods keep their rows; an object that has a list (a user's departments) must stay one row.
_ROW_KEYS: Final = (
    "items",
    "tasks",
    "categories",
    "types",
    "fields",
    "productRows",
    "products",
    "sections",
    "messages",
    "users",
)
_WRAPPER_KEYS: Final = 2


def _decoded(decoder: "msgspec.json.Decoder[_T]", body: bytes) -> _T:
    """Decode a body; half a character becomes bytes that are no text, which whoever reads rows counts."""
    body = body.removeprefix(_BOM)
    try:
        return decoder.decode(body)
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(_as_bytes, body)
        if mended == body:
            raise
    return decoder.decode(mended)


def _as_bytes(escape: "re.Match[bytes]") -> bytes:
    if escape[1] is None:
        return escape[0]
    return chr(int(escape[1][1:], 16)).encode(errors="surrogatepass")


def _php_map(value: Any) -> dict[str, Any]:  # noqa: ANN401 - keeps the member's type
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return {}


def _failure(entry: object, time: CommandTime | None) -> Failure:
    if isinstance(entry, dict):
        return Failure(entry.get("error", ""), entry.get("error_description", ""), time)
    return Failure("", entry, time)


def _integer(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
