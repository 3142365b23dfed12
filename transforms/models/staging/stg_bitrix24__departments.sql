with

source as (

    {{ raw('departments', {
        'id': 'bigint',
        'parent': 'bigint',
        'uf_head': 'bigint',
        'name': 'varchar',
        'sort': 'bigint'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as department_id,
    {{ to_reference('parent') }} as parent_department_id,
    {{ to_reference('uf_head') }} as head_user_id,

    -- text
    {{ to_text('name') }} as department_name,

    -- numerics
    {{ b24.try_to('sort', 'bigint') }} as department_sort

from source
