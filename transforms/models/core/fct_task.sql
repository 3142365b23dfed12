with

settings as (

    select
        as_of,
        portal_timezone
    from {{ ref('settings') }}

),

tasks as (

    select
        task_id,
        parent_task_id,
        group_id,
        task_title,
        status_id,
        status_name,
        created_by_user_id,
        responsible_user_id,
        created_at_utc,
        started_at_utc,
        closed_at_utc,
        deadline_utc,
        time_spent_seconds
    from {{ ref('stg_bitrix24__tasks') }}

),

-- a task that waits for control (4) has a closing time too, but is not completed
dated as (

    select
        tasks.task_id,
        tasks.parent_task_id,
        tasks.group_id,
        tasks.task_title,
        tasks.status_id,
        tasks.status_name,
        tasks.created_by_user_id,
        tasks.responsible_user_id,
        tasks.created_at_utc,
        tasks.started_at_utc,
        tasks.closed_at_utc,
        tasks.deadline_utc,
        case when tasks.status_id = 5 then tasks.closed_at_utc end as completed_at_utc,
        coalesce(tasks.deadline_utc < settings.as_of, false)
        and coalesce(tasks.status_id, 0) not in (4, 5) as is_overdue,
        coalesce(tasks.closed_at_utc > tasks.deadline_utc, false) as is_closed_late,
        tasks.time_spent_seconds
    from tasks
    cross join settings

)

select
    dated.task_id,
    dated.status_id,
    dated.status_name as status,
    dated.created_by_user_id as created_by,
    dated.responsible_user_id,
    dated.created_at_utc,
    dated.started_at_utc,
    dated.deadline_utc,
    dated.completed_at_utc,
    dated.is_overdue,
    case when dated.is_overdue then {{ hours_between('dated.deadline_utc', 'settings.as_of') }} end as overdue_hours,
    dated.is_closed_late and dated.completed_at_utc is not null as is_completed_late,
    dated.is_overdue or dated.is_closed_late as is_deadline_violated,
    {{ hours_between('dated.created_at_utc', 'dated.completed_at_utc') }} as lead_hours,
    {{ hours_between('dated.started_at_utc', 'dated.completed_at_utc') }} as cycle_hours,
    dated.parent_task_id,
    dated.group_id,
    dated.task_title,
    coalesce(dated.status_id, 0) <> 5 as is_open,
    dated.closed_at_utc,
    {{ local_date('dated.created_at_utc') }} as created_date,
    {{ local_date('dated.completed_at_utc') }} as completed_date,
    coalesce(dated.time_spent_seconds, 0) as time_spent_seconds
from dated
cross join settings
