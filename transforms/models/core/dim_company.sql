with

settings as (

    select portal_timezone
    from {{ ref('settings') }}

),

companies as (

    select
        company_id,
        company_name,
        owner_user_id,
        company_type,
        company_type_name,
        industry,
        industry_name,
        employees,
        employees_name,
        currency_id,
        revenue,
        created_at_utc,
        modified_at_utc
    from {{ ref('stg_bitrix24__companies') }}

)

select
    company_id,
    coalesce(company_name, 'Company ' || cast(company_id as varchar)) as company_name,
    owner_user_id,
    company_type,
    company_type_name,
    industry,
    industry_name,
    employees,
    employees_name,
    currency_id,
    revenue,
    created_at_utc,
    {{ local_date('created_at_utc') }} as created_date,
    modified_at_utc
from companies
