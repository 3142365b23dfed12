-- A row is a user whose weeks hold other meetings or hours than the calendar: what runs over Sunday midnight is
-- divided, not lost.
with

weeks as (

    select
        user_id,
        sum(meetings) as meetings,
        sum(meeting_hours) as meeting_hours
    from {{ ref('rpt_meeting_load') }}
    group by user_id

),

occurrences as (

    select
        owner_user_id as user_id,
        count(*) as meetings,
        sum(duration_minutes) / 60 as meeting_hours
    from {{ ref('fct_calendar_occurrence') }}
    where
        counts_as_load
        and owner_user_id is not null
    group by owner_user_id

)

select
    coalesce(occurrences.user_id, weeks.user_id) as user_id,
    occurrences.meetings,
    weeks.meetings as meetings_in_weeks,
    occurrences.meeting_hours,
    weeks.meeting_hours as hours_in_weeks
from occurrences
full outer join weeks on occurrences.user_id = weeks.user_id
where
    occurrences.meetings is distinct from weeks.meetings
    or abs(coalesce(occurrences.meeting_hours, 0) - coalesce(weeks.meeting_hours, 0)) > 0.001
