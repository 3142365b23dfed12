"""What the warehouse does not tell of the portal's own fields: which are ids of what, which it sets itself.

A portal says the same in `crm.*.fields`; an export reads no portal. What is not named here is what its column
is, labelled by its code. Sources: API.md 10.3, 10.4, 12.1, 13.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

WRITABLE: Final = frozenset(
    {"deals", "leads", "contacts", "companies", "tasks", "task_checklist_items", "calendar_events"}
    | {"product_rows", "deal_contacts"}
)
"""Raw tables whose rows a plan may change; items_<type> are as well."""

STAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "deals": ("STAGE_ID", "DEAL_STAGE"),
        "leads": ("STATUS_ID", "STATUS"),
        "items_31": ("stageId", "SMART_INVOICE_STAGE"),
        "items_7": ("stageId", "QUOTE_STATUS"),
    }
)
"""The field that holds the stage, and the beginning of the names of its directories (API.md 12.1)."""

CUSTOM_FIELDS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"deals": "CRM_DEAL", "contacts": "CRM_CONTACT", "leads": "CRM_LEAD", "companies": "CRM_COMPANY"}
)


@dataclass(frozen=True)
class Known:
    """One field: its type as a portal names it, its directory, whether the portal sets it, its label."""

    type: str
    directory: str
    read_only: bool
    label: str


# [table.]column, type[:directory], r for read-only, label; without a table it is of the CRM's main objects
_TABLE = """
id integer r ID
title string - Title
name string - First name
second_name string - Middle name
last_name string - Last name
honorific crm_status:HONORIFIC - Salutation
post string - Position
stage_id crm_status - Stage
status_id crm_status - Stage
stage_semantic_id string r Stage group
status_semantic_id string r Stage group
deals.type_id crm_status:DEAL_TYPE - Type
contacts.type_id crm_status:CONTACT_TYPE - Contact type
company_type crm_status:COMPANY_TYPE - Company type
company_title string - Company name
industry crm_status:INDUSTRY - Industry
employees crm_status:EMPLOYEES - Employees
source_id crm_status:SOURCE - Source
source_description string - Source details
currency_id crm_currency - Currency
opportunity double - Amount
is_manual_opportunity char - Amount set by hand
tax_value double - Tax
revenue double - Yearly revenue
probability integer - Probability, %
category_id integer - Pipeline
assigned_by_id user - Responsible
created_by_id user r Created by
modify_by_id user r Changed by
moved_by_id user r Moved by
last_activity_by user r Last activity by
created_by user r Created by
updated_by user r Changed by
moved_by user r Moved by
date_create datetime r Created at
date_modify datetime r Changed at
date_closed datetime r Closed at
moved_time datetime r Moved at
last_activity_time datetime r Last activity at
created_time datetime r Created at
updated_time datetime r Changed at
begindate date - Start date
closedate date - Expected close date
birthdate date - Birthday
opened char - Visible to everybody
closed char - Closed
export char - In exports
is_my_company char - Own company
is_new char r New
is_recurring char - Recurring
is_return_customer char r Known customer
is_repeated_approach char r Repeated inquiry
has_phone char r Has a phone
has_email char r Has an e-mail
has_imol char r Has a chat
lead_id crm r Lead
company_id crm - Company
contact_id crm - Contact
quote_id crm r Quote
comments string - Comment
address string - Address
address_2 string - Address, part 2
address_city string - City
address_postal_code string - Postal code
address_region string - District
address_province string - Province
address_country string - Country
originator_id string - External source
origin_id string - Id in the external source
phone crm_multifield - Phone
email crm_multifield - E-mail
web crm_multifield - Website
im crm_multifield - Messenger
link crm_multifield - Link
photo file r Photo
logo file r Logo
tasks.id integer r ID
tasks.title string - Title
tasks.responsible_id user - Responsible
tasks.created_by user - Creator
tasks.changed_by user r Changed by
tasks.closed_by user r Closed by
tasks.status_changed_by user r Status changed by
tasks.created_date datetime r Created at
tasks.changed_date datetime r Changed at
tasks.closed_date datetime r Closed at
tasks.status_changed_date datetime r Status changed at
"""


def known_field(entity: str, column: str) -> Known | None:
    """What is known of a column of a raw table."""
    of_crm = entity in CUSTOM_FIELDS_OF or entity.startswith("items_")
    return _KNOWN.get(f"{entity}.{column}") or (_KNOWN.get(column) if of_crm else None)


def _read(line: str) -> tuple[str, Known]:
    column, type_text, flag, label = line.split(maxsplit=3)
    type_name, _, directory = type_text.partition(":")
    return column, Known(type_name, directory, flag == "r", label)


_KNOWN: Final = MappingProxyType(dict(_read(line) for line in _TABLE.strip().splitlines()))
