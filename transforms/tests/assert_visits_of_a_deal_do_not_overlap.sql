-- A row is a visit that ends before it begins, or not when the next one begins.
with

visits as (

    select
        history_id,
        deal_id,
        entered_at_utc,
        left_at_utc,
        lead(entered_at_utc) over (partition by deal_id order by visit_seq) as next_entered_at_utc
    from {{ ref('fct_deal_stage_history') }}

)

select
    history_id,
    deal_id,
    entered_at_utc,
    left_at_utc,
    next_entered_at_utc
from visits
where
    left_at_utc < entered_at_utc
    or left_at_utc is distinct from next_entered_at_utc
