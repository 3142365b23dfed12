with

deals as (

    select deal_id
    from {{ ref('stg_bitrix24__deals') }}
    where not is_recurring_template

),

custom_values as (

    select
        deal_id,
        field_code,
        field_label,
        value_index,
        value_text
    from {{ ref('stg_bitrix24__deal_custom_values') }}

)

select
    custom_values.deal_id,
    custom_values.field_code,
    custom_values.field_label,
    custom_values.value_index,
    custom_values.value_text
from custom_values
inner join deals on custom_values.deal_id = deals.deal_id
