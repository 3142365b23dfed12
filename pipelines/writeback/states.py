"""The states of a row on its way to the portal, and the only ways between them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a row of a run stands."""

    PLANNED = "planned"  # not sent, or surely not executed
    SENT = "sent"  # journalled before it left; the answer is not there yet
    UNKNOWN = "unknown"  # it may have been executed, and may still be
    PROBED = "probed"  # looked for once, not found
    DONE = "done"
    REJECTED = "rejected"  # refused by the portal, or not taken by it
    AMBIGUOUS = "ambiguous"  # a person has to look at it
    SKIPPED = "skipped"  # nothing to do any more
    CONFLICT = "conflict"  # somebody else changed the same cells


TRANSITIONS: Final = MappingProxyType(
    {
        State.PLANNED: frozenset(
            {State.SENT, State.SKIPPED, State.CONFLICT, State.REJECTED, State.UNKNOWN, State.AMBIGUOUS}
        ),
        State.SENT: frozenset({State.DONE, State.REJECTED, State.UNKNOWN, State.PLANNED}),
        State.UNKNOWN: frozenset({State.PROBED, State.DONE, State.AMBIGUOUS}),
        State.PROBED: frozenset({State.PLANNED, State.DONE, State.AMBIGUOUS}),
        State.DONE: frozenset({State.REJECTED}),  # the portal said yes and kept its value all the same
        State.REJECTED: frozenset[State](),
        State.AMBIGUOUS: frozenset[State](),
        State.SKIPPED: frozenset[State](),
        State.CONFLICT: frozenset[State](),
    }
)
"""From where to where; anything else is a mistake in this program and is refused."""

OPEN: Final = (State.PLANNED, State.SENT, State.UNKNOWN, State.PROBED)
"""States in which a run is not over."""


def may_become(old: State, new: State) -> bool:
    """Say whether a row may go from one state to the other."""
    return new in TRANSITIONS[old]
