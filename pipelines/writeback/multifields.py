"""Phones, e-mails and their like: what has to be sent for a record to have what it shall (API.md 11.3)."""

from collections.abc import Iterable, Mapping
from typing import Any

Element = dict[str, Any]


def elements(live: object, wanted: object) -> list[Element]:
    """Return the elements to send: changes carry the id of a value, additions none, removals `DELETE`.

    What is the same on both sides is not sent: without its id it would be added once more. What is left over
    is changed in order, so that a corrected number stays the same entry on the portal.
    """
    left, new = _listed(live), []
    for element in _listed(wanted):
        same = next((old for old in left if _alike(element, old)), None)
        if same is None:
            new.append(element)
        else:
            left.remove(same)
    sent: list[Element] = []
    added: list[Element] = []
    for element in new:
        old = next((each for each in left if _value(each) == _value(element)), None) or next(iter(left), None)
        if old is None:
            added.append({"VALUE": element["VALUE"], "VALUE_TYPE": element.get("VALUE_TYPE") or "WORK"})
            continue
        left.remove(old)
        kind = element.get("VALUE_TYPE") or old.get("VALUE_TYPE") or "WORK"
        sent.append({"ID": old["ID"], "VALUE": element["VALUE"], "VALUE_TYPE": kind})
    return [*sent, *({"ID": old["ID"], "DELETE": "Y"} for old in left), *added]


def _listed(value: object) -> list[Element]:
    if not isinstance(value, Iterable) or isinstance(value, str | Mapping):
        return []
    return [dict(element) for element in value if isinstance(element, Mapping) and element.get("VALUE")]


def _alike(wanted: Element, old: Element) -> bool:
    kind = wanted.get("VALUE_TYPE")
    return _value(wanted) == _value(old) and (not kind or kind == old.get("VALUE_TYPE"))


def _value(element: Mapping[str, Any]) -> str:
    return str(element.get("VALUE") or "").strip()
