"""A row a manager, and a row a check of the data."""

from collections.abc import Sequence

from tests.transforms.reference.calendar import meeting_hours
from tests.transforms.reference.deals import fct_deal
from tests.transforms.reference.leads import leads
from tests.transforms.reference.months import amount, with_status
from tests.transforms.reference.open_deals import rpt_open_deals
from tests.transforms.reference.people import dim_user
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.stages import dim_stage, visit_rows
from tests.transforms.reference.tasks import COMPLETED, fct_task
from tests.transforms.reference.values import Row, mean, share, text


def rpt_manager_scorecard(portal: Portal) -> list[Row]:
    """What every user did since the period began, and what is on his desk at as_of."""
    spent = meeting_hours(portal)
    return [_manager(portal, user, spent.get(user["user_id"], 0.0)) for user in dim_user(portal)]


def _manager(portal: Portal, user: Row, meetings: float) -> Row:
    start = portal.midnight(portal.period_start)

    def since(rows: Sequence[Row], column: str) -> list[Row]:
        return [row for row in rows if row[column] and start <= row[column] <= portal.as_of]

    deals = [deal for deal in fct_deal(portal) if deal["owner_user_id"] == user["user_id"]]
    won = since(with_status(deals, "won"), "closed_at_utc")
    lost = since(with_status(deals, "lost"), "closed_at_utc")
    waiting = with_status(deals, "open")
    assigned = since(
        [lead for lead in leads(portal) if lead["owner_user_id"] == user["user_id"]], "created_at_utc"
    )
    tasks = [task for task in fct_task(portal) if task["responsible_user_id"] == user["user_id"]]
    return {
        **{name: user[name] for name in ("user_id", "user_name", "department_name", "is_active")},
        "deals_created": len(since(deals, "created_at_utc")),
        "deals_won": len(won),
        "deals_lost": len(lost),
        "win_rate": share(len(won), len(won) + len(lost)),
        "won_amount_base": amount(won),
        "avg_cycle_days_won": mean(deal["cycle_days"] for deal in won),
        "open_deals": len(waiting),
        "open_amount_base": amount(waiting),
        "leads_assigned": len(assigned),
        "leads_converted": sum(lead["semantic"] == "S" for lead in assigned),
        "tasks_completed": len(since(tasks, "completed_at_utc")),
        "tasks_overdue": sum(task["is_overdue"] for task in tasks),
        "meeting_hours": meetings,
    }


def rpt_data_quality(portal: Portal) -> list[Row]:
    """Each check with the rows that it looked at and those that failed it."""
    deals = fct_deal(portal)
    waiting = rpt_open_deals(portal)
    there = {deal["deal_id"] for deal in deals}
    templates = {row["id"] for row in portal.rows("deals")} - there
    visits = [row for row in portal.rows("deal_stage_history") if row["owner_id"] not in templates]
    reachable = {
        row["owner_id"]
        for row in portal.rows("contact_points")
        if row["owner_type"] == "contact" and row["type_id"] in ("PHONE", "EMAIL") and text(row["value"])
    }
    tasks = [task for task in fct_task(portal) if task["status_id"] != COMPLETED]
    last = {deal: rows[-1]["stage_id"] for deal, rows in visit_rows(portal).items() if rows}
    return [
        _check(
            "contact",
            "phone_and_email_missing",
            [row["id"] not in reachable for row in portal.rows("contacts")],
        ),
        _check("deal", "currency_rate_missing", [deal["currency_id"] not in portal.rates for deal in deals]),
        _check("deal", "customer_missing", [deal["customer_key"] is None for deal in deals]),
        _check("deal", "open_close_date_past", [deal["is_close_date_overdue"] for deal in waiting]),
        _check("deal", "open_owner_inactive", [deal["is_owner_inactive"] for deal in waiting]),
        _check("deal", "open_without_next_activity", [not deal["has_next_activity"] for deal in waiting]),
        _check("deal", "source_missing", [deal["source_id"] is None for deal in deals]),
        _check(
            "deal",
            "stage_differs_from_history",
            [last.get(deal["deal_id"], deal["stage_id"]) != deal["stage_id"] for deal in deals],
        ),
        _check("lead", "source_missing", [lead["source_id"] is None for lead in leads(portal)]),
        _check("stage_history", "deal_missing", [row["owner_id"] not in there for row in visits]),
        _check("stage", "unknown", [stage["is_inferred"] for stage in dim_stage(portal)]),
        _check("task", "open_deadline_missing", [task["deadline_utc"] is None for task in tasks]),
    ]


def _check(entity: str, what: str, failed: Sequence[bool]) -> Row:
    return {
        "check_name": f"{entity}_{what}",
        "entity": entity,
        "rows_checked": len(failed),
        "rows_failed": sum(failed),
        "pass_rate": share(len(failed) - sum(failed), len(failed)),
    }
