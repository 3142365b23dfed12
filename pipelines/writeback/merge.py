"""The three-way merge of a cell: what it was (base), what I want (mine), what the portal has (theirs)."""

from enum import Enum

from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.values import same


class Verdict(Enum):
    """What becomes of a cell."""

    NOTHING = "nothing"
    WRITE = "write"
    CONFLICT = "conflict"


def merged(spec: FieldSpec, base: object, mine: object, theirs: object) -> Verdict:
    """Decide on a cell of a source that knows its base.

    What I did not touch stays as it is on the portal, even if it moved there; what is already so is not
    written; what only I touched is; what both touched in different ways is a conflict.
    """
    if same(spec, mine, base) or same(spec, mine, theirs):
        return Verdict.NOTHING
    return Verdict.WRITE if same(spec, theirs, base) else Verdict.CONFLICT


def compared(spec: FieldSpec, mine: object, theirs: object) -> Verdict:
    """Decide on a cell of a source without a base: what is there now is taken for it."""
    return Verdict.NOTHING if same(spec, mine, theirs) else Verdict.WRITE
