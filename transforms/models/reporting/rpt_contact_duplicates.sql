with

channels as (

    select
        channel_type as match_type,
        value_normalised as match_key,
        owner_id as contact_id
    from {{ ref('dim_contact_channel') }}
    where
        owner_type = 'contact'
        and value_normalised is not null

),

-- one row per contact and value, also where it has it twice
distinct_channels as (

    select distinct
        match_type,
        match_key,
        contact_id
    from channels

)

select
    match_type,
    match_key,
    count(*) as contacts,
    string_agg(cast(contact_id as varchar), ',' order by contact_id) as contact_ids
from distinct_channels
group by match_type, match_key
having count(*) >= 2
order by match_type, match_key
