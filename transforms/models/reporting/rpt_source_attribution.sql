with

sources as (

    select
        source_id,
        source_name
    from {{ ref('dim_source') }}

),

leads as (

    select
        coalesce(source_id, '(none)') as source_id,
        status,
        first_deal_id
    from {{ ref('fct_lead') }}

),

deals as (

    select
        coalesce(source_id, '(none)') as source_id,
        status,
        amount_base
    from {{ ref('fct_deal') }}

),

lead_totals as (

    select
        source_id,
        count(*) as leads,
        count(case when status = 'converted' then 1 end) as leads_converted,
        count(first_deal_id) as leads_with_deal
    from leads
    group by source_id

),

deal_totals as (

    select
        source_id,
        count(*) as deals,
        count(case when status = 'won' then 1 end) as won,
        count(case when status = 'lost' then 1 end) as lost,
        count(case when status = 'open' then 1 end) as count_open,
        {{ total("case when status = 'won' then amount_base end") }} as won_amount_base,
        {{ total("case when status = 'open' then amount_base end") }} as open_amount_base
    from deals
    group by source_id

),

-- one row per source that a lead or a deal has
combined as (

    select
        coalesce(deal_totals.source_id, lead_totals.source_id) as source_id,
        coalesce(lead_totals.leads, 0) as leads,
        coalesce(lead_totals.leads_converted, 0) as leads_converted,
        coalesce(lead_totals.leads_with_deal, 0) as leads_with_deal,
        coalesce(deal_totals.deals, 0) as deals,
        coalesce(deal_totals.won, 0) as won,
        coalesce(deal_totals.lost, 0) as lost,
        coalesce(deal_totals.count_open, 0) as count_open,
        cast(coalesce(deal_totals.won_amount_base, 0) as decimal(38, 6)) as won_amount_base,
        cast(coalesce(deal_totals.open_amount_base, 0) as decimal(38, 6)) as open_amount_base
    from deal_totals
    full outer join lead_totals on deal_totals.source_id = lead_totals.source_id

)

select
    combined.source_id,
    coalesce(sources.source_name, '(none)') as source_name,
    combined.leads,
    combined.leads_converted,
    combined.leads_with_deal,
    combined.deals,
    combined.won,
    combined.lost,
    combined.count_open as open,
    {{ rate('combined.won', 'combined.won + combined.lost') }} as win_rate,
    combined.won_amount_base,
    combined.open_amount_base
from combined
left join sources on combined.source_id = sources.source_id
order by combined.source_id
