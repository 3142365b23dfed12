"""The fields of each object, one a line, as `read_fields` reads them."""

from .fields import read_fields

_UTM = """
UTM_SOURCE string - Advertising system
UTM_MEDIUM string - Traffic type
UTM_CAMPAIGN string - Campaign
UTM_CONTENT string - Campaign content
UTM_TERM string - Search term
""".strip()
_ADDRESS = """
ADDRESS string - Street and house
ADDRESS_2 string - Suite, apartment
ADDRESS_CITY string - City
ADDRESS_POSTAL_CODE string - Postal code
ADDRESS_REGION string - Region
ADDRESS_PROVINCE string - Province
ADDRESS_COUNTRY string - Country
ADDRESS_COUNTRY_CODE string - Country code
ADDRESS_LOC_ADDR_ID integer - Address id
""".strip()
_MULTIFIELDS = """
PHONE crm_multifield m Phone
EMAIL crm_multifield m E-mail
WEB crm_multifield m Website
IM crm_multifield m Messenger
LINK crm_multifield m Link
""".strip()

DEAL_FIELDS = read_fields(f"""
ID integer r ID
TITLE string - Title
TYPE_ID crm_status:DEAL_TYPE - Type
STAGE_ID crm_status:DEAL_STAGE - Stage
PROBABILITY integer - Probability, %
CURRENCY_ID crm_currency - Currency
OPPORTUNITY double - Amount
IS_MANUAL_OPPORTUNITY char - IS_MANUAL_OPPORTUNITY
TAX_VALUE double - Tax
LEAD_ID crm_lead r Lead
COMPANY_ID crm_company - Company
CONTACT_ID crm_contact d Contact
CONTACT_IDS crm_contact mx Contacts
QUOTE_ID crm_quote r Estimate
BEGINDATE date - Start date
CLOSEDATE date - Expected close date
ASSIGNED_BY_ID user - Responsible
CREATED_BY_ID user r Created by
MODIFY_BY_ID user r Modified by
DATE_CREATE datetime r Created on
DATE_MODIFY datetime r Modified on
OPENED char - Available to everyone
CLOSED char - Closed
COMMENTS string - Comment
ADDITIONAL_INFO string - Additional information
LOCATION_ID location - Location
CATEGORY_ID crm_category i Pipeline
STAGE_SEMANTIC_ID string r Stage group
IS_NEW char r New deal
IS_RECURRING char - Recurring deal
IS_RETURN_CUSTOMER char - Repeat deal
IS_REPEATED_APPROACH char - Repeat inquiry
SOURCE_ID crm_status:SOURCE - Source
SOURCE_DESCRIPTION string - Source details
ORIGINATOR_ID string - External source
ORIGIN_ID string - Id in the external source
MOVED_BY_ID user r MOVED_BY_ID
MOVED_TIME datetime r MOVED_TIME
LAST_ACTIVITY_TIME datetime r LAST_ACTIVITY_TIME
{_UTM}
PARENT_ID_1220 crm_entity:1220 h Project
LAST_ACTIVITY_BY user r LAST_ACTIVITY_BY
""")

CONTACT_FIELDS = read_fields(f"""
ID integer r ID
POST string - Position
COMMENTS string - Comment
HONORIFIC crm_status:HONORIFIC - Salutation
NAME string q First name
SECOND_NAME string q Middle name
LAST_NAME string q Last name
PHOTO file - Photo
LEAD_ID crm_lead r Lead
TYPE_ID crm_status:CONTACT_TYPE - Contact type
SOURCE_ID crm_status:SOURCE - Source
SOURCE_DESCRIPTION string - Source details
COMPANY_ID crm_company d Company
COMPANY_IDS crm_company mx COMPANY_IDS
BIRTHDATE date - Birthday
EXPORT char - Included in export
HAS_PHONE char r Has phone
HAS_EMAIL char r Has e-mail
HAS_IMOL char r Has open channel
DATE_CREATE datetime r Created on
DATE_MODIFY datetime r Modified on
ASSIGNED_BY_ID user - Responsible
CREATED_BY_ID user r Created by
MODIFY_BY_ID user r Modified by
OPENED char - Available to everyone
ORIGINATOR_ID string - External source
ORIGIN_ID string - Id in the external source
ORIGIN_VERSION string - Version in the external source
FACE_ID integer h Face
LAST_ACTIVITY_TIME datetime r Last activity
{_ADDRESS}
{_UTM}
PARENT_ID_1220 crm_entity:1220 h Project
LAST_ACTIVITY_BY user r Last activity by
{_MULTIFIELDS}
""")

