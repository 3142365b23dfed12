{#
    What PostgreSQL 15 lacks: casts that give NULL where a value does not fit (pg_input_is_valid came with 16).

    They are functions in a schema of their own, b24, one for each type that a raw column can have. So a column that
    has its type already costs nothing (its function is put in place and vanishes), a number is looked at before it is
    cast, and only moments, days and JSON in text columns pay for a block that catches errors. The same casts written
    out with regular expressions would look at every value of every column.

    The schema's comment tells which state of this file made the functions, so that they are made once.
#}
{% macro create_functions() -%}
    {{ return(adapter.dispatch('create_functions', 'b24')()) }}
{%- endmacro %}

{% macro default__create_functions() -%}
{%- endmacro %}

{% macro postgres__create_functions() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'test', 'compile', 'show') -%}
        {%- set statements = _casts_from_text() ~ _casts_between_types() -%}
        {%- set made_of = local_md5(statements) -%}
        {%- set found = run_query("select obj_description(to_regnamespace('b24'), 'pg_namespace')") -%}
        {%- if found.columns[0].values()[0] != made_of -%}
    create schema if not exists b24;
    {{ statements }}
    comment on schema b24 is '{{ made_of }}';
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro _casts_from_text() %}
    create or replace function b24.try_numeric(given text) returns numeric
    language plpgsql immutable strict parallel safe as $$
    begin
        if given ~ '^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$' then
            return cast(given as numeric);
        end if;
        return null;
    end $$;

    create or replace function b24.try_bigint(given text) returns bigint
    language plpgsql immutable strict parallel safe as $$
    declare
        number numeric;
    begin
        if given ~ '^[+-]?[0-9]{1,18}$' then
            return cast(given as bigint);
        end if;
        number := round(b24.try_numeric(given));
        if number between -9223372036854775808 and 9223372036854775807 then
            return cast(number as bigint);
        end if;
        return null;
    end $$;

    create or replace function b24.try_double_precision(given text) returns double precision
    language plpgsql immutable strict parallel safe as $$
    begin
        return cast(b24.try_numeric(given) as double precision);
    exception when numeric_value_out_of_range then
        return null;
    end $$;

    create or replace function b24.try_timestamp(given text) returns timestamp
    language plpgsql immutable strict parallel safe as $$
    begin
        if given ~ '^\s*[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?\s*$' then
            return cast(given as timestamp);
        end if;
        return null;
    exception when data_exception then
        return null;
    end $$;

    create or replace function b24.try_timestamptz(given text) returns timestamptz
    language plpgsql immutable strict parallel safe as $$
    begin
        if given ~ '[0-9]:[0-9]{2}(\.[0-9]+)?\s*(Z|[+-][0-9]{2}(:?[0-9]{2})?)\s*$' and given ~ '^\s*[0-9]{4,6}-' then
            return cast(given as timestamptz);
        end if;
        return timezone('UTC', b24.try_timestamp(given));
    exception when data_exception then
        return null;
    end $$;

    create or replace function b24.try_date(given text) returns date
    language sql immutable strict parallel safe as $$
        select cast(b24.try_timestamp(given) as date)
    $$;

    create or replace function b24.try_jsonb(given text) returns jsonb
    language plpgsql immutable strict parallel safe as $$
    begin
        return cast(given as jsonb);
    exception when data_exception then
        return null;
    end $$;

    create or replace function b24.try_portal_date(given text, is_day_first boolean) returns date
    language plpgsql immutable strict parallel safe as $$
    declare
        parts text[];
    begin
        parts := regexp_match(given, '^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$');
        if parts is null then
            parts := regexp_match(given, '^([0-9]{1,2})([.]|-|/)([0-9]{1,2})\2([0-9]{4})$');
            if parts[2] = '/' and not is_day_first then
                parts := array[parts[4], parts[1], parts[3]];
            else
                parts := array[parts[4], parts[3], parts[1]];
            end if;
        end if;
        return make_date(cast(parts[1] as integer), cast(parts[2] as integer), cast(parts[3] as integer));
    exception when data_exception then
        return null;
    end $$;
{% endmacro %}

{# The other types go through text; the type itself is left as it is. #}
{% macro _casts_between_types() %}
    {%- set types = ['bigint', 'numeric', 'double precision', 'timestamptz', 'timestamp', 'date', 'jsonb'] -%}
    {%- for target in types %}
    {%- for given in types + ['integer', 'boolean'] %}
    create or replace function b24.try_{{ target | replace(' ', '_') }}(given {{ given }}) returns {{ target }}
    language sql immutable parallel safe as $$
        {%- if given == target %}
        select given
        {%- elif target == 'jsonb' %}
        select to_jsonb(given)
        {%- else %}
        select b24.try_{{ target | replace(' ', '_') }}({{ "given #>> '{}'" if given == 'jsonb' else "cast(given as text)" }})
        {%- endif %}
    $$;
    {%- endfor %}
    {%- endfor %}

    create or replace function b24.to_scale(given numeric, digits integer, places integer) returns numeric
    language sql immutable parallel safe as $$
        select case when abs(round(given, places)) < power(numeric '10', digits - places) then given end
    $$;
{% endmacro %}

{#
    PostgreSQL plans by what it has counted, and would count a new table only minutes later: until then it takes it for
    nearly empty, and walks through it again for every row of another.
#}
{% macro count_for_planner(relation) -%}
    {{ return(adapter.dispatch('count_for_planner', 'b24')(relation)) }}
{%- endmacro %}

{% macro default__count_for_planner(relation) -%}
{%- endmacro %}

{% macro postgres__count_for_planner(relation) -%}
    analyze {{ relation }}
{%- endmacro %}
