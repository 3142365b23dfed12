with

source as (

    {{ raw('currencies', {
        'currency': 'varchar',
        'full_name': 'varchar',
        'amount': 'decimal(18, 4)',
        'amount_cnt': 'bigint',
        'sort': 'bigint',
        'base': 'varchar',
        'date_update': 'timestamptz'
    }) }}

),

typed as (

    select
        {{ to_text('currency') }} as currency_id,
        {{ to_text('full_name') }} as currency_name,
        {{ b24.try_to('amount', 'decimal(18, 4)') }} as rate_amount,
        {{ b24.try_to('amount_cnt', 'bigint') }} as rate_units,
        {{ b24.try_to('sort', 'bigint') }} as currency_sort,
        coalesce({{ to_flag('base') }}, false) as is_portal_base,
        {{ to_instant('date_update') }} as updated_at_utc
    from source

)

select
    currency_id,
    currency_name,
    rate_amount,
    rate_units,
    {{ decimal_ratio('nullif(rate_amount, 0)', 'rate_units', 'decimal(20, 10)') }} as portal_rate,
    currency_sort,
    is_portal_base,
    updated_at_utc
from typed
