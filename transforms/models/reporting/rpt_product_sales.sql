with

-- rows that somebody typed in are of no product: they are kept together under the id that the portal gives them
sold as (

    select
        product_row_id,
        coalesce(product_id, 0) as product_id,
        product_name,
        deal_id,
        quantity,
        amount_base
    from {{ ref('fct_deal_product') }}
    where deal_status = 'won'

),

totals as (

    select
        product_id,
        min(product_name) as first_name,
        max(product_name) as last_name,
        max(product_row_id) as newest_row_id,
        count(distinct deal_id) as won_deals,
        {{ total('quantity') }} as quantity,
        {{ total('amount_base') }} as amount_base
    from sold
    group by product_id

)

select
    totals.product_id,
    case
        when totals.first_name = totals.last_name then totals.last_name
        when totals.product_id = 0 then '(not in the catalogue)'
        else coalesce(newest.product_name, totals.last_name, '(none)')
    end as product_name,
    totals.won_deals,
    totals.quantity,
    totals.amount_base
from totals
left join sold as newest on totals.newest_row_id = newest.product_row_id
order by totals.product_id
