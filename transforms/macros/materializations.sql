{#
    Tables and views of a DuckDB file in one statement each. dbt's own way makes them under another name, renames two
    relations and looks up the columns by three more macros: a third of the time of a build of small tables. What only
    dbt's own way can do (contracts, indexes, headers, models in Python) it still does.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- if _needs_all_of_dbt() -%}
        {{- return(dbt.materialization_table_duckdb()) -}}
    {%- endif -%}
    {{- return(_replace_relation('table')) -}}
{%- endmaterialization %}

{% materialization view, adapter='duckdb' -%}
    {%- if _needs_all_of_dbt() -%}
        {{- return(dbt.materialization_view_default()) -}}
    {%- endif -%}
    {{- return(_replace_relation('view')) -}}
{%- endmaterialization %}

{% macro _needs_all_of_dbt() -%}
    {%- do return(
        model.language != 'sql'
        or config.get('contract').enforced
        or config.get('indexes')
        or config.get('sql_header')
        or config.get('partitioned_by')
        or config.get('sorted_by')
        or config.get('grants')
    ) -%}
{%- endmacro %}

{% macro _replace_relation(type) -%}
    {%- set relation = this.incorporate(type=type) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
    {%- do run_hooks(pre_hooks, inside_transaction=True) -%}
    {%- if existing is not none and existing.type != type -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        create or replace {{ type }} {{ relation }} as (
            {{ compiled_code }}
        )
    {%- endcall -%}
    {%- do _describe_relation(relation) -%}
    {%- do run_hooks(post_hooks, inside_transaction=True) -%}
    {%- do adapter.commit() -%}
    {%- do run_hooks(post_hooks, inside_transaction=False) -%}
    {%- do return({'relations': [relation]}) -%}
{%- endmacro %}

{# The descriptions of the model and of the columns it has as comments. #}
{% macro _describe_relation(relation) -%}
    {%- set comments = [] -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {%- do comments.append(duckdb__alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if config.persist_column_docs() and model.columns -%}
        {%- set described = {} -%}
        {%- for name, column in model.columns.items() if column.description -%}
            {%- do described.update({name | lower: column.description}) -%}
        {%- endfor -%}
        {%- for row in b24.rows_of('select column_name from (describe ' ~ relation ~ ')')
            if row[0] | lower in described -%}
            {%- do comments.append(
                'comment on column ' ~ relation ~ '.' ~ adapter.quote(row[0]) ~ ' is '
                ~ duckdb_escape_comment(described[row[0] | lower]) ~ ';'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {%- do adapter.add_query(comments | join('\n'), auto_begin=False) -%}
    {%- endif -%}
{%- endmacro %}

{# The rows of a query as they are: dbt's own way guesses a type of every column, which takes longer than the query. #}
{% macro rows_of(query) -%}
    {%- do return(adapter.add_query(query, auto_begin=False)[1].fetchall()) -%}
{%- endmacro %}
