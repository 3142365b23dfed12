-- A row is a report without any metric in the catalogue, or a metric that is no column of its report. Reports that were
-- not built yet (`b24 build --select`) have no columns to look at.
with

metrics as (

    select
        table_name,
        metric
    from {{ ref('metric_catalogue') }}

),

reports as (
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('rpt_') %}
    {{ "union all" if not loop.first }}
    select '{{ node.name }}' as table_name
    {%- else %}
    select cast(null as varchar) as table_name
    {%- endfor %}

),

report_columns as (

    select
        table_name,
        column_name
    from information_schema.columns
    where table_schema = 'reporting'

),

built as (

    select distinct table_name
    from report_columns

)

select
    coalesce(reports.table_name, metrics.table_name) as table_name,
    metrics.metric
from reports
full outer join metrics on reports.table_name = metrics.table_name
where
    metrics.table_name is null
    or reports.table_name is null

union all

select
    metrics.table_name,
    metrics.metric
from metrics
inner join built on metrics.table_name = built.table_name
left join report_columns
    on metrics.table_name = report_columns.table_name
    and metrics.metric = report_columns.column_name
where report_columns.column_name is null
