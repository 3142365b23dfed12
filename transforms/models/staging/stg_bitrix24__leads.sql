with

source as (

    {{ raw('leads', {
        'id': 'bigint',
        'assigned_by_id': 'bigint',
        'contact_id': 'bigint',
        'company_id': 'bigint',
        'title': 'varchar',
        'name': 'varchar',
        'last_name': 'varchar',
        'source_id': 'varchar',
        'utm_source': 'varchar',
        'utm_medium': 'varchar',
        'utm_campaign': 'varchar',
        'utm_content': 'varchar',
        'utm_term': 'varchar',
        'status_id': 'varchar',
        'status_semantic_id': 'varchar',
        'currency_id': 'varchar',
        'opportunity': 'decimal(18, 2)',
        'date_create': 'timestamptz',
        'date_modify': 'timestamptz',
        'date_closed': 'timestamptz',
        'moved_time': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as lead_id,
        {{ to_reference('assigned_by_id') }} as owner_user_id,
        {{ to_reference('contact_id') }} as contact_id,
        {{ to_reference('company_id') }} as company_id,

        -- text
        {{ to_text('title') }} as lead_title,
        {{ to_text('name') }} as first_name,
        {{ to_text('last_name') }} as last_name,
        {{ to_text('source_id') }} as source_id,
        {{ to_text('utm_source') }} as utm_source,
        {{ to_text('utm_medium') }} as utm_medium,
        {{ to_text('utm_campaign') }} as utm_campaign,
        {{ to_text('utm_content') }} as utm_content,
        {{ to_text('utm_term') }} as utm_term,

        -- status
        {{ to_text('status_id') }} as status_id,
        {{ row_semantic('status_semantic_id') }} as status_semantic,

        -- numerics
        {{ to_text('currency_id') }} as currency_id,
        {{ to_money('opportunity') }} as amount,

        -- timestamps
        {{ to_instant('date_create') }} as created_at_utc,
        {{ to_instant('date_modify') }} as modified_at_utc,
        {{ to_instant('date_closed') }} as closed_at_utc,
        {{ to_instant('moved_time') }} as moved_at_utc
    from source

),

labels as (

    select
        user_names,
        status_names,
        currency_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    lead_id,
    owner_user_id,
    {{ user_name('owner_user_id') }} as owner_user_name,
    contact_id,
    company_id,
    lead_title,
    first_name,
    last_name,
    source_id,
    {{ status_name("'SOURCE'", 'source_id') }} as source_name,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    status_id,
    {{ status_name("'STATUS'", 'status_id') }} as status_name,
    status_semantic,
    currency_id,
    {{ currency_name('currency_id') }} as currency_name,
    amount,
    created_at_utc,
    modified_at_utc,
    closed_at_utc,
    moved_at_utc
from typed
left join labels on true
