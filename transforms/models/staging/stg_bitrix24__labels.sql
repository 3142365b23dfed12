with

users as (

    select
        user_id,
        max(user_name) as user_name
    from {{ ref('stg_bitrix24__users') }}
    -- a place in the list is a user: an id beyond all reason must not make it as long
    where user_id between 1 and 10000000
    group by user_id

),

places as (

    select unnest(range(1, (select coalesce(max(user_id), 0) + 1 from users))) as user_id

),

statuses as (

    select
        directory || '/' || status_id as status_key,
        max(coalesce(status_name, status_id)) as status_name
    from {{ ref('stg_bitrix24__statuses') }}
    where
        directory is not null
        and status_id is not null
    group by directory, status_id

),

pipelines as (

    select
        cast(entity_type_id as varchar) || '/' || cast(category_id as varchar) as pipeline_key,
        max(coalesce(category_name, 'Pipeline ' || cast(category_id as varchar))) as pipeline_name
    from {{ ref('stg_bitrix24__pipelines') }}
    where category_id is not null
    group by entity_type_id, category_id

),

currencies as (

    select
        currency_id,
        max(coalesce(currency_name, currency_id)) as currency_name
    from {{ ref('stg_bitrix24__currencies') }}
    where currency_id is not null
    group by currency_id

),

smart_processes as (

    select
        entity_type_id,
        max(smart_process_name) as smart_process_name
    from {{ ref('stg_bitrix24__smart_process_types') }}
    where entity_type_id is not null
    group by entity_type_id

)

select
    (
        select list(users.user_name order by places.user_id)
        from places
        left join users on places.user_id = users.user_id
    ) as user_names,
    (
        select map(list(status_key order by status_key), list(status_name order by status_key))
        from statuses
    ) as status_names,
    (
        select map(list(pipeline_key order by pipeline_key), list(pipeline_name order by pipeline_key))
        from pipelines
    ) as pipeline_names,
    (
        select map(list(currency_id order by currency_id), list(currency_name order by currency_id))
        from currencies
    ) as currency_names,
    (
        select map(list(entity_type_id order by entity_type_id), list(smart_process_name order by entity_type_id))
        from smart_processes
    ) as smart_process_names
