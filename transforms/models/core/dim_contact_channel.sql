with

settings as (

    select default_country_code
    from {{ ref('settings') }}

),

points as (

    select
        contact_point_id,
        owner_type,
        owner_id,
        upper(point_type) as point_type,
        value_type,
        value_text
    from {{ ref('stg_bitrix24__contact_points') }}

),

contacts as (

    select contact_id as owner_id
    from {{ ref('stg_bitrix24__contacts') }}

),

companies as (

    select company_id as owner_id
    from {{ ref('stg_bitrix24__companies') }}

),

leads as (

    select lead_id as owner_id
    from {{ ref('stg_bitrix24__leads') }}

),

-- whose own row is gone has no channels either
owners as (

    select
        'contact' as owner_type,
        owner_id
    from contacts
    union all
    select
        'company' as owner_type,
        owner_id
    from companies
    union all
    select
        'lead' as owner_type,
        owner_id
    from leads

),

channels as (

    select
        points.contact_point_id,
        points.owner_type,
        points.owner_id,
        case points.point_type when 'PHONE' then 'phone' else 'email' end as channel_type,
        points.value_type,
        points.value_text
    from points
    inner join owners
        on points.owner_type = owners.owner_type
        and points.owner_id = owners.owner_id
    where
        points.point_type in ('PHONE', 'EMAIL')
        and points.value_text is not null

),

-- digits alone, and no international 00 in front
dialled as (

    select
        contact_point_id,
        owner_type,
        owner_id,
        channel_type,
        value_type,
        value_text,
        case
            when channel_type = 'phone'
                then regexp_replace(regexp_replace(value_text, '[^0-9]', '', 'g'), '^00', '')
        end as digits
    from channels

)

select
    dialled.contact_point_id,
    dialled.owner_type,
    dialled.owner_id,
    dialled.channel_type,
    dialled.value_type,
    dialled.value_text,
    nullif(
        case
            when dialled.channel_type = 'email' then lower(trim(dialled.value_text))
            when length(dialled.digits) = 11 and dialled.digits like '8%' then '7' || substr(dialled.digits, 2)
            when dialled.digits like '0%'
                then coalesce(settings.default_country_code || substr(dialled.digits, 2), dialled.digits)
            else dialled.digits
        end,
        ''
    ) as value_normalised
from dialled
cross join settings
