"""What a run has to say beside its figures: each thing once, however many tables it is about."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from sources.bitrix24.entities import ENTITIES

_NO_SCOPE: Final = "insufficient_scope"
_NO_METHOD: Final = "error_method_not_found"


class Told(Protocol):
    """What is known of one table: a row of `ops.sync_entities`."""

    @property
    def entity(self) -> str:
        """The raw table."""

    @property
    def status(self) -> str:
        """How its read ended."""

    @property
    def error(self) -> str | None:
        """Why it could not be read."""

    @property
    def note(self) -> str | None:
        """What a person should know all the same."""


def remarks(told: Iterable[Told]) -> list[str]:
    """One line for every reason to skip, failure and note, with the tables that it is true of."""
    tables: dict[tuple[str, str], list[str]] = {}
    for each in told:
        for kind, text in _said(each):
            tables.setdefault((kind, text), []).append(each.entity)
    return [_line(kind, names, text) for (kind, text), names in tables.items()]


def _said(each: Told) -> Iterator[tuple[str, str]]:
    if each.status == "skipped":
        yield "skipped", _reason(each)
    elif each.error:
        yield each.status, each.error
    if each.note:
        yield "note", each.note


def _reason(each: Told) -> str:
    """The reason in a few words; the portal's own where there are none."""
    said = each.error or "no reason given"
    if _NO_SCOPE in said.lower():
        scope = ENTITIES[_entry(each.entity)].scope
        return f"the webhook lacks the scope {scope} (tick it in the portal)"
    if _NO_METHOD in said.lower():
        return f"this portal has no {said.partition(':')[0]}"
    return re.sub(r"^[\w.]+: ", "", said)


def _entry(table: str) -> str:
    return "items" if table.startswith("items_") else table


def _line(kind: str, names: list[str], text: str) -> str:
    if kind in ("skipped", "note"):
        return f"{kind}: {', '.join(names)}: {text}"
    return f"{', '.join(names)}: {kind}: {text}"
