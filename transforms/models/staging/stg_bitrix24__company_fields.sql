{{ config(post_hook="{{ describe_custom_columns(this, 'CRM_COMPANY') }}") }}

{{ custom_columns('companies', 'CRM_COMPANY', 'company_id') }}
