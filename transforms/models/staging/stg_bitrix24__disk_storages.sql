with

source as (

    {{ raw('disk_storages', {
        'id': 'bigint',
        'entity_id': 'varchar',
        'root_object_id': 'bigint',
        'name': 'varchar',
        'code': 'varchar',
        'entity_type': 'varchar',
        'module_id': 'varchar'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as storage_id,
    {{ to_text('entity_id') }} as owner_id,
    {{ to_reference('root_object_id') }} as root_folder_id,

    -- text
    {{ to_text('name') }} as storage_name,
    {{ to_text('code') }} as storage_code,
    {{ to_text('entity_type') }} as storage_type,
    {{ to_text('module_id') }} as module_id

from source
