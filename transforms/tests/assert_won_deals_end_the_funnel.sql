-- A row is a pipeline whose funnel ends with another number of won deals than fct_deal has: what reached the last step
-- and was neither lost nor is open there was won. Pipelines that sort another stage behind the won one are left out.
with

steps as (

    select
        funnel.category_id,
        funnel.deals_reached - funnel.lost_here - funnel.open_here as won_by_funnel,
        stages.semantic,
        row_number() over (partition by funnel.category_id order by funnel.stage_order desc) as from_the_end
    from {{ ref('rpt_deal_funnel') }} as funnel
    inner join {{ ref('dim_stage') }} as stages
        on funnel.category_id = stages.category_id
        and funnel.stage_id = stages.stage_id

),

deals as (

    select
        category_id,
        count(case when status = 'won' then 1 end) as deals_won
    from {{ ref('fct_deal') }}
    group by category_id

)

select
    steps.category_id,
    steps.won_by_funnel,
    coalesce(deals.deals_won, 0) as deals_won
from steps
left join deals on steps.category_id = deals.category_id
where
    steps.from_the_end = 1
    and steps.semantic = 'S'
    and steps.won_by_funnel <> coalesce(deals.deals_won, 0)
