with

source as (

    {{ raw('task_checklist_items', {
        'id': 'bigint',
        'task_id': 'bigint',
        'parent_id': 'bigint',
        'created_by': 'bigint',
        'toggled_by': 'bigint',
        'title': 'varchar',
        'members': 'json',
        'sort_index': 'bigint',
        'is_complete': 'varchar',
        'is_important': 'varchar',
        'toggled_date': 'timestamptz'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as checklist_item_id,
    {{ to_reference('task_id') }} as task_id,
    {{ to_reference('parent_id') }} as parent_item_id,
    {{ to_reference('created_by') }} as created_by_user_id,
    {{ to_reference('toggled_by') }} as toggled_by_user_id,

    -- text
    {{ to_text('title') }} as item_title,
    {{ to_json('members') }} as members,

    -- numerics
    {{ b24.try_to('sort_index', 'bigint') }} as item_sort,

    -- booleans
    {{ to_flag('is_complete') }} as is_complete,
    {{ to_flag('is_important') }} as is_important,

    -- timestamps
    {{ to_instant('toggled_date') }} as toggled_at_utc

from source
