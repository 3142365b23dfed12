{{ custom_values('contacts', 'CRM_CONTACT', 'contact_id') }}
