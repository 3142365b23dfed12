"""What a person types after `b24 call METHOD`, as parameters of a REST call."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.errors import UsageError

# The key ends at the first `=` outside brackets: `filter[>=DATE_MODIFY]=2024-01-01` has one inside.
_PAIR: Final = re.compile(r"(?P<name>[^\[\]=]+)(?P<path>(?:\[[^\]]*\])*)=(?P<value>.*)", re.DOTALL)
_METHOD: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")

# The last part of methods that change nothing. A list of what is known to be harmless, not of what is known
# to be harmful: a method that nobody thought of here needs --write, which costs a word; the other way round
# it would cost data. No prefixes either: disk.file.getExternalLink makes a public link.
_READ_VERBS: Final = """
    access count current fields find findbycomm get getchildren getdata getfields getlist gettypes info
    items list methods ownertype profile scope search time types
"""
READ_VERBS: Final = frozenset(_READ_VERBS.split())
_CHANGES_IN_SPITE_OF_ITS_NAME: Final = frozenset({"event.offline.get"})  # takes events out of their queue


def checked_method(method: str) -> str:
    """Return the method's name as it is sent.

    Raises:
        UsageError: it is none.
    """
    name = method.strip().removesuffix(".json")
    if not _METHOD.fullmatch(name):
        raise UsageError(f"{method!r} is not the name of a method; one looks like crm.deal.list")
    return name


def only_reads(method: str) -> bool:
    """Say whether the method is known to change nothing on the portal."""
    name = method.lower()
    return name.rpartition(".")[2] in READ_VERBS and name not in _CHANGES_IN_SPITE_OF_ITS_NAME


def parameters(pairs: Sequence[str], data: str | None = None) -> dict[str, Any]:
    """Return the parameters that `KEY=VALUE` pairs in PHP's brackets say, over those of a JSON object.

    Raises:
        UsageError: a pair has no `=`, two pairs contradict each other, or the JSON is no object.
    """
    nested: dict[str, Any] = _json_object(data) if data is not None else {}
    for pair in pairs:
        match = _PAIR.fullmatch(pair)
        if match is None:
            raise UsageError(f"{pair!r} is not KEY=VALUE, such as filter[>OPPORTUNITY]=50000 or select[]=ID")
        steps = [match["name"], *re.findall(r"\[([^\]]*)\]", match["path"])]
        _put(nested, steps, match["value"], pair)
    return {key: _with_lists(value) for key, value in nested.items()}


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--data is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError('--data must be a JSON object, such as {"id": 1}')
    return {key: _with_keys(item) for key, item in value.items()}


def _put(target: dict[str, Any], steps: Sequence[str], value: str, pair: str) -> None:
    for step in steps[:-1]:
        inner = target.setdefault(step or _next(target), {})
        if not isinstance(inner, dict):
            raise UsageError(f"{pair!r}: {step} already has a value, so nothing can be put inside it")
        target = inner
    last = steps[-1] or _next(target)
    if isinstance(target.get(last), dict):
        raise UsageError(f"{pair!r}: {last} already has values inside it")
    target[last] = value


def _next(target: Mapping[str, Any]) -> str:
    """PHP's next index: one more than the largest number among the keys."""
    return str(max((int(key) for key in target if key.isdecimal()), default=-1) + 1)


def _with_keys(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return {str(index): _with_keys(item) for index, item in enumerate(value)} or []
    if isinstance(value, dict):
        return {key: _with_keys(item) for key, item in value.items()}
    return value


def _with_lists(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """An object whose keys are 0, 1, 2 … is a list to PHP and becomes one."""
    if not isinstance(value, dict):
        return value
    items = [_with_lists(item) for item in value.values()]
    if items and list(value) == [str(index) for index in range(len(items))]:
        return items
    return dict(zip(value, items, strict=True))
