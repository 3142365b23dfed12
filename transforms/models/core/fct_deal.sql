with

settings as (

    select
        as_of,
        portal_timezone
    from {{ ref('settings') }}

),

deals as (

    select
        deal_id,
        deal_title,
        category_id,
        stage_id,
        stage_semantic,
        owner_user_id,
        company_id,
        contact_id,
        lead_id,
        source_id,
        {{ comparable('utm_source') }} as utm_source,
        {{ comparable('utm_medium') }} as utm_medium,
        {{ comparable('utm_campaign') }} as utm_campaign,
        currency_id,
        amount,
        probability,
        created_at_utc,
        modified_at_utc,
        moved_at_utc,
        last_activity_at_utc,
        expected_close_date
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

leads as (

    select
        lead_id,
        source_id,
        {{ comparable('utm_source') }} as utm_source,
        {{ comparable('utm_medium') }} as utm_medium,
        {{ comparable('utm_campaign') }} as utm_campaign
    from {{ ref('stg_bitrix24__leads') }}

),

currencies as (

    select
        currency_id,
        rate_to_base
    from {{ ref('dim_currency') }}

),

stages as (

    select
        category_id,
        stage_id,
        semantic,
        funnel_step
    from {{ ref('dim_stage') }}

),

visits as (

    select
        deal_id,
        category_id,
        stage_id,
        entered_at_utc,
        is_current
    from {{ ref('fct_deal_stage_history') }}

),

-- one row per deal
last_visits as (

    select
        deal_id,
        stage_id,
        entered_at_utc
    from visits
    where is_current

),

-- one row per deal and pipeline: the furthest step it stood on
furthest_visits as (

    select
        visits.deal_id,
        visits.category_id,
        max(stages.funnel_step) as funnel_step
    from visits
    inner join stages
        on visits.category_id = stages.category_id
        and visits.stage_id = stages.stage_id
    group by visits.deal_id, visits.category_id

),

-- one row per pipeline
won_steps as (

    select
        category_id,
        max(funnel_step) as funnel_step
    from stages
    where semantic = 'S'
    group by category_id

),

stated as (

    select
        deals.deal_id,
        deals.deal_title,
        deals.category_id,
        deals.stage_id,
        coalesce(deals.stage_semantic, stages.semantic, 'P') as stage_semantic,
        deals.owner_user_id,
        case
            when deals.company_id is not null then 'company:' || cast(deals.company_id as varchar)
            when deals.contact_id is not null then 'contact:' || cast(deals.contact_id as varchar)
        end as customer_key,
        deals.company_id,
        deals.contact_id,
        deals.lead_id,
        coalesce(deals.source_id, leads.source_id) as source_id,
        -- the three belong together: never one of the deal beside one of its lead
        case when deals.utm_source is null then leads.utm_source else deals.utm_source end as utm_source,
        case when deals.utm_source is null then leads.utm_medium else deals.utm_medium end as utm_medium,
        case when deals.utm_source is null then leads.utm_campaign else deals.utm_campaign end as utm_campaign,
        deals.currency_id,
        deals.amount,
        {{ in_base_currency('deals.amount', 'currencies.rate_to_base') }} as amount_base,
        deals.probability,
        deals.created_at_utc,
        deals.modified_at_utc,
        deals.last_activity_at_utc,
        deals.expected_close_date,
        -- history knows better where it ends with the stage that the deal is in
        coalesce(
            case when last_visits.stage_id = deals.stage_id then last_visits.entered_at_utc end,
            deals.moved_at_utc
        ) as stage_entered_at_utc,
        furthest_visits.funnel_step as visited_step,
        won_steps.funnel_step as won_step
    from deals
    left join leads on deals.lead_id = leads.lead_id
    left join currencies on deals.currency_id = currencies.currency_id
    left join stages
        on deals.category_id = stages.category_id
        and deals.stage_id = stages.stage_id
    left join last_visits on deals.deal_id = last_visits.deal_id
    left join furthest_visits
        on deals.deal_id = furthest_visits.deal_id
        and deals.category_id = furthest_visits.category_id
    left join won_steps on deals.category_id = won_steps.category_id

),

timed as (

    select
        deal_id,
        deal_title,
        category_id,
        stage_id,
        stage_semantic,
        case stage_semantic when 'S' then 'won' when 'F' then 'lost' else 'open' end as status,
        owner_user_id,
        customer_key,
        company_id,
        contact_id,
        lead_id,
        source_id,
        utm_source,
        utm_medium,
        utm_campaign,
        currency_id,
        amount,
        amount_base,
        probability,
        created_at_utc,
        modified_at_utc,
        last_activity_at_utc,
        stage_entered_at_utc,
        case when stage_semantic in ('S', 'F') then stage_entered_at_utc end as closed_at_utc,
        expected_close_date,
        -- a won deal came to the end, also where its history says less; nothing visited is the first step
        greatest(
            coalesce(visited_step, 1),
            case when stage_semantic = 'S' then coalesce(won_step, 1) else 1 end
        ) as max_step
    from stated

)

select
    timed.deal_id,
    timed.category_id,
    timed.stage_id,
    timed.stage_semantic,
    timed.status,
    timed.owner_user_id,
    timed.customer_key,
    timed.lead_id,
    timed.source_id,
    timed.currency_id,
    timed.amount,
    timed.amount_base,
    timed.created_at_utc,
    {{ local_date('timed.created_at_utc') }} as created_date,
    timed.closed_at_utc,
    {{ local_date('timed.closed_at_utc') }} as closed_date,
    timed.expected_close_date,
    {{ days_between('timed.created_at_utc', 'timed.closed_at_utc') }} as cycle_days,
    case
        when timed.status = 'open' then {{ days_between('timed.created_at_utc', 'settings.as_of') }}
    end as age_days,
    stages.stage_id as max_stage_id,
    timed.deal_title,
    timed.company_id,
    timed.contact_id,
    timed.utm_source,
    timed.utm_medium,
    timed.utm_campaign,
    timed.probability,
    timed.stage_entered_at_utc,
    timed.last_activity_at_utc,
    timed.modified_at_utc
from timed
cross join settings
left join stages
    on timed.category_id = stages.category_id
    and timed.max_step = stages.funnel_step
