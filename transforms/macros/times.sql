{% macro to_instant(column) -%}
    {{ b24.try_to(column, 'timestamptz') }}
{%- endmacro %}

{# An instant that is far away means that there is none: no deadline is 9999-12-31. #}
{% macro to_deadline(column) -%}
    case when {{ b24.to_instant(column) }} < timestamptz '9999-01-01 00:00:00+00' then {{ b24.to_instant(column) }} end
{%- endmacro %}

{# Seconds since 1970, as calendars count; text or number. #}
{% macro epoch_to_instant(column) -%}
    to_timestamp({{ b24.try_to(column, 'bigint') }})
{%- endmacro %}

{#
    Date-only fields arrive with a technical time: the server's midnight on the reader's clock (2024-08-30T02:00:00+02:00).
    The wall text, rounded to the nearest midnight, is the date. Noon itself stays: twelve hours are added by an offset
    of +12:00, and -12:00 is nobody's.
#}
{% macro to_date(column) -%}
    cast(
        {{ b24.try_to("substr(cast(" ~ column ~ " as varchar), 1, 19)", 'timestamp') }} + interval '43199 seconds'
        as date
    )
{%- endmacro %}

{# The day of an instant in the portal's timezone; needs a CTE named settings. One zone for all rows is 8 times faster. #}
{% macro local_date(instant) -%}
    cast(timezone((select {{ b24.zone('portal_timezone') }} from settings), {{ instant }}) as date)
{%- endmacro %}

{#
    The name of a timezone as timezone() takes it. GMT+03:00 is ahead of Greenwich for DuckDB and behind it for
    PostgreSQL, which reads it as POSIX does.
#}
{% macro zone(name) -%}
    {{ adapter.dispatch('zone', 'b24')(name) }}
{%- endmacro %}

{% macro default__zone(name) -%}
    {{ name }}
{%- endmacro %}

{% macro postgres__zone(name) -%}
    case when {{ name }} ~ '^GMT[+-][0-9:]+$' then translate({{ name }}, '+-', '-+') else {{ name }} end
{%- endmacro %}

{# The Monday of the week of a date. #}
{% macro week_of(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}

{# Real time between two instants: a night with a clock change is 23 or 25 hours long. #}
{% macro hours_between(earlier, later) -%}
    {{ adapter.dispatch('seconds_between', 'b24')(earlier, later) }} / 3600
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    {{ adapter.dispatch('seconds_between', 'b24')(earlier, later) }} / 86400
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    cast(extract(epoch from {{ later }} - {{ earlier }}) as double precision)
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    cast(epoch_us({{ later }}) - epoch_us({{ earlier }}) as double) / 1000000
{%- endmacro %}

{# YYYY-MM of a date; 'none' where there is no date, so that no row is lost. #}
{% macro month_of(day) -%}
    {{ adapter.dispatch('month_of', 'b24')(day) }}
{%- endmacro %}

{% macro default__month_of(day) -%}
    coalesce(to_char({{ day }}, 'YYYY-MM'), 'none')
{%- endmacro %}

{% macro duckdb__month_of(day) -%}
    coalesce(strftime({{ day }}, '%Y-%m'), 'none')
{%- endmacro %}

{# An instant as a text in UTC, 2024-12-31T23:59:59+00:00. #}
{% macro utc_text(instant) -%}
    {{ adapter.dispatch('utc_text', 'b24')(instant) }}
{%- endmacro %}

{% macro default__utc_text(instant) -%}
    to_char(timezone('UTC', {{ instant }}), 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')
{%- endmacro %}

{% macro duckdb__utc_text(instant) -%}
    strftime(timezone('UTC', {{ instant }}), '%Y-%m-%dT%H:%M:%S+00:00')
{%- endmacro %}
