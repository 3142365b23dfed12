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
    {%- set empty = "('', " ~ ("'false', " if field.kind != 'boolean' else "") ~ "'null', '[]', '{}', '\"\"')" -%}
    {%- if field.column not in present -%}
        cast(null as varchar[])
    {%- else -%}
        {{ adapter.dispatch('_texts_in', 'b24')(field.column, empty) }}
    {%- endif -%}
{%- endmacro %}

{% macro default___texts_in(column, empty) -%}
    nullif(
        array(
            select listed.value
            from unnest(
                case
                    when cast({{ column }} as varchar) like '[%'
                        then array(select jsonb_array_elements_text({{ b24.try_to(column, 'json') }}))
                    else array[cast({{ column }} as text)]
                end
            ) with ordinality as listed(value, place)
            where listed.value not in {{ empty }}
            order by listed.place
        ),
        '{}'
    )
{%- endmacro %}

{% macro duckdb___texts_in(column, empty) -%}
    nullif(
        list_filter(
            case
                when cast({{ column }} as varchar) like '[%'
                    then try_cast({{ column }} as json) ->> '$[*]'
                else [cast({{ column }} as varchar)]
            end,
            lambda value: value not in {{ empty }}
        ),
        []
    )
{%- endmacro %}

{# A list with an expression in place of each `value`. #}
{% macro _each(list, expression) -%}
    {{ adapter.dispatch('_each', 'b24')(list, expression) }}
{%- endmacro %}

{% macro default___each(list, expression) -%}
    case
        when {{ list }} is not null
            then array(
                select {{ expression }} from unnest({{ list }}) with ordinality as listed(value, place) order by place
            )
    end
{%- endmacro %}

{% macro duckdb___each(list, expression) -%}
    list_transform({{ list }}, lambda value: {{ expression }})
{%- endmacro %}

{# What people read instead of a value (an SQL text); needs `labels`. #}
{% macro _decoded(field, value) -%}
    {%- if field.kind == 'enumeration' -%}
        coalesce({{ _option_label(field, value) }}, '(deleted) ' || {{ value }})
    {%- elif field.kind == 'employee' -%}
        coalesce({{ b24.user_name(b24.try_to(value, 'bigint')) }}, {{ value }})
    {%- elif field.kind == 'crm_status' -%}
        {{ b24.status_name("'" ~ field.directory | replace("'", "''") ~ "'", value) }}
    {%- elif field.kind == 'money' -%}
        {{ _money_text(value) }}
    {%- elif field.kind in ('integer', 'iblock_section', 'iblock_element') -%}
        {{ b24.try_to(value, 'bigint') }}
    {%- elif field.kind == 'double' -%}
        {{ b24.try_to(value, 'double precision') }}
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
        coalesce({{ b24.utc_text(b24.to_instant(value)) }}, {{ value }})
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
    {{ adapter.dispatch('_looked_up', 'b24')(entries, value) }}
    {%- else -%}
    cast(null as varchar)
    {%- endif -%}
{%- endmacro %}

{% macro default___looked_up(entries, value) -%}
    (cast('{{ tojson(entries) | replace("'", "''") }}' as jsonb) ->> {{ value }})
{%- endmacro %}

{% macro duckdb___looked_up(entries, value) -%}
    map {
        {%- for id, label in entries.items() -%}
        '{{ id | replace("'", "''") }}': '{{ label | replace("'", "''") }}'{{ ", " if not loop.last }}
        {%- endfor -%}
    }[{{ value }}]
{%- endmacro %}

{# 1500|EUR is 1500 EUR; a currency without a sum is nothing. #}
{% macro _money_text(value) -%}
    case when split_part({{ value }}, '|', 1) <> '' then trim(replace({{ value }}, '|', ' ')) end
{%- endmacro %}

{# A file is {"id": 17, ...} or its id. #}
{% macro _file_id(value) -%}
    coalesce(
        {{ b24.try_to("(" ~ b24.try_to(value, 'json') ~ " ->> 'id')", 'bigint') }},
        {{ b24.try_to(value, 'bigint') }}
    )
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
        {{ _each(text, _decoded(field, 'value')) }} as {{ adapter.quote(field.name) }}
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
        {{ _each(text, b24.try_to('value', 'bigint')) if field.multiple else b24.try_to(text, 'bigint') }} as {{ ids }}
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
            {{ _each(_custom_texts(field, present), _decoded_text(field, 'value')) }} as {{ field.column }}
            {%- else %}
            {{ _list_of(_decoded_text(field, _custom_text(field, present))) }} as {{ field.column }}
            {%- endif %}
            {%- endfor %}
        from source

    ),

    {{ adapter.dispatch('_long_form', 'b24')(fields, key) }}
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

{% macro _list_of(expression) -%}
    {{ adapter.dispatch('_list_of', 'b24')(expression) }}
{%- endmacro %}

{% macro default___list_of(expression) -%}
    array[cast({{ expression }} as text)]
{%- endmacro %}

{% macro duckdb___list_of(expression) -%}
    [{{ expression }}]
{%- endmacro %}

{% macro default___long_form(fields, key) -%}
    fields as (

        select
            texts.{{ key }},
            field.code,
            field.label,
            array_remove(field.texts, null) as texts
        from texts
        cross join lateral (
            values
            {%- for field in fields %}
            (
                '{{ field.code | replace("'", "''") }}',
                '{{ field.label | replace("'", "''") }}',
                texts.{{ field.column }}
            ){{ "," if not loop.last }}
            {%- endfor %}
        ) as field(code, label, texts)

    )

    select
        fields.{{ key }},
        fields.code as field_code,
        fields.label as field_label,
        listed.place as value_index,
        listed.value as value_text
    from fields
    cross join lateral unnest(fields.texts) with ordinality as listed(value, place)
{%- endmacro %}

{% macro duckdb___long_form(fields, key) -%}
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
