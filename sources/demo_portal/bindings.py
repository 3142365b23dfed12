"""Who belongs to whom: contacts of deals and companies of contacts, in their order, one of them primary."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from . import php
from .table import Ids, Row

STEP = 10  # between the SORT of neighbours


@dataclass(frozen=True)
class Link:
    """One binding of an owner."""

    other: int
    sort: int
    role: int = 0
    primary: bool = False


@dataclass(frozen=True)
class SeededLinks:
    """Bindings of all seeded owners: owner i has others[starts[i]:starts[i + 1]], the first is primary."""

    owners: Ids
    starts: npt.NDArray[np.int64]
    others: npt.NDArray[np.int64]


class Bindings:
    """Bindings of one kind; `changed(owner, primary)` is told who comes first from now on, 0 for nobody."""

    def __init__(self, seeded: SeededLinks, changed: Callable[[int, int], object]) -> None:
        self._seeded = seeded
        self.touched = np.zeros(len(seeded.owners), dtype=bool)
        self._written: dict[int, list[Link]] = {}
        self._backwards: dict[int, list[int]] | None = None
        self.changed = changed
        self.version = 0

    @property
    def seeded(self) -> SeededLinks:
        """Give the bindings there were at the beginning; valid where not `touched`."""
        return self._seeded

    def of(self, owner: int) -> list[Link]:
        """Give the bindings of one owner by SORT."""
        if owner in self._written:
            return list(self._written[owner])
        at = self._position(owner)
        if at is None:
            return []
        first, stop = int(self._seeded.starts[at]), int(self._seeded.starts[at + 1])
        others = self._seeded.others[first:stop].tolist()
        return [Link(other, STEP * (place + 1), 0, place == 0) for place, other in enumerate(others)]

    def others(self, owner: int) -> list[int]:
        """Give only the ids of those bound, by SORT."""
        return [link.other for link in self.of(owner)]

    def owners(self) -> list[int]:
        """Give all owners that anybody is bound to, ascending."""
        counts = np.diff(self._seeded.starts)
        kept = self._seeded.owners[(counts > 0) & ~self.touched].tolist()
        return sorted([*kept, *(owner for owner, links in self._written.items() if links)])

    def bound_to(self, other: int) -> list[int]:
        """Give the owners that one is bound to, ascending."""
        if self._backwards is None:
            self._backwards = {}
            for owner in self.owners():
                for bound in self.others(owner):
                    self._backwards.setdefault(bound, []).append(owner)
        return list(self._backwards.get(other, ()))

    def set(self, owner: int, links: Iterable[Link]) -> None:
        """Replace the bindings of an owner: doubled ones once, exactly one primary where there are any."""
        unique = {link.other: link for link in links}
        ordered = sorted(unique.values(), key=lambda link: link.sort)
        first = next((link.other for link in ordered if link.primary), ordered[0].other if ordered else 0)
        self._store(owner, [replace(link, primary=link.other == first) for link in ordered])
        self.changed(owner, first)

    def set_ids(self, owner: int, others: Sequence[int]) -> None:
        """Replace by ids alone: SORT is rewritten, the first becomes primary, roles are kept."""
        roles = {link.other: link.role for link in self.of(owner)}
        wanted = [other for other in dict.fromkeys(others) if other > 0]
        self.set(
            owner,
            [
                Link(other, STEP * (place + 1), roles.get(other, 0), place == 0)
                for place, other in enumerate(wanted)
            ],
        )

    def follow(self, owner: int, primary: int) -> None:
        """Take over the owner's own single field: one already bound becomes primary, another replaces all."""
        links = self.of(owner)
        if any(link.other == primary for link in links):
            self._store(owner, [replace(link, primary=link.other == primary) for link in links])
        else:
            self._store(owner, [Link(primary, STEP, 0, primary=True)] if primary > 0 else [])

    def drop(self, owner: int, other: int) -> bool:
        """Unbind one; False where it was not bound."""
        links = self.of(owner)
        kept = [link for link in links if link.other != other]
        if len(kept) == len(links):
            return False
        self.set(owner, kept)
        return True

    def forget_owner(self, owner: int) -> None:
        """Drop everything of a deleted owner."""
        if self.of(owner):
            self._store(owner, [])
        self._written.pop(owner, None)

    def _store(self, owner: int, links: list[Link]) -> None:
        at = self._position(owner)
        if at is not None:
            self.touched[at] = True
        self._written[owner] = links
        self._backwards = None
        self.version += 1

    def _position(self, owner: int) -> int | None:
        at = int(np.searchsorted(self._seeded.owners, owner))
        known = at < len(self._seeded.owners) and self._seeded.owners[at] == owner and not self.touched[at]
        return at if known else None


class BindingRecords:
    """Bindings as a table: a row is known by its pair (owner, other)."""

    def __init__(self, bindings: Bindings, owner_code: str, other_code: str) -> None:
        self.bindings = bindings
        self._owner = owner_code
        self._other = other_code

    def __len__(self) -> int:
        return sum(len(self.bindings.of(owner)) for owner in self.bindings.owners())

    def rows(self) -> list[Row]:
        """Give all rows by owner and SORT."""
        return [
            self._row(owner, link) for owner in self.bindings.owners() for link in self.bindings.of(owner)
        ]

    def get(self, row_id: tuple[int, int]) -> Row | None:
        """Give one row, or None."""
        owner, other = int(row_id[0]), int(row_id[1])
        found = next((link for link in self.bindings.of(owner) if link.other == other), None)
        return None if found is None else self._row(owner, found)

    def add(self, fields: Mapping[str, object]) -> tuple[int, int]:
        """Bind one to an owner, or change how it is bound; behind all others where no SORT is given."""
        owner, other = php.to_int(fields.get(self._owner)), php.to_int(fields.get(self._other))
        links = self.bindings.of(owner)
        last = max((link.sort for link in links), default=0)
        self._put(owner, links, Link(other, last + STEP), fields)
        return owner, other

    def update(self, row_id: tuple[int, int], fields: Mapping[str, object]) -> None:
        """Change SORT, ROLE_ID or IS_PRIMARY of a row."""
        owner, other = int(row_id[0]), int(row_id[1])
        links = self.bindings.of(owner)
        found = next((link for link in links if link.other == other), None)
        if found is None:
            raise KeyError(row_id)
        self._put(owner, links, found, fields)

    def delete(self, row_id: tuple[int, int]) -> None:
        """Unbind."""
        if not self.bindings.drop(int(row_id[0]), int(row_id[1])):
            raise KeyError(row_id)

    def _put(self, owner: int, links: list[Link], link: Link, fields: Mapping[str, object]) -> None:
        made = link_of(link.other, fields, link)
        others = [one for one in links if one.other != link.other]
        if made.primary:
            others = [replace(one, primary=False) for one in others]
        self.bindings.set(owner, [*others, made])

    def _row(self, owner: int, link: Link) -> Row:
        return {self._owner: owner, self._other: link.other, **shown(link)}


def shown(link: Link) -> Row:
    """Give the members that every binding has, as items.get answers them."""
    return {"SORT": link.sort, "ROLE_ID": link.role, "IS_PRIMARY": "Y" if link.primary else "N"}


def link_of(other: int, fields: Mapping[str, object], before: Link) -> Link:
    """Read a binding as it is sent; what is not named stays as it was."""
    return Link(
        other,
        php.to_int(fields.get("SORT", before.sort)) or before.sort,
        php.to_int(fields.get("ROLE_ID", before.role)),
        php.to_text(fields["IS_PRIMARY"]) == "Y" if "IS_PRIMARY" in fields else before.primary,
    )
