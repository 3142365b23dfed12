with

settings as (

    select
        as_of,
        as_of_date
    from {{ ref('settings') }}

),

tasks as (

    select
        created_at_utc,
        created_date,
        completed_at_utc,
        completed_date
    from {{ ref('fct_task') }}

),

weeks as (

    -- the first one may have begun before the first day of the calendar
    select distinct week_start
    from {{ ref('dim_date') }}

),

-- one row per week with something in it: a task comes once and goes once, whatever lies between
created as (

    select
        {{ week_of('tasks.created_date') }} as week_start,
        count(*) as count_tasks
    from tasks
    cross join settings
    where tasks.created_at_utc <= settings.as_of
    group by {{ week_of('tasks.created_date') }}

),

completed as (

    select
        {{ week_of('tasks.completed_date') }} as week_start,
        count(*) as count_tasks
    from tasks
    cross join settings
    where tasks.completed_at_utc <= settings.as_of
    group by {{ week_of('tasks.completed_date') }}

),

counted as (

    select
        weeks.week_start,
        coalesce(created.count_tasks, 0) as created,
        coalesce(completed.count_tasks, 0) as completed
    from weeks
    cross join settings
    left join created on weeks.week_start = created.week_start
    left join completed on weeks.week_start = completed.week_start
    where
        weeks.week_start >= (select min(created.week_start) from created)
        and weeks.week_start <= settings.as_of_date

)

select
    week_start,
    created,
    completed,
    cast(sum(created - completed) over (order by week_start) as bigint) as open_at_week_end
from counted
order by week_start
