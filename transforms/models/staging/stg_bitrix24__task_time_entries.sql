with

source as (

    {{ raw('task_time_entries', {
        'id': 'bigint',
        'task_id': 'bigint',
        'user_id': 'bigint',
        'comment_text': 'varchar',
        'seconds': 'bigint',
        'source': 'bigint',
        'created_date': 'timestamptz',
        'date_start': 'timestamptz',
        'date_stop': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as time_entry_id,
        {{ to_reference('task_id') }} as task_id,
        {{ to_reference('user_id') }} as user_id,

        -- text
        {{ to_text('comment_text') }} as comment_text,

        -- numerics
        {{ b24.try_to('seconds', 'bigint') }} as spent_seconds,
        {{ b24.try_to('source', 'bigint') }} as entry_source,

        -- timestamps
        {{ to_instant('created_date') }} as created_at_utc,
        {{ to_instant('date_start') }} as started_at_utc,
        {{ to_instant('date_stop') }} as stopped_at_utc

    from source

),

labels as (

    select user_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    time_entry_id,
    task_id,
    user_id,
    {{ user_name('user_id') }} as user_name,
    comment_text,
    spent_seconds,
    entry_source,
    created_at_utc,
    started_at_utc,
    stopped_at_utc
from typed
left join labels on true
