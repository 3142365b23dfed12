"""Everything a portal holds that this source reads: one entity, one entry."""

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


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One raw table and the method that fills it.

    `calls` are the parameter sets with which the list method is read (most methods need one).
    `columns` types the columns of methods without a field description; others take `fields_method`.
    """

    name: str
    scope: str
    method: str
    reading: Reading
    key: tuple[str, ...] = ("ID",)
    rows_at: str | None = None
    calls: tuple[tuple[str, Mapping[str, object]], ...] = ()
    select: tuple[str, ...] = ()
    modified: str | None = None
    fields_method: str | None = None
    columns: Mapping[str, Kind] = field(default_factory=lambda: MappingProxyType({}))
    multifields: str | None = None
    owner: str | None = None
    owner_id: str | None = None
    labels_from: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    meaning: str = ""

    def __post_init__(self) -> None:
        """Refuses an entry that could not be merged or read."""
        if not self.key:
            raise ValueError(f"{self.name}: a merge needs a key")
        if self.reading is Reading.PER_OWNER and not (self.owner and self.owner_id and self.modified):
            raise ValueError(f"{self.name}: rows read per owner name their owner and when they were made")

    @property
    def requests(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """The (method, fixed parameters) pairs to read."""
        return self.calls or ((self.method, MappingProxyType({})),)


MASKS = ("*", "UF_*")
MULTIFIELDS = ("PHONE", "EMAIL", "WEB", "IM", "LINK")
MONEY: Mapping[str, Kind] = MappingProxyType(
    {"OPPORTUNITY": "decimal", "TAX_VALUE": "decimal", "REVENUE": "decimal"}
)


def _crm(name: str, code: str, multifields: str | None, meaning: str) -> Entity:
    # classic methods: custom fields by default, multi-fields only when named (API.md 10.4)
    return Entity(
        name=name,
        scope="crm",
        method=f"crm.{code}.list",
        reading=Reading.KEYSET,
        select=MASKS + (MULTIFIELDS if multifields else ()),
        modified="DATE_MODIFY",
        fields_method=f"crm.{code}.fields",
        columns=MONEY,
        multifields=multifields,
        meaning=meaning,
    )


_USERFIELDS = {
    "CRM_DEAL": "crm.deal",
    "CRM_CONTACT": "crm.contact",
    "CRM_LEAD": "crm.lead",
    "CRM_COMPANY": "crm.company",
}

_TABLE = (
    _crm("deals", "deal", None, "deals of every pipeline, with their custom fields"),
    _crm("contacts", "contact", "contact", "people, with phones and e-mails"),
    _crm("leads", "lead", "lead", "leads, with phones and e-mails"),
    _crm("companies", "company", "company", "companies, with phones and e-mails"),
    Entity(
        name="users",
        scope="user",
        method="user.get",
        reading=Reading.OFFSET,
        columns={"ID": "integer", "ACTIVE": "boolean", "UF_DEPARTMENT": "json"},
        meaning="employees, the dismissed ones included",
    ),
    Entity(
        name="departments",
        scope="department",
        method="department.get",
        reading=Reading.OFFSET,
        columns={"ID": "integer", "SORT": "integer", "PARENT": "integer", "UF_HEAD": "integer"},
        meaning="the tree of departments",
    ),
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
        columns={"id": "integer", "sort": "integer", "entityTypeId": "integer"},
        meaning="pipelines of deals",
    ),
    Entity(
        name="currencies",
        scope="crm",
        method="crm.currency.list",
        reading=Reading.OFFSET,
        key=("CURRENCY",),
        columns={"AMOUNT": "rate", "AMOUNT_CNT": "integer", "SORT": "integer", "DECIMALS": "integer"},
        meaning="currencies with today's rate to the base currency",
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
        meaning="custom fields: code, label, type, list values",
    ),
    Entity(
        name="deal_stage_history",
        scope="crm",
        method="crm.stagehistory.list",
        reading=Reading.PER_OWNER,
        rows_at="items",
        calls=(("crm.stagehistory.list", {"entityTypeId": 2}),),
        modified="CREATED_TIME",
        owner="deals",
        owner_id="OWNER_ID",
        columns={
            "ID": "integer",
            "TYPE_ID": "integer",
            "OWNER_ID": "integer",
            "CATEGORY_ID": "integer",
            "CREATED_TIME": "datetime",
            "STAGE_ID": "text",
            "STAGE_SEMANTIC_ID": "text",
        },
        meaning="every stage a deal went through; re-read per changed deal, for the portal rewrites it",
    ),
)

ENTITIES: Mapping[str, Entity] = MappingProxyType({entity.name: entity for entity in _TABLE})

CONTACT_POINTS = "contact_points"
"""The long table of phones, e-mails, sites and messengers: a value a row, cut from its owners' rows."""
