{# The pipeline that a stage directory belongs to: DEAL_STAGE is 0, DEAL_STAGE_n is n, any other directory is NULL. #}
{% macro stage_category(entity_id) -%}
    case
        when {{ entity_id }} = 'DEAL_STAGE' then 0
        when {{ b24.matches(entity_id, '^DEAL_STAGE_[0-9]+$') }}
            then {{ b24.try_to("substr(" ~ entity_id ~ ", 12)", 'bigint') }}
    end
{%- endmacro %}

{# The pipeline that a stage code names (C3:NEW is of 3, NEW of 0): for rows that do not say. #}
{% macro code_category(stage_id) -%}
    case
        when {{ b24.matches(stage_id, '^C[0-9]+:') }}
            then {{ b24.try_to("substr(split_part(" ~ stage_id ~ ", ':', 1), 2)", 'bigint') }}
        else 0
    end
{%- endmacro %}

{# P, S or F of a listed stage: SEMANTICS, else what EXTRA says (an apology is a failure), else P. #}
{% macro stage_semantic(semantics, extra) -%}
    case
        when upper({{ semantics }}) in ('P', 'S', 'F') then upper({{ semantics }})
        when ({{ extra }} ->> 'SEMANTICS') = 'success' then 'S'
        when ({{ extra }} ->> 'SEMANTICS') in ('failure', 'apology') then 'F'
        else 'P'
    end
{%- endmacro %}

{# P, S or F as a deal, lead or visit carries it; NULL where it does not say. #}
{% macro row_semantic(column) -%}
    case when upper({{ column }}) in ('P', 'S', 'F') then upper({{ column }}) end
{%- endmacro %}
