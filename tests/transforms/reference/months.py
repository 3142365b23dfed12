"""Deals by month and pipeline, and how fast they bring money."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from tests.transforms.reference.deals import fct_deal
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row, mean, month, share, total


def rpt_deal_monthly(portal: Portal) -> list[Row]:
    """Deals created by their created month, won and lost by their closed month."""
    groups: dict[tuple[str, int], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for deal in fct_deal(portal):
        groups[month(deal["created_date"]), deal["category_id"]]["created"].append(deal)
        if deal["status"] != "open":
            groups[month(deal["closed_date"]), deal["category_id"]][deal["status"]].append(deal)
    rows = []
    for (of, category), events in groups.items():
        created, won, lost = (events[event] for event in ("created", "won", "lost"))
        won_amount, lost_amount = amount(won), amount(lost)
        rows.append(
            {
                "month": of,
                "category_id": category,
                "deals_created": len(created),
                "created_amount_base": amount(created),
                "deals_won": len(won),
                "won_amount_base": won_amount,
                "deals_lost": len(lost),
                "lost_amount_base": lost_amount,
                "win_rate": share(len(won), len(won) + len(lost)),
                "win_rate_amount": share(won_amount, won_amount + lost_amount),
                "avg_won_amount_base": mean(deal["amount_base"] for deal in won),
                "avg_cycle_days_won": mean(deal["cycle_days"] for deal in won),
            }
        )
    return rows


def rpt_deal_cohort(portal: Portal) -> list[Row]:
    """What became of the deals of each created month."""
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for deal in fct_deal(portal):
        groups[month(deal["created_date"]), deal["category_id"]].append(deal)
    rows = []
    for (of, category), deals in groups.items():
        won = with_status(deals, "won")
        rows.append(
            {
                "cohort_month": of,
                "category_id": category,
                "deals": len(deals),
                "won": len(won),
                "lost": len(with_status(deals, "lost")),
                "open": len(with_status(deals, "open")),
                "conversion_rate": share(len(won), len(deals)),
                "won_within_30d": sum(
                    deal["cycle_days"] is not None and deal["cycle_days"] <= 30 for deal in won
                ),
                "won_amount_base": amount(won),
            }
        )
    return rows


def rpt_sales_velocity(portal: Portal) -> list[Row]:
    """Money a day: open deals times what those closed of late say about amount, chance and time."""
    earliest = portal.as_of - timedelta(days=portal.velocity_window_days)
    groups: dict[int, list[Row]] = defaultdict(list)
    for deal in fct_deal(portal):
        groups[deal["category_id"]].append(deal)
    rows = []
    for category, deals in groups.items():
        closed = [
            deal
            for deal in deals
            if deal["closed_at_utc"] and earliest <= deal["closed_at_utc"] <= portal.as_of
        ]
        won = with_status(closed, "won")
        waiting = len(with_status(deals, "open"))
        average = mean(deal["amount_base"] for deal in won)
        rate = share(len(won), len(closed))
        cycle = mean(deal["cycle_days"] for deal in won)
        rows.append(
            {
                "category_id": category,
                "open_deals": waiting,
                "closed_in_window": len(closed),
                "won_in_window": len(won),
                "avg_won_amount_base": average,
                "win_rate": rate,
                "avg_cycle_days_won": cycle,
                "velocity_base_per_day": waiting * average * rate / cycle
                if average is not None and rate is not None and cycle
                else None,
            }
        )
    return rows


def with_status(deals: list[Row], status: str) -> list[Row]:
    """The deals that are open, won or lost."""
    return [deal for deal in deals if deal["status"] == status]


def amount(deals: list[Row]) -> Decimal:
    """What deals come to in the base currency."""
    return total(deal["amount_base"] for deal in deals)
