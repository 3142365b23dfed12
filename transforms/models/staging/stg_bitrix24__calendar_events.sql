with

source as (

    {{ raw('calendar_events', {
        'id': 'bigint',
        'parent_id': 'bigint',
        'recurrence_id': 'bigint',
        'section_id': 'bigint',
        'sect_id': 'bigint',
        'cal_type': 'varchar',
        'owner_id': 'bigint',
        'created_by': 'bigint',
        'meeting_host': 'bigint',
        'name': 'varchar',
        'location': 'varchar',
        'event_type': 'varchar',
        'accessibility': 'varchar',
        'importance': 'varchar',
        'uf_crm_cal_event': 'json',
        'attendee_list': 'json',
        'meeting_status': 'varchar',
        'is_meeting': 'boolean',
        'private_event': 'varchar',
        'deleted': 'varchar',
        'dt_skip_time': 'varchar',
        'date_from': 'varchar',
        'original_date_from': 'varchar',
        'date_from_ts_utc': 'bigint',
        'date_to_ts_utc': 'bigint',
        'dt_length': 'bigint',
        'tz_from': 'varchar',
        'tz_to': 'varchar',
        'rrule': 'json',
        'exdate': 'varchar',
        '_synced_at': 'timestamptz'
    }) }}

),

-- a number above 12 in front is a day: one such date tells how the portal writes all of them
locale as (

    select coalesce(bool_or({{ matches('date_from', '^(1[3-9]|[2-9][0-9])/') }}), false) as is_day_first
    from source

),

-- an expanded series comes once for every instance, all with the same id, start of the series, length and rule
ranked as (

    select
        *,
        {{ to_json('rrule') }} as rule,
        row_number() over (partition by id order by _synced_at desc nulls last, date_from) as choice
    from source

),

typed as (

    select
        -- ids
        {{ to_id('ranked.id') }} as event_id,
        {{ to_reference('ranked.parent_id') }} as parent_event_id,
        {{ to_reference('ranked.recurrence_id') }} as series_event_id,
        coalesce({{ to_reference('ranked.section_id') }}, {{ to_reference('ranked.sect_id') }}) as section_id,
        {{ to_text('ranked.cal_type') }} as calendar_type,
        {{ to_reference('ranked.owner_id') }} as owner_id,
        case when ranked.cal_type = 'user' then {{ to_reference('ranked.owner_id') }} end as owner_user_id,
        {{ to_reference('ranked.created_by') }} as created_by_user_id,
        {{ to_reference('ranked.meeting_host') }} as host_user_id,

        -- text
        {{ to_text('ranked.name') }} as event_name,
        {{ to_text('ranked.location') }} as location,
        {{ to_text('ranked.event_type') }} as event_type,
        {{ to_text('ranked.accessibility') }} as accessibility,
        {{ to_text('ranked.importance') }} as importance,
        {{ to_json('ranked.uf_crm_cal_event') }} as crm_links,
        {{ to_json('ranked.attendee_list') }} as attendees,

        -- status
        {{ to_text('ranked.meeting_status') }} as meeting_status,
        coalesce({{ to_flag('ranked.is_meeting') }}, false) as is_meeting,
        coalesce({{ to_flag('ranked.private_event') }}, false) as is_private,
        coalesce({{ to_flag('ranked.dt_skip_time') }}, false) as is_all_day,
        coalesce({{ to_flag('ranked.deleted') }}, false) as is_deleted,

        -- timestamps
        {{ epoch_to_instant('ranked.date_from_ts_utc') }} as starts_at_utc,
        {{ epoch_to_instant('ranked.date_to_ts_utc') }} as last_ends_at_utc,
        coalesce(
            {{ b24.try_to('ranked.dt_length', 'bigint') }},
            {{ b24.try_to('ranked.date_to_ts_utc', 'bigint') }} - {{ b24.try_to('ranked.date_from_ts_utc', 'bigint') }}
        ) as duration_seconds,
        {{ to_text('ranked.tz_from') }} as timezone_from,
        {{ to_text('ranked.tz_to') }} as timezone_to,
        {{ to_portal_date('ranked.original_date_from', 'locale.is_day_first') }} as original_date,

        -- recurrence
        nullif(upper(ranked.rule ->> 'FREQ'), 'NONE') as recurrence_frequency,
        coalesce({{ to_reference("(ranked.rule ->> 'INTERVAL')") }}, 1) as recurrence_interval,
        {{ to_reference("(ranked.rule ->> 'COUNT')") }} as recurrence_count,
        coalesce(
            {{ to_portal_date("(ranked.rule ->> 'UNTIL')", 'locale.is_day_first') }},
            cast({{ epoch_to_instant("(ranked.rule ->> 'UNTIL_TS')") }} at time zone 'UTC' as date)
        ) as recurrence_until,
        {{ to_weekdays("(ranked.rule ->> 'BYDAY')") }} as recurrence_weekdays,
        {{ to_portal_dates('ranked.exdate', 'locale.is_day_first') }} as excluded_dates

    from ranked
    cross join locale
    where ranked.choice = 1

),

labels as (

    select user_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    event_id,
    parent_event_id,
    series_event_id,
    section_id,
    calendar_type,
    owner_id,
    owner_user_id,
    {{ user_name('owner_user_id') }} as owner_user_name,
    created_by_user_id,
    host_user_id,
    event_name,
    location,
    event_type,
    accessibility,
    importance,
    crm_links,
    attendees,
    meeting_status,
    is_meeting,
    is_private,
    is_all_day,
    starts_at_utc,
    last_ends_at_utc,
    duration_seconds,
    timezone_from,
    timezone_to,
    original_date,
    recurrence_frequency is not null as is_recurring,
    recurrence_frequency,
    case when recurrence_frequency is not null then recurrence_interval end as recurrence_interval,
    recurrence_count,
    recurrence_until,
    recurrence_weekdays,
    excluded_dates
from typed
left join labels on true
where not is_deleted
