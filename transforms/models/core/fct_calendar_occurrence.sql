{{ config(pre_hook="{{ no_nested_loops() }}") }}

with

settings as (

    select
        {{ zone('portal_timezone') }} as portal_zone,
        cast(split_part(calendar_window, '/', 1) as date) as window_start,
        cast(split_part(calendar_window, '/', 2) as date) as window_end
    from {{ ref('settings') }}

),

zones as (

    select
        lower(name) as zone_key,
        max(name) as zone_name
    from {{ known_zones() }}
    group by lower(name)

),

events as (

    select
        event_id,
        parent_event_id,
        owner_user_id,
        calendar_type,
        event_name,
        is_meeting,
        upper(meeting_status) as meeting_status,
        is_all_day,
        starts_at_utc,
        coalesce(duration_seconds, 0) as duration_seconds,
        {{ zone_name('timezone_from') }} as given_zone,
        case
            when recurrence_frequency in ('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY') then recurrence_frequency
            else 'ONCE'
        end as frequency,
        greatest(coalesce(recurrence_interval, 1), 1) as step,
        recurrence_count,
        recurrence_until,
        recurrence_weekdays,
        excluded_dates
    from {{ ref('stg_bitrix24__calendar_events') }}
    where starts_at_utc is not null

),

days as (

    select
        date_day,
        week_start,
        day_of_week
    from {{ ref('dim_date') }}

),

weekdays as (

    select
        weekday,
        day_of_week
    from (
        values ('MO', 1), ('TU', 2), ('WE', 3), ('TH', 4), ('FR', 5), ('SA', 6), ('SU', 7)
    ) as week(weekday, day_of_week)

),

digits as (

    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ten(digit)

),

numbers as (

    select 100 * hundreds.digit + 10 * tens.digit + ones.digit as number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones

),

-- one row per event: whose clock it is held by, the portal's where the database does not know the zone
zoned as (

    select
        events.event_id,
        events.starts_at_utc,
        events.is_all_day,
        case
            when {{ is_offset_zone('events.given_zone') }} then {{ zone('events.given_zone') }}
            else coalesce(zones.zone_name, settings.portal_zone)
        end as zone_name
    from events
    cross join settings
    left join zones on lower(events.given_zone) = zones.zone_key

),

-- one row per event: what that clock shows at its beginning; whole days are midnights of Greenwich, or of their zone
walls as (

    select
        event_id,
        zone_name,
        case
            when is_all_day and timezone('UTC', starts_at_utc) = date_trunc('day', timezone('UTC', starts_at_utc))
                then timezone('UTC', starts_at_utc)
            else timezone(zone_name, starts_at_utc)
        end as first_wall_time
    from zoned

),

-- one row per event; its days may be one off those of the portal
bounded as (

    select
        events.event_id,
        events.is_all_day,
        events.starts_at_utc,
        events.frequency,
        events.step,
        events.recurrence_count,
        events.recurrence_weekdays,
        events.excluded_dates,
        walls.zone_name,
        walls.first_wall_time - date_trunc('day', walls.first_wall_time) as time_of_day,
        cast(walls.first_wall_time as date) as first_day,
        {{ week_of('walls.first_wall_time') }} as first_week,
        greatest(cast(walls.first_wall_time as date), settings.window_start - 1) as from_day,
        least(settings.window_end + 1, coalesce(events.recurrence_until, settings.window_end + 1)) as to_day
    from events
    inner join walls on events.event_id = walls.event_id
    cross join settings

),

single_days as (

    select
        event_id,
        first_day as wall_date,
        1 as occurrence_number
    from bounded
    where frequency = 'ONCE'

),

daily_days as (

    select
        bounded.event_id,
        days.date_day as wall_date,
        (days.date_day - bounded.first_day) / bounded.step + 1 as occurrence_number
    from bounded
    inner join days on days.date_day between bounded.from_day and bounded.to_day
    where
        bounded.frequency = 'DAILY'
        and mod(days.date_day - bounded.first_day, bounded.step) = 0

),

-- one row per weekly series and day of the week it is held on; without a list that is the one it begins on
weekly_places as (

    select
        bounded.event_id,
        weekdays.day_of_week,
        row_number() over (partition by bounded.event_id order by weekdays.day_of_week) as place,
        count(*) over (partition by bounded.event_id) as days_a_week,
        sum(case when weekdays.day_of_week < extract(isodow from bounded.first_day) then 1 else 0 end)
            over (partition by bounded.event_id) as days_before_first
    from bounded
    cross join weekdays
    where
        bounded.frequency = 'WEEKLY'
        and case
            when bounded.recurrence_weekdays is null
                then weekdays.day_of_week = extract(isodow from bounded.first_day)
            else position(',' || weekdays.weekday || ',' in ',' || bounded.recurrence_weekdays || ',') > 0
        end

),

-- weeks begin on Monday, and each step-th counts from the one with the first day
weekly_days as (

    select
        bounded.event_id,
        days.date_day as wall_date,
        (days.week_start - bounded.first_week) / 7 / bounded.step * weekly_places.days_a_week
        + weekly_places.place
        - weekly_places.days_before_first as occurrence_number
    from bounded
    inner join weekly_places on bounded.event_id = weekly_places.event_id
    inner join days
        on weekly_places.day_of_week = days.day_of_week
        and days.date_day between bounded.from_day and bounded.to_day
    where mod(days.week_start - bounded.first_week, 7 * bounded.step) = 0

),

