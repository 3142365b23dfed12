with

calls as (

    select
        user_id,
        direction,
        is_answered,
        is_missed,
        duration_seconds
    from {{ ref('fct_call') }}
    where user_id is not null

),

totals as (

    select
        user_id,
        count(*) as calls,
        count(*) filter (where direction = 'outgoing') as outgoing,
        count(*) filter (where direction = 'incoming') as incoming,
        count(*) filter (where is_missed) as missed_incoming,
        count(*) filter (where is_answered) as answered,
        coalesce(sum(duration_seconds) filter (where is_answered), 0) as talk_seconds
    from calls
    group by user_id

)

select
    user_id,
    calls,
    outgoing,
    incoming,
    missed_incoming,
    answered,
    cast(talk_seconds as double precision) / 60 as talk_minutes,
    {{ rate('talk_seconds', 'answered') }} as avg_talk_seconds
from totals
order by user_id
