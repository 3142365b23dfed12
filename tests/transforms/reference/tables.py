"""The tables of the reports: their keys, their columns, and the function that makes each once more."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.transforms.reference import (
    calendar,
    custom_values,
    deals,
    funnel,
    leads,
    months,
    office,
    open_deals,
    parties,
    people,
    stages,
    summaries,
    tasks,
)
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row


@dataclass(frozen=True)
class Table:
    """A table of the reports."""

    name: str
    made_by: Callable[[Portal], list[Row]]
    keys: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def schema(self) -> str:
        """Where it is in the file."""
        return "reporting" if self.name.startswith("rpt_") else "core"

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, keys first."""
        return self.keys + self.others


def _table(made_by: Callable[[Portal], list[Row]], keys: str, others: str) -> Table:
    return Table(made_by.__name__, made_by, tuple(keys.split()), tuple(others.split()))


TABLES = (
    _table(
        stages.dim_stage,
        "category_id stage_id",
        "stage_name stage_sort semantic is_inferred",
    ),
    _table(
        people.dim_user,
        "user_id",
        "user_name is_active is_inferred department_id department_name department_path",
    ),
    _table(
        calendar.fct_calendar_occurrence,
        "event_id start_date",
        "parent_id owner_user_id start_at_utc end_at_utc duration_minutes is_all_day is_meeting "
        "meeting_status counts_as_load",
    ),
    _table(
        deals.fct_deal,
        "deal_id",
        "category_id stage_id stage_semantic status owner_user_id customer_key lead_id source_id "
        "currency_id amount amount_base created_at_utc created_date closed_at_utc closed_date "
        "expected_close_date cycle_days age_days max_stage_id",
    ),
    _table(
        custom_values.fct_deal_custom_value,
        "deal_id field_code value_index",
        "field_label value_text",
    ),
    _table(
        deals.fct_deal_stage_history,
        "history_id",
        "deal_id visit_seq category_id stage_id stage_semantic entered_at_utc left_at_utc is_current "
        "duration_hours transition",
    ),
    _table(
        tasks.fct_task,
        "task_id",
        "status_id status created_by responsible_user_id created_at_utc started_at_utc deadline_utc "
        "completed_at_utc is_overdue overdue_hours is_completed_late is_deadline_violated lead_hours "
        "cycle_hours",
    ),
    _table(
        office.rpt_call_summary,
        "user_id",
        "calls outgoing incoming missed_incoming answered talk_minutes avg_talk_seconds",
    ),
    _table(
        parties.rpt_contact_duplicates,
        "match_type match_key",
        "contacts contact_ids",
    ),
    _table(
        parties.rpt_customer_rfm,
        "customer_key",
        "frequency monetary_base last_won_date recency_days r_score f_score m_score",
    ),
    _table(
        summaries.rpt_data_quality,
        "check_name",
        "entity rows_checked rows_failed pass_rate",
    ),
    _table(
        months.rpt_deal_cohort,
        "cohort_month category_id",
        "deals won lost open conversion_rate won_within_30d won_amount_base",
    ),
    _table(
        funnel.rpt_deal_funnel,
        "category_id stage_order",
        "category_name stage_id stage_name deals_entered deals_reached conversion_from_first "
        "conversion_from_previous lost_here open_here open_here_amount_base",
    ),
    _table(
        months.rpt_deal_monthly,
        "month category_id",
        "deals_created created_amount_base deals_won won_amount_base deals_lost lost_amount_base "
        "win_rate win_rate_amount avg_won_amount_base avg_cycle_days_won",
    ),
    _table(
        office.rpt_disk_usage,
        "storage_id file_ext age_bucket",
        "storage_type files size_bytes trashed_files trashed_bytes",
    ),
    _table(
        open_deals.rpt_forecast,
        "category_id expected_close",
        "open_deals deals_without_rate open_amount_base weighted_by_stage weighted_by_probability",
    ),
    _table(
        leads.rpt_lead_conversion,
        "cohort_month",
        "leads converted junk in_progress with_deal conversion_rate conversion_rate_closed "
        "lead_to_deal_rate avg_hours_to_convert avg_hours_to_first_deal",
    ),
    _table(
        summaries.rpt_manager_scorecard,
        "user_id",
        "user_name department_name is_active deals_created deals_won deals_lost win_rate won_amount_base "
        "avg_cycle_days_won open_deals open_amount_base leads_assigned leads_converted tasks_completed "
        "tasks_overdue meeting_hours",
    ),
    _table(
        calendar.rpt_meeting_load,
        "user_id week_start",
        "meetings meeting_hours",
    ),
    _table(
        open_deals.rpt_open_deals,
        "deal_id",
        "category_id stage_id owner_user_id amount_base days_open days_in_stage stage_median_days "
        "days_since_activity is_stuck has_next_activity is_next_activity_overdue is_close_date_overdue "
        "is_owner_inactive",
    ),
    _table(
        funnel.rpt_pipeline_snapshot,
        "snapshot_date category_id stage_id",
        "open_deals open_amount_base",
    ),
    _table(
        parties.rpt_product_sales,
        "product_id",
        "product_name won_deals quantity amount_base",
    ),
    _table(
        months.rpt_sales_velocity,
        "category_id",
        "open_deals closed_in_window won_in_window avg_won_amount_base win_rate avg_cycle_days_won "
        "velocity_base_per_day",
    ),
    _table(
        leads.rpt_source_attribution,
        "source_id",
        "source_name leads leads_converted leads_with_deal deals won lost open win_rate won_amount_base "
        "open_amount_base",
    ),
    _table(
        funnel.rpt_stage_duration,
        "category_id stage_id",
        "stage_name visits deals completed_visits avg_hours median_hours p90_hours open_visits "
        "avg_open_age_hours",
    ),
    _table(
        tasks.rpt_task_weekly,
        "week_start",
        "created completed open_at_week_end",
    ),
    _table(
        tasks.rpt_task_workload,
        "user_id",
        "tasks_total open_tasks overdue_tasks awaiting_control deferred open_without_deadline completed "
        "completed_on_time completed_late on_time_rate avg_lead_hours avg_cycle_hours overdue_hours "
        "time_spent_hours efficiency_pct",
    ),
    _table(
        leads.rpt_utm_attribution,
        "utm_source utm_medium utm_campaign",
        "leads deals won won_amount_base",
    ),
)
