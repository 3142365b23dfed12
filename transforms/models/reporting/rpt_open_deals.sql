with

settings as (

    select
        as_of,
        as_of_date,
        stuck_min_days,
        stuck_median_factor
    from {{ ref('settings') }}

),

deals as (

    select
        deal_id,
        deal_title,
        category_id,
        stage_id,
        owner_user_id,
        amount_base,
        age_days,
        stage_entered_at_utc,
        last_activity_at_utc,
        expected_close_date
    from {{ ref('fct_deal') }}
    where status = 'open'

),

stages as (

    select
        category_id,
        stage_id,
        median_hours / 24 as median_days
    from {{ ref('rpt_stage_duration') }}

),

users as (

    select
        user_id,
        is_active
    from {{ ref('dim_user') }}

),

activities as (

    select
        activity_id,
        owner_id as deal_id,
        deadline_utc
    from {{ ref('stg_bitrix24__activities') }}
    where
        owner_type_id = 2
        and not coalesce(is_completed, false)

),

-- one row per deal with something to do
next_activities as (

    select
        deal_id,
        min(deadline_utc) as deadline_utc
    from activities
    group by deal_id

),

aged as (

    select
        deals.deal_id,
        deals.deal_title,
        deals.category_id,
        deals.stage_id,
        deals.owner_user_id,
        deals.amount_base,
        deals.age_days as days_open,
        {{ days_between('deals.stage_entered_at_utc', 'settings.as_of') }} as days_in_stage,
        stages.median_days as stage_median_days,
        {{ days_between('deals.last_activity_at_utc', 'settings.as_of') }} as days_since_activity,
        settings.stuck_min_days,
        settings.stuck_median_factor * stages.median_days as stuck_by_median_days,
        next_activities.deal_id is not null as has_next_activity,
        coalesce(next_activities.deadline_utc < settings.as_of, false) as is_next_activity_overdue,
        coalesce(deals.expected_close_date < settings.as_of_date, false) as is_close_date_overdue,
        coalesce(not users.is_active, false) as is_owner_inactive,
        next_activities.deadline_utc as next_activity_deadline_utc,
        deals.expected_close_date
    from deals
    cross join settings
    left join stages
        on deals.category_id = stages.category_id
        and deals.stage_id = stages.stage_id
    left join users on deals.owner_user_id = users.user_id
    left join next_activities on deals.deal_id = next_activities.deal_id

)

select
    deal_id,
    category_id,
    stage_id,
    owner_user_id,
    amount_base,
    days_open,
    days_in_stage,
    stage_median_days,
    days_since_activity,
    coalesce(
        days_in_stage > greatest(stuck_min_days, coalesce(stuck_by_median_days, stuck_min_days)),
        false
    ) as is_stuck,
    has_next_activity,
    is_next_activity_overdue,
    is_close_date_overdue,
    is_owner_inactive,
    deal_title,
    next_activity_deadline_utc,
    expected_close_date
from aged
order by deal_id
