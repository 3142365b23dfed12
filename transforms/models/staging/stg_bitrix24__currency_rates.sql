with

source as (

    {{ raw('currency_rates', {
        'currency': 'varchar',
        'rate_date': 'date',
        'amount': 'decimal(18, 4)',
        'amount_cnt': 'bigint',
        'base': 'varchar'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_text('currency') }} as currency_id,
        {{ b24.try_to('rate_date', 'date') }} as rate_date,

        -- numerics
        {{ b24.try_to('amount', 'decimal(18, 4)') }} as rate_amount,
        {{ b24.try_to('amount_cnt', 'bigint') }} as rate_units,

        -- booleans
        coalesce({{ to_flag('base') }}, false) as is_portal_base

    from source

)

select
    currency_id,
    rate_date,
    rate_amount,
    rate_units,
    {{ decimal_ratio('nullif(rate_amount, 0)', 'rate_units', 'decimal(20, 10)') }} as portal_rate,
    is_portal_base
from typed
