{#
    Calendars write days as the portal's locale does: 24.12.2024, 12/24/2024 or 24/12/2024, with a time behind them or
    not. Only slashes leave open which number is the day: is_day_first says so for the whole portal.
#}
{% macro to_portal_date(column, is_day_first) -%}
    {%- set day = "split_part(trim(cast(" ~ column ~ " as varchar)), ' ', 1)" -%}
    {{ adapter.dispatch('to_portal_date', 'b24')(day, is_day_first) }}
{%- endmacro %}

{% macro default__to_portal_date(day, is_day_first) -%}
    b24.try_portal_date({{ day }}, {{ is_day_first }})
{%- endmacro %}

{% macro duckdb__to_portal_date(day, is_day_first) -%}
    cast(
        case
            when {{ is_day_first }}
                then try_strptime({{ day }}, ['%Y-%m-%d', '%d.%m.%Y', '%d-%m-%Y', '%d/%m/%Y'])
            else try_strptime({{ day }}, ['%Y-%m-%d', '%d.%m.%Y', '%d-%m-%Y', '%m/%d/%Y'])
        end as date
    )
{%- endmacro %}

{# Days with ; between them, as 2024-12-24,2024-12-31; NULL without any. #}
{% macro to_portal_dates(column, is_day_first) -%}
    {{ adapter.dispatch('to_portal_dates', 'b24')(column, is_day_first) }}
{%- endmacro %}

{% macro default__to_portal_dates(column, is_day_first) -%}
    (
        select string_agg(cast({{ b24.to_portal_date('days.day', is_day_first) }} as varchar), ',' order by days.place)
        from unnest(string_to_array(cast({{ column }} as varchar), ';')) with ordinality as days(day, place)
    )
{%- endmacro %}

{% macro duckdb__to_portal_dates(column, is_day_first) -%}
    nullif(
        array_to_string(
            list_transform(
                string_split(cast({{ column }} as varchar), ';'),
                lambda day: cast({{ b24.to_portal_date('day', is_day_first) }} as varchar)
            ),
            ','
        ),
        ''
    )
{%- endmacro %}

{# The days of the week that a rule names, however it lists them: {"MO": "MO"}, ["MO"] or MO,WE. NULL without any. #}
{% macro to_weekdays(names) -%}
    {%- set listed = "',' || regexp_replace(upper(" ~ names ~ "), '[^A-Z0-9+-]+', ',', 'g') || ','" -%}
    nullif(
        concat_ws(
            ',',
            {%- for day in ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] %}
            case when {{ listed }} like '%,{{ day }},%' then '{{ day }}' end{{ "," if not loop.last }}
            {%- endfor %}
        ),
        ''
    )
{%- endmacro %}
