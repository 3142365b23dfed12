with

settings as (

    select
        as_of,
        portal_timezone
    from {{ ref('settings') }}

),

deals as (

    select deal_id
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

history as (

    select
        history_id,
        deal_id,
        move_type_id,
        category_id,
        stage_id,
        stage_semantic,
        entered_at_utc
    from {{ ref('stg_bitrix24__deal_stage_history') }}

),

stages as (

    select
        category_id,
        stage_id,
        stage_sort,
        semantic
    from {{ ref('dim_stage') }}

),

-- one row per visit: a deal and a stage are found at most once
visits as (

    select
        history.history_id,
        history.deal_id,
        history.move_type_id,
        history.category_id,
        history.stage_id,
        coalesce(history.stage_semantic, stages.semantic, 'P') as stage_semantic,
        stages.stage_sort,
        history.entered_at_utc,
        {{ local_date('history.entered_at_utc') }} as entered_date
    from history
    inner join deals on history.deal_id = deals.deal_id
    left join stages
        on history.category_id = stages.category_id
        and history.stage_id = stages.stage_id

),

ordered as (

    select
        history_id,
        deal_id,
        move_type_id,
        category_id,
        stage_id,
        stage_semantic,
        stage_sort,
        entered_at_utc,
        entered_date,
        row_number() over visits_of_deal as visit_seq,
        lag(category_id) over visits_of_deal as previous_category_id,
        lag(stage_sort) over visits_of_deal as previous_stage_sort,
        lead(entered_at_utc) over visits_of_deal as left_at_utc,
        lead(entered_date) over visits_of_deal as left_date,
        lead(history_id) over visits_of_deal as next_history_id
    from visits
    window visits_of_deal as (partition by deal_id order by entered_at_utc, history_id)

)

select
    ordered.history_id,
    ordered.deal_id,
    ordered.visit_seq,
    ordered.category_id,
    ordered.stage_id,
    ordered.stage_semantic,
    ordered.entered_at_utc,
    ordered.left_at_utc,
    ordered.next_history_id is null as is_current,
    case
        when ordered.stage_semantic = 'P'
            then {{ hours_between('ordered.entered_at_utc', 'coalesce(ordered.left_at_utc, settings.as_of)') }}
    end as duration_hours,
    case
        when ordered.visit_seq = 1 then 'create'
        when ordered.category_id <> ordered.previous_category_id or ordered.move_type_id = 5 then 'pipeline_change'
        when ordered.stage_semantic = 'S' then 'won'
        when ordered.stage_semantic = 'F' then 'lost'
        when ordered.stage_sort > ordered.previous_stage_sort then 'forward'
        when ordered.stage_sort < ordered.previous_stage_sort then 'backward'
        else 'unknown'
    end as transition,
    ordered.entered_date,
    ordered.left_date
from ordered
cross join settings
