{# '', false, [] and {} all mean "nothing" in the API: NULL. #}
{% macro to_text(column) -%}
    case when cast({{ column }} as varchar) not in ('', 'false', '[]', '{}') then cast({{ column }} as varchar) end
{%- endmacro %}

{# The same for a JSON column, where null is spelt out. #}
{% macro to_json(column) -%}
    case
        when cast({{ column }} as varchar) not in ('', 'false', 'null', '[]', '{}', '""')
            then {{ b24.try_to(column, 'json') }}
    end
{%- endmacro %}

{# Y/N, true/false or 1/0; anything else is NULL. #}
{% macro to_flag(column) -%}
    case
        when upper(cast({{ column }} as varchar)) in ('Y', 'TRUE', '1') then true
        when upper(cast({{ column }} as varchar)) in ('N', 'FALSE', '0') then false
    end
{%- endmacro %}

{# A cast that gives NULL where the value does not fit: the raw table keeps what it was. #}
{% macro try_to(column, type) -%}
    {{ adapter.dispatch('try_to', 'b24')(column, type) }}
{%- endmacro %}

{% macro default__try_to(column, type) -%}
    cast({{ column }} as {{ type }})
{%- endmacro %}

{% macro duckdb__try_to(column, type) -%}
    try_cast({{ column }} as {{ type }})
{%- endmacro %}

{# See postgres_functions.sql. #}
{% macro postgres__try_to(column, type) -%}
    {%- set digits = modules.re.findall('[0-9]+', type) -%}
    {%- if digits -%}
    cast(b24.to_scale(b24.try_numeric({{ column }}), {{ digits | join(', ') }}) as {{ type }})
    {%- else -%}
    b24.try_{{ b24.type_called(type) | replace(' ', '_') }}({{ column }})
    {%- endif -%}
{%- endmacro %}

{# A type as the engine calls it. #}
{% macro type_called(type) -%}
    {{ return(adapter.dispatch('type_called', 'b24')(type)) }}
{%- endmacro %}

{% macro default__type_called(type) -%}
    {{ return(type) }}
{%- endmacro %}

{% macro postgres__type_called(type) -%}
    {{ return({'json': 'jsonb'}.get(type, type)) }}
{%- endmacro %}
