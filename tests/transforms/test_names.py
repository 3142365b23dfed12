"""Names beside ids in staging, and records of types that every portal has others of."""

from datetime import UTC, datetime
from decimal import Decimal

import duckdb


def test_deals_carry_the_names_of_their_ids(built: duckdb.DuckDBPyConnection) -> None:
    """Stage, pipeline, source, owner and currency are named; what no list has is told apart, not left out."""
    rows = built.execute(
        "select deal_id, stage_name, category_name, source_name, owner_user_name, currency_name "
        "from staging.stg_bitrix24__deals where deal_id in (4, 8, 9, 10, 14) order by deal_id"
    ).fetchall()

    assert rows == [
        (4, "Talk", "Partners", None, "b@x.test", "EUR"),
        (8, "Lost", "Sales", None, "Unknown user 99", "EUR"),
        (9, "(deleted) OLD", "Sales", None, "Ada Kern", "EUR"),
        (10, "Lost", "Sales", "Web", "Ada Kern", "EUR"),
        (14, "Talk", "Partners", None, None, "EUR"),
    ]


def test_items_of_every_type_are_in_one_table(built: duckdb.DuckDBPyConnection) -> None:
    """Tables of other shapes come together, ids are named, and links to records above are found."""
    rows = built.execute(
        "select entity_type_id, item_id, item_type_name, category_id, stage_name, deal_id, contact_id, "
        "cast(parent_ids as varchar), owner_user_name, amount, updated_at_utc "
        "from staging.stg_bitrix24__items order by all"
    ).fetchall()

    changed = datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert rows == [
        (7, 1, "quote", None, "Draft", 30, None, None, None, Decimal("5.10"), None),
        (130, 1, "Projects", 5, "Begun", 31, None, '{"2":31,"177":9}', "Ada Kern", None, changed),
        (177, 9, None, 6, "(deleted) DT177_6:OLD", None, None, None, None, None, None),
    ]
