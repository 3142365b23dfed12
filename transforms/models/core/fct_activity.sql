with

settings as (

    select
        as_of,
        portal_timezone
    from {{ ref('settings') }}

),

activities as (

    select
        activity_id,
        owner_type_id,
        owner_type,
        owner_id,
        responsible_user_id,
        author_user_id,
        activity_type_id,
        activity_type_name,
        provider_id,
        provider_type_id,
        subject,
        status_id,
        direction_id,
        is_completed,
        created_at_utc,
        updated_at_utc,
        starts_at_utc,
        ends_at_utc,
        deadline_utc
    from {{ ref('stg_bitrix24__activities') }}

),

-- one row per activity
stated as (

    select
        activity_id,
        owner_type_id,
        owner_type,
        owner_id,
        responsible_user_id,
        author_user_id,
        activity_type_id,
        activity_type_name as activity_type,
        provider_id,
        provider_type_id,
        subject,
        case direction_id when 1 then 'incoming' when 2 then 'outgoing' end as direction,
        coalesce(is_completed, status_id in (2, 3), false) as is_completed,
        created_at_utc,
        updated_at_utc,
        starts_at_utc,
        ends_at_utc,
        deadline_utc
    from activities

)

select
    stated.activity_id,
    stated.owner_type_id,
    stated.owner_type,
    stated.owner_id,
    case when stated.owner_type_id = 2 then stated.owner_id end as deal_id,
    stated.responsible_user_id,
    stated.author_user_id,
    stated.activity_type_id,
    stated.activity_type,
    stated.provider_id,
    stated.provider_type_id,
    stated.subject,
    stated.direction,
    stated.is_completed,
    not stated.is_completed and coalesce(stated.deadline_utc < settings.as_of, false) as is_overdue,
    stated.created_at_utc,
    {{ local_date('stated.created_at_utc') }} as created_date,
    stated.updated_at_utc,
    stated.starts_at_utc,
    stated.ends_at_utc,
    stated.deadline_utc
from stated
cross join settings
