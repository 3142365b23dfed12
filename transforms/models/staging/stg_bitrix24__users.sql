with

source as (

    {{ raw('users', {
        'id': 'bigint',
        'uf_department': 'json',
        'name': 'varchar',
        'second_name': 'varchar',
        'last_name': 'varchar',
        'email': 'varchar',
        'work_position': 'varchar',
        'user_type': 'varchar',
        'active': 'boolean'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as user_id,
        {{ first_id('uf_department') }} as primary_department_id,
        {{ to_json('uf_department') }} as department_ids,

        -- text
        {{ to_text('name') }} as first_name,
        {{ to_text('second_name') }} as second_name,
        {{ to_text('last_name') }} as last_name,
        {{ to_text('email') }} as email,
        {{ to_text('work_position') }} as work_position,
        {{ to_text('user_type') }} as user_type,

        -- booleans
        {{ to_flag('active') }} as is_active
    from source

)

select
    user_id,
    primary_department_id,
    department_ids,
    first_name,
    second_name,
    last_name,
    email,
    coalesce(
        nullif(trim(coalesce(trim(first_name), '') || ' ' || coalesce(trim(last_name), '')), ''),
        email,
        'Unknown user ' || cast(user_id as varchar)
    ) as user_name,
    work_position,
    user_type,
    is_active
from typed
