with

deals as (

    select
        deal_id,
        status,
        currency_id
    from {{ ref('fct_deal') }}

),

currencies as (

    select
        currency_id,
        rate_to_base
    from {{ ref('dim_currency') }}

),

product_rows as (

    select
        product_row_id,
        owner_id as deal_id,
        product_id,
        product_name,
        price,
        quantity,
        discount_percent,
        discount_per_unit,
        tax_percent,
        is_tax_included,
        row_sort,
        cast(price * quantity as decimal(38, 6)) as amount
    from {{ ref('stg_bitrix24__product_rows') }}
    where owner_type = 'deal'

)

-- a row is of one deal, a deal of one currency: nothing is multiplied
select
    product_rows.product_row_id,
    product_rows.deal_id,
    product_rows.product_id,
    product_rows.product_name,
    product_rows.price,
    product_rows.quantity,
    product_rows.discount_percent,
    product_rows.discount_per_unit,
    product_rows.tax_percent,
    product_rows.is_tax_included,
    product_rows.row_sort,
    deals.status as deal_status,
    deals.currency_id,
    product_rows.amount,
    {{ in_base_currency('product_rows.amount', 'currencies.rate_to_base') }} as amount_base
from product_rows
inner join deals on product_rows.deal_id = deals.deal_id
left join currencies on deals.currency_id = currencies.currency_id
