{#
    A row per raw table: how many rows it has and lost, and when a sync last wrote one. Every table of the sources is
    there, loaded or not, and every items_<entityTypeId> of the portal.
#}
{% macro raw_table_counts() -%}
    {%- set portal = builtins.source('bitrix24', 'deals') -%}
    {%- set loaded = b24._loaded_tables(portal) -%}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'bitrix24' -%}
            {%- do names.append(node.identifier) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name in loaded if name not in names and modules.re.fullmatch('items_[0-9]+', name) -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- for name in names | sort %}
    {{ "union all" if not loop.first }}
    {%- if name in loaded %}
    select
        '{{ name }}' as table_name,
        true as is_loaded,
        {%- if '_deleted_at' in loaded[name] %}
        count(*) filter (where _deleted_at is null) as rows_live,
        count(*) filter (where _deleted_at is not null) as rows_deleted,
        {%- else %}
        count(*) as rows_live,
        0 as rows_deleted,
        {%- endif %}
        {{ 'max(_synced_at)' if '_synced_at' in loaded[name] else 'cast(null as timestamptz)' }} as last_changed_at
    from {{ api.Relation.create(portal.database, portal.schema, name).include(database=false) }}
    {%- else %}
    select
        '{{ name }}' as table_name,
        false as is_loaded,
        0 as rows_live,
        0 as rows_deleted,
        cast(null as timestamptz) as last_changed_at
    {%- endif %}
    {%- else %}
    select
        cast(null as varchar) as table_name,
        false as is_loaded,
        0 as rows_live,
        0 as rows_deleted,
        cast(null as timestamptz) as last_changed_at
    from (select 1 as nothing) as no_table
    where false
    {%- endfor -%}
{%- endmacro %}

{# The raw tables that there are, each with those of its two columns that tell when a row came and when it went. #}
{% macro _loaded_tables(portal) -%}
    {%- set tables = {} -%}
    {%- if execute -%}
        {%- set found -%}
            select
                table_name,
                string_agg(lower(column_name), ',') filter (where lower(column_name) in ('_deleted_at', '_synced_at'))
                    as columns
            from information_schema.columns
            where
                table_catalog = '{{ portal.database }}'
                and table_schema = '{{ portal.schema }}'
            group by table_name
        {%- endset -%}
        {%- for row in run_query(found).rows -%}
            {%- do tables.update({row[0]: row[1] or ''}) -%}
        {%- endfor -%}
    {%- endif -%}
    {% do return(tables) %}
{%- endmacro %}
