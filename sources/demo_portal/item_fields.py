"""The fields of crm.item.* for classic objects, one a line: API.md 10.2, 10.3, REST page object-fields."""

from collections.abc import Mapping

from .fields import read_fields

UTM = """
utmSource string - Advertising system
utmMedium string - Traffic type
utmCampaign string - Campaign
utmContent string - Campaign content
utmTerm string - Search term
""".strip()
CREATED = """
createdTime datetime r Created on
dateCreateShort datetime r Created on (short)
updatedTime datetime r Modified on
dateModifyShort datetime r Modified on (short)
createdBy user r Created by
updatedBy user r Modified by
assignedById user - Responsible
opened boolean q Available to everyone
""".strip()
DATES = """
begindate date - Start date
begindateShort datetime r Start date (short)
closedate date - End date
closedateShort datetime r End date (short)
""".strip()
_LAST = """
movedBy user r Moved by
movedTime datetime r Moved on
lastActivityBy user r Last activity by
lastActivityTime datetime r Last activity
""".strip()
_PERSON = """
name string - First name
lastName string - Last name
secondName string - Middle name
shortName string r Short name
post string - Position
address text - Address
comments text - Comment
birthdate date - Birthday
honorific crm_status:HONORIFIC - Salutation
hasPhone boolean r Has phone
hasEmail boolean r Has e-mail
hasImol boolean r Has open channel
login string - Login
""".strip()
_ALIASES = """
phoneMobile string r Mobile phone
phoneWork string r Work phone
phoneMailing string r Phone for mailings
emailHome string r Personal e-mail
emailWork string r Work e-mail
emailMailing string r E-mail for mailings
skype string r Skype
icq string r ICQ
imol string r Open channel
email string r E-mail
phone string r Phone
""".strip()

LEAD_ITEM_FIELDS = read_fields(f"""
id integer r ID
{CREATED}
companyId crm_company - Company
contactId crm_contact d Contact
stageId crm_status:STATUS - Stage
isConvert boolean r Converted
statusDescription text - Stage details
stageSemanticId string r Stage group
productId string r Product
opportunity double - Amount
currencyId crm_currency - Currency
sourceId crm_status:SOURCE - Source
sourceDescription text - Source details
title string - Lead title
companyTitle string - Company name
{_PERSON}
webformId integer - CRM form
originatorId string - External source
originId string - Id in the external source
dateClosed datetime r Closed on
isReturnCustomer boolean r Repeat lead
searchContent text r Search content
isManualOpportunity boolean - Amount calculation mode
{_LAST}
{_ALIASES}
{UTM}
observers user m Observers
contactIds crm_contact m Contacts
""")

DEAL_ITEM_FIELDS = read_fields(f"""
id integer r ID
{CREATED}
leadId crm_lead - Lead
companyId crm_company - Company
contactId crm_contact d Contact
quoteId crm_quote - Estimate
title string - Title
productId string r Product
categoryId crm_category - Pipeline
stageId crm_status:DEAL_STAGE - Stage
stageSemanticId string r Stage group
isNew boolean r New deal
isRecurring boolean - Recurring deal
isReturnCustomer boolean - Repeat deal
isRepeatedApproach boolean - Repeat inquiry
closed boolean r Closed
typeId crm_status:DEAL_TYPE - Type
opportunity double - Amount
isManualOpportunity boolean - Amount calculation mode
taxValue double - Tax
currencyId crm_currency - Currency
probability integer - Probability, %
comments text - Comment
{DATES}
eventDate datetime - Event date
eventDateShort datetime r Event date (short)
eventId crm_status:EVENT_TYPE - Event type
eventDescription text - Event description
locationId location - Location
webformId integer - CRM form
sourceId crm_status:SOURCE - Source
sourceDescription text - Source details
originatorId string - External source
originId string - Id in the external source
additionalInfo string - Additional information
searchContent text r Search content
orderStage string r Payment stage
{_LAST}
isWork boolean r In progress
isWon boolean r Won
isLose boolean r Lost
receivedAmount string r Amount received
lostAmount string r Amount lost
hasProducts boolean r Has products
parentId1220 crm_entity:1220 - Project
{UTM}
observers user m Observers
contactIds crm_contact m Contacts
""")

CONTACT_ITEM_FIELDS = read_fields(f"""
id integer r ID
{CREATED}
companyId crm_company d Company
sourceId crm_status:SOURCE - Source
sourceDescription text - Source details
{_PERSON}
photo file - Photo
leadId crm_lead r Lead
export boolean - Included in export
typeId crm_status:CONTACT_TYPE - Contact type
webformId integer - CRM form
originatorId string - External source
originId string - Id in the external source
originVersion string - Version in the external source
searchContent text r Search content
categoryId crm_category - Pipeline
{_ALIASES}
lastActivityBy user r Last activity by
lastActivityTime datetime r Last activity
parentId1220 crm_entity:1220 - Project
{UTM}
observers user m Observers
companyIds crm_company m Companies
""")

COMPANY_ITEM_FIELDS = read_fields(f"""
id integer r ID
{CREATED}
title string q Company name
logo file - Logo
address text - Address
addressLegal text - Legal address
bankingDetails string - Bank details
comments text - Comment
typeId crm_status:COMPANY_TYPE - Company type
industry crm_status:INDUSTRY - Industry
revenue double - Yearly revenue
currencyId crm_currency - Currency
employees crm_status:EMPLOYEES - Employees
leadId crm_lead r Lead
webformId integer - CRM form
originatorId string - External source
originId string - Id in the external source
originVersion string - Version in the external source
hasPhone boolean r Has phone
hasEmail boolean r Has e-mail
hasImol boolean r Has open channel
isMyCompany boolean - Own company
searchContent text r Search content
categoryId crm_category - Pipeline
{_ALIASES}
lastActivityBy user r Last activity by
lastActivityTime datetime r Last activity
parentId1220 crm_entity:1220 - Project
{UTM}
observers user m Observers
contactIds crm_contact m Contacts
""")

CLASSIC_NAMES: Mapping[str, str] = {
    "createdTime": "DATE_CREATE",
    "updatedTime": "DATE_MODIFY",
    "createdBy": "CREATED_BY_ID",
    "updatedBy": "MODIFY_BY_ID",
    "movedBy": "MOVED_BY_ID",
}
OWN_CLASSIC_NAMES: Mapping[str, Mapping[str, str]] = {
    "lead": {"stageId": "STATUS_ID", "stageSemanticId": "STATUS_SEMANTIC_ID"},
    "company": {"typeId": "COMPANY_TYPE"},
}
CONSTANTS: Mapping[str, object] = {"webformId": 0, "observers": []}
"""What stands in fields of classic objects that the demo portal has no values of; null in all others."""
