{#
    What people call an id, beside the id. Each needs the row of stg_bitrix24__labels under the name `labels`:

        from typed
        left join labels on true

    A column that no query asks for costs nothing: DuckDB leaves out the lookup and what it looks into.
#}

{# The name that a list of stg_bitrix24__labels has for a key. #}
{% macro label(list, key) -%}
    {{ adapter.dispatch('label', 'b24')(list, key) }}
{%- endmacro %}

{% macro default__label(list, key) -%}
    (labels.{{ list }} ->> cast({{ key }} as varchar))
{%- endmacro %}

{% macro duckdb__label(list, key) -%}
    labels.{{ list }}[{{ key }}]
{%- endmacro %}

{# A list of names by key: a query for one value, NULL without rows. #}
{% macro label_list(rows, key, name) -%}
    {{ adapter.dispatch('label_list', 'b24')(rows, key, name) }}
{%- endmacro %}

{% macro default__label_list(rows, key, name) -%}
    (select jsonb_object_agg({{ key }}, {{ name }}) from {{ rows }})
{%- endmacro %}

{% macro duckdb__label_list(rows, key, name) -%}
    (select map(list({{ key }} order by {{ key }}), list({{ name }} order by {{ key }})) from {{ rows }})
{%- endmacro %}

{# The same by ids from 1 on; in DuckDB a name stands at the place of its id, which is faster to look up. #}
{% macro label_places(rows, key, name) -%}
    {{ adapter.dispatch('label_places', 'b24')(rows, key, name) }}
{%- endmacro %}

{% macro default__label_places(rows, key, name) -%}
    {{ b24.label_list(rows, key, name) }}
{%- endmacro %}

{% macro duckdb__label_places(rows, key, name) -%}
    (
        select list({{ rows }}.{{ name }} order by places.place)
        from (
            select unnest(range(1, (select coalesce(max({{ key }}), 0) + 1 from {{ rows }}))) as place
        ) as places
        left join {{ rows }} on places.place = {{ rows }}.{{ key }}
    )
{%- endmacro %}

{# An id that no list has is told apart, as in core.dim_user. #}
{% macro user_name(column) -%}
    case
        when {{ column }} > 0
            then coalesce({{ b24.label('user_names', column) }}, 'Unknown user ' || cast({{ column }} as varchar))
    end
{%- endmacro %}

{# Name of an entry of a directory (an SQL text such as 'SOURCE'); '(deleted) CODE' where the directory lacks it. #}
{% macro status_name(directory, column) -%}
    coalesce({{ b24.label('status_names', directory ~ " || '/' || " ~ column) }}, '(deleted) ' || {{ column }})
{%- endmacro %}

{# Name of a pipeline; of deals the first may have no entry of its own. #}
{% macro pipeline_name(entity_type_id, column) -%}
    coalesce(
        {{ b24.label('pipeline_names', entity_type_id ~ " || '/' || cast(" ~ column ~ " as varchar)") }},
        '(deleted) ' || cast({{ column }} as varchar)
    )
{%- endmacro %}

{% macro currency_name(column) -%}
    coalesce({{ b24.label('currency_names', column) }}, {{ column }})
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
