"""What a sync was asked to do, checked before anything is touched."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.errors import UsageError
from sources.bitrix24.entities import ENTITIES

_ITEMS = re.compile(r"items_(\d+)")


@dataclass(frozen=True)
class Order:
    """What to sync: everything, or entities by name; all rows, rows since a date, or what changed.

    `asked` are the names as they were typed, `names` the entities that this takes. `types` are those of the
    items that were asked for by name (`items_31`). With `verify` every row of the file is compared with the
    portal's.
    """

    names: tuple[str, ...]
    asked: tuple[str, ...] = ()
    full: bool = False
    since: str | None = None
    verify: bool = False
    types: tuple[int, ...] | None = None

    def refused(self, statuses: Mapping[str, str]) -> tuple[str, ...]:
        """What was asked for by name and is not to be had, given the status of every table.

        Of all `items` one type may be deleted while they are read.
        """
        skipped = [table for table, status in statuses.items() if status == "skipped"]
        items = {table for table in statuses if _ITEMS.fullmatch(table)}
        none_left = "items" in self.asked and items <= set(skipped)
        return tuple(table for table in skipped if table in self.asked or (none_left and table in items))


def order_of(
    entities: Sequence[str] = (), *, full: bool = False, since: str | None = None, verify: bool = False
) -> Order:
    """Check what was asked for.

    Raises:
        UsageError: an entity does not exist, a date is none, or two wishes contradict each other.
    """
    types = tuple(int(found[1]) for name in entities if (found := _ITEMS.fullmatch(name)))
    plain = ["items" if _ITEMS.fullmatch(name) else name for name in entities]
    for name in plain:
        if name not in ENTITIES:
            close = difflib.get_close_matches(name, ENTITIES, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(ENTITIES)}"
            raise UsageError(f"There is no entity {name!r}: {hint}")
    if since is not None and verify:
        raise UsageError("--verify compares every row, and --since reads only some: type one of them")
    names = set(plain) or set(ENTITIES)
    # rows that are read per owner are read with their owners
    names |= {owner for name in names for owner in ENTITIES[name].owners}
    return Order(
        tuple(name for name in ENTITIES if name in names),
        tuple(entities),
        full,
        None if since is None else _moment(since),
        verify,
        types if types and "items" not in entities else None,
    )


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no date: write it as 2026-01-31 or 2026-01-31T09:00:00+02:00"
        ) from None
    # without an offset a portal would take its own zone, and the same command would mean different rows
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
