with

leads as (

    select
        {{ month_of('created_date') }} as cohort_month,
        status,
        first_deal_id,
        hours_to_convert,
        hours_to_first_deal
    from {{ ref('fct_lead') }}

),

totals as (

    select
        cohort_month,
        count(*) as leads,
        count(case when status = 'converted' then 1 end) as converted,
        count(case when status = 'junk' then 1 end) as junk,
        count(case when status = 'in_progress' then 1 end) as in_progress,
        count(first_deal_id) as with_deal,
        {{ average('hours_to_convert') }} as avg_hours_to_convert,
        {{ average('hours_to_first_deal') }} as avg_hours_to_first_deal
    from leads
    group by cohort_month

)

select
    cohort_month,
    leads,
    converted,
    junk,
    in_progress,
    with_deal,
    {{ rate('converted', 'leads') }} as conversion_rate,
    {{ rate('converted', 'converted + junk') }} as conversion_rate_closed,
    {{ rate('with_deal', 'leads') }} as lead_to_deal_rate,
    avg_hours_to_convert,
    avg_hours_to_first_deal
from totals
order by cohort_month
