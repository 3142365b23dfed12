{% macro to_money(column) -%}
    {{ b24.try_to(column, 'decimal(18, 2)') }}
{%- endmacro %}

{# In the base currency. Six decimals, because a rate has four: rounding each deal to cents would not add up. #}
{% macro in_base_currency(amount, rate) -%}
    cast({{ amount }} * {{ rate }} as decimal(38, 6))
{%- endmacro %}

{# A sum of money that is 0 over nothing. #}
{% macro total(expression) -%}
    cast(coalesce(sum({{ expression }}), 0) as decimal(38, 6))
{%- endmacro %}

{# A quotient that stays a decimal (DuckDB divides decimals as doubles: 15 digits), NULL over 0. #}
{% macro decimal_ratio(numerator, denominator, type='decimal(38, 6)') -%}
    cast({{ numerator }} / nullif({{ denominator }}, 0) as {{ type }})
{%- endmacro %}

{# A share, NULL over an empty denominator. #}
{% macro rate(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# An average that does not depend on the order of the rows: doubles added up in parallel differ in the last digit. #}
{% macro average(expression) -%}
    avg(cast({{ expression }} as decimal(18, 9)))
{%- endmacro %}
