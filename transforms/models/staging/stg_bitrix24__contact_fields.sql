{{ config(post_hook="{{ describe_custom_columns(this, 'CRM_CONTACT') }}") }}

{{ custom_columns('contacts', 'CRM_CONTACT', 'contact_id') }}
