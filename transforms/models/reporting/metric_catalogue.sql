with

grains as (

    select
        table_name,
        grain
    from (
        values
        ('rpt_deal_funnel', 'one row per pipeline and step'),
        ('rpt_deal_monthly', 'one row per month and pipeline'),
        ('rpt_deal_cohort', 'one row per month of creation and pipeline'),
        ('rpt_stage_duration', 'one row per stage in progress (P) with a visit'),
        ('rpt_sales_velocity', 'one row per pipeline'),
        ('rpt_forecast', 'one row per pipeline and expected month of closing'),
        ('rpt_open_deals', 'one row per open deal'),
        ('rpt_pipeline_snapshot', 'one row per day, pipeline and stage'),
        ('rpt_lead_conversion', 'one row per month of creation of leads'),
        ('rpt_source_attribution', 'one row per source'),
        ('rpt_utm_attribution', 'one row per UTM source, medium and campaign'),
        ('rpt_product_sales', 'one row per product'),
        ('rpt_customer_rfm', 'one row per customer with a won deal'),
        ('rpt_manager_scorecard', 'one row per user'),
        ('rpt_task_workload', 'one row per user who is responsible for a task'),
        ('rpt_task_weekly', 'one row per week from the first task to as_of'),
        ('rpt_meeting_load', 'one row per user and week'),
        ('rpt_disk_usage', 'one row per drive, file extension and age'),
        ('rpt_contact_duplicates', 'one row per phone number or e-mail address that contacts share'),
        ('rpt_call_summary', 'one row per user with calls'),
        ('rpt_data_quality', 'one row per check'),
        ('rpt_data_freshness', 'one row per raw table')
    ) as reports(table_name, grain)

),

