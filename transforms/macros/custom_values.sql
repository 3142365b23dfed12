{# A raw column of a custom field as text, NULL where it is empty; a column that is not there is empty. #}
{% macro _custom_text(field, present) -%}
    {%- if field.column not in present -%}
        cast(null as varchar)
    {%- elif field.kind == 'boolean' -%}
        cast({{ b24.to_flag(field.column) }} as varchar)
    {%- elif field.kind == 'file' -%}
        cast({{ b24.to_json(field.column) }} as varchar)
    {%- elif field.kind == 'double' -%}
        regexp_replace({{ b24.to_text(field.column) }}, '\.0+$', '')
    {%- else -%}
        {{ b24.to_text(field.column) }}
    {%- endif -%}
{%- endmacro %}

{# A multiple field as a list of texts without the empty ones, NULL where nothing is left. #}
{% macro _custom_texts(field, present) -%}
    {%- if field.column not in present -%}
        cast(null as varchar[])
    {%- else -%}
        nullif(
            list_filter(
                case
                    when cast({{ field.column }} as varchar) like '[%'
                        then try_cast({{ field.column }} as json) ->> '$[*]'
                    else [cast({{ field.column }} as varchar)]
                end,
                lambda value: value not in ('', {{ "'false', " if field.kind != 'boolean' }}'null', '[]', '{}', '""')
            ),
            []
        )
    {%- endif -%}
{%- endmacro %}

{# What people read instead of a value (an SQL text); needs `labels`. #}
{% macro _decoded(field, value) -%}
    {%- if field.kind == 'enumeration' -%}
        coalesce({{ _option_label(field, value) }}, '(deleted) ' || {{ value }})
    {%- elif field.kind == 'employee' -%}
        coalesce({{ b24.user_name("try_cast(" ~ value ~ " as bigint)") }}, {{ value }})
    {%- elif field.kind == 'crm_status' -%}
        {{ b24.status_name("'" ~ field.directory | replace("'", "''") ~ "'", value) }}
    {%- elif field.kind == 'money' -%}
        {{ _money_text(value) }}
    {%- elif field.kind in ('integer', 'iblock_section', 'iblock_element') -%}
        try_cast({{ value }} as bigint)
    {%- elif field.kind == 'double' -%}
        try_cast({{ value }} as double)
    {%- elif field.kind == 'boolean' -%}
        {{ b24.to_flag(value) }}
    {%- elif field.kind == 'date' -%}
        {{ b24.to_date(value) }}
    {%- elif field.kind == 'datetime' -%}
        {{ b24.to_instant(value) }}
    {%- elif field.kind == 'file' -%}
        {{ _file_id(value) }}
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}

{# The same as a text for the long form, where only list values are looked up: other ids stay ids. #}
{% macro _decoded_text(field, value) -%}
    {%- if field.kind in ('enumeration', 'money') -%}
        {{ _decoded(field, value) }}
    {%- elif field.kind == 'boolean' -%}
        cast({{ b24.to_flag(value) }} as varchar)
    {%- elif field.kind == 'date' -%}
        coalesce(cast({{ b24.to_date(value) }} as varchar), {{ value }})
    {%- elif field.kind == 'datetime' -%}
        coalesce(strftime(timezone('UTC', {{ b24.to_instant(value) }}), '%Y-%m-%dT%H:%M:%S+00:00'), {{ value }})
    {%- elif field.kind == 'file' -%}
        coalesce(cast({{ _file_id(value) }} as varchar), {{ value }})
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}

{% macro _option_label(field, value) -%}
    {%- set options = fromjson(field.options) if field.options is string else field.options or [] -%}
    {%- set entries = {} -%}
    {%- for option in options if option.ID is defined and option.VALUE is defined -%}
        {%- do entries.update({option.ID | string: option.VALUE | string}) -%}
    {%- endfor -%}
    {%- if entries -%}
    map {
        {%- for id, label in entries.items() -%}
        '{{ id | replace("'", "''") }}': '{{ label | replace("'", "''") }}'{{ ", " if not loop.last }}
        {%- endfor -%}
    }[{{ value }}]
    {%- else -%}
    cast(null as varchar)
    {%- endif -%}
{%- endmacro %}

{# 1500|EUR is 1500 EUR; a currency without a sum is nothing. #}
{% macro _money_text(value) -%}
    case when split_part({{ value }}, '|', 1) <> '' then trim(replace({{ value }}, '|', ' ')) end
{%- endmacro %}

{# A file is {"id": 17, ...} or its id. #}
{% macro _file_id(value) -%}
    coalesce(try_cast(try_cast({{ value }} as json) ->> '$.id' as bigint), try_cast({{ value }} as bigint))
{%- endmacro %}

{#
    A row per record with a column, or two, for every custom field, decoded. Multiple fields are lists; a list, user or
    directory field has its ids beside it (_id, _ids), a sum of money its currency (_currency), a file is its id.
#}
{% macro custom_columns(entity, entity_code, key) -%}
    {%- set present = b24.raw_columns(builtins.source('bitrix24', entity)) -%}
    {%- set fields = b24.custom_fields_of(entity_code) -%}
    with

    source as (

        {{ _raw_with_custom_fields(entity, fields, present) }}

    ),

    labels as (

        select
            user_names,
            status_names
        from {{ ref('stg_bitrix24__labels') }}

    ),

    texts as (

        select
            {{ b24.to_id('id') }} as {{ key }}
            {%- for field in fields %},
            {{ _custom_texts(field, present) if field.multiple else _custom_text(field, present) }} as {{ field.column }}
            {%- endfor %}
        from source

    )

    select
        {{ key }}
        {%- for field in fields %}{{ _custom_column(field) }}{% endfor %}
    from texts
    left join labels on true
{%- endmacro %}

{% macro _custom_column(field) -%}
    {%- set text = 'texts.' ~ field.column -%}
    {%- set ids = adapter.quote(field.name ~ ('_ids' if field.multiple else '_id')) -%}
    {%- if field.multiple -%}
        ,
        list_transform({{ text }}, lambda value: {{ _decoded(field, 'value') }}) as {{ adapter.quote(field.name) }}
    {%- elif field.kind == 'money' -%}
        ,
        {{ b24.to_money("split_part(" ~ text ~ ", '|', 1)") }} as {{ adapter.quote(field.name) }},
        nullif(split_part({{ text }}, '|', 2), '') as {{ adapter.quote(field.name ~ '_currency') }}
    {%- else -%}
        ,
        {{ _decoded(field, text) }} as {{ adapter.quote(field.name) }}
    {%- endif -%}
    {%- if field.kind in ('enumeration', 'employee') -%}
        ,
        try_cast({{ text }} as {{ "bigint[]" if field.multiple else "bigint" }}) as {{ ids }}
    {%- elif field.kind == 'crm_status' -%}
        ,
        {{ text }} as {{ ids }}
    {%- endif -%}
{%- endmacro %}

{#
    A row per record, custom field and value, decoded to text: labels of list values, true and false, 1500 EUR, days
    as 2024-12-31, moments in UTC. Empty values are no rows, and values are numbered from 1 without gaps.
#}
{% macro custom_values(entity, entity_code, key) -%}
    {%- set present = b24.raw_columns(builtins.source('bitrix24', entity)) -%}
    {%- set fields = [] -%}
    {%- for field in b24.custom_fields_of(entity_code) if field.column in present -%}
        {%- do fields.append(field) -%}
    {%- endfor -%}
    {%- if fields -%}
    with

    source as (

        {{ _raw_with_custom_fields(entity, fields, present) }}

    ),

    texts as (

        select
            {{ b24.to_id('id') }} as {{ key }}
            {%- for field in fields %},
            {%- if field.multiple %}
            list_transform(
                {{ _custom_texts(field, present) }},
                lambda value: {{ _decoded_text(field, 'value') }}
            ) as {{ field.column }}
            {%- else %}
            [{{ _decoded_text(field, _custom_text(field, present)) }}] as {{ field.column }}
            {%- endif %}
            {%- endfor %}
        from source

    ),

    fields as (

        select
            {{ key }},
            unnest([
                {%- for field in fields %}
                {
                    'code': '{{ field.code | replace("'", "''") }}',
                    'label': '{{ field.label | replace("'", "''") }}',
                    'texts': list_filter({{ field.column }}, lambda value: value is not null)
                }{{ "," if not loop.last }}
                {%- endfor %}
            ]) as field
        from texts

    )

    select
        {{ key }},
        field.code as field_code,
        field.label as field_label,
        generate_subscripts(field.texts, 1) as value_index,
        unnest(field.texts) as value_text
    from fields
    where len(field.texts) > 0
    {%- else -%}
    select
        cast(null as bigint) as {{ key }},
        cast(null as varchar) as field_code,
        cast(null as varchar) as field_label,
        cast(null as bigint) as value_index,
        cast(null as varchar) as value_text
    from (select 1 as nothing) as no_field
    where false
    {%- endif -%}
{%- endmacro %}

{% macro _raw_with_custom_fields(entity, fields, present) -%}
    {%- set columns = {'id': 'bigint'} -%}
    {%- for field in fields if field.column in present -%}
        {%- do columns.update({field.column: 'varchar'}) -%}
    {%- endfor -%}
    {{ b24.raw(entity, columns) }}
{%- endmacro %}

{# What each column of a wide view is: the label and the code behind its name. Run after the view is made. #}
{% macro describe_custom_columns(relation, entity_code) -%}
    {%- for field in b24.custom_fields_of(entity_code) %}
    {%- for ending in _endings_of(field) %}
    {%- set what = {'_id': ', id', '_ids': ', ids', '_currency': ', currency'}.get(ending, '') %}
    comment on column {{ relation.include(database=false) }}.{{ adapter.quote(field.name ~ ending) }}
        is '{{ (field.label ~ what ~ ' (' ~ field.code ~ ', ' ~ field.kind ~ ')') | replace("'", "''") }}';
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}
