"""A dlt source for Bitrix24, and the client it is built on, which is usable alone.

`dlt.pipeline(...).run(bitrix24())` loads a portal; `async with Bitrix24Client(url) as b24` talks to one.
The names are imported at first use: the client needs no dlt, and dlt takes most of a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import Command
    from .client import Bitrix24Client
    from .entities import ENTITIES
    from .source import bitrix24

__all__ = ["ENTITIES", "Bitrix24Client", "Command", "bitrix24"]

_HOMES = {
    "ENTITIES": ".entities",
    "Bitrix24Client": ".client",
    "Command": ".batch",
    "bitrix24": ".source",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever bears the name
    """Import a public name at first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
