{% if execute and flags.WHICH in ('run', 'build') and not (var('as_of', '') or env_var('B24_VAR_AS_OF', '')) %}
    {{ exceptions.raise_compiler_error("as_of is not set: run `b24 build`, or dbt with --vars '{as_of: 2024-12-31T23:59:59Z}'") }}
{% endif %}

with

portal as (

    {{ raw('portal', {'timezone': 'varchar', 'base_currency': 'varchar'}, source_name='ops') }}

),

currencies as (

    select
        currency_id,
        is_portal_base
    from {{ ref('stg_bitrix24__currencies') }}

),

zones as (

    select name as zone_name
    from {{ known_zones() }}

),

given as (

    select
        cast({{ setting('as_of') }} as timestamptz) as as_of,
        coalesce(
            {{ setting('portal_timezone') }},
            (select max({{ to_text('timezone') }}) from portal),
            'UTC'
        ) as given_timezone,
        coalesce(
            upper({{ setting('base_currency') }}),
            (select max({{ to_text('base_currency') }}) from portal),
            (select max(currency_id) from currencies where is_portal_base)
        ) as base_currency,
        {{ setting('default_country_code') }} as default_country_code,
        cast({{ setting('period_start') }} as date) as period_start,
        cast({{ setting('velocity_window_days', '90') }} as integer) as velocity_window_days,
        {{ setting('calendar_window') }} as calendar_window,
        cast({{ setting('stuck_min_days', '14') }} as double precision) as stuck_min_days,
        cast({{ setting('stuck_median_factor', '2') }} as double precision) as stuck_median_factor

),

-- a portal whose zone has no name gives an offset, +03:00
named as (

    select
        as_of,
        {{ zone_name('given_timezone') }} as given_timezone,
        base_currency,
        default_country_code,
        period_start,
        velocity_window_days,
        calendar_window,
        stuck_min_days,
        stuck_median_factor
    from given

),

zoned as (

    select
        named.as_of,
        -- of a zone that the database does not know nothing is left but UTC: better than no reports at all
        case
            when {{ is_offset_zone('named.given_timezone') }} then named.given_timezone
            else coalesce(
                (select max(zones.zone_name) from zones where lower(zones.zone_name) = lower(named.given_timezone)),
                'UTC'
            )
        end as portal_timezone,
        named.base_currency,
        named.default_country_code,
        named.period_start,
        named.velocity_window_days,
        named.calendar_window,
        named.stuck_min_days,
        named.stuck_median_factor
    from named

),

dated as (

    select
        as_of,
        portal_timezone,
        cast(timezone({{ zone('portal_timezone') }}, as_of) as date) as as_of_date,
        base_currency,
        default_country_code,
        period_start,
        velocity_window_days,
        calendar_window,
        stuck_min_days,
        stuck_median_factor
    from zoned

)

select
    as_of,
    as_of_date,
    portal_timezone,
    base_currency,
    default_country_code,
    coalesce(period_start, cast(date_trunc('month', as_of_date) - interval '11 months' as date)) as period_start,
    velocity_window_days,
    coalesce(
        calendar_window,
        cast(cast(as_of_date - interval '365 days' as date) as varchar)
        || '/' || cast(cast(as_of_date + interval '365 days' as date) as varchar)
    ) as calendar_window,
    stuck_min_days,
    stuck_median_factor
from dated
