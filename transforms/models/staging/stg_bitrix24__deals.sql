with

source as (

    {{ raw('deals', {
        'id': 'bigint',
        'category_id': 'bigint',
        'lead_id': 'bigint',
        'company_id': 'bigint',
        'contact_id': 'bigint',
        'quote_id': 'bigint',
        'assigned_by_id': 'bigint',
        'created_by_id': 'bigint',
        'modify_by_id': 'bigint',
        'moved_by_id': 'bigint',
        'title': 'varchar',
        'type_id': 'varchar',
        'source_id': 'varchar',
        'source_description': 'varchar',
        'utm_source': 'varchar',
        'utm_medium': 'varchar',
        'utm_campaign': 'varchar',
        'utm_content': 'varchar',
        'utm_term': 'varchar',
        'stage_id': 'varchar',
        'stage_semantic_id': 'varchar',
        'currency_id': 'varchar',
        'opportunity': 'decimal(18, 2)',
        'tax_value': 'decimal(18, 2)',
        'probability': 'bigint',
        'is_recurring': 'varchar',
        'is_return_customer': 'varchar',
        'is_repeated_approach': 'varchar',
        'begindate': 'varchar',
        'closedate': 'varchar',
        'date_create': 'timestamptz',
        'date_modify': 'timestamptz',
        'moved_time': 'timestamptz',
        'last_activity_time': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as deal_id,
        coalesce({{ b24.try_to('category_id', 'bigint') }}, {{ code_category('stage_id') }}) as category_id,
        {{ to_reference('lead_id') }} as lead_id,
        {{ to_reference('company_id') }} as company_id,
        {{ to_reference('contact_id') }} as contact_id,
        {{ to_reference('quote_id') }} as quote_id,
        {{ to_reference('assigned_by_id') }} as owner_user_id,
        {{ to_reference('created_by_id') }} as created_by_user_id,
        {{ to_reference('modify_by_id') }} as modified_by_user_id,
        {{ to_reference('moved_by_id') }} as moved_by_user_id,

        -- text
        {{ to_text('title') }} as deal_title,
        {{ to_text('type_id') }} as type_id,
        {{ to_text('source_id') }} as source_id,
        {{ to_text('source_description') }} as source_description,
        {{ to_text('utm_source') }} as utm_source,
        {{ to_text('utm_medium') }} as utm_medium,
        {{ to_text('utm_campaign') }} as utm_campaign,
        {{ to_text('utm_content') }} as utm_content,
        {{ to_text('utm_term') }} as utm_term,

        -- stage
        {{ to_text('stage_id') }} as stage_id,
        {{ row_semantic('stage_semantic_id') }} as stage_semantic,

        -- numerics
        {{ to_text('currency_id') }} as currency_id,
        {{ to_money('opportunity') }} as amount,
        {{ to_money('tax_value') }} as tax_amount,
        {{ b24.try_to('probability', 'bigint') }} as probability,

        -- booleans
        coalesce({{ to_flag('is_recurring') }}, false) as is_recurring_template,
        {{ to_flag('is_return_customer') }} as is_return_customer,
        {{ to_flag('is_repeated_approach') }} as is_repeated_approach,

        -- dates
        {{ to_date('begindate') }} as begin_date,
        {{ to_date('closedate') }} as expected_close_date,

        -- timestamps
        {{ to_instant('date_create') }} as created_at_utc,
        {{ to_instant('date_modify') }} as modified_at_utc,
        {{ to_instant('moved_time') }} as moved_at_utc,
        {{ to_instant('last_activity_time') }} as last_activity_at_utc

    from source

),

labels as (

    select
        user_names,
        status_names,
        pipeline_names,
        currency_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    deal_id,
    category_id,
    {{ pipeline_name("'2'", 'category_id') }} as category_name,
    lead_id,
    company_id,
    contact_id,
    quote_id,
    owner_user_id,
    {{ user_name('owner_user_id') }} as owner_user_name,
    created_by_user_id,
    {{ user_name('created_by_user_id') }} as created_by_user_name,
    modified_by_user_id,
    moved_by_user_id,
    deal_title,
    type_id,
    {{ status_name("'DEAL_TYPE'", 'type_id') }} as type_name,
    source_id,
    {{ status_name("'SOURCE'", 'source_id') }} as source_name,
    source_description,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    stage_id,
    {{ status_name(deal_stage_directory('category_id'), 'stage_id') }} as stage_name,
    stage_semantic,
    currency_id,
    {{ currency_name('currency_id') }} as currency_name,
    amount,
    tax_amount,
    probability,
    is_recurring_template,
    is_return_customer,
    is_repeated_approach,
    begin_date,
    expected_close_date,
    created_at_utc,
    modified_at_utc,
    moved_at_utc,
    last_activity_at_utc
from typed
left join labels on true
