"""Deals, leads, contacts and companies, by the classic methods (API.md 10.4, 11)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from pipelines.writeback.fields import Dictionaries, FieldSpec, crm_specs
from pipelines.writeback.multifields import elements
from pipelines.writeback.operations import Action, Operation
from pipelines.writeback.target import Row, Target, Told, WriteOptions, pieces
from sources.bitrix24.batch import Command
from sources.bitrix24.envelope import rows_of

ORIGINATOR: Final = "b24-writeback"


@dataclass(frozen=True, kw_only=True)
class CrmTarget(Target):
    """One of the four classic CRM objects.

    Args:
        singular: the word in the methods' names.
        stages: fields that hold a stage -> the prefix of its directories.
        history: whether updates know REGISTER_HISTORY_EVENT.
    """

    singular: str
    stages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    history: bool = True

    @property
    def actions(self) -> tuple[Action, ...]:
        """Everything a record can go through."""
        return ("add", "update", "delete")

    def description(self) -> Mapping[str, Command]:
        """Fields and the options of custom lists."""
        return {
            "fields": Command(f"crm.{self.singular}.fields"),
            "userfields": Command(f"crm.{self.singular}.userfield.list", {"order": {"ID": "ASC"}}),
        }

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:
        """Fields as the portal describes them."""
        return crm_specs(answers["fields"], known, self.stages)

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """Lists of 50 records each."""
        select = self._select(codes)
        return [(part, self._list({"@ID": list(part)}, select)) for part in pieces(ids)]

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:  # noqa: ARG002
        """Rows of a list."""
        for row in rows_of(result):
            yield str(row["ID"]), row

    def finds(self, code: str, values: Sequence[str], codes: Iterable[str]) -> list[Command]:
        """Lists by the values of a field; fewer than a page has rows, as several may bear one."""
        select = self._select((code, *codes))
        return [self._list({f"@{code}": list(part)}, select) for part in pieces(values, 25)]

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - classic adds have no other
        """crm.deal.update and its like."""
        return f"crm.{self.singular}.{action}"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call: quiet in the feed unless that is wanted, the history kept (the portal's default)."""
        method = self.method(operation.action, options)
        if operation.action == "delete":
            return Command(method, {"id": operation.id})
        fields = {
            code: _sent(code, value, live or {}, specs[code]) for code, value in operation.after.items()
        }
        if operation.action == "add":
            fields = marked_fields(fields, operation.marker)
        call: dict[str, object] = {"fields": fields, "params": self._params(operation.action, options)}
        return Command(method, call if operation.action == "add" else {"id": operation.id, **call})

    def told(self, operation: Operation, result: object) -> Told:
        """An add answers with the new id, the others with true."""
        if operation.action == "add":
            return Told(str(result)) if result else Told(error="the portal answered without an id")
        return Told(operation.id) if result is not False else Told(error="the portal answered with false")

    def marked(self, markers: Mapping[str, Operation]) -> list[Command]:
        """Lists by the id in the external source."""
        select = ["ID", "ORIGIN_ID", "ORIGINATOR_ID"]
        # a marker is of one record, two where something went wrong: a page always holds them
        return [self._list({"@ORIGIN_ID": list(part)}, select) for part in pieces(list(markers), 25)]

    def marks(self, result: object, markers: Mapping[str, Operation]) -> Iterator[tuple[str, str]]:
        """Only rows that do bear the marker: an unknown filter would have given all rows."""
        for row in rows_of(result):
            marker = str(row.get("ORIGIN_ID") or "")
            operation = markers.get(marker)
            if operation is not None and row.get("ORIGINATOR_ID") == originator(operation):
                yield marker, str(row["ID"])

    def _params(self, action: Action, options: WriteOptions) -> dict[str, str]:
        feed = "Y" if options.feed else "N"
        if action == "update" and self.history:
            return {"REGISTER_SONET_EVENT": feed, "REGISTER_HISTORY_EVENT": "Y"}
        return {"REGISTER_SONET_EVENT": feed}

    def _select(self, codes: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(("ID", *codes)))

    def _list(self, filters: Mapping[str, object], select: Sequence[str]) -> Command:
        return Command(
            f"crm.{self.singular}.list",
            {"filter": filters, "select": list(select), "order": {"ID": "ASC"}, "start": -1},
        )


def _sent(code: str, value: object, live: Row, spec: FieldSpec) -> object:
    """A value as the methods take it: to PHP the text "N" of a custom flag would be true."""
    if spec.kind == "multifield":
        return elements(live.get(code), value)
    if spec.kind == "boolean" and code.startswith("UF_"):
        return {"Y": "1", "N": "0"}.get(str(value), "")
    return value


def marked_fields(fields: Row, marker: str) -> Row:
    """The fields of a new record with its marker, which a row may bring itself."""
    if "ORIGIN_ID" in fields:
        return fields
    return {**fields, "ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": marker}


def originator(operation: Operation) -> str:
    """The external source that a new record will name."""
    if "ORIGIN_ID" in operation.after:
        return str(operation.after.get("ORIGINATOR_ID") or "")
    return ORIGINATOR
