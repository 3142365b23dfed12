with

source as (

    {{ raw('tasks', {
        'id': 'bigint',
        'parent_id': 'bigint',
        'group_id': 'bigint',
        'stage_id': 'bigint',
        'responsible_id': 'bigint',
        'created_by': 'bigint',
        'changed_by': 'bigint',
        'closed_by': 'bigint',
        'accomplices': 'json',
        'auditors': 'json',
        'uf_crm_task': 'json',
        'title': 'varchar',
        'description': 'varchar',
        'tags': 'json',
        'mark': 'varchar',
        'status': 'bigint',
        'priority': 'bigint',
        'time_estimate': 'bigint',
        'time_spent_in_logs': 'bigint',
        'created_date': 'timestamptz',
        'changed_date': 'timestamptz',
        'status_changed_date': 'timestamptz',
        'date_start': 'timestamptz',
        'closed_date': 'timestamptz',
        'deadline': 'timestamptz',
        'start_date_plan': 'timestamptz',
        'end_date_plan': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as task_id,
        {{ to_reference('parent_id') }} as parent_task_id,
        {{ to_reference('group_id') }} as group_id,
        {{ to_reference('stage_id') }} as kanban_stage_id,
        {{ to_reference('responsible_id') }} as responsible_user_id,
        {{ to_reference('created_by') }} as created_by_user_id,
        {{ to_reference('changed_by') }} as changed_by_user_id,
        {{ to_reference('closed_by') }} as closed_by_user_id,
        {{ to_json('accomplices') }} as accomplice_user_ids,
        {{ to_json('auditors') }} as auditor_user_ids,
        {{ to_json('uf_crm_task') }} as crm_links,

        -- text
        {{ to_text('title') }} as task_title,
        {{ to_text('description') }} as task_description,
        {{ to_json('tags') }} as tags,
        {{ to_text('mark') }} as mark,

        -- status
        {{ b24.try_to('status', 'bigint') }} as status_id,
        {{ b24.try_to('priority', 'bigint') }} as priority,

        -- numerics
        {{ b24.try_to('time_estimate', 'bigint') }} as time_estimate_seconds,
        {{ b24.try_to('time_spent_in_logs', 'bigint') }} as time_spent_seconds,

        -- timestamps
        {{ to_instant('created_date') }} as created_at_utc,
        {{ to_instant('changed_date') }} as changed_at_utc,
        {{ to_instant('status_changed_date') }} as status_changed_at_utc,
        {{ to_instant('date_start') }} as started_at_utc,
        {{ to_instant('closed_date') }} as closed_at_utc,
        {{ to_deadline('deadline') }} as deadline_utc,
        {{ to_instant('start_date_plan') }} as planned_start_utc,
        {{ to_instant('end_date_plan') }} as planned_end_utc

    from source

),

labels as (

    select user_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    task_id,
    parent_task_id,
    group_id,
    kanban_stage_id,
    responsible_user_id,
    {{ user_name('responsible_user_id') }} as responsible_user_name,
    created_by_user_id,
    {{ user_name('created_by_user_id') }} as created_by_user_name,
    changed_by_user_id,
    closed_by_user_id,
    {{ user_name('closed_by_user_id') }} as closed_by_user_name,
    accomplice_user_ids,
    auditor_user_ids,
    crm_links,
    task_title,
    task_description,
    tags,
    mark,
    status_id,
    case status_id
        when 1 then 'pending'
        when 2 then 'pending'
        when 3 then 'in_progress'
        when 4 then 'awaiting_control'
        when 5 then 'completed'
        when 6 then 'deferred'
    end as status_name,
    priority,
    case priority
        when 0 then 'low'
        when 1 then 'medium'
        when 2 then 'high'
    end as priority_name,
    time_estimate_seconds,
    time_spent_seconds,
    created_at_utc,
    changed_at_utc,
    status_changed_at_utc,
    started_at_utc,
    closed_at_utc,
    deadline_utc,
    planned_start_utc,
    planned_end_utc
from typed
left join labels on true
