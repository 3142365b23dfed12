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

{#
    A quotient that stays a decimal, NULL over 0. DuckDB divides decimals as doubles (15 digits); PostgreSQL would cut
    off what is behind the point where both are whole numbers.
#}
{% macro decimal_ratio(numerator, denominator, type='decimal(38, 6)') -%}
    {{ adapter.dispatch('decimal_ratio', 'b24')(numerator, denominator, type) }}
{%- endmacro %}

{% macro default__decimal_ratio(numerator, denominator, type) -%}
    cast(cast({{ numerator }} as decimal) / nullif({{ denominator }}, 0) as {{ type }})
{%- endmacro %}

{% macro duckdb__decimal_ratio(numerator, denominator, type) -%}
    cast({{ numerator }} / nullif({{ denominator }}, 0) as {{ type }})
{%- endmacro %}

{# A share, NULL over an empty denominator. #}
{% macro rate(numerator, denominator) -%}
    cast({{ numerator }} as double precision) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# An average that does not depend on the order of the rows: doubles added up in parallel differ in the last digit. #}
{% macro average(expression) -%}
    cast(avg(cast({{ expression }} as decimal(24, 12))) as double precision)
{%- endmacro %}

{# The value below which a share p of the rows lies, between two rows where it has to (continuous). #}
{% macro percentile(expression, p) -%}
    percentile_cont({{ p }}) within group (order by cast({{ expression }} as double precision))
{%- endmacro %}
