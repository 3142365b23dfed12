-- A row says that the report counts other files or bytes than there are.
with

reported as (

    select
        coalesce(sum(files), 0) as files,
        coalesce(sum(size_bytes), 0) as size_bytes,
        coalesce(sum(trashed_files), 0) as trashed_files,
        coalesce(sum(trashed_bytes), 0) as trashed_bytes
    from {{ ref('rpt_disk_usage') }}

),

files as (

    select
        count(*) as files,
        coalesce(sum(size_bytes), 0) as size_bytes,
        count(*) filter (where is_in_trash) as trashed_files,
        coalesce(sum(size_bytes) filter (where is_in_trash), 0) as trashed_bytes
    from {{ ref('fct_file') }}

)

select
    files.files,
    reported.files as files_reported,
    files.size_bytes,
    reported.size_bytes as bytes_reported,
    files.trashed_bytes,
    reported.trashed_bytes as trashed_bytes_reported
from files
cross join reported
where
    files.files <> reported.files
    or files.size_bytes <> reported.size_bytes
    or files.trashed_files <> reported.trashed_files
    or files.trashed_bytes <> reported.trashed_bytes
