"""The fields of quotes, invoices and smart processes, one a line, as `read_fields` reads them."""

from collections.abc import Mapping

from .fields import Field, read_fields
from .item_fields import CREATED, DATES, UTM

QUOTE_ITEM_FIELDS = read_fields(f"""
id integer r ID
{CREATED}
leadId crm_lead - Lead
dealId crm_deal - Deal
companyId crm_company - Company
contactId crm_contact d Contact
personTypeId integer - Payer type
mycompanyId crm_company - Own company
title string - Title
stageId crm_status:QUOTE_STATUS - Stage
closed boolean r Closed
opportunity double - Amount
isManualOpportunity boolean - Amount calculation mode
taxValue double - Tax
currencyId crm_currency - Currency
comments text - Comment
commentsType integer - Type of comment
{DATES}
quoteNumber string - Number
content text - Content
contentType integer - Type of content
terms text - Terms
termsType integer - Type of terms
storageTypeId integer - Storage
storageElementIds integer m Files
locationId location - Location
webformId integer - CRM form
clientTitle string - Client
clientAddr string - Client address
clientContact string - Client contact
clientEmail string - Client e-mail
clientPhone string - Client phone
clientTpId string - Client tax id
clientTpaId string - Client tax office
searchContent text r Search content
hasProducts boolean r Has products
actualDate date - Valid until
lastActivityBy user r Last activity by
lastActivityTime datetime r Last activity
{UTM}
contactIds crm_contact m Contacts
""")

_BASE = """
id integer r ID
title string - Name
xmlId string - External code
createdTime datetime r Created on
updatedTime datetime r Modified on
createdBy user r Created by
updatedBy user r Modified by
assignedById user - Responsible
opened boolean q Available to everyone
webformId integer - CRM form
""".strip()
_SPA_DATES = """
begindate date - Start date
closedate date - End date
""".strip()
_CLIENT = """
companyId crm_company - Company
contactId crm_contact d Contact
contactIds crm_contact m Contacts
contacts crm_contact mx Contacts
""".strip()
_STAGES = """
movedTime datetime r Moved on
movedBy user r Moved by
stageId crm_status - Stage
previousStageId crm_status r Previous stage
""".strip()
_SOURCE = """
sourceId crm_status:SOURCE - Source
sourceDescription text - Source details
""".strip()
_MONEY = """
currencyId crm_currency - Currency
isManualOpportunity boolean - Amount calculation mode
opportunity double - Amount
taxValue double - Tax
""".strip()
_ACTIVITY = """
lastActivityBy user r Last activity by
lastActivityTime datetime r Last activity
parentId1 crm_entity:1 - Lead
parentId2 crm_entity:2 - Deal
""".strip()

INVOICE_ITEM_FIELDS = read_fields(f"""
{_BASE}
{_SPA_DATES}
{_CLIENT}
observers user m Observers
categoryId crm_category - Pipeline
{_STAGES}
{_SOURCE}
{_MONEY}
mycompanyId crm_company - Own company
comments text - Comment
accountNumber string - Number
locationId location - Location
{_ACTIVITY}
parentId7 crm_entity:7 - Estimate
{UTM}
""")

SWITCHED_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "": read_fields(f"{_BASE}\ncategoryId crm_category - Pipeline"),
    "isBeginCloseDatesEnabled": read_fields(_SPA_DATES),
    "isClientEnabled": read_fields(_CLIENT),
    "isObserversEnabled": read_fields("observers user m Observers"),
    "isStagesEnabled": read_fields(_STAGES),
    "isSourceEnabled": read_fields(_SOURCE),
    "isLinkWithProductsEnabled": read_fields(_MONEY),
    "isMycompanyEnabled": read_fields("mycompanyId crm_company - Own company"),
    "always": read_fields(f"{_ACTIVITY}\n{UTM}"),
}
"""Fields of a smart process by the switch of its type that shows them."""
