with

settings as (

    select base_currency
    from {{ ref('settings') }}

),

rates as (

    select
        currency_id,
        rate_date,
        portal_rate,
        is_portal_base
    from {{ ref('stg_bitrix24__currency_rates') }}
    where
        currency_id is not null
        and rate_date is not null

),

-- one row per day; rates are in the portal's own base currency: another one is reached across its rate of that day
divisors as (

    select
        rates.rate_date,
        case
            when max(case when rates.is_portal_base then 1 else 0 end) = 1 then cast(1 as decimal(20, 10))
            else max(rates.portal_rate)
        end as portal_rate
    from rates
    inner join settings on rates.currency_id = settings.base_currency
    group by rates.rate_date

)

select
    rates.currency_id,
    rates.rate_date,
    case
        when rates.currency_id = settings.base_currency then cast(1 as decimal(20, 10))
        when divisors.portal_rate = 1 then rates.portal_rate
        else {{ decimal_ratio('rates.portal_rate', 'divisors.portal_rate', 'decimal(20, 10)') }}
    end as rate_to_base,
    coalesce(rates.currency_id = settings.base_currency, false) as is_base
from rates
cross join settings
left join divisors on rates.rate_date = divisors.rate_date
