with

source as (

    {{ raw('lead_status_history', {
        'id': 'bigint',
        'owner_id': 'bigint',
        'type_id': 'bigint',
        'status_id': 'varchar',
        'status_semantic_id': 'varchar',
        'created_time': 'timestamptz'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as history_id,
    {{ to_reference('owner_id') }} as lead_id,
    {{ b24.try_to('type_id', 'bigint') }} as move_type_id,

    -- status
    {{ to_text('status_id') }} as status_id,
    {{ row_semantic('status_semantic_id') }} as status_semantic,

    -- timestamps
    {{ to_instant('created_time') }} as entered_at_utc

from source
