with

tasks as (

    select
        responsible_user_id as user_id,
        status_id,
        deadline_utc,
        completed_at_utc,
        created_by is distinct from responsible_user_id as is_set_by_another,
        is_open,
        is_overdue,
        is_completed_late,
        is_deadline_violated,
        overdue_hours,
        lead_hours,
        cycle_hours,
        time_spent_seconds
    from {{ ref('fct_task') }}
    where responsible_user_id is not null

),

totals as (

    select
        user_id,
        count(*) as tasks_total,
        count(*) filter (where is_open) as open_tasks,
        count(*) filter (where is_overdue) as overdue_tasks,
        count(*) filter (where status_id = 4) as awaiting_control,
        count(*) filter (where status_id = 6) as deferred,
        count(*) filter (where is_open and deadline_utc is null) as open_without_deadline,
        count(*) filter (where not is_open) as completed,
        count(*) filter (where not is_open and deadline_utc is not null) as completed_with_deadline,
        count(*) filter (where is_completed_late) as completed_late,
        {{ average('lead_hours') }} as avg_lead_hours,
        {{ average('cycle_hours') }} as avg_cycle_hours,
        {{ total_hours('overdue_hours') }} as overdue_hours,
        coalesce(sum(time_spent_seconds), 0) as time_spent_seconds,
        count(*) filter (where is_set_by_another) as set_by_others,
        count(*) filter (where is_set_by_another and is_deadline_violated) as violated
    from tasks
    group by user_id

)

select
    user_id,
    tasks_total,
    open_tasks,
    overdue_tasks,
    awaiting_control,
    deferred,
    open_without_deadline,
    completed,
    completed_with_deadline - completed_late as completed_on_time,
    completed_late,
    {{ rate('completed_with_deadline - completed_late', 'completed_with_deadline') }} as on_time_rate,
    avg_lead_hours,
    avg_cycle_hours,
    overdue_hours,
    cast(time_spent_seconds as double precision) / 3600 as time_spent_hours,
    100 - 100 * {{ rate('violated', 'set_by_others') }} as efficiency_pct
from totals
order by user_id
