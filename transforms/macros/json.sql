{# The elements of a JSON list, a row each; anything else has none. #}
{% macro json_elements(json) -%}
    {{ adapter.dispatch('json_elements', 'b24')(json) }}
{%- endmacro %}

{% macro default__json_elements(json) -%}
    jsonb_array_elements(case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end)
{%- endmacro %}

{% macro duckdb__json_elements(json) -%}
    unnest(try_cast({{ json }} as json[]))
{%- endmacro %}
