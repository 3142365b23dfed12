with

files as (

    select
        storage_id,
        storage_type,
        file_ext,
        age_bucket,
        size_bytes,
        is_in_trash
    from {{ ref('fct_file') }}

)

select
    storage_id,
    max(storage_type) as storage_type,
    file_ext,
    age_bucket,
    count(*) as files,
    cast(sum(size_bytes) as bigint) as size_bytes,
    count(*) filter (where is_in_trash) as trashed_files,
    cast(coalesce(sum(size_bytes) filter (where is_in_trash), 0) as bigint) as trashed_bytes
from files
group by storage_id, file_ext, age_bucket
order by storage_id, file_ext, age_bucket
