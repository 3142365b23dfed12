{#
    What people call an id, beside the id. Each needs the row of stg_bitrix24__labels under the name `labels`:

        from typed
        left join labels on true

    A column that no query asks for costs nothing: DuckDB leaves out the lookup and what it looks into.
#}

{# An id that no list has is told apart, as in core.dim_user. #}
{% macro user_name(column) -%}
    case
        when {{ column }} > 0
            then coalesce(labels.user_names[{{ column }}], 'Unknown user ' || cast({{ column }} as varchar))
    end
{%- endmacro %}

{# Name of an entry of a directory (an SQL text such as 'SOURCE'); '(deleted) CODE' where the directory lacks it. #}
{% macro status_name(directory, column) -%}
    coalesce(labels.status_names[{{ directory }} || '/' || {{ column }}], '(deleted) ' || {{ column }})
{%- endmacro %}

{# Name of a pipeline; of deals the first may have no entry of its own. #}
{% macro pipeline_name(entity_type_id, column) -%}
    coalesce(
        labels.pipeline_names[{{ entity_type_id }} || '/' || cast({{ column }} as varchar)],
        '(deleted) ' || cast({{ column }} as varchar)
    )
{%- endmacro %}

{% macro currency_name(column) -%}
    coalesce(labels.currency_names[{{ column }}], {{ column }})
{%- endmacro %}

{# The directory with the stages of a pipeline of deals. #}
{% macro deal_stage_directory(category_id) -%}
    case
        when {{ category_id }} = 0 then 'DEAL_STAGE'
        else 'DEAL_STAGE_' || cast({{ category_id }} as varchar)
    end
{%- endmacro %}

{# The type of a CRM record by its number. #}
{% macro entity_type_name(column) -%}
    case {{ column }}
        when 1 then 'lead'
        when 2 then 'deal'
        when 3 then 'contact'
        when 4 then 'company'
        when 7 then 'quote'
        when 31 then 'invoice'
    end
{%- endmacro %}

{# The directory with the stages of a pipeline of items: quotes have one for all, others one a pipeline. #}
{% macro item_stage_directory(entity_type_id, category_id) -%}
    case
        when {{ entity_type_id }} = 7 then 'QUOTE_STATUS'
        when {{ entity_type_id }} = 31 then 'SMART_INVOICE_STAGE_' || cast({{ category_id }} as varchar)
        when {{ entity_type_id }} = 36 then 'SMART_DOCUMENT_STAGE_' || cast({{ category_id }} as varchar)
        when {{ entity_type_id }} = 39 then 'SMART_B2E_DOC_STAGE_' || cast({{ category_id }} as varchar)
        else 'DYNAMIC_' || cast({{ entity_type_id }} as varchar) || '_STAGE_' || cast({{ category_id }} as varchar)
    end
{%- endmacro %}