LEAD_FIELDS = read_fields(f"""
ID integer r ID
TITLE string - Lead title
HONORIFIC crm_status:HONORIFIC - Salutation
NAME string - First name
SECOND_NAME string - Middle name
LAST_NAME string - Last name
COMPANY_TITLE string - Company name
COMPANY_ID crm_company - Company
CONTACT_ID crm_contact d Contact
CONTACT_IDS crm_contact mx CONTACT_IDS
IS_RETURN_CUSTOMER char r Repeat lead
BIRTHDATE date - Birthday
SOURCE_ID crm_status:SOURCE - Source
SOURCE_DESCRIPTION string - Source details
STATUS_ID crm_status:STATUS - Stage
STATUS_DESCRIPTION string - Stage details
POST string - Position
COMMENTS string - Comment
CURRENCY_ID crm_currency - Currency
OPPORTUNITY double - Amount
IS_MANUAL_OPPORTUNITY char - IS_MANUAL_OPPORTUNITY
HAS_PHONE char r Has phone
HAS_EMAIL char r Has e-mail
HAS_IMOL char r Has open channel
ASSIGNED_BY_ID user - Responsible
CREATED_BY_ID user r Created by
MODIFY_BY_ID user r Modified by
DATE_CREATE datetime r Created on
DATE_MODIFY datetime r Modified on
DATE_CLOSED datetime r Closed on
STATUS_SEMANTIC_ID string r Stage group
OPENED char - Available to everyone
ORIGINATOR_ID string - External source
ORIGIN_ID string - Id in the external source
MOVED_BY_ID user r MOVED_BY_ID
MOVED_TIME datetime r MOVED_TIME
{_ADDRESS}
{_UTM}
LAST_ACTIVITY_BY user r LAST_ACTIVITY_BY
LAST_ACTIVITY_TIME datetime r LAST_ACTIVITY_TIME
{_MULTIFIELDS}
""")

COMPANY_FIELDS = read_fields(f"""
ID integer r ID
COMPANY_TYPE crm_status:COMPANY_TYPE - Company type
TITLE string q Company name
LOGO file - Logo
LEAD_ID crm_lead r Lead
HAS_PHONE char r Has phone
HAS_EMAIL char r Has e-mail
HAS_IMOL char r Has open channel
ASSIGNED_BY_ID user - Responsible
CREATED_BY_ID user r Created by
MODIFY_BY_ID user r Modified by
BANKING_DETAILS string - Bank details
INDUSTRY crm_status:INDUSTRY - Industry
REVENUE double - Yearly revenue
CURRENCY_ID crm_currency - Currency
EMPLOYEES crm_status:EMPLOYEES - Employees
COMMENTS string - Comment
DATE_CREATE datetime r Created on
DATE_MODIFY datetime r Modified on
OPENED char - Available to everyone
IS_MY_COMPANY char - Own company
ORIGINATOR_ID string - External source
ORIGIN_ID string - Id in the external source
ORIGIN_VERSION string - Version in the external source
CONTACT_ID crm_contact mx Contact
{_ADDRESS}
ADDRESS_LEGAL string - Legal address
REG_{_ADDRESS.replace(chr(10), chr(10) + "REG_")}
{_UTM}
PARENT_ID_1220 crm_entity:1220 - Project
LAST_ACTIVITY_BY user - Last activity by
LAST_ACTIVITY_TIME datetime - Last activity
LAST_COMMUNICATION_TIME string r Last communication
{_MULTIFIELDS}
""")

