with

settings as (

    select
        as_of,
        as_of_date,
        portal_timezone
    from {{ ref('settings') }}

),

days as (

    select date_day
    from {{ ref('dim_date') }}

),

deals as (

    select
        deal_id,
        category_id,
        stage_id,
        status,
        coalesce(amount_base, 0) as amount_base,
        created_at_utc,
        stage_entered_at_utc
    from {{ ref('fct_deal') }}

),

visits as (

    select
        deal_id,
        category_id,
        stage_id,
        stage_semantic,
        entered_at_utc,
        entered_date,
        left_at_utc,
        left_date,
        is_current
    from {{ ref('fct_deal_stage_history') }}

),

-- one row per deal that its history shows in another stage, or not at all: the present is what the deal says, from its
-- last move on
strayed as (

    select
        deals.deal_id,
        deals.category_id,
        deals.stage_id,
        deals.status,
        deals.amount_base,
        visits.entered_at_utc,
        case
            when visits.deal_id is null then coalesce(deals.stage_entered_at_utc, deals.created_at_utc, settings.as_of)
            when deals.stage_entered_at_utc is null then settings.as_of
            else greatest(deals.stage_entered_at_utc, visits.entered_at_utc)
        end as moved_at_utc
    from deals
    cross join settings
    left join visits
        on deals.deal_id = visits.deal_id
        and visits.is_current
    where visits.stage_id is distinct from deals.stage_id

),

moved as (

    select
        deal_id,
        category_id,
        stage_id,
        status,
        amount_base,
        entered_at_utc,
        moved_at_utc,
        {{ local_date('moved_at_utc') }} as moved_date
    from strayed

),

-- one row per stay of an open deal in a stage that had begun by as_of; it lasts if it has no end by then
stays as (

    select
        case
            when visits.is_current and moved.deal_id is null then deals.category_id
            else visits.category_id
        end as category_id,
        visits.stage_id,
        deals.amount_base,
        visits.entered_date as first_day,
        case
            when coalesce(visits.left_at_utc, moved.moved_at_utc) <= settings.as_of
                then coalesce(visits.left_date, moved.moved_date)
        end as left_day
    from visits
    inner join deals on visits.deal_id = deals.deal_id
    cross join settings
    left join moved
        on visits.deal_id = moved.deal_id
        and visits.is_current
    where
        visits.entered_at_utc <= settings.as_of
        and case
            when visits.is_current and moved.deal_id is null then deals.status = 'open'
            else visits.stage_semantic = 'P'
        end

    union all

    select
        moved.category_id,
        moved.stage_id,
        moved.amount_base,
        moved.moved_date as first_day,
        null as left_day
    from moved
    cross join settings
    where
        moved.status = 'open'
        and moved.moved_at_utc <= settings.as_of
        and (moved.entered_at_utc is null or moved.entered_at_utc <= settings.as_of)

),

-- a stay counts on the days at whose end it lasts: from its first day to the one before it ended
changes as (

    select
        category_id,
        stage_id,
        first_day as date_day,
        1 as count_deals,
        amount_base
    from stays
    where
        stage_id is not null
        and (left_day is null or left_day > first_day)

    union all

    select
        category_id,
        stage_id,
        left_day as date_day,
        -1 as count_deals,
        -amount_base as amount_base
    from stays
    where
        stage_id is not null
        and left_day > first_day

),

calendar as (

    select min(date_day) as first_day
    from days

),

dated as (

    select
        changes.category_id,
        changes.stage_id,
        -- what is older than the calendar was there on its first day
        greatest(changes.date_day, calendar.first_day) as date_day,
        changes.count_deals,
        changes.amount_base
    from changes
    cross join calendar

),

-- one row per stage and day with a change
daily_changes as (

    select
        category_id,
        stage_id,
        date_day,
        sum(count_deals) as count_deals,
        sum(amount_base) as amount_base
    from dated
    group by category_id, stage_id, date_day

),

first_days as (

    select
        category_id,
        stage_id,
        min(date_day) as first_day
    from daily_changes
    group by category_id, stage_id

),

-- one row per stage and day since its first deal: as many as there are days, however many deals
stage_days as (

    select
        first_days.category_id,
        first_days.stage_id,
        days.date_day
    from first_days
    cross join settings
    inner join days on days.date_day between first_days.first_day and settings.as_of_date

),

running as (

    select
        stage_days.date_day,
        stage_days.category_id,
        stage_days.stage_id,
        sum(coalesce(daily_changes.count_deals, 0)) over so_far as count_deals,
        sum(coalesce(daily_changes.amount_base, 0)) over so_far as amount_base
    from stage_days
    left join daily_changes
        on stage_days.category_id = daily_changes.category_id
        and stage_days.stage_id = daily_changes.stage_id
        and stage_days.date_day = daily_changes.date_day
    window so_far as (
        partition by stage_days.category_id, stage_days.stage_id
        order by stage_days.date_day
    )

)

select
    date_day as snapshot_date,
    category_id,
    stage_id,
    cast(count_deals as bigint) as open_deals,
    cast(amount_base as decimal(38, 6)) as open_amount_base
from running
where count_deals > 0
order by snapshot_date, category_id, stage_id
