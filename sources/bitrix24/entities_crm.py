"""Entries of the CRM: records, their satellites and dictionaries."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from .entity import Entity, Reading
from .fields import Kind

_MASKS = ("*", "UF_*")
_MULTIFIELDS = ("PHONE", "EMAIL", "WEB", "IM", "LINK")
_MONEY: Mapping[str, Kind] = MappingProxyType(
    {"OPPORTUNITY": "decimal", "TAX_VALUE": "decimal", "REVENUE": "decimal"}
)


def _crm(name: str, code: str, multifields: str | None, meaning: str) -> Entity:
    # classic methods: custom fields by default, multi-fields only when named (API.md 10.4)
    return Entity(
        name=name,
        scope="crm",
        method=f"crm.{code}.list",
        reading=Reading.KEYSET,
        select=_MASKS + (_MULTIFIELDS if multifields else ()),
        modified="DATE_MODIFY",
        fields_method=f"crm.{code}.fields",
        columns=_MONEY,
        multifields=multifields,
        meaning=meaning,
    )


def _history(name: str, owner: str, type_id: int, stage: Mapping[str, Kind], meaning: str) -> Entity:
    return Entity(
        name=name,
        scope="crm",
        method="crm.stagehistory.list",
        reading=Reading.PER_OWNER,
        rows_at="items",
        calls=(("crm.stagehistory.list", {"entityTypeId": type_id}),),
        modified="CREATED_TIME",
        owners=(owner,),
        owner_id="OWNER_ID",
        columns={
            "ID": "integer",
            "TYPE_ID": "integer",
            "OWNER_ID": "integer",
            "CREATED_TIME": "datetime",
            **stage,
        },
        meaning=f"{meaning}; re-read per changed record, for the portal rewrites it",
    )


_USERFIELDS = {
    "CRM_DEAL": "crm.deal",
    "CRM_CONTACT": "crm.contact",
    "CRM_LEAD": "crm.lead",
    "CRM_COMPANY": "crm.company",
}

_RECORDS = (
    _crm("deals", "deal", None, "deals of every pipeline, with their custom fields"),
    _crm("contacts", "contact", "contact", "people, with phones and e-mails"),
    _crm("leads", "lead", "lead", "leads, with phones and e-mails"),
    _crm("companies", "company", "company", "companies, with phones and e-mails"),
)

_SATELLITES = (
    _history(
        "deal_stage_history",
        "deals",
        2,
        {"CATEGORY_ID": "integer", "STAGE_ID": "text", "STAGE_SEMANTIC_ID": "text"},
        "every stage a deal went through",
    ),
    _history(
        "lead_status_history",
        "leads",
        1,
        {"STATUS_ID": "text", "STATUS_SEMANTIC_ID": "text"},
        "every status a lead went through",
    ),
    Entity(
        name="product_rows",
        scope="crm",
        method="crm.item.productrow.list",
        reading=Reading.OF_OWNERS,
        key=("id",),
        rows_at="productRows",
        owners=("deals", "leads"),
        owner_id="ownerId",
        owner_types={"deals": "D", "leads": "L"},
        columns={
            "id": "integer",
            "ownerId": "integer",
            "ownerType": "text",
            "productId": "integer",
            "productName": "text",
            **dict.fromkeys(("price", "priceAccount", "priceExclusive", "priceNetto"), "rate"),
            "priceBrutto": "rate",
            "quantity": "rate",
            "discountTypeId": "integer",
            "discountRate": "rate",
            "discountSum": "rate",
            "taxRate": "rate",
            "taxIncluded": "text",
            "customized": "text",
            "measureCode": "integer",
            "measureName": "text",
            "sort": "integer",
            "xmlId": "text",
            "type": "integer",
            "storeId": "integer",
        },
        meaning="products of deals and leads",
    ),
    Entity(
        name="deal_contacts",
        scope="crm",
        # the ids of a deal's contacts in their order come with the deal, 50 deals a page;
        # crm.deal.contact.items.get would be a command a deal
        method="crm.item.list",
        reading=Reading.OF_OWNERS,
        key=("DEAL_ID", "CONTACT_ID"),
        rows_at="items",
        calls=(("crm.item.list", {"entityTypeId": 2}),),
        select=("id", "contactId", "contactIds"),
        owners=("deals",),
        owner_id="DEAL_ID",
        columns={"DEAL_ID": "integer", "CONTACT_ID": "integer", "SORT": "integer", "IS_PRIMARY": "text"},
        meaning="contacts of every deal, in their order",
    ),
    Entity(
        name="activities",
        scope="crm",
        method="crm.activity.list",
        reading=Reading.KEYSET,
        select=("*",),
        modified="LAST_UPDATED",
        fields_method="crm.activity.fields",
        columns={
            **dict.fromkeys(("ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "STATUS"), "integer"),
            **dict.fromkeys(("RESPONSIBLE_ID", "AUTHOR_ID", "EDITOR_ID", "DIRECTION", "PRIORITY"), "integer"),
            **dict.fromkeys(("CREATED", "LAST_UPDATED", "START_TIME", "END_TIME", "DEADLINE"), "datetime"),
            "SETTINGS": "json",
            "PROVIDER_PARAMS": "json",
        },
        meaning="calls, meetings, e-mails and to-dos of CRM records",
    ),
)

_DICTIONARIES = (
    Entity(
        name="statuses",
        scope="crm",
        method="crm.status.list",
        reading=Reading.OFFSET,
        # a STATUS_ID is unique only inside its directory (API.md 12.1)
        key=("ENTITY_ID", "STATUS_ID"),
        columns={"ID": "integer", "SORT": "integer", "CATEGORY_ID": "integer", "EXTRA": "json"},
        meaning="every directory: stages of all pipelines, sources, types",
    ),
    Entity(
        name="pipelines",
        scope="crm",
        method="crm.category.list",
        reading=Reading.OFFSET,
        key=("entityTypeId", "id"),
        rows_at="categories",
        calls=(("crm.category.list", {"entityTypeId": 2}),),
        owners=("smart_process_types",),
        columns={"id": "integer", "sort": "integer", "entityTypeId": "integer"},
        meaning="pipelines of deals, invoices and smart processes",
    ),
    Entity(
        name="currencies",
        scope="crm",
        method="crm.currency.list",
        reading=Reading.OFFSET,
        key=("CURRENCY",),
        columns={
            "CURRENCY": "text",
            "AMOUNT": "rate",
            "AMOUNT_CNT": "integer",
            "BASE": "text",
            "SORT": "integer",
            "DECIMALS": "integer",
        },
        kept_daily=True,
        meaning="currencies with today's rate to the base currency; `currency_rates` keeps every day's",
    ),
    Entity(
        name="custom_fields",
        scope="crm",
        method="crm.deal.userfield.list",
        reading=Reading.OFFSET,
        calls=tuple((f"{code}.userfield.list", {}) for code in _USERFIELDS.values()),
        columns={"ID": "integer", "SORT": "integer", "SETTINGS": "json", "LIST": "json", "LABEL": "text"},
        # userfield.list names labels only for a language that one asks for; *.fields has them always
        labels_from={entity: f"{code}.fields" for entity, code in _USERFIELDS.items()},
        meaning="custom fields: code, label, type, list values; `custom_fields_history` keeps what they were",
    ),
    Entity(
        name="smart_process_types",
        scope="crm",
        method="crm.type.list",
        reading=Reading.OFFSET,
        key=("id",),
        rows_at="types",
        columns={
            **dict.fromkeys(("id", "entityTypeId", "createdBy", "updatedBy", "customSectionId"), "integer"),
            "createdTime": "datetime",
            "updatedTime": "datetime",
        },
        meaning="smart processes",
    ),
)

_ITEMS = Entity(
    name="items",
    scope="crm",
    method="crm.item.list",
    reading=Reading.PER_TYPE,
    key=("id",),
    rows_at="items",
    owners=("smart_process_types",),
    modified="updatedTime",
    fields_method="crm.item.fields",
    fields_at="fields",
    columns={
        "id": "integer",
        **dict.fromkeys(("opportunity", "taxValue", "opportunityAccount", "taxValueAccount"), "decimal"),
    },
    # repeats names and phones in a form made for searching (API.md 10.2)
    dropped=frozenset({"searchContent"}),
    meaning="one table a type: `items_31` invoices, `items_7` quotes, `items_<entityTypeId>` smart processes",
)

BUILT_IN_ITEM_TYPES: Mapping[int, str] = MappingProxyType({7: "quotes", 31: "invoices"})
"""Types that every portal has and that `crm.type.list` does not name (API.md 10.1)."""


def items_of(entity_type_id: int, title: str) -> Entity:
    """The entity of one type: `items_<entityTypeId>`."""
    params = {"entityTypeId": entity_type_id, "useOriginalUfNames": "Y"}
    return replace(
        _ITEMS,
        name=f"items_{entity_type_id}",
        reading=Reading.KEYSET,
        calls=(("crm.item.list", params),),
        owners=(),
        meaning=title,
    )


CRM = (*_RECORDS, *_SATELLITES, *_DICTIONARIES, _ITEMS)
