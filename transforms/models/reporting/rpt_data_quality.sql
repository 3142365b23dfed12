with

deals as (

    select
        deal_id,
        category_id,
        stage_id,
        customer_key,
        source_id,
        currency_id
    from {{ ref('fct_deal') }}

),

open_deals as (

    select
        deal_id,
        has_next_activity,
        is_close_date_overdue,
        is_owner_inactive
    from {{ ref('rpt_open_deals') }}

),

last_visits as (

    select
        deal_id,
        stage_id
    from {{ ref('fct_deal_stage_history') }}
    where is_current

),

portal_deals as (

    select
        deal_id,
        is_recurring_template
    from {{ ref('stg_bitrix24__deals') }}

),

history as (

    select
        history_id,
        deal_id
    from {{ ref('stg_bitrix24__deal_stage_history') }}

),

stages as (

    select
        stage_id,
        is_inferred
    from {{ ref('dim_stage') }}

),

currencies as (

    select
        currency_id,
        rate_to_base
    from {{ ref('dim_currency') }}

),

contacts as (

    select contact_id
    from {{ ref('stg_bitrix24__contacts') }}

),

channels as (

    select distinct owner_id as contact_id
    from {{ ref('dim_contact_channel') }}
    where owner_type = 'contact'

),

leads as (

    select source_id
    from {{ ref('fct_lead') }}

),

open_tasks as (

    select deadline_utc
    from {{ ref('fct_task') }}
    where is_open

),

-- one row per check
checks as (

    select
        'contact_phone_and_email_missing' as check_name,
        'contact' as entity,
        count(*) as rows_checked,
        count(*) filter (where channels.contact_id is null) as rows_failed
    from contacts
    left join channels on contacts.contact_id = channels.contact_id

    union all

    select
        'deal_currency_rate_missing' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where currencies.rate_to_base is null) as rows_failed
    from deals
    left join currencies on deals.currency_id = currencies.currency_id

    union all

    select
        'deal_customer_missing' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where customer_key is null) as rows_failed
    from deals

    union all

    select
        'deal_open_close_date_past' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where is_close_date_overdue) as rows_failed
    from open_deals

    union all

    select
        'deal_open_owner_inactive' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where is_owner_inactive) as rows_failed
    from open_deals

    union all

    select
        'deal_open_without_next_activity' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where not has_next_activity) as rows_failed
    from open_deals

    union all

    select
        'deal_source_missing' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where source_id is null) as rows_failed
    from deals

    union all

    select
        'deal_stage_differs_from_history' as check_name,
        'deal' as entity,
        count(*) as rows_checked,
        count(*) filter (where last_visits.stage_id <> deals.stage_id) as rows_failed
    from deals
    left join last_visits on deals.deal_id = last_visits.deal_id

    union all

    select
        'lead_source_missing' as check_name,
        'lead' as entity,
        count(*) as rows_checked,
        count(*) filter (where source_id is null) as rows_failed
    from leads

    union all

    select
        'stage_history_deal_missing' as check_name,
        'stage_history' as entity,
        count(*) as rows_checked,
        count(*) filter (where portal_deals.deal_id is null) as rows_failed
    from history
    left join portal_deals on history.deal_id = portal_deals.deal_id
    where portal_deals.is_recurring_template is not true

    union all

    select
        'stage_unknown' as check_name,
        'stage' as entity,
        count(*) as rows_checked,
        count(*) filter (where is_inferred) as rows_failed
    from stages

    union all

    select
        'task_open_deadline_missing' as check_name,
        'task' as entity,
        count(*) as rows_checked,
        count(*) filter (where deadline_utc is null) as rows_failed
    from open_tasks

)

select
    check_name,
    entity,
    rows_checked,
    rows_failed,
    1 - {{ rate('rows_failed', 'rows_checked') }} as pass_rate
from checks
order by check_name
