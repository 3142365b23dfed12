with

settings as (

    select as_of
    from {{ ref('settings') }}

),

stages as (

    select
        category_id,
        stage_id,
        stage_name
    from {{ ref('dim_stage') }}
    where semantic = 'P'

),

visits as (

    select
        deal_id,
        category_id,
        stage_id,
        entered_at_utc,
        left_at_utc,
        is_current
    from {{ ref('fct_deal_stage_history') }}

),

-- a visit to a stage that is P today has a length, also where the stage was final in those days
lengths as (

    select
        visits.deal_id,
        visits.category_id,
        visits.stage_id,
        visits.is_current,
        {{ hours_between('visits.entered_at_utc', 'visits.left_at_utc') }} as left_hours,
        case
            when visits.is_current then {{ hours_between('visits.entered_at_utc', 'settings.as_of') }}
        end as open_hours
    from visits
    inner join stages
        on visits.category_id = stages.category_id
        and visits.stage_id = stages.stage_id
    cross join settings

),

-- one row per stage with a visit
durations as (

    select
        category_id,
        stage_id,
        count(*) as visits,
        count(distinct deal_id) as deals,
        count(case when not is_current then 1 end) as completed_visits,
        {{ average('left_hours') }} as avg_hours,
        {{ percentile('left_hours', 0.5) }} as median_hours,
        {{ percentile('left_hours', 0.9) }} as p90_hours,
        count(case when is_current then 1 end) as open_visits,
        {{ average('open_hours') }} as avg_open_age_hours
    from lengths
    group by category_id, stage_id

)

select
    stages.category_id,
    stages.stage_id,
    stages.stage_name,
    durations.visits,
    durations.deals,
    durations.completed_visits,
    durations.avg_hours,
    durations.median_hours,
    durations.p90_hours,
    durations.open_visits,
    durations.avg_open_age_hours
from durations
inner join stages
    on durations.category_id = stages.category_id
    and durations.stage_id = stages.stage_id
order by stages.category_id, stages.stage_id
