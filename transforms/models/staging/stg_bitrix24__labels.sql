with

users as (

    select
        user_id,
        max(user_name) as user_name
    from {{ ref('stg_bitrix24__users') }}
    -- DuckDB's list has a place for each id up to the highest: one beyond all reason must not make it as long
    where user_id between 1 and 10000000
    group by user_id

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
    {{ label_places('users', 'user_id', 'user_name') }} as user_names,
    {{ label_list('statuses', 'status_key', 'status_name') }} as status_names,
    {{ label_list('pipelines', 'pipeline_key', 'pipeline_name') }} as pipeline_names,
    {{ label_list('currencies', 'currency_id', 'currency_name') }} as currency_names,
    {{ label_list('smart_processes', 'entity_type_id', 'smart_process_name') }} as smart_process_names
