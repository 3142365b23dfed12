with

settings as (

    select as_of_date
    from {{ ref('settings') }}

),

steps as (

    select
        category_id,
        stage_id,
        funnel_step
    from {{ ref('dim_stage') }}
    where funnel_step is not null

),

deals as (

    select
        category_id,
        stage_id,
        max_stage_id,
        status,
        currency_id,
        amount_base,
        probability,
        expected_close_date
    from {{ ref('fct_deal') }}

),

currencies as (

    select
        currency_id,
        rate_to_base
    from {{ ref('dim_currency') }}

),

-- one row per stage: closed deals that came this far and no further
closed as (

    select
        category_id,
        max_stage_id as stage_id,
        count(*) as count_closed,
        count(case when status = 'won' then 1 end) as count_won
    from deals
    where status in ('won', 'lost')
    group by category_id, max_stage_id

),

-- one row per stage: who came further has reached it too
chances as (

    select
        steps.category_id,
        steps.stage_id,
        sum(coalesce(closed.count_won, 0)) over further as won_of_reached,
        sum(coalesce(closed.count_closed, 0)) over further as closed_of_reached
    from steps
    left join closed
        on steps.category_id = closed.category_id
        and steps.stage_id = closed.stage_id
    window further as (partition by steps.category_id order by steps.funnel_step desc)

),

open_deals as (

    select
        deals.category_id,
        deals.stage_id,
        case
            when deals.expected_close_date < settings.as_of_date then 'overdue'
            else {{ month_of('deals.expected_close_date') }}
        end as expected_close,
        currencies.rate_to_base,
        deals.amount_base,
        deals.amount_base * deals.probability as amount_times_percent
    from deals
    cross join settings
    left join currencies on deals.currency_id = currencies.currency_id
    where deals.status = 'open'

),

-- one row per stage and month: deals of one stage have one chance
of_stages as (

    select
        category_id,
        stage_id,
        expected_close,
        count(*) as count_deals,
        count(rate_to_base) as count_with_rate,
        {{ total('amount_base') }} as amount_base,
        {{ total('amount_times_percent') }} as amount_times_percent
    from open_deals
    group by category_id, stage_id, expected_close

),

weighted as (

    select
        of_stages.category_id,
        of_stages.expected_close,
        of_stages.count_deals,
        of_stages.count_with_rate,
        of_stages.amount_base,
        {{ decimal_ratio(
            'of_stages.amount_base * cast(chances.won_of_reached as decimal(18, 0))',
            'cast(chances.closed_of_reached as decimal(18, 0))'
        ) }} as weighted_by_stage,
        of_stages.amount_times_percent
    from of_stages
    left join chances
        on of_stages.category_id = chances.category_id
        and of_stages.stage_id = chances.stage_id

),

totals as (

    select
        category_id,
        expected_close,
        sum(count_deals) as count_deals,
        sum(count_with_rate) as count_with_rate,
        {{ total('amount_base') }} as amount_base,
        {{ total('weighted_by_stage') }} as weighted_by_stage,
        {{ total('amount_times_percent') }} as amount_times_percent
    from weighted
    group by category_id, expected_close

)

select
    category_id,
    expected_close,
    cast(count_deals as bigint) as open_deals,
    cast(count_deals - count_with_rate as bigint) as deals_without_rate,
    amount_base as open_amount_base,
    weighted_by_stage,
    {{ decimal_ratio('amount_times_percent', '100') }} as weighted_by_probability
from totals
order by category_id, expected_close
