with recursive

users as (

    select
        user_id,
        first_name,
        last_name,
        email,
        is_active,
        primary_department_id
    from {{ ref('stg_bitrix24__users') }}

),

departments as (

    select
        department_id,
        parent_department_id,
        cast(department_name as text) as department_name
    from {{ ref('stg_bitrix24__departments') }}

),

deals as (

    select owner_user_id
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

leads as (

    select owner_user_id
    from {{ ref('stg_bitrix24__leads') }}

),

contacts as (

    select owner_user_id
    from {{ ref('stg_bitrix24__contacts') }}

),

companies as (

    select owner_user_id
    from {{ ref('stg_bitrix24__companies') }}

),

tasks as (

    select
        responsible_user_id,
        created_by_user_id
    from {{ ref('stg_bitrix24__tasks') }}

),

activities as (

    select
        responsible_user_id,
        author_user_id
    from {{ ref('stg_bitrix24__activities') }}

),

calls as (

    select user_id
    from {{ ref('stg_bitrix24__calls') }}

),

events as (

    select owner_user_id
    from {{ ref('stg_bitrix24__calendar_events') }}

),

files as (

    select
        created_by_user_id,
        updated_by_user_id
    from {{ ref('stg_bitrix24__disk_files') }}

),

-- from the roots down: a department is reached once, so a ring of parents ends nothing
paths as (

    select
        departments.department_id,
        departments.department_name as department_path
    from departments
    left join departments as parents on departments.parent_department_id = parents.department_id
    where parents.department_id is null

    union all

    select
        departments.department_id,
        paths.department_path || ' / ' || departments.department_name as department_path
    from departments
    inner join paths on departments.parent_department_id = paths.department_id

),

pointed_at as (

    select owner_user_id as user_id
    from deals
    union
    select owner_user_id as user_id
    from leads
    union
    select owner_user_id as user_id
    from contacts
    union
    select owner_user_id as user_id
    from companies
    union
    select responsible_user_id as user_id
    from tasks
    union
    select created_by_user_id as user_id
    from tasks
    union
    select responsible_user_id as user_id
    from activities
    union
    select author_user_id as user_id
    from activities
    union
    select user_id
    from calls
    union
    select owner_user_id as user_id
    from events
    union
    select created_by_user_id as user_id
    from files
    union
    select updated_by_user_id as user_id
    from files

),

inferred as (

    select pointed_at.user_id
    from pointed_at
    left join users on pointed_at.user_id = users.user_id
    where
        users.user_id is null
        and pointed_at.user_id is not null

),

combined as (

    select
        user_id,
        nullif(trim(coalesce(trim(first_name), '') || ' ' || coalesce(trim(last_name), '')), '') as full_name,
        email,
        is_active,
        false as is_inferred,
        primary_department_id
    from users
    union all
    select
        user_id,
        null as full_name,
        null as email,
        false as is_active,
        true as is_inferred,
        null as primary_department_id
    from inferred

)

select
    combined.user_id,
    coalesce(combined.full_name, combined.email, 'Unknown user ' || cast(combined.user_id as varchar)) as user_name,
    combined.is_active,
    combined.is_inferred,
    combined.primary_department_id as department_id,
    departments.department_name,
    paths.department_path
from combined
left join departments on combined.primary_department_id = departments.department_id
left join paths on combined.primary_department_id = paths.department_id
