{#
    Calendars write days as the portal's locale does: 24.12.2024, 12/24/2024 or 24/12/2024, with a time behind them or
    not. Only slashes leave open which number is the day: is_day_first says so for the whole portal.
#}
{% macro to_portal_date(column, is_day_first) -%}
    {%- set day = "split_part(trim(cast(" ~ column ~ " as varchar)), ' ', 1)" -%}
    cast(
        case
            when {{ is_day_first }}
                then try_strptime({{ day }}, ['%Y-%m-%d', '%d.%m.%Y', '%d-%m-%Y', '%d/%m/%Y'])
            else try_strptime({{ day }}, ['%Y-%m-%d', '%d.%m.%Y', '%d-%m-%Y', '%m/%d/%Y'])
        end as date
    )
{%- endmacro %}

{# The names in a map or list of names: {"MO": "MO"} or ["MO"]; NULL without any. #}
{% macro names_in(json) -%}
    case json_type({{ json }})
        when 'OBJECT' then json_keys({{ json }})
        when 'ARRAY' then {{ json }} ->> '$[*]'
    end
{%- endmacro %}
