"""The hand-checkable portal: every table against the reference, and figures worked out on paper."""

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from tests.transforms.raw_file import Tables
from tests.transforms.reference.compare import differences, read, same
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.tables import TABLES, Table
from tests.transforms.reference.values import Cell

BY_NAME = {table.name: table for table in TABLES}

# table, key, cells; the arithmetic stands above
FIGURES = [
    # skipped PREPARATION
    ("fct_deal", (2,), {"max_stage_id": "EXECUTING"}),
    # lost, then taken up again: open, and as far as it ever was
    ("fct_deal", (3,), {"status": "open", "closed_at_utc": None, "max_stage_id": "EXECUTING"}),
    # two hours before midnight in Greenwich is the next month in Berlin; 1234.56 x 0.9234
    (
        "fct_deal",
        (5,),
        {
            "created_date": date(2024, 4, 1),
            "closed_date": date(2024, 5, 1),
            "amount_base": Decimal("1139.992704"),
        },
    ),
    # its history does not know that it was lost: MOVED_TIME
    ("fct_deal", (8,), {"closed_at_utc": datetime(2024, 3, 11, 12, tzinfo=UTC)}),
    # created as lost: one row of history, no step but the first
    ("fct_deal", (10,), {"max_stage_id": "NEW", "cycle_days": 0.0}),
    # 90000 x 1.025 / 100, and a currency without a rate
    ("fct_deal", (11,), {"amount_base": Decimal("922.5")}),
    ("fct_deal", (12,), {"amount_base": None}),
    # an apology is a loss; its lead's source
    ("fct_deal", (13,), {"status": "lost", "source_id": "CALL"}),
    # PREPARATION: visited by 1, 3, 8, 13, 16; reached by 2, 11, 12, 15 too
    ("rpt_deal_funnel", (0, 2), {"deals_entered": 5, "deals_reached": 9, "lost_here": 2, "open_here": 1}),
    # EXECUTING was left after 13, 29, 8 and 0 days: (8 + 13) / 2 days
    (
        "rpt_stage_duration",
        (0, "EXECUTING"),
        {"completed_visits": 4, "median_hours": 252.0, "open_visits": 1},
    ),
    # 3 February 10:00 to 30 June 12:00; stuck is more than max(14, 2 x 10.5)
    ("rpt_open_deals", (2,), {"days_in_stage": 148 + 2 / 24, "stage_median_days": 10.5, "is_stuck": True}),
    # 2 is in EXECUTING, which only won deals reached: 250; 3 in PREPARATION, 4 of 6: 92.330766 x 4 / 6
    # and with their probabilities 250 x 0.6 + 92.330766 x 0.2
    (
        "rpt_forecast",
        (0, "2024-08"),
        {
            "open_deals": 2,
            "open_amount_base": Decimal("342.330766"),
            "weighted_by_stage": 311.553844,
            "weighted_by_probability": 168.4661532,
        },
    ),
    ("rpt_forecast", (0, "overdue"), {"open_deals": 1, "open_amount_base": Decimal(20)}),
    # 2, 3, 9, 16 and 17 are open; 11 and 12 won after 31 days each, 13 lost: 5 x 922.5 x 2/3 / 31
    ("rpt_sales_velocity", (0,), {"closed_in_window": 3, "velocity_base_per_day": 3075 / 31}),
    # 11, 12 and 16, which left at midnight: 922.5 + 70
    (
        "rpt_pipeline_snapshot",
        (date(2024, 3, 31), 0, "NEW"),
        {"open_deals": 3, "open_amount_base": Decimal("992.5")},
    ),
    (
        "rpt_pipeline_snapshot",
        (date(2024, 4, 1), 0, "NEW"),
        {"open_deals": 2, "open_amount_base": Decimal("922.5")},
    ),
    # 40, 42 and 43; 40 was converted after a day, and its deal came at the same moment
    (
        "rpt_lead_conversion",
        ("2024-04",),
        {
            "leads": 3,
            "conversion_rate": 1 / 3,
            "conversion_rate_closed": 0.5,
            "avg_hours_to_first_deal": 24.0,
        },
    ),
    # the earlier of two deals, 26 hours after the lead
    ("rpt_lead_conversion", ("2024-05",), {"converted": 1, "avg_hours_to_first_deal": 26.0}),
    # 1139.992704 + 922.5; 1 May to 30 June is 60 days; the most of three
    (
        "rpt_customer_rfm",
        ("company:7",),
        {
            "frequency": 2,
            "monetary_base": Decimal("2062.492704"),
            "recency_days": 60,
            "r_score": 4,
            "m_score": 5,
        },
    ),
    ("rpt_customer_rfm", ("company:5",), {"recency_days": 137, "r_score": 2, "f_score": 1, "m_score": 3}),
    ("rpt_contact_duplicates", ("phone", "49301234567"), {"contact_ids": "1,2"}),
    ("rpt_contact_duplicates", ("phone", "79123456789"), {"contact_ids": "4,10"}),
    ("rpt_contact_duplicates", ("email", "ann@x.test"), {"contact_ids": "1,10"}),
    # 100 x 2.5 + 10 x 3 x 0.9234
    (
        "rpt_product_sales",
        (7,),
        {"won_deals": 2, "quantity": Decimal("5.5"), "amount_base": Decimal("277.702")},
    ),
    # noon to noon over a night of 23 hours
    ("fct_task", (6,), {"lead_hours": 23.0, "cycle_hours": 22.0, "is_completed_late": True}),
    # put off and overdue for 15 days; handed in a second late; no deadline before the year 9999
    ("fct_task", (2,), {"is_overdue": True, "overdue_hours": 360.0}),
    ("fct_task", (4,), {"is_overdue": False, "is_deadline_violated": True}),
    ("fct_task", (7,), {"deadline_utc": None, "is_overdue": False}),
    # of 1, 3, 4 and 5, set by others, two were violated; 24 + 360 hours
    (
        "rpt_task_workload",
        (1,),
        {"open_tasks": 4, "overdue_hours": 384.0, "efficiency_pct": 50.0, "time_spent_hours": 2.0},
    ),
    # 7, 8, 9, 10 and 13 (11 is deleted); 12 is from Sunday 23:30 to Monday 00:30
    ("rpt_task_weekly", (date(2024, 5, 27),), {"created": 1, "completed": 0}),
    ("rpt_task_weekly", (date(2024, 6, 3),), {"created": 5, "completed": 2}),
    # nine o'clock, before and after the clock change
    (
        "fct_calendar_occurrence",
        (1201, date(2024, 3, 25)),
        {"start_at_utc": datetime(2024, 3, 25, 8, tzinfo=UTC)},
    ),
    (
        "fct_calendar_occurrence",
        (1201, date(2024, 4, 1)),
        {"start_at_utc": datetime(2024, 4, 1, 7, tzinfo=UTC)},
    ),
    ("fct_calendar_occurrence", (1205, date(2023, 10, 3)), {"start_at_utc": None, "counts_as_load": False}),
    # 02:30 comes twice: the first; does not come: as if the clock had not been changed; 18:30 in New York
    (
        "fct_calendar_occurrence",
        (1219, date(2024, 10, 27)),
        {"start_at_utc": datetime(2024, 10, 27, 0, 30, tzinfo=UTC)},
    ),
    (
        "fct_calendar_occurrence",
        (1220, date(2024, 3, 31)),
        {"start_at_utc": datetime(2024, 3, 31, 1, 30, tzinfo=UTC)},
    ),
    (
        "fct_calendar_occurrence",
        (1218, date(2024, 3, 10)),
        {"start_at_utc": datetime(2024, 3, 10, 22, 30, tzinfo=UTC)},
    ),
    # three hours from Sunday 23:00: one meeting of the first week, two hours of the second
    ("rpt_meeting_load", (1, date(2024, 5, 27)), {"meetings": 1, "meeting_hours": 1.0}),
    ("rpt_meeting_load", (1, date(2024, 6, 3)), {"meetings": 0, "meeting_hours": 2.0}),
    # seven of the series, two and three hours
    ("rpt_manager_scorecard", (1,), {"meeting_hours": 12.0}),
    ("rpt_disk_usage", (1, "pdf", "000-030"), {"files": 2, "size_bytes": 300, "trashed_bytes": 200}),
    (
        "rpt_call_summary",
        (1,),
        {"outgoing": 3, "missed_incoming": 1, "talk_minutes": 2.5, "avg_talk_seconds": 75.0},
    ),
    ("dim_user", (6,), {"department_path": "Company / Sales / Inside"}),
    ("dim_user", (99,), {"user_name": "Unknown user 99", "is_inferred": True}),
    ("dim_stage", (0, "OLD"), {"stage_name": "(deleted) OLD", "is_inferred": True}),
    # 5 has an empty number, 6 nothing
    ("rpt_data_quality", ("contact_phone_and_email_missing",), {"rows_checked": 7, "rows_failed": 2}),
]


