with

source as (

    {{ raw('custom_fields', {
        'id': 'bigint',
        'entity_id': 'varchar',
        'field_name': 'varchar',
        'user_type_id': 'varchar',
        'label': 'varchar',
        'multiple': 'varchar',
        'mandatory': 'varchar',
        'sort': 'bigint',
        'settings': 'json',
        'list': 'json'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as custom_field_id,
    {{ to_text('entity_id') }} as entity_code,
    {{ to_text('field_name') }} as field_code,

    -- text
    {{ to_text('user_type_id') }} as field_type,
    coalesce({{ to_text('label') }}, {{ to_text('field_name') }}) as field_label,
    {{ to_json('settings') }} as settings,
    {{ to_json('list') }} as options,

    -- numerics
    {{ b24.try_to('sort', 'bigint') }} as field_sort,

    -- booleans
    {{ to_flag('multiple') }} as is_multiple,
    {{ to_flag('mandatory') }} as is_mandatory

from source
