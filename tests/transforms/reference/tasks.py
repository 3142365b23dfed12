"""Tasks: each one, by the person responsible, and week by week."""

from collections import defaultdict
from datetime import timedelta
from functools import cache

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row, hours, instant, mean, monday, number, reference, share

STATUS = {2: "pending", 3: "in_progress", 4: "awaiting_control", 5: "completed", 6: "deferred"}
AWAITING, COMPLETED, DEFERRED = 4, 5, 6


@cache
def fct_task(portal: Portal) -> list[Row]:
    """Tasks as they stand."""
    return [_task(portal, row) for row in portal.rows("tasks")]


def _task(portal: Portal, row: Row) -> Row:
    status = number(row["status"])
    created, started = instant(row.get("created_date")), instant(row.get("date_start"))
    deadline, closed = instant(row.get("deadline")), instant(row.get("closed_date"))
    completed = closed if status == COMPLETED else None
    overdue = deadline is not None and deadline < portal.as_of and status not in (AWAITING, COMPLETED)
    return {
        "task_id": row["id"],
        "status_id": status,
        "status": STATUS.get(status or 0),
        "created_by": reference(row.get("created_by")),
        "responsible_user_id": reference(row.get("responsible_id")),
        "created_at_utc": created,
        "started_at_utc": started,
        "deadline_utc": deadline,
        "completed_at_utc": completed,
        "is_overdue": overdue,
        "overdue_hours": hours(portal.as_of, deadline) if overdue else None,
        "is_completed_late": bool(completed and deadline and completed > deadline),
        "is_deadline_violated": overdue or bool(closed and deadline and closed > deadline),
        "lead_hours": hours(completed, created),
        "cycle_hours": hours(completed, started),
    }


def rpt_task_workload(portal: Portal) -> list[Row]:
    """Tasks by the person responsible."""
    spent = {row["id"]: number(row.get("time_spent_in_logs")) or 0 for row in portal.rows("tasks")}
    groups: dict[int, list[Row]] = defaultdict(list)
    for task in fct_task(portal):
        if task["responsible_user_id"]:
            groups[task["responsible_user_id"]].append(task)
    rows = []
    for user, tasks in groups.items():
        done = _with(tasks, COMPLETED)
        due = [task for task in done if task["deadline_utc"]]
        late = sum(task["is_completed_late"] for task in due)
        given = [task for task in tasks if task["created_by"] != user]
        violated = share(sum(task["is_deadline_violated"] for task in given), len(given))
        rows.append(
            {
                "user_id": user,
                "tasks_total": len(tasks),
                "open_tasks": len(tasks) - len(done),
                "overdue_tasks": sum(task["is_overdue"] for task in tasks),
                "awaiting_control": len(_with(tasks, AWAITING)),
                "deferred": len(_with(tasks, DEFERRED)),
                "open_without_deadline": sum(
                    task["status_id"] != COMPLETED and task["deadline_utc"] is None for task in tasks
                ),
                "completed": len(done),
                "completed_on_time": len(due) - late,
                "completed_late": late,
                "on_time_rate": share(len(due) - late, len(due)),
                "avg_lead_hours": mean(task["lead_hours"] for task in done),
                "avg_cycle_hours": mean(task["cycle_hours"] for task in done),
                "overdue_hours": sum(task["overdue_hours"] or 0 for task in tasks),
                "time_spent_hours": sum(spent[task["task_id"]] for task in tasks) / 3600,
                "efficiency_pct": None if violated is None else 100 - 100 * violated,
            }
        )
    return rows


def _with(tasks: list[Row], status: int) -> list[Row]:
    return [task for task in tasks if task["status_id"] == status]


def rpt_task_weekly(portal: Portal) -> list[Row]:
    """Tasks created and completed in each week, and those that were open at its end or at as_of."""
    created: dict[object, int] = defaultdict(int)
    completed: dict[object, int] = defaultdict(int)
    first = None
    for task in fct_task(portal):
        day, done = portal.day(task["created_at_utc"]), portal.day(task["completed_at_utc"])
        if day and task["created_at_utc"] <= portal.as_of:
            created[monday(day)] += 1
            first = min(first or monday(day), monday(day))
        if done and task["completed_at_utc"] <= portal.as_of:
            completed[monday(done)] += 1
    rows = []
    waiting = 0
    while first is not None and first <= monday(portal.today):
        waiting += created[first] - completed[first]
        rows.append(
            {
                "week_start": first,
                "created": created[first],
                "completed": completed[first],
                "open_at_week_end": waiting,
            }
        )
        first += timedelta(days=7)
    return rows
