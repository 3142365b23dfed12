with

source as (

    {{ raw('product_rows', {
        'id': 'bigint',
        'owner_type': 'varchar',
        'owner_id': 'bigint',
        'product_id': 'bigint',
        'store_id': 'bigint',
        'product_name': 'varchar',
        'measure_name': 'varchar',
        'price': 'decimal(18, 4)',
        'price_exclusive': 'decimal(18, 4)',
        'price_brutto': 'decimal(18, 4)',
        'price_netto': 'decimal(18, 4)',
        'quantity': 'decimal(18, 4)',
        'discount_type_id': 'bigint',
        'discount_rate': 'decimal(18, 4)',
        'discount_sum': 'decimal(18, 4)',
        'tax_rate': 'decimal(18, 4)',
        'measure_code': 'bigint',
        'type': 'bigint',
        'sort': 'bigint',
        'tax_included': 'varchar'
    }) }}

)

select
    -- ids
    {{ to_id('id') }} as product_row_id,
    case upper({{ to_text('owner_type') }})
        when 'D' then 'deal'
        when 'L' then 'lead'
        else lower({{ to_text('owner_type') }})
    end as owner_type,
    {{ to_reference('owner_id') }} as owner_id,
    {{ to_reference('product_id') }} as product_id,
    {{ to_reference('store_id') }} as store_id,

    -- text
    {{ to_text('product_name') }} as product_name,
    {{ to_text('measure_name') }} as measure_name,

    -- numerics
    {{ b24.try_to('price', 'decimal(18, 4)') }} as price,
    {{ b24.try_to('price_exclusive', 'decimal(18, 4)') }} as price_without_tax,
    {{ b24.try_to('price_brutto', 'decimal(18, 4)') }} as list_price,
    {{ b24.try_to('price_netto', 'decimal(18, 4)') }} as list_price_without_tax,
    {{ b24.try_to('quantity', 'decimal(18, 4)') }} as quantity,
    {{ b24.try_to('discount_type_id', 'bigint') }} as discount_type_id,
    {{ b24.try_to('discount_rate', 'decimal(18, 4)') }} as discount_percent,
    {{ b24.try_to('discount_sum', 'decimal(18, 4)') }} as discount_per_unit,
    {{ b24.try_to('tax_rate', 'decimal(18, 4)') }} as tax_percent,
    {{ b24.try_to('measure_code', 'bigint') }} as measure_code,
    {{ b24.try_to('type', 'bigint') }} as product_type_id,
    {{ b24.try_to('sort', 'bigint') }} as row_sort,

    -- booleans
    {{ to_flag('tax_included') }} as is_tax_included

from source
