-- A row says that rpt_product_sales holds another sum than the product rows of the won deals that the portal has.
with

live as (

    {{ raw('product_rows', {'id': 'bigint', 'owner_id': 'bigint', 'owner_type': 'varchar'}) }}

),

deals as (

    select deal_id
    from {{ ref('fct_deal') }}

),

expected as (

    select count(*) as count_rows
    from live
    inner join deals on {{ b24.try_to('live.owner_id', 'bigint') }} = deals.deal_id
    where upper(live.owner_type) = 'D'

),

products as (

    select
        count(*) as count_rows,
        {{ total("case when deal_status = 'won' then quantity end") }} as quantity,
        {{ total("case when deal_status = 'won' then amount_base end") }} as amount_base
    from {{ ref('fct_deal_product') }}

),

report as (

    select
        {{ total('quantity') }} as quantity,
        {{ total('amount_base') }} as amount_base
    from {{ ref('rpt_product_sales') }}

)

select
    expected.count_rows as live_rows,
    products.count_rows as rows_of_fct_deal_product,
    products.quantity,
    report.quantity as quantity_in_report,
    products.amount_base,
    report.amount_base as amount_base_in_report
from expected
cross join products
cross join report
where
    expected.count_rows <> products.count_rows
    or products.quantity <> report.quantity
    or products.amount_base <> report.amount_base
