with

source as (

    {{ raw('activities', {
        'id': 'bigint',
        'owner_type_id': 'bigint',
        'owner_id': 'bigint',
        'associated_entity_id': 'bigint',
        'responsible_id': 'bigint',
        'author_id': 'bigint',
        'editor_id': 'bigint',
        'type_id': 'bigint',
        'provider_id': 'varchar',
        'provider_type_id': 'varchar',
        'subject': 'varchar',
        'location': 'varchar',
        'status': 'bigint',
        'priority': 'bigint',
        'direction': 'bigint',
        'completed': 'varchar',
        'created': 'timestamptz',
        'last_updated': 'timestamptz',
        'start_time': 'timestamptz',
        'end_time': 'timestamptz',
        'deadline': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as activity_id,
        {{ to_reference('owner_type_id') }} as owner_type_id,
        {{ to_reference('owner_id') }} as owner_id,
        {{ to_reference('associated_entity_id') }} as associated_id,
        {{ to_reference('responsible_id') }} as responsible_user_id,
        {{ to_reference('author_id') }} as author_user_id,
        {{ to_reference('editor_id') }} as editor_user_id,

        -- text
        {{ b24.try_to('type_id', 'bigint') }} as activity_type_id,
        {{ to_text('provider_id') }} as provider_id,
        {{ to_text('provider_type_id') }} as provider_type_id,
        {{ to_text('subject') }} as subject,
        {{ to_text('location') }} as location,

        -- status
        {{ b24.try_to('status', 'bigint') }} as status_id,
        {{ b24.try_to('priority', 'bigint') }} as priority,
        {{ to_reference('direction') }} as direction_id,
        {{ to_flag('completed') }} as is_completed,

        -- timestamps
        {{ to_instant('created') }} as created_at_utc,
        {{ to_instant('last_updated') }} as updated_at_utc,
        {{ to_instant('start_time') }} as starts_at_utc,
        {{ to_deadline('end_time') }} as ends_at_utc,
        {{ to_deadline('deadline') }} as deadline_utc

    from source

),

labels as (

    select user_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    activity_id,
    owner_type_id,
    {{ entity_type_name('owner_type_id') }} as owner_type,
    owner_id,
    associated_id,
    responsible_user_id,
    {{ user_name('responsible_user_id') }} as responsible_user_name,
    author_user_id,
    editor_user_id,
    activity_type_id,
    case activity_type_id
        when 1 then 'meeting'
        when 2 then 'call'
        when 3 then 'task'
        when 4 then 'email'
        when 5 then 'calendar import'
        when 6 then 'other'
    end as activity_type_name,
    provider_id,
    provider_type_id,
    subject,
    location,
    status_id,
    priority,
    direction_id,
    is_completed,
    created_at_utc,
    updated_at_utc,
    starts_at_utc,
    ends_at_utc,
    deadline_utc
from typed
left join labels on true
