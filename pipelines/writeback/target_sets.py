"""What is written as a whole: the products of a record, the contacts of a deal (API.md 10.5, 11)."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pipelines.writeback.fields import Dictionaries, FieldSpec, crm_specs
from pipelines.writeback.operations import Action, Operation, Values
from pipelines.writeback.target import Row, Target, WriteOptions
from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.envelope import rows_of

ROWS: Final = "rows"
_PRODUCT: Final = (
    "productId",
    "productName",
    "price",
    "quantity",
    "discountTypeId",
    "discountRate",
    "discountSum",
    "taxRate",
    "taxIncluded",
    "customized",
    "measureCode",
    "measureName",
    "sort",
)
_LINK: Final = ("CONTACT_ID", "SORT", "IS_PRIMARY")


@dataclass(frozen=True, kw_only=True)
class SetTarget(Target):
    """Rows that belong to an owner and are replaced together.

    An owner that no row of a source names keeps its rows; one that shall have none is named by a row with
    `#CLEAR` for the member, and that needs --allow-clear.

    Args:
        owner: columns that name the owner.
        parts: fields of a row that can be written.
        member: the field of a row that says what it is about; every row has it.
    """

    owner: tuple[str, ...]
    parts: tuple[str, ...]
    member: str

    @property
    def actions(self) -> tuple[Action, ...]:
        """Replaced."""
        return ("set",)

    @abstractmethod
    def owner_of(self, values: Mapping[str, Any]) -> str:
        """The owner that a row names."""

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """All rows of the owner as one value."""
        yield ids[0], {ROWS: [_part(row, self.parts) for row in rows_of(result)]}

    def missing(self, outcome: Outcome) -> bool:
        """No such owner."""
        return outcome.error is not None and "not found" in str(outcome.error).lower()

    def same(self, code: str, left: object, right: object) -> bool | None:
        """Rows are the same where each field that both name is."""
        if code != ROWS:
            return None
        ours, theirs = (self.ordered(rows if isinstance(rows, list) else []) for rows in (left, right))
        return len(ours) == len(theirs) and all(map(_alike, ours, theirs))

    def ordered(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Rows in the order in which they are compared."""
        return list(rows)

    def alone(self, operation: Operation) -> bool:
        """No rows at all: a batch cannot say that."""
        return not operation.after.get(ROWS)


@dataclass(frozen=True, kw_only=True)
class ProductTarget(SetTarget):
    """Products of deals, leads, quotes, invoices and items."""

    owner: tuple[str, ...] = ("ownerType", "ownerId")
    parts: tuple[str, ...] = _PRODUCT
    member: str = "productId"

    def description(self) -> Mapping[str, Command]:
        """The fields of a row."""
        return {"fields": Command("crm.item.productrow.fields")}

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:
        """Fields as the portal describes them, and the rows as a whole."""
        specs = crm_specs(answers["fields"]["fields"], known, {})
        return specs | {ROWS: FieldSpec(ROWS, "json", "Products")}

    def owner_of(self, values: Mapping[str, Any]) -> str:
        """A deal where no type is named."""
        return f"{values.get('ownerType') or 'D'}:{values['ownerId']}"

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """The rows of one owner a command; more than 50 of them do not occur by hand and are refused."""
        del codes
        return [([each], self._list(each)) for each in ids]

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - there is no other
        """crm.item.productrow.set."""
        return "crm.item.productrow.set"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call."""
        del live, specs
        kind, _, number = (operation.id or "").partition(":")
        rows = [_part(row, self.parts) for row in operation.after[ROWS] or ()]
        return Command(
            self.method(operation.action, options),
            {"ownerType": kind, "ownerId": number, "productRows": rows},
        )

    def _list(self, owner: str) -> Command:
        kind, _, number = owner.partition(":")
        return Command(
            "crm.item.productrow.list",
            {"filter": {"=ownerType": kind, "=ownerId": number}, "order": {"sort": "ASC", "id": "ASC"}},
        )


@dataclass(frozen=True, kw_only=True)
class ContactLinkTarget(SetTarget):
    """Contacts of deals."""

    owner: tuple[str, ...] = ("DEAL_ID",)
    parts: tuple[str, ...] = _LINK
    member: str = "CONTACT_ID"

    def description(self) -> Mapping[str, Command]:
        """Nothing: three fields."""
        return {}

    def specs(self, answers: Mapping[str, Any], known: Dictionaries) -> dict[str, FieldSpec]:  # noqa: ARG002
        """Fields by the documentation."""
        specs = (
            FieldSpec("DEAL_ID", "integer", "Deal"),
            FieldSpec("CONTACT_ID", "integer", "Contact", required=True),
            FieldSpec("SORT", "integer", "Sorting"),
            FieldSpec("IS_PRIMARY", "boolean", "Primary"),
            FieldSpec("ROLE_ID", "integer", "Role", read_only=True),
            FieldSpec(ROWS, "json", "Contacts"),
        )
        return {spec.code: spec for spec in specs}

    def owner_of(self, values: Mapping[str, Any]) -> str:
        """The deal."""
        return str(values["DEAL_ID"])

    def reads(self, ids: Sequence[str], codes: Iterable[str]) -> list[tuple[Sequence[str], Command]]:
        """The contacts of one deal a command."""
        del codes
        return [([each], Command("crm.deal.contact.items.get", {"id": each})) for each in ids]

    def rows(self, result: object, ids: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """All contacts of the deal as one value."""
        rows = result if isinstance(result, list) else []
        yield ids[0], {ROWS: [_part(row, self.parts) for row in rows]}

    def method(self, action: Action, options: WriteOptions) -> str:  # noqa: ARG002 - there is no other
        """crm.deal.contact.items.set."""
        return "crm.deal.contact.items.set"

    def write(
        self, operation: Operation, live: Row | None, specs: Mapping[str, FieldSpec], options: WriteOptions
    ) -> Command:
        """The call."""
        del live, specs
        items = [_part(row, self.parts) for row in operation.after[ROWS] or ()]
        return Command(self.method(operation.action, options), {"id": operation.id, "items": items})

    def ordered(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """By contact: the portal gives them an order of its own where none is told."""
        return sorted(rows, key=lambda row: int(row.get("CONTACT_ID") or 0))


def _part(row: Mapping[str, Any], parts: Sequence[str]) -> Values:
    return {code: row[code] for code in parts if row.get(code) is not None}


def _alike(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return all(_equal(left[code], right[code]) for code in left.keys() & right.keys())


def _equal(left: object, right: object) -> bool:
    if left == right:
        return True
    try:
        return Decimal(str(left)) == Decimal(str(right))
    except InvalidOperation:
        return str(left) == str(right)
