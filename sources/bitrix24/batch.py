"""Commands of a batch: their encoding as a portal reads it, and one outcome for each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cached_property
from math import isfinite
from typing import Any, Final
from urllib.parse import quote

import msgspec

from .envelope import CommandTime, Reply
from .errors import Bitrix24Error, ConfigurationError

LARGEST_BATCH: Final = 50

# "$result[key][0][ID]": the portal puts an earlier command's result in its place, in any value and any key.
_REFERENCE = re.compile(r"\$result\[(?P<key>[^\[\]]*)\]?(?P<path>(?:\[[^\[\]]*\])*)")
_REFERENCE_MARK: Final = "$result["


@dataclass(frozen=True)
class Command:
    """One call inside a batch."""

    method: str
    params: Mapping[str, object] = field(default_factory=dict)

    def encode(self) -> str:
        """Return the command as a batch carries it: method?query."""
        query = encode_query(self.params)
        return f"{self.method}?{query}" if query else self.method

    def references(self) -> frozenset[str]:
        """Return the keys of the commands whose results the portal would put into this one."""
        return self._references

    @cached_property
    def _references(self) -> frozenset[str]:
        return frozenset(match["key"] for text in _texts(self.params) for match in _REFERENCE.finditer(text))

    def with_results(self, answered: "Mapping[str, Outcome]") -> "Command":
        """Return the command with the values that its references to answered commands reach.

        Raises:
            LookupError: a reference reaches no number and no text; only the portal may say what it becomes.
        """
        if not self.references() & answered.keys():
            return self
        put: dict[str, object] = {
            _replaced(key, answered): _with_results(value, answered) for key, value in self.params.items()
        }
        return Command(self.method, put)

    def has_reference_mark(self) -> bool:
        """Say whether any text of this command would be expanded inside a batch."""
        return any(_REFERENCE_MARK in text for text in _texts(self.params))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one command: a reply or an error, never both."""

    key: str
    reply: Reply | None = None
    error: Bitrix24Error | None = None
    spent: CommandTime | None = None

    @property
    def ok(self) -> bool:
        """Whether the command ran without an error."""
        return self.error is None

    @property
    def raw(self) -> msgspec.Raw | None:
        """The bytes of the result: a slice of the answer, which it keeps in memory."""
        return None if self.reply is None else self.reply.raw

    @cached_property
    def result(self) -> Any:  # noqa: ANN401 - whatever JSON the method answers
        """The result, decoded at first use; None after an error."""
        return None if self.reply is None else self.reply.result

    @property
    def total(self) -> int | None:
        """Rows in all, where the method counts them."""
        return None if self.reply is None else self.reply.total

    @property
    def next(self) -> int | None:
        """Where the next page starts; None on the last one."""
        return None if self.reply is None else self.reply.next

    @property
    def time(self) -> CommandTime | None:
        """The portal's account of the time."""
        return self.spent if self.reply is None else self.reply.time

    def unwrap(self) -> Reply:
        """Return the reply, or raise the command's error."""
        if self.error is not None:
            raise self.error from None
        if self.reply is None:  # an outcome is made with one of the two
            raise AssertionError(self.key)
        return self.reply


def encode_query(params: Mapping[str, object]) -> str:
    """Return the parameters as PHP reads a query: nested keys in brackets, everything percent-encoded once.

    True is 1, False 0, None the empty text; dates are ISO 8601. A query cannot say "empty list": at the top
    it is left out, further down it becomes the empty text, so that an empty filter value does not turn into
    no filter.
    """
    pairs: list[str] = []
    for key, value in params.items():
        if isinstance(value, Mapping | Sequence) and not isinstance(value, str | bytes) and not value:
            continue
        _encode(_quote(_key(key)), value, pairs)
    return "&".join(pairs)


def json_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters as a JSON body takes them: dates as ISO 8601 text, decimals as text."""
    return {_key(key): _json_value(value) for key, value in params.items()}


def named(commands: Mapping[str, Command] | Sequence[Command]) -> dict[str, Command]:
    """Return the commands by key; a sequence gets c0000, c0001, … so that PHP makes no list of them."""
    if isinstance(commands, Mapping):
        for key in commands:
            if not isinstance(key, str) or not key:
                raise ConfigurationError("The keys of a batch are texts, and none of them is empty")
        return dict(commands)
    return {f"c{index:04d}": command for index, command in enumerate(commands)}


def chains(commands: Mapping[str, Command]) -> list[tuple[str, ...]]:
    """Return the keys in groups that have to travel together, as they refer to one another's results."""
    group_of: dict[str, list[str]] = {}
    for key, command in commands.items():
        group = [key]
        for reference in command.references():
            other = group_of.get(reference)
            if other is None or other is group:  # not an earlier command of this batch: no chain
                continue
            other.extend(group)
            group = other
        for member in group:
            group_of[member] = group
    position = {key: index for index, key in enumerate(commands)}
    unique = {id(group): group for group in group_of.values()}
    ordered = [tuple(sorted(group, key=position.__getitem__)) for group in unique.values()]
    return sorted(ordered, key=lambda keys: position[keys[0]])


def _with_results(value: object, answered: Mapping[str, Outcome]) -> object:
    if isinstance(value, str):
        return _replaced(value, answered)
    if isinstance(value, Mapping):
        return {_replaced(str(key), answered): _with_results(each, answered) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_results(each, answered) for each in value]
    return value


def _replaced(text: str, answered: Mapping[str, Outcome]) -> str:
    def value(found: re.Match[str]) -> str:
        return _reached(answered[found["key"]], found["path"]) if found["key"] in answered else found[0]

    return _REFERENCE.sub(value, text)


def _reached(outcome: Outcome, path: str) -> str:
    here = outcome.result
    for step in path[1:-1].split("]["):
        if isinstance(here, list) and step.isdecimal():
            here = here[int(step)]
        elif isinstance(here, Mapping):
            here = here[step]
        else:
            raise LookupError(path)
    if isinstance(here, str | int) and not isinstance(here, bool):
        return str(here)
    raise LookupError(path)


def _encode(name: str, value: object, pairs: list[str]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _encode(f"{name}[{_quote(_key(key))}]", item, pairs)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _encode(f"{name}[{index}]", item, pairs)
    else:
        pairs.append(f"{name}={_quote(_scalar(value))}")
        return
    if not value:
        pairs.append(f"{name}=")


def _scalar(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise ConfigurationError(f"{value} cannot be sent to a portal")
    if isinstance(value, str | int | float | Decimal):
        return str(value)
    raise ConfigurationError(f"A value of type {type(value).__name__} cannot be sent to a portal")


def _json_value(value: object) -> object:
    if isinstance(value, Mapping):
        return {_key(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, Enum):
        return _json_value(value.value)
    if value is None or isinstance(value, bool | int):
        return value
    text = _scalar(value)
    _quote(text)  # refuses what is not text in any encoding
    return value if isinstance(value, float) else text


def _key(key: object) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise ConfigurationError(f"A parameter's name is text or a number, not {type(key).__name__}")
    return str(key)


def _quote(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        problem = f"This text has half of a surrogate pair and cannot be sent: {text!r}"
    raise ConfigurationError(problem)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict | Mapping):
        return [text for key, item in value.items() for text in (*_texts(key), *_texts(item))]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, Enum):
        return _texts(value.value)
    return []
