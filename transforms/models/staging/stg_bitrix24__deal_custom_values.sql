{{ custom_values('deals', 'CRM_DEAL', 'deal_id') }}
