"""The reports of the small portal against the same definitions in plain Python, cell by cell."""

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from tests.transforms.definitions import Cell, Portal, Tables

CASES = {
    "core.dim_stage": ["category_id", "stage_id"],
    "core.dim_user": ["user_id"],
    "core.fct_deal": ["deal_id"],
    "core.fct_deal_stage_history": ["history_id"],
    "reporting.rpt_deal_funnel": ["category_id", "stage_order"],
    "reporting.rpt_deal_monthly": ["month", "category_id"],
}


def _same(expected: Cell, actual: Cell) -> bool:
    if isinstance(expected, float):
        return actual == pytest.approx(expected, rel=1e-9)
    if isinstance(expected, Decimal):
        return isinstance(actual, Decimal) and abs(actual - expected) < Decimal("0.000001")
    return bool(expected == actual) and (expected is None) == (actual is None)


@pytest.mark.parametrize("table", CASES)
def test_table_is_what_the_definitions_say(
    built: duckdb.DuckDBPyConnection, tables: Tables, as_of: datetime, table: str
) -> None:
    """Every cell is what the definitions give in plain Python."""
    portal = Portal(tables, as_of)
    name = table.split(".")[1]
    expected = portal.deals if name == "fct_deal" else getattr(portal, name)()
    keys = CASES[table]

    found = built.execute(f"select {', '.join(expected[0])} from {table}")
    names = [column[0] for column in found.description or []]
    actual = {
        tuple(row[names.index(key)] for key in keys): dict(zip(names, row, strict=True))
        for row in found.fetchall()
    }

    wanted = {tuple(row[key] for key in keys): row for row in expected}
    assert sorted(wanted) == sorted(actual)
    wrong = [
        (key, column, value, actual[key][column])
        for key, row in wanted.items()
        for column, value in row.items()
        if not _same(value, actual[key][column])
    ]
    assert wrong == []


def test_worked_by_hand(built: duckdb.DuckDBPyConnection) -> None:
    """A few cells that were worked out with pencil and paper, so that both sides cannot share a mistake."""
    deal = "select {} from core.fct_deal where deal_id = {}"
    visit = "select {} from core.fct_deal_stage_history where deal_id = {} and visit_seq = {}"

    def one(query: str) -> Cell:
        row = built.execute(query).fetchone()
        return row[0] if row and len(row) == 1 else row

    assert one(deal.format("max_stage_id", 2)) == "EXECUTING"
    assert one(deal.format("status, closed_at_utc, max_stage_id", 3)) == ("open", None, "EXECUTING")
    assert one(deal.format("max_stage_id", 4)) == "C3:TALK"
    assert one(deal.format("created_date, closed_date", 5)) == (date(2024, 4, 1), date(2024, 5, 1))
    assert one(deal.format("amount_base", 5)) == Decimal("1139.992704")
    assert one(deal.format("closed_at_utc", 8)) == datetime(2024, 3, 11, 12, tzinfo=UTC)
    assert one(deal.format("max_stage_id, cycle_days", 10)) == ("NEW", 0.0)
    assert one(deal.format("amount_base", 11)) == Decimal("922.5")
    assert one(deal.format("amount_base", 12)) is None
    assert one(deal.format("status, source_id", 13)) == ("lost", "CALL")
    assert one(visit.format("duration_hours", 16, 1)) == 23.0
    assert one(visit.format("transition", 3, 4)) == "backward"
    assert one(visit.format("transition", 9, 2)) == "unknown"
    assert one("select count(*) from core.fct_deal") == 14
    assert one("select user_name from core.dim_user where user_id = 99") == "Unknown user 99"
    assert one("select stage_name from core.dim_stage where stage_id = 'OLD'") == "(deleted) OLD"
    assert one(
        "select deals_entered, deals_reached from reporting.rpt_deal_funnel where stage_id = 'PREPARATION'"
    ) == (5, 9)
