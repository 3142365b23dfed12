with

settings as (

    select base_currency
    from {{ ref('settings') }}

),

currencies as (

    select
        currency_id,
        currency_name,
        portal_rate,
        is_portal_base
    from {{ ref('stg_bitrix24__currencies') }}

),

-- the portal's rates are in its own base currency: another one is reached across its rate
divisor as (

    select
        case
            when max(case when currencies.is_portal_base then 1 else 0 end) = 1 then cast(1 as decimal(20, 10))
            else max(currencies.portal_rate)
        end as portal_rate
    from currencies
    inner join settings on currencies.currency_id = settings.base_currency

),

rated as (

    select
        currencies.currency_id,
        coalesce(currencies.currency_name, currencies.currency_id) as currency_name,
        case
            when currencies.currency_id = settings.base_currency then cast(1 as decimal(20, 10))
            when divisor.portal_rate = 1 then currencies.portal_rate
            else {{ decimal_ratio('currencies.portal_rate', 'divisor.portal_rate', 'decimal(20, 10)') }}
        end as rate_to_base
    from currencies
    cross join divisor
    cross join settings

),

-- a portal that lists no currencies still has one that needs no rate
unlisted_base as (

    select
        settings.base_currency as currency_id,
        settings.base_currency as currency_name,
        cast(1 as decimal(20, 10)) as rate_to_base
    from settings
    left join currencies on settings.base_currency = currencies.currency_id
    where
        settings.base_currency is not null
        and currencies.currency_id is null

),

combined as (

    select
        currency_id,
        currency_name,
        rate_to_base
    from rated
    union all
    select
        currency_id,
        currency_name,
        rate_to_base
    from unlisted_base

)

select
    combined.currency_id,
    combined.currency_name,
    combined.rate_to_base,
    coalesce(combined.currency_id = settings.base_currency, false) as is_base
from combined
cross join settings
