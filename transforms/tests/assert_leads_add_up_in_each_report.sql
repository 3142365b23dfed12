-- A row is a report that holds other leads, or other converted ones, than the portal has.
with

live as (

    {{ raw('leads', {'id': 'bigint'}) }}

),

expected as (

    select
        (select count(*) from live) as leads,
        count(case when status = 'converted' then 1 end) as converted
    from {{ ref('fct_lead') }}

),

reports as (

    select
        'fct_lead' as report,
        count(*) as leads,
        count(case when status = 'converted' then 1 end) as converted
    from {{ ref('fct_lead') }}
    union all
    select
        'rpt_lead_conversion' as report,
        sum(leads) as leads,
        sum(converted) as converted
    from {{ ref('rpt_lead_conversion') }}
    union all
    select
        'rpt_source_attribution' as report,
        sum(leads) as leads,
        sum(leads_converted) as converted
    from {{ ref('rpt_source_attribution') }}
    union all
    select
        'rpt_utm_attribution' as report,
        sum(leads) as leads,
        null as converted
    from {{ ref('rpt_utm_attribution') }}

)

select
    reports.report,
    reports.leads,
    expected.leads as expected_leads,
    reports.converted,
    expected.converted as expected_converted
from reports
cross join expected
where
    coalesce(reports.leads, 0) <> expected.leads
    or coalesce(reports.converted, case when reports.report = 'rpt_utm_attribution' then expected.converted else 0 end)
    <> expected.converted
