with

steps as (

    select
        category_id,
        stage_id,
        stage_name,
        funnel_step as stage_order
    from {{ ref('dim_stage') }}
    where funnel_step is not null

),

pipelines as (

    select
        category_id,
        category_name
    from {{ ref('dim_pipeline') }}

),

deals as (

    select
        deal_id,
        category_id,
        max_stage_id,
        status,
        amount_base
    from {{ ref('fct_deal') }}

),

visits as (

    select
        deal_id,
        category_id,
        stage_id
    from {{ ref('fct_deal_stage_history') }}

),

-- one row per stage: who really was there
entered as (

    select
        category_id,
        stage_id,
        count(distinct deal_id) as deals_entered
    from visits
    group by category_id, stage_id

),

-- one row per stage: who came this far and no further
ended as (

    select
        category_id,
        max_stage_id as stage_id,
        count(*) as count_deals,
        count(case when status = 'lost' then 1 end) as count_lost,
        count(case when status = 'open' then 1 end) as count_open,
        sum(case when status = 'open' then amount_base end) as open_amount_base
    from deals
    group by category_id, max_stage_id

),

-- one row per step; who came further has reached it too, visited or skipped
counted as (

    select
        steps.category_id,
        steps.stage_id,
        steps.stage_name,
        steps.stage_order,
        coalesce(entered.deals_entered, 0) as deals_entered,
        cast(
            sum(coalesce(ended.count_deals, 0)) over (
                partition by steps.category_id
                order by steps.stage_order desc
            ) as bigint
        ) as deals_reached,
        coalesce(ended.count_lost, 0) as lost_here,
        coalesce(ended.count_open, 0) as open_here,
        cast(coalesce(ended.open_amount_base, 0) as decimal(38, 6)) as open_here_amount_base
    from steps
    left join entered
        on steps.category_id = entered.category_id
        and steps.stage_id = entered.stage_id
    left join ended
        on steps.category_id = ended.category_id
        and steps.stage_id = ended.stage_id

),

compared as (

    select
        category_id,
        stage_id,
        stage_name,
        stage_order,
        deals_entered,
        deals_reached,
        first_value(deals_reached) over steps_of_pipeline as first_reached,
        lag(deals_reached) over steps_of_pipeline as previous_reached,
        lost_here,
        open_here,
        open_here_amount_base
    from counted
    window steps_of_pipeline as (partition by category_id order by stage_order)

)

select
    compared.category_id,
    pipelines.category_name,
    compared.stage_id,
    compared.stage_name,
    compared.stage_order,
    compared.deals_entered,
    compared.deals_reached,
    {{ rate('compared.deals_reached', 'compared.first_reached') }} as conversion_from_first,
    {{ rate('compared.deals_reached', 'compared.previous_reached') }} as conversion_from_previous,
    compared.lost_here,
    compared.open_here,
    compared.open_here_amount_base
from compared
left join pipelines on compared.category_id = pipelines.category_id
order by compared.category_id, compared.stage_order
