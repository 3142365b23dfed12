with

settings as (

    select {{ zone('portal_timezone') }} as portal_zone
    from {{ ref('settings') }}

),

occurrences as (

    select
        owner_user_id as user_id,
        start_at_utc,
        end_at_utc
    from {{ ref('fct_calendar_occurrence') }}
    where
        counts_as_load
        and owner_user_id is not null

),

digits as (

    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ten(digit)

),

numbers as (

    select 1000 * thousands.digit + 100 * hundreds.digit + 10 * tens.digit + ones.digit as number
    from digits as thousands
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones

),

placed as (

    select
        occurrences.user_id,
        occurrences.start_at_utc,
        occurrences.end_at_utc,
        {{ week_of('timezone(settings.portal_zone, occurrences.start_at_utc)') }} as first_week,
        {{ week_of('timezone(settings.portal_zone, occurrences.end_at_utc)') }} as last_week
    from occurrences
    cross join settings

),

-- one row per occurrence and week it touches
touched as (

    select
        user_id,
        start_at_utc,
        end_at_utc,
        first_week as week_start,
        1 as meetings
    from placed
    union all
    select
        placed.user_id,
        placed.start_at_utc,
        placed.end_at_utc,
        placed.first_week + 7 * numbers.number as week_start,
        0 as meetings
    from placed
    inner join numbers
        on numbers.number > 0
        and placed.first_week + 7 * numbers.number <= placed.last_week
    where placed.last_week > placed.first_week

),

-- the part that lies in the week: between two local midnights of Monday
parts as (

    select
        touched.user_id,
        touched.week_start,
        touched.meetings,
        {{ hours_between(
            'greatest(touched.start_at_utc, timezone(settings.portal_zone, cast(touched.week_start as timestamp)))',
            'least(touched.end_at_utc, timezone(settings.portal_zone, cast(touched.week_start + 7 as timestamp)))'
        ) }} as hours
    from touched
    cross join settings

)

select
    user_id,
    week_start,
    cast(sum(meetings) as bigint) as meetings,
    {{ total_hours('hours') }} as meeting_hours
from parts
-- what ends with the last second of Sunday is no part of the next week
where
    meetings = 1
    or hours > 0
group by user_id, week_start
order by user_id, week_start
