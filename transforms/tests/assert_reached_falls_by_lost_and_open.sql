-- A row is a step after which more or fewer deals are missing than were lost or are open there:
-- reached(n) - reached(n + 1) = lost_here + open_here. Pipelines without a won stage have no step to end on.
with

steps as (

    select
        category_id,
        stage_order,
        deals_reached,
        lead(deals_reached) over (partition by category_id order by stage_order) as next_reached,
        lost_here + open_here as stayed_here
    from {{ ref('rpt_deal_funnel') }}

),

won_stages as (

    select distinct category_id
    from {{ ref('dim_stage') }}
    where
        semantic = 'S'
        and funnel_step is not null

)

select
    steps.category_id,
    steps.stage_order,
    steps.deals_reached,
    steps.next_reached,
    steps.stayed_here
from steps
inner join won_stages on steps.category_id = won_stages.category_id
where
    steps.next_reached is not null
    and steps.deals_reached - steps.next_reached <> steps.stayed_here
