with

source as (

    {{ raw('disk_folders', {
        'id': 'bigint',
        'storage_id': 'bigint',
        'parent_id': 'bigint',
        'real_object_id': 'bigint',
        'created_by': 'bigint',
        'updated_by': 'bigint',
        'deleted_by': 'bigint',
        'name': 'varchar',
        'path': 'varchar',
        'detail_url': 'varchar',
        'deleted_type': 'bigint',
        'create_time': 'timestamptz',
        'update_time': 'timestamptz',
        'delete_time': 'timestamptz'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as folder_id,
    {{ to_reference('storage_id') }} as storage_id,
    {{ to_reference('parent_id') }} as parent_folder_id,
    {{ to_reference('real_object_id') }} as real_folder_id,
    {{ to_reference('created_by') }} as created_by_user_id,
    {{ to_reference('updated_by') }} as updated_by_user_id,
    {{ to_reference('deleted_by') }} as deleted_by_user_id,

    -- text
    {{ to_text('name') }} as folder_name,
    {{ to_text('path') }} as folder_path,
    {{ to_text('detail_url') }} as detail_url,

    -- numerics
    {{ b24.try_to('deleted_type', 'bigint') }} as deleted_type,

    -- booleans
    coalesce({{ b24.try_to('deleted_type', 'bigint') }} <> 0, false) as is_in_trash,

    -- timestamps
    {{ to_instant('create_time') }} as created_at_utc,
    {{ to_instant('update_time') }} as updated_at_utc,
    {{ to_instant('delete_time') }} as deleted_at_utc

from source
