with

source as (

    {{ raw('contacts', {
        'id': 'bigint',
        'company_id': 'bigint',
        'assigned_by_id': 'bigint',
        'honorific': 'varchar',
        'name': 'varchar',
        'second_name': 'varchar',
        'last_name': 'varchar',
        'type_id': 'varchar',
        'source_id': 'varchar',
        'birthdate': 'varchar',
        'date_create': 'timestamptz',
        'date_modify': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as contact_id,
        {{ to_reference('company_id') }} as company_id,
        {{ to_reference('assigned_by_id') }} as owner_user_id,

        -- text
        {{ to_text('honorific') }} as honorific,
        {{ to_text('name') }} as first_name,
        {{ to_text('second_name') }} as second_name,
        {{ to_text('last_name') }} as last_name,
        {{ to_text('type_id') }} as type_id,
        {{ to_text('source_id') }} as source_id,

        -- dates
        {{ to_date('birthdate') }} as birth_date,

        -- timestamps
        {{ to_instant('date_create') }} as created_at_utc,
        {{ to_instant('date_modify') }} as modified_at_utc
    from source

),

labels as (

    select
        user_names,
        status_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    contact_id,
    company_id,
    owner_user_id,
    {{ user_name('owner_user_id') }} as owner_user_name,
    honorific,
    {{ status_name("'HONORIFIC'", 'honorific') }} as honorific_name,
    first_name,
    second_name,
    last_name,
    type_id,
    {{ status_name("'CONTACT_TYPE'", 'type_id') }} as type_name,
    source_id,
    {{ status_name("'SOURCE'", 'source_id') }} as source_name,
    birth_date,
    created_at_utc,
    modified_at_utc
from typed
left join labels on true
