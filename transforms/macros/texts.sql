{# Whether a text matches a regular expression somewhere; the pattern is written with or without quotes around it. #}
{% macro matches(text, pattern) -%}
    {%- set quoted = pattern if pattern.startswith("'") else "'" ~ pattern ~ "'" -%}
    {{ adapter.dispatch('matches', 'b24')(text, quoted) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    ({{ text }} ~ {{ pattern }})
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{# A text as people compare it: trimmed, in lower case; NULL where nothing is left. #}
{% macro comparable(column) -%}
    nullif(lower(trim({{ column }}, ' ' || chr(9) || chr(10) || chr(13))), '')
{%- endmacro %}
