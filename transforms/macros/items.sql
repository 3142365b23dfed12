{#
    The live rows of every raw table items_<entityTypeId> with exactly these columns, all as text, the id of the type
    and, as JSON of type id to record id, the records above: items have a column parent_id<type> for each type that
    they may hang below. How many such tables there are is a matter of the portal, so they are no sources.
#}
{% macro raw_items(columns) -%}
    {%- set portal = builtins.source('bitrix24', 'smart_process_types') -%}
    {%- for table in _items_tables(portal) %}
    {{ "union all" if not loop.first }}
    {{ _raw_items_of(portal, table, columns) }}
    {%- else %}
    select
        cast(null as bigint) as entity_type_id,
        cast(null as {{ b24.type_called('json') }}) as parent_ids,
        {%- for name in columns %}
        cast(null as varchar) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from (select 1 as nothing) as no_table
    where false
    {%- endfor -%}
{%- endmacro %}

{% macro _items_tables(portal) -%}
    {%- if not execute -%}
        {% do return([]) %}
    {%- endif -%}
    {%- set found -%}
        select table_name
        from information_schema.tables
        where
            table_catalog = '{{ portal.database }}'
            and table_schema = '{{ portal.schema }}'
            and {{ b24.matches('table_name', '^items_[0-9]+$') }}
        order by cast(substr(table_name, 7) as bigint)
    {%- endset -%}
    {% do return(run_query(found).columns[0].values() | list) %}
{%- endmacro %}

{% macro _raw_items_of(portal, table, columns) -%}
    {%- set relation = api.Relation.create(portal.database, portal.schema, table) -%}
    {%- set present = b24.raw_columns(relation) -%}
    {%- set parents = [] -%}
    {%- for name in present if modules.re.fullmatch('parent_id_?[0-9]+', name) -%}
        {%- do parents.append((name, modules.re.sub('[^0-9]', '', name))) -%}
    {%- endfor -%}
    select
        {{ table[6:] }} as entity_type_id,
        {%- if parents %}
        {{ adapter.dispatch('_parent_ids', 'b24')(parents) }} as parent_ids,
        {%- else %}
        cast(null as {{ b24.type_called('json') }}) as parent_ids,
        {%- endif %}
        {%- for name in columns %}
        cast({{ name if name in present else 'null' }} as varchar) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation.include(database=false) }}
    {%- if '_deleted_at' in present %}
    where _deleted_at is null
    {%- endif %}
{%- endmacro %}

{% macro default___parent_ids(parents) -%}
    nullif(
        jsonb_strip_nulls(jsonb_build_object(
            {%- for name, type_id in parents %}
            '{{ type_id }}', {{ b24.to_reference(name) }}{{ "," if not loop.last }}
            {%- endfor %}
        )),
        '{}'
    )
{%- endmacro %}

{% macro duckdb___parent_ids(parents) -%}
    nullif(
        json_merge_patch('{}', json_object(
            {%- for name, type_id in parents %}
            '{{ type_id }}', {{ b24.to_reference(name) }}{{ "," if not loop.last }}
            {%- endfor %}
        )),
        '{}'
    )
{%- endmacro %}
