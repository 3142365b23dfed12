with

source as (

    {{ raw_items([
        'id',
        'category_id',
        'stage_id',
        'lead_id',
        'deal_id',
        'contact_id',
        'company_id',
        'assigned_by_id',
        'created_by',
        'updated_by',
        'title',
        'account_number',
        'source_id',
        'currency_id',
        'opportunity',
        'tax_value',
        'begindate',
        'closedate',
        'created_time',
        'updated_time',
        'moved_time'
    ]) }}

),

typed as (

    select
        -- ids
        entity_type_id,
        {{ to_id('id') }} as item_id,
        coalesce(
            {{ b24.try_to('category_id', 'bigint') }},
            case
                when {{ matches('stage_id', '^DT[0-9]+_[0-9]+:') }}
                    then {{ b24.try_to("split_part(split_part(stage_id, ':', 1), '_', 2)", 'bigint') }}
            end
        ) as category_id,
        coalesce({{ to_reference("(parent_ids ->> '1')") }}, {{ to_reference('lead_id') }}) as lead_id,
        coalesce({{ to_reference("(parent_ids ->> '2')") }}, {{ to_reference('deal_id') }}) as deal_id,
        {{ to_reference('contact_id') }} as contact_id,
        {{ to_reference('company_id') }} as company_id,
        parent_ids,
        {{ to_reference('assigned_by_id') }} as owner_user_id,
        {{ to_reference('created_by') }} as created_by_user_id,
        {{ to_reference('updated_by') }} as updated_by_user_id,

        -- text
        {{ to_text('title') }} as item_title,
        {{ to_text('account_number') }} as account_number,
        {{ to_text('source_id') }} as source_id,
        {{ to_text('stage_id') }} as stage_id,

        -- numerics
        {{ to_text('currency_id') }} as currency_id,
        {{ to_money('opportunity') }} as amount,
        {{ to_money('tax_value') }} as tax_amount,

        -- dates
        {{ to_date('begindate') }} as begin_date,
        {{ to_date('closedate') }} as close_date,

        -- timestamps
        {{ to_instant('created_time') }} as created_at_utc,
        {{ to_instant('updated_time') }} as updated_at_utc,
        {{ to_instant('moved_time') }} as moved_at_utc

    from source

),

labels as (

    select
        user_names,
        status_names,
        pipeline_names,
        currency_names,
        smart_process_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    entity_type_id,
    coalesce({{ entity_type_name('entity_type_id') }}, {{ label('smart_process_names', 'entity_type_id') }}) as item_type_name,
    item_id,
    category_id,
    {{ label('pipeline_names', "cast(entity_type_id as varchar) || '/' || cast(category_id as varchar)") }} as category_name,
    lead_id,
    deal_id,
    contact_id,
    company_id,
    parent_ids,
    owner_user_id,
    {{ user_name('owner_user_id') }} as owner_user_name,
    created_by_user_id,
    {{ user_name('created_by_user_id') }} as created_by_user_name,
    updated_by_user_id,
    item_title,
    account_number,
    source_id,
    {{ status_name("'SOURCE'", 'source_id') }} as source_name,
    stage_id,
    {{ status_name(item_stage_directory('entity_type_id', 'category_id'), 'stage_id') }} as stage_name,
    currency_id,
    {{ currency_name('currency_id') }} as currency_name,
    amount,
    tax_amount,
    begin_date,
    close_date,
    created_at_utc,
    updated_at_utc,
    moved_at_utc
from typed
left join labels on true
