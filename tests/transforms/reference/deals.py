"""Deals and their visits of stages."""

from datetime import datetime
from decimal import Decimal
from functools import cache

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.stages import (
    category_of,
    deal_rows,
    places,
    semantic_of,
    stages_by_key,
    steps,
    visit_rows,
)
from tests.transforms.reference.values import (
    Row,
    days,
    decimal,
    hours,
    instant,
    micro,
    midnight,
    reference,
    text,
)

STATUS = {"P": "open", "S": "won", "F": "lost"}


@cache
def fct_deal(portal: Portal) -> list[Row]:
    """Deals as they stand."""
    return [_deal(portal, row) for row in deal_rows(portal)]


@cache
def raw_deals(portal: Portal) -> dict[int, Row]:
    """What else a deal tells, by its id."""
    return {row["id"]: row for row in deal_rows(portal)}


def _deal(portal: Portal, row: Row) -> Row:
    category, stage = category_of(row), text(row.get("stage_id"))
    semantic = semantic_of(row) or stages_by_key(portal)[category, stage or ""]["semantic"]
    status = STATUS[semantic]
    created = instant(row.get("date_create"))
    closed = None if status == "open" else since(portal, row)
    amount = decimal(row.get("opportunity"))
    lead = next((lead for lead in portal.rows("leads") if lead["id"] == row.get("lead_id")), {})
    return {
        "deal_id": row["id"],
        "category_id": category,
        "stage_id": stage,
        "stage_semantic": semantic,
        "status": status,
        "owner_user_id": reference(row.get("assigned_by_id")),
        "customer_key": _customer(row),
        "lead_id": reference(row.get("lead_id")),
        "source_id": text(row.get("source_id")) or text(lead.get("source_id")),
        "currency_id": text(row.get("currency_id")),
        "amount": amount,
        "amount_base": in_base(portal, amount, row.get("currency_id")),
        "created_at_utc": created,
        "created_date": portal.day(created),
        "closed_at_utc": closed,
        "closed_date": portal.day(closed),
        "expected_close_date": midnight(row.get("closedate")),
        "cycle_days": days(closed, created),
        "age_days": days(portal.as_of, created) if status == "open" else None,
        "max_stage_id": _furthest(portal, row, category, status),
    }


def since(portal: Portal, row: Row) -> datetime | None:
    """When a deal came to its present stage: its last visit if it is of that stage, else MOVED_TIME."""
    visits = visit_rows(portal)[row["id"]]
    if visits and visits[-1]["stage_id"] == row.get("stage_id"):
        return instant(visits[-1]["created_time"])
    return instant(row.get("moved_time"))


def in_base(portal: Portal, amount: Decimal | None, currency: str | None) -> Decimal | None:
    """An amount in the base currency."""
    rate = portal.rates.get(currency or "")
    return None if amount is None or rate is None else micro(amount * rate)


def _customer(row: Row) -> str | None:
    for kind in ("company", "contact"):
        if number := reference(row.get(f"{kind}_id")):
            return f"{kind}:{number}"
    return None


def _furthest(portal: Portal, row: Row, category: int, status: str) -> str | None:
    of_pipeline = steps(portal).get(category, [])
    if not of_pipeline:
        return None
    at = places(portal, category)
    visited = [at.get(visit["stage_id"], 0) for visit in _visits_in(portal, row["id"], category)]
    if status == "won":  # whatever the history knows, it came there
        visited.append(at.get(row["stage_id"], len(of_pipeline) - 1))
    return str(of_pipeline[max(visited, default=0)]["stage_id"])


def _visits_in(portal: Portal, deal: int, category: int) -> list[Row]:
    return [visit for visit in visit_rows(portal)[deal] if category_of(visit) == category]


@cache
def fct_deal_stage_history(portal: Portal) -> list[Row]:
    """The visits of deals, in order."""
    return [
        _visit(portal, visits, place)
        for visits in visit_rows(portal).values()
        for place in range(len(visits))
    ]


def _visit(portal: Portal, visits: list[Row], place: int) -> Row:
    visit = visits[place]
    key = (category_of(visit), visit["stage_id"])
    semantic = semantic_of(visit) or stages_by_key(portal)[key]["semantic"]
    entered = instant(visit["created_time"])
    left = instant(visits[place + 1]["created_time"]) if place + 1 < len(visits) else None
    return {
        "history_id": visit["id"],
        "deal_id": visit["owner_id"],
        "visit_seq": place + 1,
        "category_id": key[0],
        "stage_id": key[1],
        "stage_semantic": semantic,
        "entered_at_utc": entered,
        "left_at_utc": left,
        "is_current": left is None,
        "duration_hours": hours(left or portal.as_of, entered) if semantic == "P" else None,
        "transition": _transition(portal, visits, place, semantic),
    }


def _transition(portal: Portal, visits: list[Row], place: int, semantic: str) -> str:
    if place == 0:
        return "create"
    before, now = ((category_of(row), row["stage_id"]) for row in visits[place - 1 : place + 1])
    if before[0] != now[0]:
        return "pipeline_change"
    if semantic in "SF":
        return STATUS[semantic]
    sorts = [stages_by_key(portal)[key]["stage_sort"] for key in (before, now)]
    if None in sorts or sorts[0] == sorts[1]:
        return "unknown"
    return "forward" if sorts[1] > sorts[0] else "backward"
