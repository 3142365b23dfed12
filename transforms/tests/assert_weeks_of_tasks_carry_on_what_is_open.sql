-- A row is a week that does not begin with what the one before left open, or a last week whose open tasks are not those
-- that were made and not completed by as_of.
with

settings as (

    select as_of
    from {{ ref('settings') }}

),

tasks as (

    select
        created_at_utc,
        completed_at_utc
    from {{ ref('fct_task') }}

),

weeks as (

    select
        week_start,
        created,
        completed,
        open_at_week_end,
        coalesce(lag(open_at_week_end) over (order by week_start), 0) as open_before,
        lead(week_start) over (order by week_start) as next_week
    from {{ ref('rpt_task_weekly') }}

),

open_now as (

    select
        count(*) filter (where tasks.created_at_utc <= settings.as_of)
        - count(*) filter (where tasks.completed_at_utc <= settings.as_of) as count_tasks
    from tasks
    cross join settings

)

select
    weeks.week_start,
    weeks.open_before,
    weeks.created,
    weeks.completed,
    weeks.open_at_week_end,
    open_now.count_tasks as open_tasks_at_as_of
from weeks
cross join open_now
where
    weeks.open_at_week_end <> weeks.open_before + weeks.created - weeks.completed
    or (
        weeks.next_week is null
        and weeks.open_at_week_end <> open_now.count_tasks
    )
