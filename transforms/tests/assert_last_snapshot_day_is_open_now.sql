-- A row is a stage in which the last day of rpt_pipeline_snapshot holds other open deals than fct_deal does. Where the
-- portal's data is younger than as_of the two speak of different moments: then there is nothing to compare.
with

settings as (

    select
        as_of,
        as_of_date
    from {{ ref('settings') }}

),

deals as (

    select
        category_id,
        stage_id,
        status,
        amount_base,
        created_at_utc,
        stage_entered_at_utc
    from {{ ref('fct_deal') }}

),

visits as (

    select entered_at_utc
    from {{ ref('fct_deal_stage_history') }}

),

newest as (

    select greatest(
        (select max(created_at_utc) from deals),
        (select max(stage_entered_at_utc) from deals),
        (select max(entered_at_utc) from visits)
    ) as newest_at_utc

),

open_now as (

    select
        category_id,
        stage_id,
        count(*) as open_deals,
        {{ total('amount_base') }} as open_amount_base
    from deals
    where
        status = 'open'
        and stage_id is not null
    group by category_id, stage_id

),

last_day as (

    select
        snapshot.category_id,
        snapshot.stage_id,
        snapshot.open_deals,
        snapshot.open_amount_base
    from {{ ref('rpt_pipeline_snapshot') }} as snapshot
    inner join settings on snapshot.snapshot_date = settings.as_of_date

),

compared as (

    select
        coalesce(open_now.category_id, last_day.category_id) as category_id,
        coalesce(open_now.stage_id, last_day.stage_id) as stage_id,
        coalesce(last_day.open_deals, 0) as open_on_last_day,
        coalesce(open_now.open_deals, 0) as open_now,
        coalesce(last_day.open_amount_base, 0) as amount_on_last_day,
        coalesce(open_now.open_amount_base, 0) as amount_now
    from open_now
    full outer join last_day
        on open_now.category_id = last_day.category_id
        and open_now.stage_id = last_day.stage_id

)

select
    compared.category_id,
    compared.stage_id,
    compared.open_on_last_day,
    compared.open_now,
    compared.amount_on_last_day,
    compared.amount_now
from compared
cross join newest
cross join settings
where
    newest.newest_at_utc <= settings.as_of
    and (
        compared.open_on_last_day <> compared.open_now
        or compared.amount_on_last_day <> compared.amount_now
    )
