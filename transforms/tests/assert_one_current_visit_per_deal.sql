-- A row is a deal with visits of which none, or more than one, is the current one.
select
    deal_id,
    count(case when is_current then 1 end) as current_visits
from {{ ref('fct_deal_stage_history') }}
group by deal_id
having count(case when is_current then 1 end) <> 1
