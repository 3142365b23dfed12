with

settings as (

    select
        as_of,
        period_start
    from {{ ref('settings') }}

),

users as (

    select
        user_id,
        user_name,
        department_name,
        is_active
    from {{ ref('dim_user') }}

),

deals as (

    select
        owner_user_id as user_id,
        status,
        amount_base,
        created_at_utc,
        created_date,
        closed_at_utc,
        closed_date,
        cycle_days
    from {{ ref('fct_deal') }}
    where owner_user_id is not null

),

leads as (

    select
        owner_user_id as user_id,
        status,
        created_at_utc,
        created_date
    from {{ ref('fct_lead') }}
    where owner_user_id is not null

),

tasks as (

    select
        responsible_user_id as user_id,
        is_overdue,
        completed_at_utc,
        completed_date
    from {{ ref('fct_task') }}
    where responsible_user_id is not null

),

occurrences as (

    select
        owner_user_id as user_id,
        start_date,
        start_at_utc,
        duration_minutes
    from {{ ref('fct_calendar_occurrence') }}
    where
        counts_as_load
        and owner_user_id is not null

),

-- one row per user in each of the following
created_deals as (

    select
        deals.user_id,
        count(*) as count_deals
    from deals
    cross join settings
    where
        deals.created_date >= settings.period_start
        and deals.created_at_utc <= settings.as_of
    group by deals.user_id

),

closed_deals as (

    select
        deals.user_id,
        count(*) filter (where deals.status = 'won') as count_won,
        count(*) filter (where deals.status = 'lost') as count_lost,
        {{ total("case when deals.status = 'won' then deals.amount_base end") }} as won_amount_base,
        {{ average("case when deals.status = 'won' then deals.cycle_days end") }} as avg_cycle_days_won
    from deals
    cross join settings
    where
        deals.status in ('won', 'lost')
        and deals.closed_date >= settings.period_start
        and deals.closed_at_utc <= settings.as_of
    group by deals.user_id

),

open_deals as (

    select
        user_id,
        count(*) as count_deals,
        {{ total('amount_base') }} as amount_base
    from deals
    where status = 'open'
    group by user_id

),

assigned_leads as (

    select
        leads.user_id,
        count(*) as count_leads,
        count(*) filter (where leads.status = 'converted') as count_converted
    from leads
    cross join settings
    where
        leads.created_date >= settings.period_start
        and leads.created_at_utc <= settings.as_of
    group by leads.user_id

),

completed_tasks as (

    select
        tasks.user_id,
        count(*) as count_tasks
    from tasks
    cross join settings
    where
        tasks.completed_date >= settings.period_start
        and tasks.completed_at_utc <= settings.as_of
    group by tasks.user_id

),

overdue_tasks as (

    select
        user_id,
        count(*) as count_tasks
    from tasks
    where is_overdue
    group by user_id

),

meetings as (

    select
        occurrences.user_id,
        {{ total_hours('occurrences.duration_minutes / 60') }} as hours
    from occurrences
    cross join settings
    where
        occurrences.start_date >= settings.period_start
        and occurrences.start_at_utc <= settings.as_of
    group by occurrences.user_id

)

select
    users.user_id,
    users.user_name,
    users.department_name,
    users.is_active,
    coalesce(created_deals.count_deals, 0) as deals_created,
    coalesce(closed_deals.count_won, 0) as deals_won,
    coalesce(closed_deals.count_lost, 0) as deals_lost,
    {{ rate('closed_deals.count_won', 'closed_deals.count_won + closed_deals.count_lost') }} as win_rate,
    cast(coalesce(closed_deals.won_amount_base, 0) as decimal(38, 6)) as won_amount_base,
    closed_deals.avg_cycle_days_won,
    coalesce(open_deals.count_deals, 0) as open_deals,
    cast(coalesce(open_deals.amount_base, 0) as decimal(38, 6)) as open_amount_base,
    coalesce(assigned_leads.count_leads, 0) as leads_assigned,
    coalesce(assigned_leads.count_converted, 0) as leads_converted,
    coalesce(completed_tasks.count_tasks, 0) as tasks_completed,
    coalesce(overdue_tasks.count_tasks, 0) as tasks_overdue,
    coalesce(meetings.hours, 0) as meeting_hours
from users
left join created_deals on users.user_id = created_deals.user_id
left join closed_deals on users.user_id = closed_deals.user_id
left join open_deals on users.user_id = open_deals.user_id
left join assigned_leads on users.user_id = assigned_leads.user_id
left join completed_tasks on users.user_id = completed_tasks.user_id
left join overdue_tasks on users.user_id = overdue_tasks.user_id
left join meetings on users.user_id = meetings.user_id
order by users.user_id
