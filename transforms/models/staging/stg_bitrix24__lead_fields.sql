{{ config(post_hook="{{ describe_custom_columns(this, 'CRM_LEAD') }}") }}

{{ custom_columns('leads', 'CRM_LEAD', 'lead_id') }}
