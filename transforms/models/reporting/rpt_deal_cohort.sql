with

deals as (

    select
        {{ month_of('created_date') }} as cohort_month,
        category_id,
        status,
        amount_base,
        cycle_days
    from {{ ref('fct_deal') }}

),

totals as (

    select
        cohort_month,
        category_id,
        count(*) as deals,
        count(case when status = 'won' then 1 end) as won,
        count(case when status = 'lost' then 1 end) as lost,
        count(case when status = 'open' then 1 end) as count_open,
        count(case when status = 'won' and cycle_days <= 30 then 1 end) as won_within_30d,
        {{ total("case when status = 'won' then amount_base end") }} as won_amount_base
    from deals
    group by cohort_month, category_id

)

select
    cohort_month,
    category_id,
    deals,
    won,
    lost,
    count_open as open,
    {{ rate('won', 'deals') }} as conversion_rate,
    won_within_30d,
    won_amount_base
from totals
order by cohort_month, category_id
