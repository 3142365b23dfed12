with

listed as (

    select
        deal_category_id as category_id,
        status_id as stage_id,
        status_name as stage_name,
        status_sort as stage_sort,
        semantic
    from {{ ref('stg_bitrix24__statuses') }}
    where deal_category_id is not null

),

deals as (

    select
        deal_id,
        category_id,
        stage_id,
        stage_semantic
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

history as (

    select
        history_id,
        deal_id,
        category_id,
        stage_id,
        stage_semantic
    from {{ ref('stg_bitrix24__deal_stage_history') }}

),

-- a visit is of a deal that is in fct_deal
visits as (

    select
        history.history_id,
        history.category_id,
        history.stage_id,
        history.stage_semantic
    from history
    inner join deals on history.deal_id = deals.deal_id

),

pointed_at as (

    select
        category_id,
        stage_id,
        stage_semantic,
        1 as preference,
        deal_id as row_id
    from deals
    union all
    select
        category_id,
        stage_id,
        stage_semantic,
        2 as preference,
        history_id as row_id
    from visits

),

-- a deal that is there now knows the meaning of a stage best, then the latest visit
inferred as (

    select
        pointed_at.category_id,
        pointed_at.stage_id,
        pointed_at.stage_semantic,
        row_number() over (
            partition by pointed_at.category_id, pointed_at.stage_id
            order by
                case when pointed_at.stage_semantic is null then 1 else 0 end,
                pointed_at.preference,
                pointed_at.row_id desc
        ) as choice
    from pointed_at
    left join listed
        on pointed_at.category_id = listed.category_id
        and pointed_at.stage_id = listed.stage_id
    where
        listed.stage_id is null
        and pointed_at.stage_id is not null

),

combined as (

    select
        stage_id,
        category_id,
        coalesce(stage_name, stage_id) as stage_name,
        stage_sort,
        semantic,
        false as is_inferred
    from listed
    union all
    select
        stage_id,
        category_id,
        '(deleted) ' || stage_id as stage_name,
        null as stage_sort,
        coalesce(stage_semantic, 'P') as semantic,
        true as is_inferred
    from inferred
    where choice = 1

),

steps as (

    select
        category_id,
        stage_id,
        row_number() over (partition by category_id order by stage_sort nulls last, stage_id) as funnel_step
    from combined
    where
        semantic in ('P', 'S')
        and not is_inferred

)

select
    combined.stage_id,
    combined.category_id,
    combined.stage_name,
    combined.stage_sort,
    combined.semantic,
    combined.is_inferred,
    steps.funnel_step
from combined
left join steps
    on combined.category_id = steps.category_id
    and combined.stage_id = steps.stage_id
