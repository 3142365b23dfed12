{{ config(post_hook="{{ describe_custom_columns(this, 'CRM_DEAL') }}") }}

{{ custom_columns('deals', 'CRM_DEAL', 'deal_id') }}
