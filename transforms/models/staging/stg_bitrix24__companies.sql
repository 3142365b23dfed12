with

source as (

    {{ raw('companies', {
        'id': 'bigint',
        'assigned_by_id': 'bigint',
        'title': 'varchar',
        'company_type': 'varchar',
        'industry': 'varchar',
        'employees': 'varchar',
        'currency_id': 'varchar',
        'revenue': 'decimal(18, 2)',
        'date_create': 'timestamptz',
        'date_modify': 'timestamptz'
    }) }}

),

typed as (

    select
        -- ids
        {{ to_id('id') }} as company_id,
        {{ to_reference('assigned_by_id') }} as owner_user_id,

        -- text
        {{ to_text('title') }} as company_name,
        {{ to_text('company_type') }} as company_type,
        {{ to_text('industry') }} as industry,
        {{ to_text('employees') }} as employees,

        -- numerics
        {{ to_text('currency_id') }} as currency_id,
        {{ to_money('revenue') }} as revenue,

        -- timestamps
        {{ to_instant('date_create') }} as created_at_utc,
        {{ to_instant('date_modify') }} as modified_at_utc
    from source

),

labels as (

    select
        user_names,
        status_names,
        currency_names
    from {{ ref('stg_bitrix24__labels') }}

)

select
    company_id,
    owner_user_id,
    {{ user_name('owner_user_id') }} as owner_user_name,
    company_name,
    company_type,
    {{ status_name("'COMPANY_TYPE'", 'company_type') }} as company_type_name,
    industry,
    {{ status_name("'INDUSTRY'", 'industry') }} as industry_name,
    employees,
    {{ status_name("'EMPLOYEES'", 'employees') }} as employees_name,
    currency_id,
    {{ currency_name('currency_id') }} as currency_name,
    revenue,
    created_at_utc,
    modified_at_utc
from typed
left join labels on true
