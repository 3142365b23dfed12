"""A portal whose webhook may read records but nothing that explains them: no list, no history, no rate."""

from random import Random

from tests.transforms import random_calendar, random_deals, random_parties, random_work
from tests.transforms.raw_file import Tables

SEED = 3


def raw_tables() -> Tables:
    """Records of one pipeline that point at users, stages, sources and drives that are nowhere."""
    chance = Random(SEED)  # noqa: S311 - a failure has to come back
    sales = random_deals.tables(chance, 0)
    work = random_work.tables(chance, 0)
    deals = [row for row in sales["deals"] if not row["stage_id"].startswith("C")]
    for row in deals:  # without a history, nobody knows where a deal was before
        row["moved_time"] = row["date_create"]
    return {
        "deals": deals,
        "leads": sales["leads"],
        "contact_points": random_parties.tables(chance, 0)["contact_points"],
        **{name: work[name] for name in ("tasks", "calls", "activities", "disk_files")},
        "calendar_events": random_calendar.events(chance, 0),
    }
