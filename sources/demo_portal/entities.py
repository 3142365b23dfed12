"""The CRM objects of the portal: one entry each; methods, rules and tables follow from it."""

from dataclasses import dataclass

from .field_tables import COMPANY_FIELDS, CONTACT_FIELDS, DEAL_FIELDS, LEAD_FIELDS
from .fields import Field


@dataclass(frozen=True)
class CrmEntity:
    """One object with the classic methods `crm.<name>.*`."""

    name: str
    table: str
    type_id: int
    fields: tuple[Field, ...]
    stage_field: str = ""
    semantic_field: str = ""
    history: str = ""
    defaults: tuple[tuple[str, str], ...] = ()

    @property
    def custom_entity(self) -> str:
        """Name the object as custom fields do."""
        return f"CRM_{self.name.upper()}"


ENTITIES = (
    CrmEntity(
        "deal",
        "deals",
        2,
        DEAL_FIELDS,
        "STAGE_ID",
        "STAGE_SEMANTIC_ID",
        "deal_stage_history",
        (
            ("CATEGORY_ID", "0"),
            ("CURRENCY_ID", "EUR"),
            ("OPPORTUNITY", "0.00"),
            ("TYPE_ID", "SALE"),
            ("OPENED", "Y"),
            ("CLOSED", "N"),
            ("IS_NEW", "Y"),
            ("IS_RECURRING", "N"),
            ("IS_MANUAL_OPPORTUNITY", "N"),
            ("IS_RETURN_CUSTOMER", "N"),
            ("IS_REPEATED_APPROACH", "N"),
            ("CLOSEDATE", ""),
        ),
    ),
    CrmEntity(
        "lead",
        "leads",
        1,
        LEAD_FIELDS,
        "STATUS_ID",
        "STATUS_SEMANTIC_ID",
        "lead_status_history",
        (
            ("STATUS_ID", "NEW"),
            ("CURRENCY_ID", "EUR"),
            ("OPPORTUNITY", "0.00"),
            ("OPENED", "Y"),
            ("IS_RETURN_CUSTOMER", "N"),
            ("IS_MANUAL_OPPORTUNITY", "N"),
            ("DATE_CLOSED", ""),
            ("BIRTHDATE", ""),
        ),
    ),
    CrmEntity(
        "contact",
        "contacts",
        3,
        CONTACT_FIELDS,
        defaults=(("OPENED", "Y"), ("EXPORT", "Y"), ("BIRTHDATE", ""), ("TYPE_ID", "CLIENT")),
    ),
    CrmEntity(
        "company",
        "companies",
        4,
        COMPANY_FIELDS,
        defaults=(("OPENED", "Y"), ("IS_MY_COMPANY", "N"), ("REVENUE", "0.00"), ("CURRENCY_ID", "EUR")),
    ),
)