-- one row per step of a monthly or yearly series, from its first: the number of one is known by counting only
month_steps as (

    select
        bounded.event_id,
        bounded.first_day,
        bounded.from_day,
        bounded.to_day,
        numbers.number,
        cast(
            date_trunc('month', bounded.first_day)
            + numbers.number * bounded.step * case bounded.frequency when 'YEARLY' then 12 else 1 end
            * interval '1 month'
            as date
        ) as month_start
    from bounded
    inner join numbers
        on numbers.number * bounded.step * case bounded.frequency when 'YEARLY' then 12 else 1 end
        <= 12 * (extract(year from bounded.to_day) - extract(year from bounded.first_day))
        + extract(month from bounded.to_day)
        - extract(month from bounded.first_day)
    where bounded.frequency in ('MONTHLY', 'YEARLY')

),

-- a month without this day (the 31st, the 29th of February) has no occurrence, and none is counted
monthly_steps as (

    select
        event_id,
        cast(month_start + (extract(day from first_day) - 1) * interval '1 day' as date) as wall_date,
        row_number() over (partition by event_id order by number) as occurrence_number,
        from_day,
        to_day
    from month_steps
    where extract(day from first_day) <= extract(day from month_start + interval '1 month' - interval '1 day')

),

monthly_days as (

    select
        event_id,
        wall_date,
        occurrence_number
    from monthly_steps
    where wall_date between from_day and to_day

),

candidates as (

    select
        event_id,
        wall_date,
        occurrence_number
    from single_days
    union all
    select
        event_id,
        wall_date,
        occurrence_number
    from daily_days
    union all
    select
        event_id,
        wall_date,
        occurrence_number
    from weekly_days
    union all
    select
        event_id,
        wall_date,
        occurrence_number
    from monthly_days

),

-- one row per zone and day near the window: how far the clock is ahead, unless it is changed about then
offsets as (

    select
        zone_days.zone_name,
        zone_days.date_day,
        case
            when zone_days.offset_before = zone_days.offset_after then zone_days.offset_before
        end as utc_offset
    from (
        select
            used_zones.zone_name,
            days.date_day,
            {{ utc_offset('used_zones.zone_name', "(days.date_day - interval '12 hours')") }} as offset_before,
            {{ utc_offset('used_zones.zone_name', "(days.date_day + interval '36 hours')") }} as offset_after
        from (select distinct zone_name from walls) as used_zones
        cross join settings
        inner join days on days.date_day between settings.window_start - 1 and settings.window_end + 1
    ) as zone_days

),

-- COUNT counts what is taken out too
held as (

    select
        candidates.event_id,
        candidates.wall_date,
        candidates.wall_date + bounded.time_of_day as wall_time,
        bounded.zone_name,
        bounded.is_all_day,
        -- the first of a series is the moment that the portal gives
        case when candidates.wall_date = bounded.first_day then bounded.starts_at_utc end as given_start
    from candidates
    inner join bounded on candidates.event_id = bounded.event_id
    where
        bounded.frequency = 'ONCE'
        or (
            (bounded.recurrence_count is null or candidates.occurrence_number <= bounded.recurrence_count)
            and (
                bounded.excluded_dates is null
                or position(
                    ',' || cast(candidates.wall_date as varchar) || ',' in ',' || bounded.excluded_dates || ','
                ) = 0
            )
        )

),

-- one row per occurrence
timed as (

    select
        held.event_id,
        held.wall_date,
        held.zone_name,
        case
            when held.is_all_day then null
            when held.given_start is not null then held.given_start
            when offsets.utc_offset is not null then timezone('UTC', held.wall_time - offsets.utc_offset)
            else {{ wall_instant('held.zone_name', 'held.wall_time') }}
        end as start_at_utc
    from held
    left join offsets
        on held.zone_name = offsets.zone_name
        and held.wall_date = offsets.date_day

),

dated as (

    select
        timed.event_id,
        timed.wall_date,
        timed.start_at_utc,
        timed.zone_name <> settings.portal_zone as is_elsewhere,
        case
            when timed.start_at_utc is null then timed.wall_date
            else cast(timezone(settings.portal_zone, timed.start_at_utc) as date)
        end as portal_date
    from timed
    cross join settings

),

-- where clocks change on different days, two days of a series may begin on one of the portal
doubled as (

    select event_id
    from dated
    where is_elsewhere
    group by event_id, portal_date
    having count(*) > 1

),

told_apart as (

    select
        event_id,
        start_at_utc,
        case when event_id in (select doubled.event_id from doubled) then wall_date else portal_date end as start_date
    from dated

)

select
    told_apart.event_id,
    events.parent_event_id as parent_id,
    events.owner_user_id,
    told_apart.start_date,
    told_apart.start_at_utc,
    told_apart.start_at_utc + events.duration_seconds * interval '1 second' as end_at_utc,
    cast(events.duration_seconds as double precision) / 60 as duration_minutes,
    events.is_all_day,
    events.is_meeting,
    events.meeting_status,
    coalesce(events.is_meeting and events.meeting_status in ('H', 'Y') and not events.is_all_day, false)
        as counts_as_load,
    events.event_name,
    events.calendar_type,
    events.frequency <> 'ONCE' as is_recurring
from told_apart
inner join events on told_apart.event_id = events.event_id
cross join settings
where told_apart.start_date between settings.window_start and settings.window_end
