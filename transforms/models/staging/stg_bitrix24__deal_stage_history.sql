with

source as (

    {{ raw('deal_stage_history', {
        'id': 'bigint',
        'type_id': 'bigint',
        'owner_id': 'bigint',
        'category_id': 'bigint',
        'stage_id': 'varchar',
        'stage_semantic_id': 'varchar',
        'created_time': 'timestamptz'
    }) }}

),

typed as (

    select
        {{ to_id('id') }} as history_id,
        {{ to_reference('owner_id') }} as deal_id,
        {{ b24.try_to('type_id', 'bigint') }} as move_type_id,
        {{ b24.try_to('category_id', 'bigint') }} as given_category_id,
        {{ to_text('stage_id') }} as stage_id,
        {{ row_semantic('stage_semantic_id') }} as stage_semantic,
        {{ to_instant('created_time') }} as entered_at_utc
    from source

)

select
    history_id,
    deal_id,
    move_type_id,
    coalesce(given_category_id, {{ code_category('stage_id') }}) as category_id,
    stage_id,
    stage_semantic,
    entered_at_utc
from typed
