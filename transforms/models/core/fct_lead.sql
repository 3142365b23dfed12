with

settings as (

    select
        as_of,
        portal_timezone
    from {{ ref('settings') }}

),

leads as (

    select
        lead_id,
        lead_title,
        owner_user_id,
        contact_id,
        company_id,
        source_id,
        utm_source,
        utm_medium,
        utm_campaign,
        status_id,
        status_name,
        status_semantic,
        currency_id,
        amount,
        created_at_utc,
        closed_at_utc,
        moved_at_utc
    from {{ ref('stg_bitrix24__leads') }}

),

statuses as (

    select
        status_id,
        semantic
    from {{ ref('stg_bitrix24__statuses') }}
    where directory = 'STATUS'

),

currencies as (

    select
        currency_id,
        rate_to_base
    from {{ ref('dim_currency') }}

),

deals as (

    select
        deal_id,
        lead_id,
        created_at_utc
    from {{ ref('fct_deal') }}
    where lead_id is not null

),

ordered_deals as (

    select
        deal_id,
        lead_id,
        created_at_utc,
        row_number() over (partition by lead_id order by created_at_utc nulls last, deal_id) as place,
        count(*) over (partition by lead_id) as count_deals
    from deals

),

-- one row per lead: its first deal
first_deals as (

    select
        deal_id,
        lead_id,
        created_at_utc,
        count_deals
    from ordered_deals
    where place = 1

),

stated as (

    select
        leads.lead_id,
        leads.lead_title,
        leads.owner_user_id,
        leads.contact_id,
        leads.company_id,
        leads.source_id,
        leads.utm_source,
        leads.utm_medium,
        leads.utm_campaign,
        leads.status_id,
        leads.status_name,
        coalesce(leads.status_semantic, statuses.semantic, 'P') as status_semantic,
        leads.currency_id,
        leads.amount,
        {{ in_base_currency('leads.amount', 'currencies.rate_to_base') }} as amount_base,
        leads.created_at_utc,
        coalesce(leads.closed_at_utc, leads.moved_at_utc) as ended_at_utc,
        first_deals.deal_id as first_deal_id,
        first_deals.created_at_utc as first_deal_at_utc,
        coalesce(first_deals.count_deals, 0) as count_deals
    from leads
    left join statuses on leads.status_id = statuses.status_id
    left join currencies on leads.currency_id = currencies.currency_id
    left join first_deals on leads.lead_id = first_deals.lead_id

),

timed as (

    select
        lead_id,
        lead_title,
        owner_user_id,
        contact_id,
        company_id,
        source_id,
        utm_source,
        utm_medium,
        utm_campaign,
        status_id,
        status_name,
        status_semantic,
        case status_semantic when 'S' then 'converted' when 'F' then 'junk' else 'in_progress' end as status,
        currency_id,
        amount,
        amount_base,
        created_at_utc,
        case when status_semantic in ('S', 'F') then ended_at_utc end as closed_at_utc,
        first_deal_id,
        first_deal_at_utc,
        count_deals
    from stated

)

select
    timed.lead_id,
    timed.lead_title,
    timed.status_id,
    timed.status_name,
    timed.status_semantic,
    timed.status,
    timed.owner_user_id,
    timed.contact_id,
    timed.company_id,
    timed.source_id,
    {{ comparable('timed.utm_source') }} as utm_source,
    {{ comparable('timed.utm_medium') }} as utm_medium,
    {{ comparable('timed.utm_campaign') }} as utm_campaign,
    timed.currency_id,
    timed.amount,
    timed.amount_base,
    timed.created_at_utc,
    {{ local_date('timed.created_at_utc') }} as created_date,
    timed.closed_at_utc,
    {{ local_date('timed.closed_at_utc') }} as closed_date,
    case
        when timed.status = 'converted' then {{ hours_between('timed.created_at_utc', 'timed.closed_at_utc') }}
    end as hours_to_convert,
    case
        when timed.status = 'in_progress' then {{ days_between('timed.created_at_utc', 'settings.as_of') }}
    end as age_days,
    timed.first_deal_id,
    timed.first_deal_at_utc,
    {{ hours_between('timed.created_at_utc', 'timed.first_deal_at_utc') }} as hours_to_first_deal,
    timed.count_deals
from timed
cross join settings
