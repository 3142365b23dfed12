"""Deals that are open: what they may bring, and which need somebody's care."""

from collections import defaultdict
from decimal import Decimal
from functools import cache

from tests.transforms.reference.deals import fct_deal, raw_deals, since
from tests.transforms.reference.funnel import rpt_stage_duration
from tests.transforms.reference.months import amount, with_status
from tests.transforms.reference.people import dim_user
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.stages import places
from tests.transforms.reference.values import (
    Row,
    days,
    decimal,
    flag,
    instant,
    month,
    number,
    share,
)


def rpt_forecast(portal: Portal) -> list[Row]:
    """Open deals by pipeline and the month in which they should close."""
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for deal in with_status(fct_deal(portal), "open"):
        groups[deal["category_id"], _expected(portal, deal)].append(deal)
    return [
        {
            "category_id": category,
            "expected_close": expected,
            "open_deals": len(deals),
            "deals_without_rate": sum(deal["currency_id"] not in portal.rates for deal in deals),
            "open_amount_base": amount(deals),
            "weighted_by_stage": sum(_weighted(deal, chance_of_stage(portal, deal)) for deal in deals),
            "weighted_by_probability": sum(
                _weighted(deal, decimal(raw_deals(portal)[deal["deal_id"]].get("probability")), 100)
                for deal in deals
            ),
        }
        for (category, expected), deals in groups.items()
    ]


def _expected(portal: Portal, deal: Row) -> str:
    day = deal["expected_close_date"]
    return "overdue" if day and day < portal.today else month(day)


def _weighted(deal: Row, chance: Decimal | float | None, whole: int = 1) -> float:
    if deal["amount_base"] is None or chance is None:
        return 0.0
    return float(deal["amount_base"]) * float(chance) / whole


def chance_of_stage(portal: Portal, deal: Row) -> float | None:
    """How many of the closed deals of the pipeline that came as far as this one were won."""
    at = places(portal, deal["category_id"])
    if deal["stage_id"] not in at:
        return None
    came = [
        other
        for other in fct_deal(portal)
        if other["category_id"] == deal["category_id"]
        and other["status"] != "open"
        and at[other["max_stage_id"]] >= at[deal["stage_id"]]
    ]
    return share(len(with_status(came, "won")), len(came))


@cache
def rpt_open_deals(portal: Portal) -> list[Row]:
    """A row a deal that is open."""
    return [_open_deal(portal, deal) for deal in with_status(fct_deal(portal), "open")]


def _open_deal(portal: Portal, deal: Row) -> Row:
    raw = raw_deals(portal)[deal["deal_id"]]
    in_stage = days(portal.as_of, since(portal, raw))
    median = _medians(portal).get((deal["category_id"], deal["stage_id"]))
    usual = max(portal.stuck_min_days, portal.stuck_median_factor * (median or 0))
    ahead = [
        instant(row.get("deadline"))
        for row in portal.rows("activities")
        if number(row["owner_type_id"]) == 2
        and number(row["owner_id"]) == deal["deal_id"]
        and not flag(row["completed"])
    ]
    deadline = min((moment for moment in ahead if moment), default=None)
    close = deal["expected_close_date"]
    inactive = {row["user_id"] for row in dim_user(portal) if not row["is_active"]}
    return {
        "deal_id": deal["deal_id"],
        "category_id": deal["category_id"],
        "stage_id": deal["stage_id"],
        "owner_user_id": deal["owner_user_id"],
        "amount_base": deal["amount_base"],
        "days_open": deal["age_days"],
        "days_in_stage": in_stage,
        "stage_median_days": median,
        "days_since_activity": days(portal.as_of, instant(raw.get("last_activity_time"))),
        "is_stuck": in_stage is not None and in_stage > usual,
        "has_next_activity": bool(ahead),
        "is_next_activity_overdue": deadline is not None and deadline < portal.as_of,
        "is_close_date_overdue": close is not None and close < portal.today,
        "is_owner_inactive": deal["owner_user_id"] in inactive,
    }


@cache
def _medians(portal: Portal) -> dict[tuple[int, str], float]:
    return {
        (row["category_id"], row["stage_id"]): row["median_hours"] / 24
        for row in rpt_stage_duration(portal)
        if row["median_hours"] is not None
    }
