"""A small portal, written row by row, whose figures can be checked with pencil and paper."""

from tests.transforms import hand_calendar, hand_deals, hand_parties, hand_work
from tests.transforms.raw_file import Tables


def raw_tables() -> Tables:
    """The raw tables as the portal's rows would land in them."""
    return {
        "deals": hand_deals.deals(),
        "deal_stage_history": hand_deals.visits(),
        "calendar_events": hand_calendar.events(),
        **hand_parties.tables(),
        **hand_work.tables(),
    }
