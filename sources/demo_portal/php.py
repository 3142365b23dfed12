"""What PHP does to input: query strings become arrays, values become integers, maps become lists."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

_CANONICAL_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_INT_PREFIX = re.compile(r"\s*([+-]?[0-9]+)")
_FLOAT_PREFIX = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


def parse_query(text: str) -> dict[str, object]:
    """Parse a query string as `parse_str` does: the key ends at the first `=`, brackets nest."""
    pairs: list[tuple[str, object]] = []
    for part in text.split("&"):
        if part:
            key, _, value = part.partition("=")
            pairs.append((unquote_plus(key), unquote_plus(value)))
    return nest(pairs)


def nest(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build the nested array that PHP makes of bracketed names."""
    root: dict[str, object] = {}
    for name, value in pairs:
        path = _path(name)
        if path:
            _put(root, path, value)
    return {key: as_php_array(value) for key, value in root.items()}


def _path(name: str) -> list[str]:
    name = name.lstrip(" ")
    start = name.find("[")
    if start <= 0 or name.find("]", start) < 0:
        # an opening bracket without its partner is turned into an underscore, as PHP does
        return [name.replace("[", "_", 1)] if name else []
    path = [name[:start]]
    while start < len(name) and name[start] == "[":
        end = name.find("]", start)
        if end < 0:
            break
        path.append(name[start + 1 : end])
        start = end + 1
    return path


def _put(root: dict[str, object], path: list[str], value: object) -> None:
    here = root
    for step in path[:-1]:
        key = step or _next_index(here)
        child = here.get(key)
        if not isinstance(child, dict):
            child = {}
            here[key] = child
        here = child
    here[path[-1] or _next_index(here)] = value


def _next_index(array: Mapping[str, object]) -> str:
    numbers = [int(key) for key in array if _CANONICAL_INT.fullmatch(key)]
    return str(max(numbers, default=-1) + 1)


def as_php_array(value: object) -> object:
    """Turn maps with the keys 0..n-1 in order into lists, all the way down."""
    if isinstance(value, dict):
        inner = {key: as_php_array(item) for key, item in value.items()}
        if inner and list(inner) == [str(index) for index in range(len(inner))]:
            return list(inner.values())
        return inner
    return value


def json_map(array: dict[str, object]) -> dict[str, object] | list[object]:
    """Give what `json_encode` makes of an array: a list for the keys 0..n-1 and for an empty one."""
    if list(array) == [str(index) for index in range(len(array))]:
        return list(array.values())
    return array


def to_int(value: object) -> int:
    """Cast as `(int)` does: leading digits of a string, 1 for a filled array, 0 for an empty one."""
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str):
        found = _INT_PREFIX.match(value)
        return int(found.group(1)) if found else 0
    return 1 if isinstance(value, list | dict) and value else 0


def to_float(value: object) -> float:
    """Cast as `(float)` does, a decimal comma allowed."""
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        found = _FLOAT_PREFIX.match(value.replace(",", "."))
        return float(found.group(1)) if found else 0.0
    return 1.0 if isinstance(value, list | dict) and value else 0.0


def to_text(value: object) -> str:
    """Cast as `(string)` does."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list | dict):
        return "Array"
    return str(value)


def truthy(value: object) -> bool:
    """Tell what `if ($value)` decides."""
    return value not in (None, False, 0, 0.0, "", "0", [], {})


def is_numeric(value: object) -> bool:
    """Tell whether the value is an integer or the text of one."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (
        isinstance(value, str) and re.fullmatch(r"\s*[0-9]+\s*", value) is not None
    )


def items_of(value: object) -> list[tuple[str, object]]:
    """Give key and value of each element of a PHP array."""
    if isinstance(value, dict):
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, list):
        return [(str(index), item) for index, item in enumerate(value)]
    return []
