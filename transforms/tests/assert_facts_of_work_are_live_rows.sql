-- A row is a table with more or fewer rows than the portal has: a join multiplied or lost some.
{% set tables = {'tasks': 'fct_task', 'activities': 'fct_activity', 'calls': 'fct_call', 'disk_files': 'fct_file'} %}
with

{%- for raw_table, model in tables.items() %}

live_{{ raw_table }} as (

    {{ raw(raw_table, {'id': 'bigint'}) }}

),

{%- endfor %}

counted as (
    {%- for raw_table, model in tables.items() %}
    {{ "union all" if not loop.first }}
    select
        '{{ model }}' as table_name,
        (select count(*) from live_{{ raw_table }}) as live_rows,
        (select count(*) from {{ ref(model) }}) as rows_of_table
    {%- endfor %}

)

select
    table_name,
    live_rows,
    rows_of_table
from counted
where live_rows <> rows_of_table
