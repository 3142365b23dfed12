with

settings as (

    select
        as_of,
        velocity_window_days
    from {{ ref('settings') }}

),

deals as (

    select
        category_id,
        status,
        amount_base,
        closed_at_utc,
        cycle_days
    from {{ ref('fct_deal') }}

),

aged as (

    select
        deals.category_id,
        deals.status,
        deals.amount_base,
        deals.cycle_days,
        case
            when {{ days_between('deals.closed_at_utc', 'settings.as_of') }} between 0 and settings.velocity_window_days
                then deals.status
        end as closed_in_window_as
    from deals
    cross join settings

),

totals as (

    select
        category_id,
        count(case when status = 'open' then 1 end) as open_deals,
        count(closed_in_window_as) as closed_in_window,
        count(case when closed_in_window_as = 'won' then 1 end) as won_in_window,
        {{ total("case when closed_in_window_as = 'won' then amount_base end") }} as won_amount_base,
        count(case when closed_in_window_as = 'won' then amount_base end) as won_with_rate,
        {{ average("case when closed_in_window_as = 'won' then cycle_days end") }} as avg_cycle_days_won
    from aged
    group by category_id

),

rated as (

    select
        category_id,
        open_deals,
        closed_in_window,
        won_in_window,
        {{ decimal_ratio('won_amount_base', 'won_with_rate') }} as avg_won_amount_base,
        {{ rate('won_in_window', 'closed_in_window') }} as win_rate,
        avg_cycle_days_won,
        won_amount_base,
        won_with_rate
    from totals

)

select
    category_id,
    open_deals,
    closed_in_window,
    won_in_window,
    avg_won_amount_base,
    win_rate,
    avg_cycle_days_won,
    -- the average amount once more, not rounded
    {{ rate('open_deals * won_amount_base * win_rate', '(won_with_rate * avg_cycle_days_won)') }} as velocity_base_per_day
from rated
order by category_id