-- a test holds the names to the tables and their columns
metrics as (

    select
        table_name,
        metric,
        formula,
        caveat
    from (
        values
        (
            'rpt_deal_funnel', 'deals_entered',
            'count of distinct deals with a visit to the stage in fct_deal_stage_history',
            'deals that have moved to another pipeline since count here too; skipped stages do not'
        ),
        (
            'rpt_deal_funnel', 'deals_reached',
            'count of deals whose max_stage_id sorts at or after the step',
            'skipped steps count as reached: the funnel with conversion of Bitrix24'
        ),
        (
            'rpt_deal_funnel', 'conversion_from_first',
            'deals_reached / deals_reached of the first step',
            'NULL where the pipeline has no deal'
        ),
        (
            'rpt_deal_funnel', 'conversion_from_previous',
            'deals_reached / deals_reached of the step before',
            'NULL at the first step'
        ),
        (
            'rpt_deal_funnel', 'lost_here',
            'count of lost deals whose max_stage_id is the step',
            'a deal that went back counts at the furthest step it saw'
        ),
        (
            'rpt_deal_funnel', 'open_here',
            'count of open deals whose max_stage_id is the step',
            'not the stage where the deal is now, if it went back'
        ),
        (
            'rpt_deal_funnel', 'open_here_amount_base',
            'sum of amount_base of those open deals',
            'deals without a rate add nothing'
        ),
        ('rpt_deal_monthly', 'deals_created', 'count of deals by the month of created_at_utc', 'portal days'),
        (
            'rpt_deal_monthly', 'created_amount_base',
            'sum of amount_base of the deals created',
            'the amounts of today, not those of the day of creation'
        ),
        (
            'rpt_deal_monthly', 'deals_won',
            'count of won deals by the month of closed_at_utc',
            'closed_at_utc comes from the history, never from CLOSEDATE'
        ),
        (
            'rpt_deal_monthly', 'won_amount_base',
            'sum of amount_base of the deals won',
            'at the rates of the last sync'
        ),
        ('rpt_deal_monthly', 'deals_lost', 'count of lost deals by the month of closed_at_utc', null),
        (
            'rpt_deal_monthly', 'lost_amount_base',
            'sum of amount_base of the deals lost',
            'at the rates of the last sync'
        ),
        (
            'rpt_deal_monthly', 'win_rate',
            'deals_won / (deals_won + deals_lost)',
            'by closing month: it says nothing of the deals created in it'
        ),
        (
            'rpt_deal_monthly', 'win_rate_amount',
            'won_amount_base / (won_amount_base + lost_amount_base)',
            'deals without a rate are in neither sum'
        ),
        (
            'rpt_deal_monthly', 'avg_won_amount_base',
            'won_amount_base / won deals with a rate',
            'deals without a rate are in neither number'
        ),
        (
            'rpt_deal_monthly', 'avg_cycle_days_won',
            'average of cycle_days of the deals won',
            'days of 24 hours from creation to closing'
        ),
        ('rpt_deal_cohort', 'deals', 'count of deals created in the month', 'young cohorts are still moving'),
        ('rpt_deal_cohort', 'won', 'count of them that are won', 'whenever they were won'),
        ('rpt_deal_cohort', 'lost', 'count of them that are lost', null),
        ('rpt_deal_cohort', 'open', 'count of them that are open', null),
        (
            'rpt_deal_cohort', 'conversion_rate',
            'won / deals',
            'falls behind for young cohorts: compare won_within_30d'
        ),
        (
            'rpt_deal_cohort', 'won_within_30d',
            'count of won deals with cycle_days of at most 30',
            'a cohort younger than 30 days is not complete'
        ),
        (
            'rpt_deal_cohort', 'won_amount_base',
            'sum of amount_base of the won deals of the month of creation',
            'at the rates of the last sync'
        ),
        ('rpt_stage_duration', 'visits', 'count of visits', 'a deal that came back has several'),
        ('rpt_stage_duration', 'deals', 'count of distinct deals with a visit', null),
        ('rpt_stage_duration', 'completed_visits', 'count of visits that have ended', null),
        (
            'rpt_stage_duration', 'avg_hours',
            'average hours of the visits that have ended',
            'open visits are apart: an average over both would be too short'
        ),
        ('rpt_stage_duration', 'median_hours', 'continuous median of the same hours', null),
        ('rpt_stage_duration', 'p90_hours', 'continuous 90th percentile of the same hours', null),
        ('rpt_stage_duration', 'open_visits', 'count of visits that last at as_of', null),
        (
            'rpt_stage_duration', 'avg_open_age_hours',
            'average hours from entry to as_of of the visits that last',
            null
        ),
        ('rpt_sales_velocity', 'open_deals', 'count of open deals now', null),
        (
            'rpt_sales_velocity', 'closed_in_window',
            'count of deals closed in the last velocity_window_days days',
            null
        ),
        ('rpt_sales_velocity', 'won_in_window', 'count of them that were won', null),
        (
            'rpt_sales_velocity', 'avg_won_amount_base',
            'average amount_base of the deals won in the window',
            'NULL where none was won'
        ),
        ('rpt_sales_velocity', 'win_rate', 'won_in_window / closed_in_window', 'NULL where none was closed'),
        ('rpt_sales_velocity', 'avg_cycle_days_won', 'average cycle_days of the deals won in the window', null),
        (
            'rpt_sales_velocity', 'velocity_base_per_day',
            'open_deals x avg_won_amount_base x win_rate / avg_cycle_days_won',
            'a rate of flow, no forecast: it takes all open deals for average ones'
        ),
        (
            'rpt_forecast', 'open_deals',
            'count of open deals by expected_close_date',
            'overdue: before the day of as_of; none: no date'
        ),
        ('rpt_forecast', 'deals_without_rate', 'count of them without amount_base', 'their amounts are in no sum'),
        ('rpt_forecast', 'open_amount_base', 'sum of their amount_base', null),
        (
            'rpt_forecast', 'weighted_by_stage',
            'sum of amount_base x won/closed among closed deals of the pipeline that reached the same stage',
            'NULL chances (nothing closed yet) add nothing'
        ),
        (
            'rpt_forecast', 'weighted_by_probability',
            'sum of amount_base x PROBABILITY / 100',
            'PROBABILITY is what people typed in'
        ),
        ('rpt_open_deals', 'amount_base', 'amount x rate to the base currency', 'NULL without a rate'),
        ('rpt_open_deals', 'days_open', 'days from creation to as_of', null),
        ('rpt_open_deals', 'days_in_stage', 'days from the entry into the present stage to as_of', null),
        (
            'rpt_open_deals', 'stage_median_days',
            'median days of the visits to that stage that have ended',
            'NULL where none has'
        ),
        (
            'rpt_open_deals', 'days_since_activity',
            'days from the last activity that the portal notes to as_of',
            null
        ),
        (
            'rpt_open_deals', 'is_stuck',
            'days_in_stage > greatest(stuck_min_days, stuck_median_factor x stage_median_days)',
            'both are settings'
        ),
        (
            'rpt_open_deals', 'has_next_activity',
            'the deal has an open activity',
            'what is planned with its contact or company alone does not count'
        ),
        (
            'rpt_open_deals', 'is_next_activity_overdue',
            'the earliest deadline of its open activities is before as_of',
            null
        ),
        (
            'rpt_open_deals', 'is_close_date_overdue',
            'expected_close_date is before the day of as_of',
            'CLOSEDATE of an open deal is a plan'
        ),
        ('rpt_open_deals', 'is_owner_inactive', 'the owner may not log in, or the portal does not list him', null),
        (
            'rpt_pipeline_snapshot', 'open_deals',
            'count of deals that were in the stage at the local end of the day',
            'from the history as it is today: the portal rewrites it'
        ),
        (
            'rpt_pipeline_snapshot', 'open_amount_base',
            'sum of their amount_base',
            'the amounts of today; fct_deal_snapshot keeps those of the day'
        ),
        ('rpt_lead_conversion', 'leads', 'count of leads created in the month', null),
        (
            'rpt_lead_conversion', 'converted',
            'count of leads with semantic S',
            'converted in the portal, whether a deal came of it or not'
        ),
        ('rpt_lead_conversion', 'junk', 'count of leads with semantic F', null),
        ('rpt_lead_conversion', 'in_progress', 'count of the others', null),
        ('rpt_lead_conversion', 'with_deal', 'count of leads that a deal names as its lead', null),
        ('rpt_lead_conversion', 'conversion_rate', 'converted / leads', 'falls behind for young cohorts'),
        ('rpt_lead_conversion', 'conversion_rate_closed', 'converted / (converted + junk)', null),
        ('rpt_lead_conversion', 'lead_to_deal_rate', 'with_deal / leads', null),
        (
            'rpt_lead_conversion', 'avg_hours_to_convert',
            'average hours from creation to closing of the converted leads',
            null
        ),
        (
            'rpt_lead_conversion', 'avg_hours_to_first_deal',
            'average hours from the creation of the lead to that of its first deal',
            null
        ),
        ('rpt_source_attribution', 'leads', 'count of leads with the source', null),
        ('rpt_source_attribution', 'leads_converted', 'count of them with semantic S', null),
        ('rpt_source_attribution', 'leads_with_deal', 'count of them that a deal names as its lead', null),
        (
            'rpt_source_attribution', 'deals',
            'count of deals by fct_deal.source_id',
            'the own source of the deal, else that of its lead'
        ),
        ('rpt_source_attribution', 'won', 'count of them that are won', null),
        ('rpt_source_attribution', 'lost', 'count of them that are lost', null),
        ('rpt_source_attribution', 'open', 'count of them that are open', null),
        ('rpt_source_attribution', 'win_rate', 'won / (won + lost)', null),
        ('rpt_source_attribution', 'won_amount_base', 'sum of amount_base of the won ones', null),
        ('rpt_source_attribution', 'open_amount_base', 'sum of amount_base of the open ones', null),
        (
            'rpt_utm_attribution', 'leads',
            'count of leads with these three tags',
            'tags are trimmed and in lower case'
        ),
        (
            'rpt_utm_attribution', 'deals',
            'count of deals with these three tags',
            'the three tags of the deal if it has a source tag, else those of its lead'
        ),
        ('rpt_utm_attribution', 'won', 'count of them that are won', null),
        ('rpt_utm_attribution', 'won_amount_base', 'sum of amount_base of the won ones', null),
        ('rpt_product_sales', 'won_deals', 'count of distinct won deals with the product', null),
        (
            'rpt_product_sales', 'quantity',
            'sum of the quantities in won deals',
            'pieces and hours are added as the portal has them'
        ),
        (
            'rpt_product_sales', 'amount_base',
            'sum of price x quantity in the currency of the deal x its rate',
            'may differ from the amount of the deal, which people can set by hand'
        ),
        ('rpt_customer_rfm', 'frequency', 'count of won deals', null),
        ('rpt_customer_rfm', 'monetary_base', 'sum of their amount_base', 'deals without a rate add nothing'),
        ('rpt_customer_rfm', 'recency_days', 'days from the last won day to the day of as_of', null),
        ('rpt_customer_rfm', 'r_score', '5 to 30 days, 4 to 60, 3 to 90, 2 to 180, else 1', null),
        ('rpt_customer_rfm', 'f_score', 'least(5, frequency)', null),
        (
            'rpt_customer_rfm', 'm_score',
            '1 + floor(4 x percent_rank by monetary_base)',
            'relative: it moves when other customers do'
        ),
        (
            'rpt_manager_scorecard', 'deals_created',
            'count of the deals of the owner created from period_start to as_of',
            'by the owner of today: the portal keeps no past ones'
        ),
        ('rpt_manager_scorecard', 'deals_won', 'count of the deals of the owner won in the period', null),
        ('rpt_manager_scorecard', 'deals_lost', 'count of the deals of the owner lost in the period', null),
        ('rpt_manager_scorecard', 'win_rate', 'deals_won / (deals_won + deals_lost)', 'NULL where none was closed'),
        ('rpt_manager_scorecard', 'won_amount_base', 'sum of amount_base of the deals won in the period', null),
        ('rpt_manager_scorecard', 'avg_cycle_days_won', 'average cycle_days of the deals won in the period', null),
        ('rpt_manager_scorecard', 'open_deals', 'count of open deals', 'a stock at as_of, not of the period'),
        ('rpt_manager_scorecard', 'open_amount_base', 'sum of their amount_base', null),
        ('rpt_manager_scorecard', 'leads_assigned', 'count of the leads of the owner created in the period', null),
        (
            'rpt_manager_scorecard', 'leads_converted',
            'count of those leads with semantic S',
            'of the leads created in the period, whenever they were converted'
        ),
        (
            'rpt_manager_scorecard', 'tasks_completed',
            'count of the tasks of the responsible person completed in the period',
            null
        ),
        ('rpt_manager_scorecard', 'tasks_overdue', 'count of overdue tasks', 'a stock at as_of, not of the period'),
        (
            'rpt_manager_scorecard', 'meeting_hours',
            'sum of the hours of meetings that began in the period',
            'own entries of the calendar that count as load'
        ),
        ('rpt_task_workload', 'tasks_total', 'count of tasks', null),
        (
            'rpt_task_workload', 'open_tasks',
            'count of tasks with a status other than 5',
            'waiting for control and deferred are open'
        ),
        (
            'rpt_task_workload', 'overdue_tasks',
            'count of tasks with a deadline before as_of and a status other than 4 and 5',
            'deferred tasks count'
        ),
        ('rpt_task_workload', 'awaiting_control', 'count of tasks with status 4', null),
        ('rpt_task_workload', 'deferred', 'count of tasks with status 6', null),
        ('rpt_task_workload', 'open_without_deadline', 'count of open tasks without a deadline', null),
        ('rpt_task_workload', 'completed', 'count of tasks with status 5', null),
        (
            'rpt_task_workload', 'completed_on_time',
            'count of completed tasks with a deadline that were closed by then',
            null
        ),
        ('rpt_task_workload', 'completed_late', 'count of completed tasks closed after their deadline', null),
        (
            'rpt_task_workload', 'on_time_rate',
            'completed_on_time / completed tasks with a deadline',
            'NULL where none had one'
        ),
        ('rpt_task_workload', 'avg_lead_hours', 'average hours from creation to completion', null),
        (
            'rpt_task_workload', 'avg_cycle_hours',
            'average hours from the start of work to completion',
            'only tasks that were started in the portal'
        ),
        (
            'rpt_task_workload', 'overdue_hours',
            'sum of the hours that overdue tasks are over their deadline at as_of',
            null
        ),
        ('rpt_task_workload', 'time_spent_hours', 'sum of the time noted on the tasks', 'by whomever it was noted'),
        (
            'rpt_task_workload', 'efficiency_pct',
            '100 - 100 x tasks with a violated deadline / tasks',
            'tasks that people set themselves are left out'
        ),
        ('rpt_task_weekly', 'created', 'count of tasks created in the week', 'up to as_of in the last week'),
        (
            'rpt_task_weekly', 'completed',
            'count of tasks completed in the week',
            'a task that was reopened counts at its last completion only'
        ),
        (
            'rpt_task_weekly', 'open_at_week_end',
            'open at the end of the week before + created - completed',
            'deleted tasks were never there'
        ),
        (
            'rpt_meeting_load', 'meetings',
            'count of occurrences that count as load and begin in the week',
            'accepted or hosted, not whole-day'
        ),
        (
            'rpt_meeting_load', 'meeting_hours',
            'sum of their hours inside the week',
            'what runs over Sunday midnight is divided; overlapping meetings both count'
        ),
        ('rpt_disk_usage', 'files', 'count of files, trash among them', 'old versions of a file are not counted'),
        ('rpt_disk_usage', 'size_bytes', 'sum of their sizes', null),
        ('rpt_disk_usage', 'trashed_files', 'count of the files in the trash', null),
        ('rpt_disk_usage', 'trashed_bytes', 'sum of their sizes', null),
        (
            'rpt_contact_duplicates', 'contacts',
            'count of distinct contacts with the value',
            'a shared switchboard is no duplicate: look before merging'
        ),
        ('rpt_call_summary', 'calls', 'count of calls', null),
        ('rpt_call_summary', 'outgoing', 'count of calls of type 1 and 4', '4 is a call back'),
        ('rpt_call_summary', 'incoming', 'count of calls of type 2 and 3', '3 is a redirected call'),
        ('rpt_call_summary', 'missed_incoming', 'count of incoming calls with code 304', null),
        ('rpt_call_summary', 'answered', 'count of calls with code 200', 'either way'),
        ('rpt_call_summary', 'talk_minutes', 'sum of the minutes of answered calls', null),
        ('rpt_call_summary', 'avg_talk_seconds', 'talk time / answered calls', 'NULL where none was answered'),
        ('rpt_data_quality', 'rows_checked', 'count of the rows that the check is about', null),
        ('rpt_data_quality', 'rows_failed', 'count of the rows of which its name is true', null),
        ('rpt_data_quality', 'pass_rate', '1 - rows_failed / rows_checked', 'NULL where there is nothing to check'),
        ('rpt_data_freshness', 'rows_live', 'count of rows that the portal has', null),
        (
            'rpt_data_freshness', 'rows_deleted',
            'count of rows that the portal no longer has',
            'kept in the raw table only'
        ),
        (
            'rpt_data_freshness', 'lag_hours',
            'hours from the last sync of the table to as_of',
            'the last row that came, where no run has left a receipt'
        )
    ) as columns_of_reports(table_name, metric, formula, caveat)

)

select
    metrics.metric,
    metrics.formula,
    grains.grain,
    metrics.caveat,
    metrics.table_name
from metrics
inner join grains on metrics.table_name = grains.table_name
order by metrics.table_name, metrics.metric
