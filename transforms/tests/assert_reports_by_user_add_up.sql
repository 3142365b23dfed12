-- A row is a number that the reports by user, added up, have other than the facts that have a user.
with

settings as (

    select
        as_of,
        period_start
    from {{ ref('settings') }}

),

deals as (

    select
        count(*) as count_deals,
        {{ total('deals.amount_base') }} as amount_base
    from {{ ref('fct_deal') }} as deals
    cross join settings
    where
        deals.status = 'won'
        and deals.owner_user_id is not null
        and deals.closed_date >= settings.period_start
        and deals.closed_at_utc <= settings.as_of

),

tasks as (

    select
        count(*) as count_tasks,
        count(*) filter (where is_open) as count_open,
        count(*) filter (where is_overdue) as count_overdue
    from {{ ref('fct_task') }}
    where responsible_user_id is not null

),

calls as (

    select
        count(*) as count_calls,
        count(*) filter (where is_answered) as count_answered
    from {{ ref('fct_call') }}
    where user_id is not null

),

scorecard as (

    select
        coalesce(sum(deals_won), 0) as deals_won,
        {{ total('won_amount_base') }} as won_amount_base,
        coalesce(sum(tasks_overdue), 0) as tasks_overdue
    from {{ ref('rpt_manager_scorecard') }}

),

workload as (

    select
        coalesce(sum(tasks_total), 0) as tasks_total,
        coalesce(sum(open_tasks), 0) as open_tasks,
        coalesce(sum(completed), 0) as completed
    from {{ ref('rpt_task_workload') }}

),

call_summary as (

    select
        coalesce(sum(outgoing + incoming), 0) as calls,
        coalesce(sum(answered), 0) as answered
    from {{ ref('rpt_call_summary') }}

),

compared as (

    select
        'deals won, by owner' as what,
        deals.count_deals as counted,
        scorecard.deals_won as reported
    from deals
    cross join scorecard
    union all
    select
        'amount won, by owner' as what,
        deals.amount_base as counted,
        scorecard.won_amount_base as reported
    from deals
    cross join scorecard
    union all
    select
        'tasks overdue' as what,
        tasks.count_overdue as counted,
        scorecard.tasks_overdue as reported
    from tasks
    cross join scorecard
    union all
    select
        'tasks' as what,
        tasks.count_tasks as counted,
        workload.tasks_total as reported
    from tasks
    cross join workload
    union all
    select
        'tasks, open and completed' as what,
        tasks.count_tasks as counted,
        workload.open_tasks + workload.completed as reported
    from tasks
    cross join workload
    union all
    select
        'open tasks' as what,
        tasks.count_open as counted,
        workload.open_tasks as reported
    from tasks
    cross join workload
    union all
    select
        'calls answered' as what,
        calls.count_answered as counted,
        call_summary.answered as reported
    from calls
    cross join call_summary

)

select
    what,
    counted,
    reported
from compared
where counted <> reported
