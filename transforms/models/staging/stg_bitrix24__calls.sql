with

source as (

    {{ raw('calls', {
        'id': 'bigint',
        'call_id': 'varchar',
        'portal_user_id': 'bigint',
        'crm_entity_type': 'varchar',
        'crm_entity_id': 'bigint',
        'crm_activity_id': 'bigint',
        'phone_number': 'varchar',
        'portal_number': 'varchar',
        'call_failed_code': 'varchar',
        'call_failed_reason': 'varchar',
        'call_type': 'bigint',
        'call_duration': 'bigint',
        'cost': 'decimal(18, 4)',
        'cost_currency': 'varchar',
        'call_start_date': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as call_id,
        {{ to_text('call_id') }} as telephony_call_id,
        {{ to_reference('portal_user_id') }} as user_id,
        lower({{ to_text('crm_entity_type') }}) as crm_entity_type,
        {{ to_reference('crm_entity_id') }} as crm_entity_id,
        {{ to_reference('crm_activity_id') }} as activity_id,

        -- text
        {{ to_text('phone_number') }} as phone_number,
        {{ to_text('portal_number') }} as portal_number,
        {{ to_text('call_failed_code') }} as failed_code,
        {{ to_text('call_failed_reason') }} as failed_reason,

        -- numerics
        {{ b24.try_to('call_type', 'bigint') }} as call_type_id,
        {{ b24.try_to('call_duration', 'bigint') }} as duration_seconds,
        {{ b24.try_to('cost', 'decimal(18, 4)') }} as cost,
        {{ to_text('cost_currency') }} as cost_currency_id,

        -- timestamps
        {{ to_instant('call_start_date') }} as started_at_utc

    from source

),

labels as (

    select user_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    call_id,
    telephony_call_id,
    user_id,
    {{ user_name('user_id') }} as user_name,
    crm_entity_type,
    crm_entity_id,
    activity_id,
    phone_number,
    portal_number,
    failed_code,
    failed_reason,
    call_type_id,
    case
        when call_type_id in (1, 4) then 'outgoing'
        when call_type_id in (2, 3) then 'incoming'
    end as direction,
    duration_seconds,
    cost,
    cost_currency_id,
    started_at_utc
from typed
left join labels on true
