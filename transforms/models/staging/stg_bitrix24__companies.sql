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

)

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
