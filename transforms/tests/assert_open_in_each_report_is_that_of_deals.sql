-- A row is a report and a pipeline in which it holds another number of open deals, or another amount, than fct_deal.
with

deals as (

    select
        category_id,
        count(*) as open_deals,
        {{ total('amount_base') }} as open_amount_base
    from {{ ref('fct_deal') }}
    where status = 'open'
    group by category_id

),

-- no amount where the report has none
reports as (

    select
        'rpt_forecast' as report,
        category_id,
        sum(open_deals) as open_deals,
        {{ total('open_amount_base') }} as open_amount_base
    from {{ ref('rpt_forecast') }}
    group by category_id
    union all
    select
        'rpt_open_deals' as report,
        category_id,
        count(*) as open_deals,
        {{ total('amount_base') }} as open_amount_base
    from {{ ref('rpt_open_deals') }}
    group by category_id
    union all
    select
        'rpt_deal_cohort' as report,
        category_id,
        sum(open) as open_deals,
        null as open_amount_base
    from {{ ref('rpt_deal_cohort') }}
    group by category_id
    union all
    select
        'rpt_sales_velocity' as report,
        category_id,
        sum(open_deals) as open_deals,
        null as open_amount_base
    from {{ ref('rpt_sales_velocity') }}
    group by category_id

),

names as (

    select distinct report
    from reports

),

-- one row per report and pipeline with open deals
expected as (

    select
        names.report,
        deals.category_id,
        deals.open_deals,
        deals.open_amount_base
    from names
    cross join deals

)

select
    coalesce(expected.report, reports.report) as report,
    coalesce(expected.category_id, reports.category_id) as category_id,
    reports.open_deals,
    expected.open_deals as expected_open_deals,
    reports.open_amount_base,
    expected.open_amount_base as expected_open_amount_base
from expected
full outer join reports
    on expected.report = reports.report
    and expected.category_id = reports.category_id
where
    coalesce(reports.open_deals, 0) <> coalesce(expected.open_deals, 0)
    or reports.open_amount_base <> expected.open_amount_base
