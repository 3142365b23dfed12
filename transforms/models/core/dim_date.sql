with

settings as (

    select
        as_of_date,
        period_start
    from {{ ref('settings') }}

),

deals as (

    select
        created_date,
        closed_date
    from {{ ref('fct_deal') }}

),

first_days as (

    select least(as_of_date, period_start) as first_day
    from settings
    union all
    select least(min(created_date), min(closed_date)) as first_day
    from deals

),

bounds as (

    select
        cast(date_trunc('year', (select min(first_day) from first_days)) as date) as first_day,
        cast(date_trunc('year', as_of_date) + interval '2 years' as date) - 1 as last_day
    from settings

),

days as (

    select cast(unnest(generate_series(first_day, last_day, interval '1 day')) as date) as date_day
    from bounds

)

select
    date_day,
    cast(date_trunc('week', date_day) as date) as week_start,
    {{ month_of('date_day') }} as month,
    cast(extract(year from date_day) as integer) as year,
    cast(extract(quarter from date_day) as integer) as quarter,
    cast(extract(isodow from date_day) as integer) as day_of_week,
    extract(isodow from date_day) >= 6 as is_weekend
from days
