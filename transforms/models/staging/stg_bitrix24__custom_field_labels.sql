{% set columns = {
    'entity_id': 'varchar',
    'field_name': 'varchar',
    'label': 'varchar',
    'list': 'json',
    '_deleted_at': 'timestamptz',
    '_synced_at': 'timestamptz'
} %}

with

earlier as (

    {{ raw('custom_fields_history', columns, deleted=true) }}

),

present as (

    {{ raw('custom_fields', columns, deleted=true) }}

),

seen as (

    select
        entity_id,
        field_name,
        label,
        cast(list as varchar) as list,
        {{ to_instant('_deleted_at') }} as _deleted_at,
        {{ to_instant('_synced_at') }} as _synced_at
    from earlier
    union
    select
        entity_id,
        field_name,
        label,
        cast(list as varchar) as list,
        {{ to_instant('_deleted_at') }} as _deleted_at,
        {{ to_instant('_synced_at') }} as _synced_at
    from present

),

-- a field that is gone is one more version of it, without any label
versions as (

    select
        {{ to_text('entity_id') }} as entity_code,
        {{ to_text('field_name') }} as field_code,
        coalesce({{ to_text('label') }}, {{ to_text('field_name') }}) as label,
        {{ to_json('list') }} as options,
        {{ to_instant('_synced_at') }} as seen_at
    from seen
    where _deleted_at is null or _synced_at < _deleted_at
    union all
    select distinct
        {{ to_text('entity_id') }} as entity_code,
        {{ to_text('field_name') }} as field_code,
        cast(null as varchar) as label,
        cast(null as {{ b24.type_called('json') }}) as options,
        {{ to_instant('_deleted_at') }} as seen_at
    from seen
    where _deleted_at is not null

),

options as (

    select
        entity_code,
        field_code,
        seen_at,
        {{ json_elements('options') }} as option
    from versions

),

option_labels as (

    select
        entity_code,
        field_code,
        seen_at,
        option ->> 'ID' as option_id,
        option ->> 'VALUE' as label
    from options

),

known_options as (

    select distinct
        entity_code,
        field_code,
        option_id
    from option_labels
    where option_id is not null

),

labels as (

    select
        entity_code,
        field_code,
        cast(null as varchar) as option_id,
        seen_at,
        label
    from versions
    union all
    select
        versions.entity_code,
        versions.field_code,
        known_options.option_id,
        versions.seen_at,
        option_labels.label
    from versions
    inner join known_options
        on versions.entity_code = known_options.entity_code
        and versions.field_code = known_options.field_code
    left join option_labels
        on versions.entity_code = option_labels.entity_code
        and versions.field_code = option_labels.field_code
        and versions.seen_at is not distinct from option_labels.seen_at
        and known_options.option_id = option_labels.option_id

),

compared as (

    select
        entity_code,
        field_code,
        option_id,
        seen_at,
        label,
        lag(label) over (partition by entity_code, field_code, option_id order by seen_at nulls first) as label_before
    from labels

),

changes as (

    select
        entity_code,
        field_code,
        option_id,
        seen_at,
        label,
        row_number() over (partition by entity_code, field_code, option_id order by seen_at nulls first) as version,
        lead(seen_at) over (partition by entity_code, field_code, option_id order by seen_at nulls first) as next_seen_at
    from compared
    where label is distinct from label_before

)

select
    entity_code,
    field_code,
    option_id,
    coalesce('option ' || option_id, 'field') as label_of,
    version,
    label,
    seen_at as valid_from_utc,
    next_seen_at as valid_to_utc,
    next_seen_at is null as is_current
from changes
where label is not null
