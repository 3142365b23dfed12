with

settings as (

    select as_of
    from {{ ref('settings') }}

),

runs as (

    {{ raw('sync_runs', {'run_id': 'varchar', 'finished_at': 'timestamptz'}, source_name='ops') }}

),

receipts as (

    {{ raw('sync_entities', {
        'run_id': 'varchar',
        'entity': 'varchar',
        'status': 'varchar',
        'portal_count': 'bigint',
        'warehouse_count': 'bigint',
        'verdict': 'varchar',
        'error': 'varchar'
    }, source_name='ops') }}

),

-- one row per raw table
counted as (

    {{ raw_table_counts() }}

),

-- the last run that dealt with a table; ids of runs begin with their time
ranked as (

    select
        receipts.entity,
        receipts.status,
        receipts.portal_count,
        receipts.warehouse_count,
        receipts.verdict,
        receipts.error,
        runs.finished_at,
        row_number() over (
            partition by receipts.entity
            order by runs.finished_at desc nulls last, receipts.run_id desc
        ) as place
    from receipts
    left join runs on receipts.run_id = runs.run_id

),

last_receipts as (

    select
        entity,
        status,
        portal_count,
        warehouse_count,
        verdict,
        error,
        finished_at
    from ranked
    where place = 1

)

select
    counted.table_name,
    counted.is_loaded,
    counted.rows_live,
    counted.rows_deleted,
    counted.last_changed_at as last_row_synced_at_utc,
    last_receipts.finished_at as last_receipt_at_utc,
    {{ hours_between('coalesce(last_receipts.finished_at, counted.last_changed_at)', 'settings.as_of') }} as lag_hours,
    last_receipts.status as last_status,
    last_receipts.portal_count,
    last_receipts.warehouse_count,
    last_receipts.verdict,
    last_receipts.error as last_error
from counted
cross join settings
left join last_receipts on counted.table_name = last_receipts.entity
order by counted.table_name
