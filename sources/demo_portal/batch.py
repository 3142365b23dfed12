"""The method `batch`: up to fifty commands one after another, with references to earlier results."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from . import php
from .answers import Answer, is_array, plain, settle, text_of, to_bytes, walk
from .engine import Engine, Timing
from .errors import PortalError, batch_too_long, not_in_batch, unknown_method
from .faults import Faults
from .jsontext import encode
from .params import pick
from .zone import Zone

COMMANDS = 50
_REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")
_STEP = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Parts:
    """The five maps of an answer."""

    results: dict[str, object]
    errors: dict[str, object]
    totals: dict[str, object]
    nexts: dict[str, object]
    times: dict[str, Timing]
    methods: dict[str, str]


async def run_batch(engine: Engine, faults: Faults, number: int, params: dict[str, object]) -> Parts:
    """Carry out the commands of one request."""
    halt = php.truthy(pick(params, "halt"))
    parts = Parts({}, {}, {}, {}, {}, {})
    for place, (key, command) in enumerate(php.items_of(pick(params, "cmd"))):
        if not isinstance(command, str):
            continue  # neither a result nor an error: the key just stays away
        try:
            if place >= COMMANDS:
                raise batch_too_long()
            await _run(engine, faults, number, parts, key, command)
        except PortalError as error:
            parts.errors[key] = {"error": error.code, "error_description": error.description}
            if halt:
                break
    return parts


async def _run(engine: Engine, faults: Faults, number: int, parts: Parts, key: str, command: str) -> None:
    name, _, query = command.partition("?")
    name = engine.find(name.strip().removesuffix(".json"))
    if name.lower() == "batch":
        raise not_in_batch()
    fault = faults.for_command(number, name, key)
    if fault is not None and fault.kind == "missing_key":
        return
    if fault is not None:
        raise PortalError(fault.code, fault.description)
    if not name:
        raise unknown_method()
    params = resolve(php.parse_query(query), parts.results)
    answer, timing = await engine.run(name, params if isinstance(params, dict) else {})
    parts.methods[key] = name
    _keep(parts, key, answer, timing)


def _keep(parts: Parts, key: str, answer: Answer, timing: Timing) -> None:
    settle(answer.result)
    parts.results[key] = answer.result
    if answer.total is not None:
        parts.totals[key] = answer.total
    if answer.next is not None:
        parts.nexts[key] = answer.next
    parts.times[key] = timing


def resolve(value: object, results: dict[str, object]) -> object:
    """Replace the references in every value and key; a value that is one reference takes what was reached."""
    if isinstance(value, dict):
        return {text_of(_resolve_text(key, results)): resolve(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, results) for item in value]
    return _resolve_text(value, results) if isinstance(value, str) else value


def _resolve_text(text: str, results: dict[str, object]) -> object:
    if "$result" not in text:
        return text
    whole = _REFERENCE.fullmatch(text)
    if whole:
        reached = walk(results, _STEP.findall(whole.group(1)))
        return plain(reached) if is_array(reached) else php.to_text(reached)
    return _REFERENCE.sub(lambda found: text_of(walk(results, _STEP.findall(found.group(1)))), text)


def batch_bytes(parts: Parts, zone: Zone, rewritten: Callable[[str, bytes], bytes]) -> bytes:
    """Write the result of a batch; each map that is empty or counts from 0 is a list.

    `rewritten(method, result)` has the last word on the bytes of each result.
    """
    times = {key: timing.text(zone).encode() for key, timing in parts.times.items()}
    return b"".join(
        (
            b'{"result":',
            _map({key: rewritten(parts.methods[key], to_bytes(v)) for key, v in parts.results.items()}),
            b',"result_error":',
            encode(php.json_map(parts.errors)).encode(),
            b',"result_total":',
            encode(php.json_map(parts.totals)).encode(),
            b',"result_next":',
            encode(php.json_map(parts.nexts)).encode(),
            b',"result_time":',
            _map(times),
            b"}",
        )
    )


def _map(values: dict[str, bytes]) -> bytes:
    if list(values) == [str(index) for index in range(len(values))]:
        return b"[" + b",".join(values.values()) + b"]"
    return b"{" + b",".join(encode(key).encode() + b":" + value for key, value in values.items()) + b"}"
