{{ custom_values('leads', 'CRM_LEAD', 'lead_id') }}