STAGE_HISTORY_FIELDS = read_fields("""
ID integer r ID
TYPE_ID integer r Type
OWNER_ID integer r Owner
CREATED_TIME datetime r Time
CATEGORY_ID integer r Pipeline
STAGE_SEMANTIC_ID string r Stage group
STAGE_ID crm_status r Stage
""")

STATUS_HISTORY_FIELDS = read_fields("""
ID integer r ID
TYPE_ID integer r Type
OWNER_ID integer r Owner
CREATED_TIME datetime r Time
STATUS_SEMANTIC_ID string r Stage group
STATUS_ID crm_status r Stage
""")

ACTIVITY_FIELDS = read_fields("""
ID integer r ID
OWNER_ID integer i Owner ID
OWNER_TYPE_ID crm_enum_ownertype i Owner type
TYPE_ID crm_enum_activitytype iq Type
PROVIDER_ID string - Provider
PROVIDER_TYPE_ID string - Type at the provider
PROVIDER_GROUP_ID string - Connector
ASSOCIATED_ENTITY_ID integer r Associated row
SUBJECT string q Subject
CREATED datetime r Created on
LAST_UPDATED datetime r Modified on
START_TIME datetime - Start
END_TIME datetime - End
DEADLINE datetime - Deadline
COMPLETED char - Completed
STATUS crm_enum_activitystatus - Status
RESPONSIBLE_ID user q Responsible
PRIORITY crm_enum_activitypriority - Priority
NOTIFY_TYPE crm_enum_activitynotifytype - Kind of reminder
NOTIFY_VALUE integer - Reminder
DESCRIPTION string - Description
DESCRIPTION_TYPE crm_enum_contenttype - Type of description
DIRECTION crm_enum_activitydirection - Direction
LOCATION string - Location
SETTINGS object - Settings
ORIGINATOR_ID string - External source
ORIGIN_ID string - Id in the external source
AUTHOR_ID user r Created by
EDITOR_ID user r Modified by
PROVIDER_PARAMS object - Parameters of the provider
PROVIDER_DATA string - Data of the provider
RESULT_MARK integer - RESULT_MARK
RESULT_VALUE double - RESULT_VALUE
RESULT_SUM double - RESULT_SUM
RESULT_CURRENCY_ID string - RESULT_CURRENCY_ID
RESULT_STATUS integer - RESULT_STATUS
RESULT_STREAM integer - RESULT_STREAM
RESULT_SOURCE_ID string - RESULT_SOURCE_ID
AUTOCOMPLETE_RULE integer - Completed by itself
BINDINGS crm_activity_binding rmx Bindings
COMMUNICATIONS crm_activity_communication qmx Communication channels
FILES diskfile mx Files
WEBDAV_ELEMENTS diskfile mxd Added files
IS_INCOMING_CHANNEL char rx Incoming channel
""")

_CALL_NUMBERS = (
    *("ID", "PORTAL_USER_ID", "CALL_TYPE", "CALL_DURATION", "CALL_VOTE", "CRM_ENTITY_ID", "CRM_ACTIVITY_ID"),
    *("REST_APP_ID", "TRANSCRIPT_ID", "SESSION_ID", "REDIAL_ATTEMPT", "RECORD_DURATION"),
)
_CALL_TEXTS = (
    *("CALL_ID", "EXTERNAL_CALL_ID", "CALL_CATEGORY", "PORTAL_NUMBER", "PHONE_NUMBER", "CALL_LOG"),
    *("CALL_RECORD_URL", "COST_CURRENCY", "CALL_FAILED_CODE", "CALL_FAILED_REASON", "CRM_ENTITY_TYPE"),
    *("REST_APP_NAME", "TRANSCRIPT_PENDING", "COMMENT"),
)
CALL_FIELDS = read_fields(
    "\n".join(
        [
            *(f"{code} integer - {code}" for code in _CALL_NUMBERS),
            *(f"{code} string - {code}" for code in _CALL_TEXTS),
            "CALL_START_DATE datetime - CALL_START_DATE",
            "COST double - COST",
        ]
    )
)
"""Fields that voximplant.statistic.get filters and sorts by (REST page of the method)."""
