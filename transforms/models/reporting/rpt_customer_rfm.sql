with

settings as (

    select as_of_date
    from {{ ref('settings') }}

),

won as (

    select
        customer_key,
        closed_date,
        amount_base
    from {{ ref('fct_deal') }}
    where
        status = 'won'
        and customer_key is not null

),

customers as (

    select
        customer_key,
        count(*) as frequency,
        {{ total('amount_base') }} as monetary_base,
        max(closed_date) as last_won_date
    from won
    group by customer_key

),

measured as (

    select
        customers.customer_key,
        customers.frequency,
        customers.monetary_base,
        customers.last_won_date,
        settings.as_of_date - customers.last_won_date as recency_days,
        percent_rank() over (order by customers.monetary_base) as monetary_rank
    from customers
    cross join settings

)

select
    customer_key,
    frequency,
    monetary_base,
    last_won_date,
    cast(recency_days as integer) as recency_days,
    case
        when recency_days <= 30 then 5
        when recency_days <= 60 then 4
        when recency_days <= 90 then 3
        when recency_days <= 180 then 2
        else 1
    end as r_score,
    cast(least(5, frequency) as integer) as f_score,
    cast(1 + floor(4 * monetary_rank) as integer) as m_score
from measured
order by customer_key
