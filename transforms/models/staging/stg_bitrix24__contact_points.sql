with

source as (

    {{ raw('contact_points', {
        'owner_type': 'varchar',
        'owner_id': 'bigint',
        'id': 'bigint',
        'type_id': 'varchar',
        'value_type': 'varchar',
        'value': 'varchar'
    }) }}

)

select
    -- ids
    {{ to_text('owner_type') }} as owner_type,
    {{ to_reference('owner_id') }} as owner_id,
    {{ to_id('id') }} as contact_point_id,

    -- text
    {{ to_text('type_id') }} as point_type,
    {{ to_text('value_type') }} as value_type,
    {{ to_text('value') }} as value_text

from source
