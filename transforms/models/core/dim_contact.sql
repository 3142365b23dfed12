with

settings as (

    select portal_timezone
    from {{ ref('settings') }}

),

contacts as (

    select
        contact_id,
        company_id,
        owner_user_id,
        first_name,
        last_name,
        type_id,
        type_name,
        source_id,
        birth_date,
        created_at_utc,
        modified_at_utc
    from {{ ref('stg_bitrix24__contacts') }}

)

select
    contact_id,
    coalesce(
        nullif(trim(coalesce(trim(first_name), '') || ' ' || coalesce(trim(last_name), '')), ''),
        'Contact ' || cast(contact_id as varchar)
    ) as contact_name,
    company_id,
    owner_user_id,
    type_id,
    type_name,
    source_id,
    birth_date,
    created_at_utc,
    {{ local_date('created_at_utc') }} as created_date,
    modified_at_utc
from contacts
