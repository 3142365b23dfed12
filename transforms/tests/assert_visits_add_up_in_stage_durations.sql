-- A row is a P stage in which rpt_stage_duration holds other visits than fct_deal_stage_history does.
with

stages as (

    select
        category_id,
        stage_id
    from {{ ref('dim_stage') }}
    where semantic = 'P'

),

visits as (

    select
        category_id,
        stage_id,
        count(*) as count_visits
    from {{ ref('fct_deal_stage_history') }}
    group by category_id, stage_id

),

expected as (

    select
        visits.category_id,
        visits.stage_id,
        visits.count_visits
    from visits
    inner join stages
        on visits.category_id = stages.category_id
        and visits.stage_id = stages.stage_id

)

select
    coalesce(expected.category_id, durations.category_id) as category_id,
    coalesce(expected.stage_id, durations.stage_id) as stage_id,
    expected.count_visits,
    durations.visits,
    durations.completed_visits,
    durations.open_visits
from expected
full outer join {{ ref('rpt_stage_duration') }} as durations
    on expected.category_id = durations.category_id
    and expected.stage_id = durations.stage_id
where
    expected.count_visits is distinct from durations.visits
    or durations.visits is distinct from durations.completed_visits + durations.open_visits
