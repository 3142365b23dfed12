with

settings as (

    select portal_timezone
    from {{ ref('settings') }}

),

calls as (

    select
        call_id,
        telephony_call_id,
        user_id,
        crm_entity_type,
        crm_entity_id,
        activity_id,
        phone_number,
        portal_number,
        call_type_id,
        direction,
        failed_code,
        failed_reason,
        duration_seconds,
        cost,
        cost_currency_id,
        started_at_utc
    from {{ ref('stg_bitrix24__calls') }}

)

select
    call_id,
    telephony_call_id,
    user_id,
    crm_entity_type,
    crm_entity_id,
    activity_id,
    phone_number,
    portal_number,
    call_type_id,
    direction,
    failed_code,
    failed_reason,
    coalesce(failed_code = '200', false) as is_answered,
    coalesce(failed_code = '304' and direction = 'incoming', false) as is_missed,
    coalesce(duration_seconds, 0) as duration_seconds,
    cost,
    cost_currency_id,
    started_at_utc,
    {{ local_date('started_at_utc') }} as started_date
from calls
