with

source as (

    {{ raw('calendar_sections', {
        'id': 'bigint',
        'owner_id': 'bigint',
        'created_by': 'bigint',
        'name': 'varchar',
        'cal_type': 'varchar',
        'external_type': 'varchar'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as section_id,
    {{ to_reference('owner_id') }} as owner_id,
    {{ to_reference('created_by') }} as created_by_user_id,

    -- text
    {{ to_text('name') }} as section_name,
    {{ to_text('cal_type') }} as calendar_type,
    {{ to_text('external_type') }} as external_type

from source
