"""What an entry of the catalogue says: where rows come from, how they are read, what is kept of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from .fields import Kind


class Reading(Enum):
    """How the rows of an entity are read completely."""

    KEYSET = "by id, `>ID` with start=-1: nothing is skipped or doubled while rows come and go"
    OFFSET = "by start/next, the total checked at the end: for methods that know nothing else"
    PER_OWNER = "in full by id at first, then again for every owner that changed"
    OF_OWNERS = "asked for by owner: of all owners at first, then of every owner that changed"
    PER_TYPE = "by id, one raw table for every type that the portal tells of"
    CALENDAR = "a window of days of every user, group and the company"
    DISK = "folder by folder, beginning at every storage"


class Dialect(Enum):
    """How a list method takes its arguments."""

    NAMED = "order, filter, select, start; several values of a field under `@`"
    BARE = "the same, several values under the field's bare name (tasks: API.md 6)"
    SORTED = "SORT and ORDER as two texts, FILTER, start"
    POSITIONAL = "order, filter, select and navigation by position (API.md 1.1)"


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One raw table and the method that fills it.

    `calls` are the parameter sets with which the list method is read (most methods need one).
    `columns` types the columns of methods without a field description; others take `fields_method`, whose
    answer holds the fields at `fields_at`. `asks_for_fields` names every described field in `select`.
    `id_filter` is the id's name in requests, where rows call it otherwise. `dropped` fields are not kept.
    `owners` are the entities whose rows this one needs, `owner_id` the field that holds such an owner's id,
    `owner_types` how the field `ownerType` calls them. Of `kept_daily` rows every day's are kept.
    """

    name: str
    scope: str
    method: str
    reading: Reading
    key: tuple[str, ...] = ("ID",)
    rows_at: str | None = None
    calls: tuple[tuple[str, Mapping[str, object]], ...] = ()
    select: tuple[str, ...] = ()
    asks_for_fields: bool = False
    id_filter: str = ""
    dialect: Dialect = Dialect.NAMED
    modified: str | None = None
    modified_filter: str = ""
    fields_method: str | None = None
    fields_at: str | None = None
    columns: Mapping[str, Kind] = field(default_factory=lambda: MappingProxyType({}))
    dropped: frozenset[str] = frozenset()
    multifields: str | None = None
    owners: tuple[str, ...] = ()
    owner_id: str | None = None
    owner_types: Mapping[str, str] = field(default_factory=_nothing)
    labels_from: Mapping[str, str] = field(default_factory=_nothing)
    kept_daily: bool = False
    meaning: str = ""

    def __post_init__(self) -> None:
        """Refuses an entry that could not be merged or read."""
        if not self.key:
            raise ValueError(f"{self.name}: a merge needs a key")
        if self.reading is Reading.PER_OWNER and not (self.owners and self.owner_id and self.modified):
            raise ValueError(f"{self.name}: rows read per owner name their owner and when they were made")
        if self.reading is Reading.OF_OWNERS and not (self.owners and self.owner_id):
            raise ValueError(f"{self.name}: rows asked for by owner name their owner")

    @property
    def requests(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """The (method, fixed parameters) pairs to read."""
        return self.calls or ((self.method, MappingProxyType({})),)

    @property
    def asked_modified(self) -> str | None:
        """The modification time as filters call it."""
        return self.modified_filter or self.modified
