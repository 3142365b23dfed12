"""Leads, and where leads and deals come from."""

from collections import defaultdict
from functools import cache

from tests.transforms.reference.deals import fct_deal, raw_deals
from tests.transforms.reference.months import amount, with_status
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row, hours, instant, mean, month, reference, share, text

NONE = "(none)"
Utm = tuple[str, str, str]


@cache
def leads(portal: Portal) -> list[Row]:
    """The leads that the portal has, each with its first deal."""
    deals: dict[int, list[Row]] = defaultdict(list)
    for deal in fct_deal(portal):
        deals[deal["lead_id"] or 0].append(deal)
    found = []
    for row in portal.rows("leads"):
        created = instant(row.get("date_create"))
        first = min(
            deals[row["id"]], key=lambda deal: (deal["created_at_utc"], deal["deal_id"]), default=None
        )
        found.append(
            {
                "lead_id": row["id"],
                "semantic": text(row.get("status_semantic_id")) or _semantic(portal, row.get("status_id")),
                "owner_user_id": reference(row.get("assigned_by_id")),
                "source_id": text(row.get("source_id")),
                "utm": utm(row),
                "created_at_utc": created,
                "created_date": portal.day(created),
                "hours_to_close": hours(instant(row.get("date_closed")), created),
                "has_deal": first is not None,
                "hours_to_deal": hours(first["created_at_utc"], created) if first else None,
            }
        )
    return found


def _semantic(portal: Portal, status: str | None) -> str:
    for row in portal.rows("statuses"):
        if row["entity_id"] == "STATUS" and row["status_id"] == status:
            return text(row.get("semantics")) or "P"
    return "P"


def utm(row: Row) -> Utm:
    """The three marks of a campaign, trimmed and in lower case."""
    marks = [
        (text(row.get(f"utm_{mark}")) or "").strip().lower() or NONE
        for mark in ("source", "medium", "campaign")
    ]
    return marks[0], marks[1], marks[2]


def rpt_lead_conversion(portal: Portal) -> list[Row]:
    """What became of the leads of each created month."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for lead in leads(portal):
        groups[month(lead["created_date"])].append(lead)
    rows = []
    for of, cohort in groups.items():
        converted = [lead for lead in cohort if lead["semantic"] == "S"]
        junk = sum(lead["semantic"] == "F" for lead in cohort)
        with_deal = [lead for lead in cohort if lead["has_deal"]]
        rows.append(
            {
                "cohort_month": of,
                "leads": len(cohort),
                "converted": len(converted),
                "junk": junk,
                "in_progress": len(cohort) - len(converted) - junk,
                "with_deal": len(with_deal),
                "conversion_rate": share(len(converted), len(cohort)),
                "conversion_rate_closed": share(len(converted), len(converted) + junk),
                "lead_to_deal_rate": share(len(with_deal), len(cohort)),
                "avg_hours_to_convert": mean(lead["hours_to_close"] for lead in converted),
                "avg_hours_to_first_deal": mean(lead["hours_to_deal"] for lead in with_deal),
            }
        )
    return rows


def rpt_source_attribution(portal: Portal) -> list[Row]:
    """Leads and deals by source."""
    names = {row["status_id"]: row["name"] for row in portal.rows("statuses") if row["entity_id"] == "SOURCE"}
    names[NONE] = NONE
    deals: dict[str, list[Row]] = defaultdict(list)
    came: dict[str, list[Row]] = defaultdict(list)
    for deal in fct_deal(portal):
        deals[deal["source_id"] or NONE].append(deal)
    for lead in leads(portal):
        came[lead["source_id"] or NONE].append(lead)
    rows = []
    for source in {*deals, *came}:
        won, lost, waiting = (with_status(deals[source], status) for status in ("won", "lost", "open"))
        rows.append(
            {
                "source_id": source,
                "source_name": names.get(source, f"(deleted) {source}"),
                "leads": len(came[source]),
                "leads_converted": sum(lead["semantic"] == "S" for lead in came[source]),
                "leads_with_deal": sum(lead["has_deal"] for lead in came[source]),
                "deals": len(deals[source]),
                "won": len(won),
                "lost": len(lost),
                "open": len(waiting),
                "win_rate": share(len(won), len(won) + len(lost)),
                "won_amount_base": amount(won),
                "open_amount_base": amount(waiting),
            }
        )
    return rows


def rpt_utm_attribution(portal: Portal) -> list[Row]:
    """Leads and deals by campaign: a deal's own marks if it has a source, else those of its lead."""
    deals: dict[Utm, list[Row]] = defaultdict(list)
    came: dict[Utm, int] = defaultdict(int)
    marks = {lead["lead_id"]: lead["utm"] for lead in leads(portal)}
    for deal in fct_deal(portal):
        own = utm(raw_deals(portal)[deal["deal_id"]])
        inherited = marks.get(deal["lead_id"], (NONE, NONE, NONE))
        deals[inherited if own[0] == NONE else own].append(deal)
    for lead in leads(portal):
        came[lead["utm"]] += 1
    return [
        {
            "utm_source": key[0],
            "utm_medium": key[1],
            "utm_campaign": key[2],
            "leads": came[key],
            "deals": len(deals[key]),
            "won": len(with_status(deals[key], "won")),
            "won_amount_base": amount(with_status(deals[key], "won")),
        }
        for key in {*deals, *came}
    ]
