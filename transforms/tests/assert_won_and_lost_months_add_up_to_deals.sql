-- A row is a pipeline whose months hold other deals or other amounts than fct_deal: every created, won and lost deal
-- is in exactly one month.
with

months as (

    select
        category_id,
        sum(deals_created) as deals_created,
        sum(created_amount_base) as created_amount_base,
        sum(deals_won) as deals_won,
        sum(won_amount_base) as won_amount_base,
        sum(deals_lost) as deals_lost,
        sum(lost_amount_base) as lost_amount_base
    from {{ ref('rpt_deal_monthly') }}
    group by category_id

),

deals as (

    select
        category_id,
        count(*) as deals_created,
        {{ total('amount_base') }} as created_amount_base,
        count(case when status = 'won' then 1 end) as deals_won,
        {{ total("case when status = 'won' then amount_base end") }} as won_amount_base,
        count(case when status = 'lost' then 1 end) as deals_lost,
        {{ total("case when status = 'lost' then amount_base end") }} as lost_amount_base
    from {{ ref('fct_deal') }}
    group by category_id

)

select
    deals.category_id,
    deals.deals_created,
    months.deals_created as created_in_months,
    deals.deals_won,
    months.deals_won as won_in_months,
    deals.deals_lost,
    months.deals_lost as lost_in_months
from deals
full outer join months on deals.category_id = months.category_id
where
    months.deals_created is distinct from deals.deals_created
    or months.created_amount_base is distinct from deals.created_amount_base
    or months.deals_won is distinct from deals.deals_won
    or months.won_amount_base is distinct from deals.won_amount_base
    or months.deals_lost is distinct from deals.deals_lost
    or months.lost_amount_base is distinct from deals.lost_amount_base
