with

settings as (

    select
        as_of_date,
        portal_timezone,
        period_start,
        cast(split_part(calendar_window, '/', 1) as date) as window_start,
        cast(split_part(calendar_window, '/', 2) as date) as window_end
    from {{ ref('settings') }}

),

deals as (

    select
        created_date,
        closed_date
    from {{ ref('fct_deal') }}

),

leads as (

    select created_at_utc
    from {{ ref('fct_lead') }}

),

tasks as (

    select
        created_date,
        completed_date
    from {{ ref('fct_task') }}

),

activities as (

    select created_date
    from {{ ref('fct_activity') }}

),

calls as (

    select started_date
    from {{ ref('fct_call') }}

),

-- an occurrence may begin on the day beside that of its own timezone
spans as (

    select
        least(as_of_date, period_start, window_start - 1) as first_day,
        greatest(as_of_date, window_end + 1) as last_day
    from settings
    union all
    select
        least(min(created_date), min(closed_date)) as first_day,
        greatest(max(created_date), max(closed_date)) as last_day
    from deals
    union all
    select
        {{ local_date('min(created_at_utc)') }} as first_day,
        {{ local_date('max(created_at_utc)') }} as last_day
    from leads
    union all
    select
        least(min(created_date), min(completed_date)) as first_day,
        greatest(max(created_date), max(completed_date)) as last_day
    from tasks
    union all
    select
        min(created_date) as first_day,
        max(created_date) as last_day
    from activities
    union all
    select
        min(started_date) as first_day,
        max(started_date) as last_day
    from calls

),

-- whole years and the one after as_of; a clock that once stood wrong must not make the table as long as history
bounds as (

    select
        cast(date_trunc('year', greatest(min(spans.first_day), date '1970-01-01')) as date) as first_day,
        cast(
            date_trunc('year', least(
                greatest(max(spans.last_day), cast(max(settings.as_of_date) + interval '1 year' as date)),
                date '2100-12-31'
            )) + interval '1 year' as date
        ) as end_day
    from spans
    cross join settings

),

digits as (

    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ten(digit)

),

numbers as (

    select
        10000 * ten_thousands.digit + 1000 * thousands.digit + 100 * hundreds.digit + 10 * tens.digit + ones.digit
            as number
    from digits as ten_thousands
    cross join digits as thousands
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones

),

days as (

    select bounds.first_day + numbers.number as date_day
    from bounds
    inner join numbers on numbers.number < bounds.end_day - bounds.first_day

)

select
    date_day,
    {{ week_of('date_day') }} as week_start,
    {{ month_of('date_day') }} as month,
    cast(extract(year from date_day) as integer) as year,
    cast(extract(quarter from date_day) as integer) as quarter,
    cast(extract(isodow from date_day) as integer) as day_of_week,
    extract(isodow from date_day) >= 6 as is_weekend
from days
