{#
    Custom fields become columns when a model is compiled: bitrix24.custom_fields says which there are.

    A column is called uf_<slug of the label>. The slug is lower-case and what is no letter or digit becomes _: accents
    go, Cyrillic is written in Latin letters (Причина отказа: uf_prichina_otkaza), other scripts stay. A field without
    a label is called by its code. Where two come to one name the older field (by id) keeps it and the other gets its
    code behind it: uf_order_number and uf_order_number__uf_crm_1700000025. So a name lasts as long as its label; a
    label that is changed in the portal is another column from the next build on.
#}

{#
    The custom fields of an entity, oldest first: a list of {column, code, label, name, kind, multiple, directory,
    options}. `column` is the raw one, `name` the one of the wide views. Codes and labels are the portal's own words:
    whoever writes them into SQL doubles their quotes.
#}
{% macro custom_fields_of(entity_code) -%}
    {%- set source_table = builtins.source('bitrix24', 'custom_fields') -%}
    {%- if not execute -%}
        {% do return([]) %}
    {%- endif -%}
    {%- set found = run_query(_custom_fields_query(entity_code)).columns[0].values() | list -%}
    {%- set fields = fromjson(found[0] or '[]') -%}
    {%- set taken = [] -%}
    {%- for field in fields -%}
        {%- set endings = _endings_of(field) -%}
        {%- set full = 'uf_' ~ field.slug if field.slug and field.slug != field.column else field.column -%}
        {%- set name = adapter.dispatch('_name_that_fits', 'b24')(full, '') -%}
        {%- set clashes = [] -%}
        {%- for ending in endings if name ~ ending in taken -%}
            {%- do clashes.append(ending) -%}
        {%- endfor -%}
        {%- set longer = adapter.dispatch('_name_that_fits', 'b24')(full, '__' ~ field.column) -%}
        {%- do field.update({'name': longer if clashes else name}) -%}
        {%- for ending in endings -%}
            {%- do taken.append(field.name ~ ending) -%}
        {%- endfor -%}
    {%- endfor -%}
    {% do return(fields) %}
{%- endmacro %}

{# PostgreSQL cuts names at 63 bytes: a long label leaves room for what the columns are called after it. #}
{% macro default___name_that_fits(name, ending) -%}
    {%- set room = 63 - '_currency' | length - ending | length -%}
    {%- set bytes = name.encode('utf-8') -%}
    {{ return(bytes[:room].decode('utf-8', 'ignore') ~ ending) }}
{%- endmacro %}

{% macro duckdb___name_that_fits(name, ending) -%}
    {{ return(name ~ ending) }}
{%- endmacro %}

{# What a field's columns are called after its name: the ids stand beside the labels, the currency beside the sum. #}
{% macro _endings_of(field) -%}
    {%- if field.kind in ('enumeration', 'employee', 'crm_status') -%}
        {% do return(['', '_ids' if field.multiple else '_id']) %}
    {%- elif field.kind == 'money' and not field.multiple -%}
        {% do return(['', '_currency']) %}
    {%- endif -%}
    {% do return(['']) %}
{%- endmacro %}

{# One row with one JSON list: a label stays a text, whatever it looks like. #}
{% macro _custom_fields_query(entity_code) -%}
    with source as (

        {{ b24.raw('custom_fields', {
            'id': 'bigint',
            'entity_id': 'varchar',
            'field_name': 'varchar',
            'user_type_id': 'varchar',
            'label': 'varchar',
            'multiple': 'varchar',
            'settings': 'json',
            'list': 'json'
        }) }}

    ),

    fields as (

        select
            {{ b24.to_id('id') }} as id,
            field_name as code,
            trim(regexp_replace(lower(field_name), '[^a-z0-9]+', '_', 'g'), '_') as "column",
            coalesce({{ b24.to_text('label') }}, field_name) as label,
            {{ b24.slug("coalesce(" ~ b24.to_text('label') ~ ", '')") }} as slug,
            coalesce({{ b24.to_text('user_type_id') }}, 'string') as kind,
            coalesce({{ b24.to_flag('multiple') }}, false) as multiple,
            coalesce(({{ b24.to_json('settings') }}) ->> 'ENTITY_TYPE', '') as directory,
            {{ b24.to_json('list') }} as options
        from source
        where
            entity_id = '{{ entity_code }}'
            and {{ b24.matches('field_name', '[A-Za-z]') }}

    ),

    -- codes that differ in signs alone are one name; the raw table calls all but the first otherwise
    first_of_column as (

        select
            fields as field,
            fields.id,
            fields.code,
            row_number() over (partition by fields."column" order by fields.id, fields.code) as place
        from fields

    )

    select {{ adapter.dispatch('_json_of_rows', 'b24')('field', 'id, code') }} as fields
    from first_of_column
    where place = 1
{%- endmacro %}

{% macro default___json_of_rows(row, order) -%}
    cast(json_agg({{ row }} order by {{ order }}) as varchar)
{%- endmacro %}

{% macro duckdb___json_of_rows(row, order) -%}
    cast(to_json(list({{ row }} order by {{ order }})) as varchar)
{%- endmacro %}

{# Letters and digits of a label in lower case, one _ between words. #}
{% macro slug(text) -%}
    {%- set latin = [
        ('щ', 'shch'), ('ж', 'zh'), ('х', 'kh'), ('ц', 'ts'), ('ч', 'ch'), ('ш', 'sh'), ('ю', 'yu'), ('я', 'ya'),
        ('є', 'ye'), ('ї', 'yi'), ('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe')
    ] -%}
    {%- set ns = namespace(text=adapter.dispatch('_lower_case', 'b24')(text)) -%}
    {%- for letter, letters in latin -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letter ~ "', '" ~ letters ~ "')" -%}
    {%- endfor -%}
    {%- set ns.text = "translate(" ~ ns.text ~ ", 'абвгдеёзийклмнопрстуфыэіґўøłđьъ', 'abvgdeeziyklmnoprstufyeiguold')" -%}
    trim({{ adapter.dispatch('_words_of', 'b24')(ns.text) }}, '_')
{%- endmacro %}

{# A database need not know the letters of other languages; what PostgreSQL calls und-x-icu does. #}
{% macro default___lower_case(text) -%}
    lower(normalize({{ text }}, nfc) collate "und-x-icu")
{%- endmacro %}

{% macro duckdb___lower_case(text) -%}
    lower(nfc_normalize({{ text }}))
{%- endmacro %}

{# Without accents, and one _ for everything between letters and digits. #}
{% macro default___words_of(text) -%}
    regexp_replace(
        normalize(regexp_replace(normalize({{ text }}, nfd), '[\u0300-\u036f]', '', 'g'), nfc),
        '[^[:alnum:]]+',
        '_',
        'g'
    )
{%- endmacro %}

{% macro duckdb___words_of(text) -%}
    regexp_replace(strip_accents({{ text }}), '[^\p{L}\p{Nd}]+', '_', 'g')
{%- endmacro %}
