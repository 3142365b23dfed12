with

settings as (

    select
        as_of,
        portal_timezone
    from {{ ref('settings') }}

),

files as (

    select
        file_id,
        storage_id,
        parent_folder_id,
        file_name,
        file_path,
        created_by_user_id,
        updated_by_user_id,
        size_bytes,
        is_in_trash,
        created_at_utc,
        updated_at_utc,
        deleted_at_utc
    from {{ ref('stg_bitrix24__disk_files') }}

),

storages as (

    select
        storage_id,
        storage_name,
        storage_type
    from {{ ref('stg_bitrix24__disk_storages') }}

),

-- one row per file: a storage is found at most once
described as (

    select
        files.file_id,
        files.storage_id,
        storages.storage_name,
        storages.storage_type,
        files.parent_folder_id,
        files.file_name,
        files.file_path,
        -- a dot in front begins the name of a hidden file
        case
            when position('.' in substr(files.file_name, 2)) > 0
                then coalesce(
                    nullif(lower(reverse(split_part(reverse(files.file_name), '.', 1))), ''),
                    '(none)'
                )
            else '(none)'
        end as file_ext,
        coalesce(files.size_bytes, 0) as size_bytes,
        files.is_in_trash,
        files.created_by_user_id,
        files.updated_by_user_id,
        files.created_at_utc,
        files.updated_at_utc,
        files.deleted_at_utc,
        -- whole days of real time
        floor({{ days_between('files.updated_at_utc', 'settings.as_of') }}) as age_days
    from files
    cross join settings
    left join storages on files.storage_id = storages.storage_id

)

select
    file_id,
    storage_id,
    storage_name,
    storage_type,
    parent_folder_id,
    file_name,
    file_path,
    file_ext,
    size_bytes,
    is_in_trash,
    created_by_user_id,
    updated_by_user_id,
    created_at_utc,
    updated_at_utc,
    {{ local_date('updated_at_utc') }} as updated_date,
    deleted_at_utc,
    cast(age_days as bigint) as age_days,
    case
        when age_days <= 30 then '000-030'
        when age_days <= 90 then '031-090'
        when age_days <= 365 then '091-365'
        when age_days > 365 then '366+'
        else '(none)'
    end as age_bucket
from described
