{# Every timezone that the database knows by name, as a table with one column `name`. #}
{% macro known_zones() -%}
    {{ adapter.dispatch('known_zones', 'b24')() }}
{%- endmacro %}

{% macro default__known_zones() -%}
    pg_timezone_names
{%- endmacro %}

{% macro duckdb__known_zones() -%}
    pg_timezone_names()
{%- endmacro %}

{# Whether a text is an offset that timezone() takes, GMT+03:00; such names are in no list. #}
{% macro is_offset_zone(name) -%}
    {{ b24.matches(name, "'^GMT[+-](0?[0-9]|1[0-4])(:?[0-5][0-9])?$'") }}
{%- endmacro %}

{# A timezone as the database spells it, GMT+03:00 for a mere +03:00; NULL where it knows none of that name. #}
{% macro zone_name(name) -%}
    case when {{ b24.matches(name, "'^[+-]'") }} then 'GMT' || trim({{ name }}) else trim({{ name }}) end
{%- endmacro %}

{# How far the clock of a timezone is ahead of Greenwich at a wall time, as an interval. #}
{% macro utc_offset(zone, wall_time) -%}
    {%- set moment = "timezone(" ~ zone ~ ", " ~ wall_time ~ ")" -%}
    (timezone({{ zone }}, {{ moment }}) - timezone('UTC', {{ moment }}))
{%- endmacro %}

{#
    The moment of a wall time in a timezone. A wall time that comes twice (the clock goes back) is the first of the two,
    one that is left out (it goes forward) is what the clock before the change would have called so: the rule of
    iCalendar (RFC 5545, 3.3.5). Databases differ here, so: the offset of a day earlier is right where it leads back to
    the wall time, else the database's own answer where that does, else the time is left out.
#}
{% macro wall_instant(zone, wall_time) -%}
    {%- set stated = "timezone(" ~ zone ~ ", " ~ wall_time ~ ")" -%}
    {%- set day_before = "(" ~ stated ~ " - interval '24 hours')" -%}
    {%- set earlier = "(timezone('UTC', " ~ wall_time ~ ") - (timezone(" ~ zone ~ ", " ~ day_before ~ ")"
        ~ " - timezone('UTC', " ~ day_before ~ ")))" -%}
    case
        when timezone({{ zone }}, {{ earlier }}) = {{ wall_time }} then {{ earlier }}
        when timezone({{ zone }}, {{ stated }}) = {{ wall_time }} then {{ stated }}
        else {{ earlier }}
    end
{%- endmacro %}

{#
    PostgreSQL takes every CTE for a handful of rows, and joins such by going over one for each row of the other: for
    the length of one model it shall not where there is another way. Other databases need no word.
#}
{% macro no_nested_loops() -%}
    {{ "set local enable_nestloop = off" if target.type == 'postgres' }}
{%- endmacro %}
