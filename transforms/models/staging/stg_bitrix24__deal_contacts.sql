with

source as (

    {{ raw('deal_contacts', {
        'deal_id': 'bigint',
        'contact_id': 'bigint',
        'sort': 'bigint',
        'is_primary': 'varchar'
    }) }}

)

select
    -- ids
    {{ to_reference('deal_id') }} as deal_id,
    {{ to_reference('contact_id') }} as contact_id,

    -- numerics
    {{ b24.try_to('sort', 'bigint') }} as contact_sort,

    -- booleans
    {{ to_flag('is_primary') }} as is_primary

from source
