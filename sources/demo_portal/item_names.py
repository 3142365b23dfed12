"""How crm.item.* names fields: system fields in camel case, custom fields in one of two spellings."""

import re
from collections.abc import Iterable

_ENTITY_AND_DIGITS = re.compile(r"(\d+)_(\d+)")
_WORDS = re.compile(r"(?:\d+_)?[A-Z]+(?:_[A-Z]+)*")
_PREFIX = "UF_CRM_"


def snake(name: str) -> str:
    """Give the upper-case spelling of a system field: createdTime is CREATED_TIME."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).upper()


def camel_of_custom(name: str) -> str:
    """Give the default spelling of a custom field; letters mixed with digits change their prefix only."""
    rest = name.removeprefix(_PREFIX)
    pair = _ENTITY_AND_DIGITS.fullmatch(rest)
    if pair:
        return f"ufCrm{pair[1]}_{pair[2]}"
    if _WORDS.fullmatch(rest):
        return "ufCrm" + "".join(word.capitalize() for word in rest.split("_"))
    return f"ufCrm_{rest}"


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Give the default spelling of every custom field; where two would be the same, the later one stays."""
    taken: dict[str, str] = {}
    for name in names:
        short = camel_of_custom(name)
        taken[name] = name if short in taken.values() else short
    return taken
