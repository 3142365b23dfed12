{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}

with

settings as (

    select
        as_of,
        as_of_date
    from {{ ref('settings') }}

),

deals as (

    select
        deal_id,
        category_id,
        stage_id,
        status,
        owner_user_id,
        currency_id,
        amount,
        amount_base,
        probability,
        expected_close_date,
        modified_at_utc
    from {{ ref('fct_deal') }}

),

raw_deals as (

    {{ raw('deals', {'_synced_at': 'timestamptz'}, deleted=true) }}

),

-- of a moment before the data nothing is known any more. Either clock will do: the portal's, by which deals change, or
-- that of this machine, by which they were read, so that neither a wrong date nor a wrong clock stops the snapshots
known_from as (

    select
        least(
            (select max(modified_at_utc) from deals),
            (select max(_synced_at) from raw_deals)
        ) as first_moment

)

{% if is_incremental() -%}

,

kept as (

    select kept_rows.deal_id
    from {{ this }} as kept_rows
    inner join settings on kept_rows.snapshot_date = settings.as_of_date

)

{% endif -%}

select
    deals.deal_id,
    settings.as_of_date as snapshot_date,
    deals.amount,
    deals.amount_base,
    deals.owner_user_id,
    deals.category_id,
    deals.stage_id,
    deals.status,
    deals.currency_id,
    deals.probability,
    deals.expected_close_date,
    settings.as_of as snapshot_at_utc
from deals
cross join settings
cross join known_from
{%- if is_incremental() %}
left join kept on deals.deal_id = kept.deal_id
{%- endif %}
where
    settings.as_of >= coalesce(known_from.first_moment, settings.as_of)
    {%- if is_incremental() %}
    and kept.deal_id is null
    {%- endif %}
