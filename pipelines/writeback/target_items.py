"""Smart processes, invoices and quotes, by the universal methods (API.md 10.2, 11)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.writeback.fields import Dictionaries, FieldSpec, crm_specs
from pipelines.writeback.operations import Action, Operation
from pipelines.writeback.target import Row, Target, Told, WriteOptions, pieces
from sources.bitrix24.batch import Command
from sources.bitrix24.envelope import rows_of

_STAGES: Final = {7: "QUOTE_STATUS", 31: "SMART_INVOICE_STAGE"}


@dataclass(frozen=True, kw_only=True)
class ItemTarget(Target):
    """One type of items; custom fields bear their original names (UF_CRM_…)."""

    type_id: int

    @property
    def actions(self) -> tuple[Action, ...]:
        """Everything a record can go through."""
        return ("add", "update", "delete")

    def description(self) -> Mapping[str, Command]:
        """The fields, lists with their options."""
        return {"fields": self._command("crm.item.fields")}

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:
        """Fields as the portal describes them."""
        prefix = _STAGES.get(self.type_id, f"DYNAMIC_{self.type_id}_STAGE")
        return crm_specs(answers["fields"]["fields"], known, {"stageId": prefix})

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """Lists of 50 records each."""
        select = list(dict.fromkeys(("id", *codes)))
        return [(part, self._list({"@id": list(part)}, select)) for part in pieces(ids)]

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:  # noqa: ARG002
        """Rows of a list."""
        for row in rows_of(result):
            yield str(row["id"]), row

    def finds(self, code: str, values: Sequence[str], codes: Iterable[str]) -> list[Command]:
        """Lists by the values of a field; fewer values than a page has rows, as several may bear one."""
        select = list(dict.fromkeys(("id", code, *codes)))
        return [self._list({f"@{code}": list(part)}, select) for part in pieces(values, 25)]

    def method(self, action: Action, options: WriteOptions) -> str:
        """An import starts no robots, so that a create without automation is one."""
        return "crm.item.import" if action == "add" and not options.automation else f"crm.item.{action}"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call; several values are always a list, as one alone would be refused."""
        del live
        method = self.method(operation.action, options)
        if operation.action == "delete":
            return self._command(method, id=operation.id)
        fields = {
            code: (value or []) if specs[code].multiple else value for code, value in operation.after.items()
        }
        if operation.action == "add":
            return self._command(method, fields={"xmlId": operation.marker, **fields})
        return self._command(method, id=operation.id, fields=fields)

    def told(self, operation: Operation, result: object) -> Told:
        """An add answers with the item, a delete with an empty list."""
        if operation.action != "add":
            return Told(operation.id)
        item = result.get("item") if isinstance(result, dict) else None
        return (
            Told(str(item["id"]))
            if isinstance(item, dict)
            else Told(error="the portal answered without an item")
        )

    def marked(self, markers: Mapping[str, Operation]) -> list[Command]:
        """Lists by the external code."""
        return [self._list({"@xmlId": list(part)}, ["id", "xmlId"]) for part in pieces(list(markers), 25)]

    def marks(self, result: object, markers: Mapping[str, Operation]) -> Iterator[tuple[str, str]]:
        """Only rows that do bear the code; a row may bring its own."""
        own = {str(each.after.get("xmlId") or marker): marker for marker, each in markers.items()}
        for row in rows_of(result):
            marker = own.get(str(row.get("xmlId") or ""))
            if marker is not None:
                yield marker, str(row["id"])

    def _list(self, filters: Mapping[str, object], select: Sequence[str]) -> Command:
        return self._command(
            "crm.item.list", filter=filters, select=list(select), order={"id": "ASC"}, start=-1
        )

    def _command(self, method: str, **params: object) -> Command:
        return Command(method, {"entityTypeId": self.type_id, "useOriginalUfNames": "Y", **params})
