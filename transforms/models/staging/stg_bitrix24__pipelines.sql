with

source as (

    {{ raw('pipelines', {
        'id': 'bigint',
        'entity_type_id': 'bigint',
        'name': 'varchar',
        'sort': 'bigint',
        'is_default': 'varchar'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as category_id,
    coalesce({{ to_reference('entity_type_id') }}, 2) as entity_type_id,

    -- text
    {{ to_text('name') }} as category_name,

    -- numerics
    {{ b24.try_to('sort', 'bigint') }} as category_sort,

    -- booleans
    {{ to_flag('is_default') }} as is_default

from source
