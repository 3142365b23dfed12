with

listed as (

    select
        status_id as source_id,
        status_name as source_name,
        status_sort as source_sort
    from {{ ref('stg_bitrix24__statuses') }}
    where
        directory = 'SOURCE'
        and status_id is not null

),

deals as (

    select source_id
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

leads as (

    select source_id
    from {{ ref('stg_bitrix24__leads') }}

),

contacts as (

    select source_id
    from {{ ref('stg_bitrix24__contacts') }}

),

pointed_at as (

    select source_id
    from deals
    union
    select source_id
    from leads
    union
    select source_id
    from contacts

),

inferred as (

    select pointed_at.source_id
    from pointed_at
    left join listed on pointed_at.source_id = listed.source_id
    where
        listed.source_id is null
        and pointed_at.source_id is not null

)

select
    source_id,
    coalesce(source_name, source_id) as source_name,
    source_sort,
    false as is_inferred
from listed

union all

select
    source_id,
    '(deleted) ' || source_id as source_name,
    null as source_sort,
    true as is_inferred
from inferred
