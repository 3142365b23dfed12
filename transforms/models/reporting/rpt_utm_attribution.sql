with

leads as (

    select
        utm_source,
        utm_medium,
        utm_campaign
    from {{ ref('fct_lead') }}

),

deals as (

    select
        utm_source,
        utm_medium,
        utm_campaign,
        status,
        amount_base
    from {{ ref('fct_deal') }}

),

combined as (

    select
        utm_source,
        utm_medium,
        utm_campaign,
        'lead' as entity,
        null as status,
        cast(null as decimal(38, 6)) as amount_base
    from leads
    union all
    select
        utm_source,
        utm_medium,
        utm_campaign,
        'deal' as entity,
        status,
        amount_base
    from deals

),

named as (

    select
        coalesce(utm_source, '(none)') as utm_source,
        coalesce(utm_medium, '(none)') as utm_medium,
        coalesce(utm_campaign, '(none)') as utm_campaign,
        entity,
        status,
        amount_base
    from combined

)

select
    utm_source,
    utm_medium,
    utm_campaign,
    count(case when entity = 'lead' then 1 end) as leads,
    count(case when entity = 'deal' then 1 end) as deals,
    count(case when status = 'won' then 1 end) as won,
    {{ total("case when status = 'won' then amount_base end") }} as won_amount_base
from named
group by utm_source, utm_medium, utm_campaign
order by utm_source, utm_medium, utm_campaign
