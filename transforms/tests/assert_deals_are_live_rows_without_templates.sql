-- A row says that fct_deal has more or fewer rows than the portal has deals: a join multiplied or lost some.
with

live as (

    {{ raw('deals', {'id': 'bigint', 'is_recurring': 'varchar'}) }}

),

expected as (

    select count(*) as count_rows
    from live
    where coalesce(upper(cast(is_recurring as varchar)), 'N') not in ('Y', 'TRUE', '1')

),

actual as (

    select count(*) as count_rows
    from {{ ref('fct_deal') }}

)

select
    expected.count_rows as live_deals,
    actual.count_rows as rows_of_fct_deal
from expected
cross join actual
where expected.count_rows <> actual.count_rows