@pytest.fixture(scope="module")
def portal(tables: Tables, as_of: datetime) -> Portal:
    """The reference on the same raw rows."""
    return Portal(tables, as_of)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_table_is_what_the_definitions_say(
    built: duckdb.DuckDBPyConnection, portal: Portal, table: Table
) -> None:
    """Every cell is what the definitions give in plain Python."""
    assert not (found := differences(built, table, portal)), "\n".join(found)


def test_figures_worked_out_by_hand(built: duckdb.DuckDBPyConnection, portal: Portal) -> None:
    """Cells that were worked out on paper, so that table and reference cannot share a mistake."""
    for name, key, cells in FIGURES:
        table = BY_NAME[name]
        for rows in (read(built, table), table.made_by(portal)):
            (found,) = (row for row in rows if tuple(row[column] for column in table.keys) == key)
            for column, value in cells.items():
                assert _same(value, found[column]), (name, key, column, value, found[column])


def _same(expected: Cell, actual: Cell) -> bool:
    return same(float(expected), actual) if isinstance(actual, float) else same(expected, actual)


def test_days_of_a_series(built: duckdb.DuckDBPyConnection) -> None:
    """Both shapes of a series, exceptions, months that lack a day, and years give the days of a calendar."""
    found: dict[int, list[str]] = {}
    for event, day in built.execute(
        "select event_id, start_date from core.fct_calendar_occurrence order by all"
    ).fetchall():
        found.setdefault(event, []).append(f"{day:%y-%m-%d}")

    assert found[1201] == ["24-03-18", "24-03-20", "24-03-25", "24-04-01", "24-04-03", "24-04-08", "24-04-10"]
    assert found[1202] == ["24-03-28"]
    assert found[1203] == ["24-05-06", "24-05-07", "24-05-09", "24-05-10"]
    assert found[1204] == ["24-01-31", "24-03-31", "24-05-31"]
    assert found[1205] == ["23-10-03", "24-10-03"]
    assert found[1213] == ["24-05-20", "24-06-03", "24-06-17"]
    assert (found[1214][0], found[1214][-1], len(found[1214])) == ("23-07-05", "25-06-25", 104)
    assert {1211, 1215, 1216} & set(found) == set()
