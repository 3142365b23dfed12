{# The id of the row itself. #}
{% macro to_id(column) -%}
    {{ b24.try_to(column, 'bigint') }}
{%- endmacro %}

{# A reference: 0 means that there is none. #}
{% macro to_reference(column) -%}
    nullif({{ b24.try_to(column, 'bigint') }}, 0)
{%- endmacro %}

{# The first number of a list of ids, e.g. [7, 12] or ["7"]; a single number is a list of one. #}
{% macro first_id(column) -%}
    nullif(
        coalesce(
            {{ b24.try_to("(" ~ b24.try_to(column, 'json') ~ " ->> 0)", 'bigint') }},
            {{ b24.try_to("cast(" ~ column ~ " as varchar)", 'bigint') }}
        ),
        0
    )
{%- endmacro %}
