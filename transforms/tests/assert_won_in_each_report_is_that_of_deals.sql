-- A row is a report that holds another number of won deals, or another amount of them, than fct_deal.
with

deals as (

    select
        count(*) as deals_won,
        {{ total('amount_base') }} as won_amount_base,
        count(customer_key) as deals_won_of_customers,
        {{ total('case when customer_key is not null then amount_base end') }} as won_amount_base_of_customers
    from {{ ref('fct_deal') }}
    where status = 'won'

),

reports as (

    select
        'rpt_deal_monthly' as report,
        sum(deals_won) as deals_won,
        {{ total('won_amount_base') }} as won_amount_base
    from {{ ref('rpt_deal_monthly') }}
    union all
    select
        'rpt_deal_cohort' as report,
        sum(won) as deals_won,
        {{ total('won_amount_base') }} as won_amount_base
    from {{ ref('rpt_deal_cohort') }}
    union all
    select
        'rpt_source_attribution' as report,
        sum(won) as deals_won,
        {{ total('won_amount_base') }} as won_amount_base
    from {{ ref('rpt_source_attribution') }}
    union all
    select
        'rpt_utm_attribution' as report,
        sum(won) as deals_won,
        {{ total('won_amount_base') }} as won_amount_base
    from {{ ref('rpt_utm_attribution') }}
    union all
    select
        'rpt_customer_rfm' as report,
        sum(frequency) as deals_won,
        {{ total('monetary_base') }} as won_amount_base
    from {{ ref('rpt_customer_rfm') }}

),

-- deals without a customer are in no row of rpt_customer_rfm
compared as (

    select
        reports.report,
        coalesce(reports.deals_won, 0) as deals_won,
        reports.won_amount_base,
        case
            when reports.report = 'rpt_customer_rfm' then deals.deals_won_of_customers
            else deals.deals_won
        end as expected_deals_won,
        case
            when reports.report = 'rpt_customer_rfm' then deals.won_amount_base_of_customers
            else deals.won_amount_base
        end as expected_won_amount_base
    from reports
    cross join deals

)

select
    report,
    deals_won,
    expected_deals_won,
    won_amount_base,
    expected_won_amount_base
from compared
where
    deals_won <> expected_deals_won
    or won_amount_base <> expected_won_amount_base
