"""The object types of the CRM: which table, fields and stage directories belong to an entityTypeId."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import php
from .entities import ENTITIES, CrmEntity
from .fields import Field
from .item_fields import COMPANY_ITEM_FIELDS, CONTACT_ITEM_FIELDS, DEAL_ITEM_FIELDS, LEAD_ITEM_FIELDS
from .item_fields_own import INVOICE_ITEM_FIELDS, QUOTE_ITEM_FIELDS, SWITCHED_FIELDS

LEAD, DEAL, CONTACT, COMPANY, QUOTE, INVOICE = 1, 2, 3, 4, 7, 31
FIRST_SMART_PROCESS = 128


@dataclass(frozen=True)
class ItemType:
    """One object type; `entity` is there for the four that have classic methods too."""

    type_id: int
    code: str
    short: str
    title: str
    custom_entity: str
    fields: tuple[Field, ...]
    entity: CrmEntity | None = None
    pipelines: bool = False
    stage_prefix: str = ""
    switches: frozenset[str] = frozenset()

    @property
    def table(self) -> str:
        """Name the table of its rows."""
        return self.entity.table if self.entity else f"items_{self.type_id}"

    def directory(self, category: int) -> str:
        """Name the directory of the stages in one pipeline; empty where there are no stages."""
        if self.type_id == DEAL:
            return f"DEAL_STAGE_{category}" if category else "DEAL_STAGE"
        fixed = {LEAD: "STATUS", QUOTE: "QUOTE_STATUS", CONTACT: "", COMPANY: ""}
        return fixed.get(self.type_id, f"{self.stage_prefix}_{category}")

    def has(self, name: str) -> bool:
        """Tell whether items have a system field."""
        return any(field.code == name for field in self.fields)


def _classic(name: str, short: str, title: str, fields: tuple[Field, ...]) -> ItemType:
    entity = next(one for one in ENTITIES if one.name == name)
    return ItemType(
        entity.type_id, name.upper(), short, title, entity.custom_entity, fields, entity, name != "lead"
    )


BUILT_IN: Mapping[int, ItemType] = {
    one.type_id: one
    for one in (
        _classic("lead", "L", "Lead", LEAD_ITEM_FIELDS),
        _classic("deal", "D", "Deal", DEAL_ITEM_FIELDS),
        _classic("contact", "C", "Contact", CONTACT_ITEM_FIELDS),
        _classic("company", "CO", "Company", COMPANY_ITEM_FIELDS),
        ItemType(QUOTE, "QUOTE", "Q", "Quote", "CRM_QUOTE", QUOTE_ITEM_FIELDS),
        ItemType(
            INVOICE,
            "SMART_INVOICE",
            "SI",
            "Invoice",
            "CRM_SMART_INVOICE",
            INVOICE_ITEM_FIELDS,
            pipelines=True,
            stage_prefix="SMART_INVOICE_STAGE",
        ),
    )
}


def smart_process(row: Mapping[str, object]) -> ItemType:
    """Describe a smart process from its row of crm.type.list."""
    number = php.to_int(row["entityTypeId"])
    switches = frozenset(code for code, value in row.items() if code.startswith("is") and value == "Y")
    fields = [
        field
        for switch, fields in SWITCHED_FIELDS.items()
        if switch in ("", "always") or switch in switches
        for field in fields
    ]
    prefix = f"DYNAMIC_{number}_STAGE"
    return ItemType(
        number,
        f"DYNAMIC_{number}",
        f"T{number:x}",
        php.to_text(row.get("title")),
        f"CRM_{row['id']}",
        tuple(replace(one, status_type=prefix) if one.code in _STAGED else one for one in fields),
        pipelines="isCategoriesEnabled" in switches,
        stage_prefix=prefix,
        switches=switches,
    )


_STAGED = ("stageId", "previousStageId")
