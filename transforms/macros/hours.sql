{# A sum of hours or days that is 0 over nothing and does not depend on the order of the rows. #}
{% macro total_hours(expression) -%}
    cast(coalesce(sum(cast({{ expression }} as decimal(18, 9))), 0) as double precision)
{%- endmacro %}
