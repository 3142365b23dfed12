with

listed as (

    select
        category_id,
        category_name,
        category_sort,
        is_default
    from {{ ref('stg_bitrix24__pipelines') }}
    where entity_type_id = 2

),

deals as (

    select category_id
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

stages as (

    select category_id
    from {{ ref('dim_stage') }}

),

pointed_at as (

    select category_id
    from deals
    union
    select category_id
    from stages

),

inferred as (

    select pointed_at.category_id
    from pointed_at
    left join listed on pointed_at.category_id = listed.category_id
    where listed.category_id is null

)

select
    category_id,
    coalesce(category_name, 'Pipeline ' || cast(category_id as varchar)) as category_name,
    category_sort,
    coalesce(is_default, category_id = 0) as is_default,
    false as is_inferred
from listed

union all

select
    category_id,
    '(deleted) ' || cast(category_id as varchar) as category_name,
    null as category_sort,
    false as is_default,
    true as is_inferred
from inferred
