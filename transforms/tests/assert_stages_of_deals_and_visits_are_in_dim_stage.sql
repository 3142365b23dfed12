-- A row is a stage that a deal or a visit points at and dim_stage lacks in that pipeline.
with

pointed_at as (

    select
        category_id,
        stage_id
    from {{ ref('fct_deal') }}
    union
    select
        category_id,
        stage_id
    from {{ ref('fct_deal_stage_history') }}
    union
    select
        category_id,
        max_stage_id as stage_id
    from {{ ref('fct_deal') }}

)

select
    pointed_at.category_id,
    pointed_at.stage_id
from pointed_at
left join {{ ref('dim_stage') }} as stages
    on pointed_at.category_id = stages.category_id
    and pointed_at.stage_id = stages.stage_id
where
    pointed_at.stage_id is not null
    and stages.stage_id is null
