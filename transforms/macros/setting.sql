{#
    A setting as a SQL literal: the dbt var, else the runner's environment, else the default. Read when the model runs,
    so that another value does not make dbt parse the project again.
#}
{% macro setting(name, default='') -%}
    {%- if execute -%}
        {%- set given = var(name, '') | string or env_var('B24_VAR_' ~ name | upper, '') or default -%}
        nullif('{{ given | replace("'", "''") }}', '')
    {%- else -%}
        null
    {%- endif -%}
{%- endmacro %}
