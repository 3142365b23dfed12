with

source as (

    {{ raw('statuses', {
        'id': 'bigint',
        'entity_id': 'varchar',
        'status_id': 'varchar',
        'name': 'varchar',
        'name_init': 'varchar',
        'sort': 'bigint',
        'semantics': 'varchar',
        'extra': 'json'
    }) }}

),

typed as (

    select
        {{ to_id('id') }} as status_row_id,
        {{ to_text('entity_id') }} as directory,
        {{ to_text('status_id') }} as status_id,
        coalesce({{ to_text('name') }}, {{ to_text('name_init') }}) as status_name,
        {{ b24.try_to('sort', 'bigint') }} as status_sort,
        {{ to_text('semantics') }} as semantics,
        {{ to_json('extra') }} as extra
    from source

)

select
    status_row_id,
    directory,
    {{ stage_category('directory') }} as deal_category_id,
    status_id,
    status_name,
    status_sort,
    {{ stage_semantic('semantics', 'extra') }} as semantic
from typed
