-- A row says that fct_deal_stage_history has more or fewer rows than the portal has visits of the deals in fct_deal.
with

live as (

    {{ raw('deal_stage_history', {'id': 'bigint', 'owner_id': 'bigint'}) }}

),

deals as (

    select deal_id
    from {{ ref('fct_deal') }}

),

expected as (

    select count(*) as count_rows
    from live
    inner join deals on {{ b24.try_to('live.owner_id', 'bigint') }} = deals.deal_id

),

actual as (

    select count(*) as count_rows
    from {{ ref('fct_deal_stage_history') }}

)

select
    expected.count_rows as live_visits,
    actual.count_rows as rows_of_fct_deal_stage_history
from expected
cross join actual
where expected.count_rows <> actual.count_rows
