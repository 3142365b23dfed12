"""How far deals came, how long they stayed, and where they stood on each day."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

from tests.transforms.reference.deals import fct_deal, fct_deal_stage_history, since
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.stages import deal_rows, dim_stage, places, steps
from tests.transforms.reference.values import Row, hours, mean, percentile, share, total


def rpt_deal_funnel(portal: Portal) -> list[Row]:
    """The steps of every pipeline with listed stages."""
    return [row for category in steps(portal) for row in _funnel(portal, category)]


def _funnel(portal: Portal, category: int) -> list[Row]:
    names = {row["id"]: row["name"] for row in portal.rows("pipelines") if row["entity_type_id"] == 2}
    at = places(portal, category)
    deals = [row for row in fct_deal(portal) if row["category_id"] == category]
    reached = [sum(at[row["max_stage_id"]] >= place for row in deals) for place in range(len(at))]
    rows = []
    for place, stage in enumerate(steps(portal)[category]):
        here = [row for row in deals if row["max_stage_id"] == stage["stage_id"]]
        waiting = [row for row in here if row["status"] == "open"]
        entered = {
            row["deal_id"]
            for row in fct_deal_stage_history(portal)
            if (row["category_id"], row["stage_id"]) == (category, stage["stage_id"])
        }
        rows.append(
            {
                "category_id": category,
                "category_name": names.get(category),
                "stage_id": stage["stage_id"],
                "stage_name": stage["stage_name"],
                "stage_order": place + 1,
                "deals_entered": len(entered),
                "deals_reached": reached[place],
                "conversion_from_first": share(reached[place], reached[0]),
                "conversion_from_previous": share(reached[place], reached[place - 1]) if place else None,
                "lost_here": sum(row["status"] == "lost" for row in here),
                "open_here": len(waiting),
                "open_here_amount_base": total(row["amount_base"] for row in waiting),
            }
        )
    return rows


@cache
def rpt_stage_duration(portal: Portal) -> list[Row]:
    """Visits of P stages: how long those took that ended, how old those are that did not."""
    visits: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for visit in fct_deal_stage_history(portal):
        visits[visit["category_id"], visit["stage_id"]].append(visit)
    rows = []
    for stage in dim_stage(portal):
        found = visits[stage["category_id"], stage["stage_id"]]
        if stage["semantic"] != "P" or not found:
            continue
        lengths = [
            hours(visit["left_at_utc"], visit["entered_at_utc"]) or 0.0
            for visit in found
            if visit["left_at_utc"]
        ]
        ages = [
            hours(portal.as_of, visit["entered_at_utc"]) for visit in found if visit["left_at_utc"] is None
        ]
        rows.append(
            {
                "category_id": stage["category_id"],
                "stage_id": stage["stage_id"],
                "stage_name": stage["stage_name"],
                "visits": len(found),
                "deals": len({visit["deal_id"] for visit in found}),
                "completed_visits": len(lengths),
                "avg_hours": mean(lengths),
                "median_hours": percentile(lengths, 0.5),
                "p90_hours": percentile(lengths, 0.9),
                "open_visits": len(ages),
                "avg_open_age_hours": mean(ages),
            }
        )
    return rows


def rpt_pipeline_snapshot(portal: Portal) -> list[Row]:
    """Open deals by day and stage; the last day ends at as_of, with the deals that are open then."""
    groups: dict[tuple[date, int, str], list[Row]] = defaultdict(list)
    lines = [(row, _line(portal, row)) for row in fct_deal(portal)]
    for day, end in _day_ends(portal, min((line[0][0] for _, line in lines), default=portal.as_of)):
        for row, line in lines:
            known = [entry for entry in line if entry[0] < end or entry[0] == end == portal.as_of]
            if known and known[-1][3] == "P":
                groups[day, known[-1][1], known[-1][2]].append(row)
    return [
        {
            "snapshot_date": day,
            "category_id": category,
            "stage_id": stage,
            "open_deals": len(deals),
            "open_amount_base": total(row["amount_base"] for row in deals),
        }
        for (day, category, stage), deals in groups.items()
    ]


def _day_ends(portal: Portal, first: datetime) -> Iterator[tuple[date, datetime]]:
    day = first.astimezone(portal.zone).date()
    while day <= portal.today:
        following = day + timedelta(days=1)
        yield day, min(portal.midnight(following), portal.as_of)
        day = following


def _line(portal: Portal, row: Row) -> list[tuple[datetime, int, str, str]]:
    """Where a deal was from when on; its last place is where it stands now, whatever the history knows."""
    line = [
        (visit["entered_at_utc"], visit["category_id"], visit["stage_id"], visit["stage_semantic"])
        for visit in _visits(portal)[row["deal_id"]]
    ]
    if not line or line[-1][2] != row["stage_id"]:
        raw = next(raw for raw in deal_rows(portal) if raw["id"] == row["deal_id"])
        # when it moved is not always known: then all that is known is that it has moved by as_of
        known = since(portal, raw) or (None if line else row["created_at_utc"]) or portal.as_of
        moved = max(known, line[-1][0]) if line else known
        line.append((moved, row["category_id"], row["stage_id"], row["stage_semantic"]))
    return line


@cache
def _visits(portal: Portal) -> dict[int, list[Row]]:
    visits: dict[int, list[Row]] = {row["deal_id"]: [] for row in fct_deal(portal)}
    for visit in fct_deal_stage_history(portal):
        visits[visit["deal_id"]].append(visit)
    return visits
