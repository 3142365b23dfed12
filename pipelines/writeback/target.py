"""What a target of write-back has to tell: how its records are described, read, written and found again."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from pipelines.errors import UsageError
from pipelines.writeback.fields import Dictionaries, FieldSpec
from pipelines.writeback.operations import Action, Operation, Values
from sources.bitrix24.batch import Command, Outcome

Trace = Literal["marker", "traces", "repeat"]
"""How a create that was not acknowledged is found: by its marker, by what is new beside what was there
before, or not at all, because sending it again does no harm."""

Row = dict[str, Any]
PAGE: Final = 50


@dataclass(frozen=True)
class WriteOptions:
    """How things are written, whatever is written.

    Args:
        feed: let changes appear in the portal's feed.
        automation: let creates start robots and workflows, where a method can do without.
        user_id: whose webhook it is.
    """

    feed: bool = False
    automation: bool = True
    user_id: int = 0


@dataclass(frozen=True)
class Told:
    """What the answer to a write says: the id of the record, or why it was not done in spite of a result."""

    record_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Target(ABC):
    """One thing that can be written; a subclass knows the methods of its family.

    Args:
        name: as in `--to`.
        modes: what can be done.
        tables: raw tables of the warehouse that a write changes.
        id_code: the field with a record's id.
        id_parts: the fields that make the id, where one does not.
        companion: a field, and the flag without which the portal may put its own value into it.
        required: fields that a new record needs although the portal's description does not say so.
        either: fields of which a new record needs one, whatever the portal's description says.
        seconds: server seconds of one write, from the documentation's samples, for the forecast.
        trace: how an unacknowledged create is found.
        marker_code: the field of the marker, where a row may bring its own.
        reads_many: whether one command reads 50 records; then reads ride along with the writes.
        reads_back: whether its records can be read at all.
        stamp: the field that tells that a record was touched.
        deeds: modes that have a method of their own -> the fields by which it shows.
        automation: fields whose change may start robots.
        unclearable: fields that a portal does not empty.
    """

    name: str
    modes: tuple[str, ...]
    tables: tuple[str, ...]
    id_code: str = "ID"
    id_parts: tuple[str, ...] = ()
    companion: tuple[str, str] | None = None
    required: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    trace: Trace = "marker"
    marker_code: str = ""
    reads_many: bool = True
    reads_back: bool = True
    stamp: str = ""
    deeds: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    automation: tuple[str, ...] = ()
    unclearable: tuple[str, ...] = ()

    @property
    @abstractmethod
    def actions(self) -> tuple[Action, ...]:
        """What its rows can be."""

    def description(self) -> Mapping[str, Command]:
        """The commands whose answers `specs` needs; none where no method describes the fields."""
        return {}

    @abstractmethod
    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:
        """The fields, by code."""

    def reads(
        self,
        ids: Sequence[str],  # noqa: ARG002 - for those that can be read
        codes: Iterable[str],  # noqa: ARG002
    ) -> list[tuple[Sequence[str], Command]]:
        """The commands that read these fields of these records, each with the records it is for."""
        return []

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:  # noqa: ARG002
        """The records in the answer to one of `reads`, by id, their fields by code."""
        return iter(())

    def missing(self, outcome: Outcome) -> bool:  # noqa: ARG002 - lists leave out what is not there
        """Whether the answer to a read says that there is no such record."""
        return False

    def finds(self, code: str, values: Sequence[str], codes: Iterable[str]) -> list[Command]:
        """The commands that find records by the values of a field; `rows` reads their answers.

        Raises:
            UsageError: no method of this target knows a filter.
        """
        del values, codes
        raise UsageError(f"{self.name} are found by {self.id_code} alone, and not by {code}")

    @abstractmethod
    def method(self, action: Action, options: WriteOptions) -> str:
        """The method that carries out an action."""

    @abstractmethod
    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The command that carries out an operation on a record that is as `live` says."""

    def told(self, operation: Operation, result: object) -> Told:  # noqa: ARG002 - for those that need it
        """What the result of a write says."""
        return Told(operation.id)

    def marked(self, markers: Mapping[str, Operation]) -> list[Command]:  # noqa: ARG002 - where there are any
        """The commands that look for records by their markers."""
        return []

    def marks(
        self,
        result: object,  # noqa: ARG002 - where there are any
        markers: Mapping[str, Operation],  # noqa: ARG002
    ) -> Iterator[tuple[str, str]]:
        """Marker and id of the records in the answer to one of `marked`."""
        return iter(())

    def proof(self, marker: str) -> Command | None:
        """A command that finds nothing if the portal heeds the filter by marker; None where that is known."""
        del marker
        return None

    def alone(self, operation: Operation) -> bool:
        """Whether the command has to go in a call of its own: a batch cannot say "empty list"."""
        return any(value == [] for value in operation.after.values())

    def fills(self, operation: Operation) -> tuple[str, Command] | None:  # noqa: ARG002
        """What has to be read to fill in what a row does not say: a name for the answer, and the command."""
        return None

    def filled(self, operation: Operation, answers: Mapping[str, Outcome], options: WriteOptions) -> Values:
        """Values that the method needs and a person would not know."""
        del operation, answers, options
        return {}

    def same(self, code: str, left: object, right: object) -> bool | None:  # noqa: ARG002
        """Whether two values mean the same to the portal; None leaves it to the field's kind."""
        return None

    def holds(self, operation: Operation, code: str, value: object) -> bool | None:  # noqa: ARG002
        """Whether a value counts as written; None leaves it to a comparison."""
        return None

    def undone_by(self, operation: Operation, before: Values) -> tuple[Action, Values] | str:  # noqa: ARG002
        """The action and values that undo an update; a text says why nothing does."""
        return "update", before


@dataclass(frozen=True, kw_only=True)
class TracedTarget(Target):
    """One whose records bear no marker: a create is found by what is new beside what was there before."""

    trace: Trace = "traces"

    @abstractmethod
    def group(self, operation: Operation) -> str:
        """Creates of one group cannot be told apart by anything but their number."""

    @abstractmethod
    def look(self, operation: Operation, seen: Values | None) -> Command:
        """The command whose answer shows records like this; `seen` is what was there before, at a probe."""

    @abstractmethod
    def seen(self, result: object, operation: Operation) -> Values:
        """What was there before, to be kept in the journal."""

    @abstractmethod
    def traces(self, result: object, operation: Operation, seen: Values) -> list[str]:
        """Ids of records like this that were not there before."""


def pieces(values: Sequence[str], size: int = PAGE) -> Iterator[Sequence[str]]:
    """The values in pieces of a page."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
