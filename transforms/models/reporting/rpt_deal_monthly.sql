with

deals as (

    select
        category_id,
        status,
        created_date,
        closed_date,
        amount_base,
        cycle_days
    from {{ ref('fct_deal') }}

),

-- one row per thing that happened to a deal in a month
events as (

    select
        {{ month_of('created_date') }} as month,
        category_id,
        'created' as event,
        amount_base,
        cycle_days
    from deals
    union all
    select
        {{ month_of('closed_date') }} as month,
        category_id,
        status as event,
        amount_base,
        cycle_days
    from deals
    where status in ('won', 'lost')

),

totals as (

    select
        month,
        category_id,
        count(case when event = 'created' then 1 end) as deals_created,
        {{ total("case when event = 'created' then amount_base end") }} as created_amount_base,
        count(case when event = 'won' then 1 end) as deals_won,
        count(case when event = 'won' then amount_base end) as deals_won_with_rate,
        {{ total("case when event = 'won' then amount_base end") }} as won_amount_base,
        count(case when event = 'lost' then 1 end) as deals_lost,
        {{ total("case when event = 'lost' then amount_base end") }} as lost_amount_base,
        {{ average("case when event = 'won' then cycle_days end") }} as avg_cycle_days_won
    from events
    group by month, category_id

)

select
    month,
    category_id,
    deals_created,
    created_amount_base,
    deals_won,
    won_amount_base,
    deals_lost,
    lost_amount_base,
    {{ rate('deals_won', 'deals_won + deals_lost') }} as win_rate,
    {{ rate('won_amount_base', 'won_amount_base + lost_amount_base') }} as win_rate_amount,
    {{ decimal_ratio('won_amount_base', 'deals_won_with_rate') }} as avg_won_amount_base,
    avg_cycle_days_won
from totals
order by month, category_id
