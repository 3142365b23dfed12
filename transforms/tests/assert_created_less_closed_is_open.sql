-- A row is a pipeline in which created - won - lost, summed over the months, is not the number of open deals.
with

months as (

    select
        category_id,
        sum(deals_created) - sum(deals_won) - sum(deals_lost) as open_by_months
    from {{ ref('rpt_deal_monthly') }}
    group by category_id

),

deals as (

    select
        category_id,
        count(case when status = 'open' then 1 end) as open_deals
    from {{ ref('fct_deal') }}
    group by category_id

)

select
    deals.category_id,
    deals.open_deals,
    months.open_by_months
from deals
full outer join months on deals.category_id = months.category_id
where deals.open_deals is distinct from months.open_by_months
