with

source as (

    {{ raw('smart_process_types', {
        'id': 'bigint',
        'entity_type_id': 'bigint',
        'created_by': 'bigint',
        'title': 'varchar',
        'code': 'varchar',
        'is_categories_enabled': 'varchar',
        'is_stages_enabled': 'varchar',
        'is_client_enabled': 'varchar',
        'is_link_with_products_enabled': 'varchar',
        'is_begin_close_dates_enabled': 'varchar',
        'created_time': 'timestamptz',
        'updated_time': 'timestamptz'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as smart_process_id,
    {{ to_reference('entity_type_id') }} as entity_type_id,
    {{ to_reference('created_by') }} as created_by_user_id,

    -- text
    {{ to_text('title') }} as smart_process_name,
    {{ to_text('code') }} as smart_process_code,

    -- booleans
    {{ to_flag('is_categories_enabled') }} as has_pipelines,
    {{ to_flag('is_stages_enabled') }} as has_stages,
    {{ to_flag('is_client_enabled') }} as has_clients,
    {{ to_flag('is_link_with_products_enabled') }} as has_products,
    {{ to_flag('is_begin_close_dates_enabled') }} as has_dates,

    -- timestamps
    {{ to_instant('created_time') }} as created_at_utc,
    {{ to_instant('updated_time') }} as updated_at_utc

from source
