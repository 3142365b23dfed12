{{ custom_values('companies', 'CRM_COMPANY', 'company_id') }}
