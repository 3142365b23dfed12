"""Reading the warehouse from a notebook: by name, as DataFrames, without ever holding the file."""

from pathlib import Path

import duckdb
import pytest

from pipelines import warehouse
from pipelines.errors import UsageError, WarehouseError


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two reports, a fact with NULLs, and one name in two schemas."""
    path = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE SCHEMA reporting; CREATE SCHEMA core; CREATE SCHEMA staging; CREATE SCHEMA bitrix24;
            CREATE TABLE reporting.rpt_deal_funnel AS SELECT 1 AS stage_order, 'New' AS stage_name;
            CREATE TABLE reporting.rpt_forecast AS SELECT 'none' AS expected_close;
            CREATE TABLE core.fct_deal AS SELECT * FROM (VALUES
                (1, 9007199254740993, true, 1.10::DECIMAL(18, 2), DATE '2026-01-31',
                    TIMESTAMPTZ '2026-01-31 23:30:00+01'),
                (2, NULL, NULL, NULL, NULL, NULL)
            ) AS deals (deal_id, company_id, is_late, amount, created_date, created_at_utc);
            CREATE TABLE bitrix24.deals AS SELECT 1 AS id;
            CREATE VIEW staging.deals AS SELECT id AS deal_id FROM bitrix24.deals;
            CREATE TABLE bitrix24._dlt_loads AS SELECT 1 AS load_id;
        """)
    return path


def test_a_report_is_found_by_its_name_alone(db: Path) -> None:
    """`frame("rpt_deal_funnel")` is the whole table, as a DataFrame."""
    frame = warehouse.frame("rpt_deal_funnel", db=db)

    assert frame.to_dict("records") == [{"stage_order": 1, "stage_name": "New"}]


def test_a_schema_may_stand_before_the_name(db: Path) -> None:
    """A name that two schemas have is the one nearer to the reports, unless the schema is given."""
    assert list(warehouse.frame("deals", db=db)) == ["deal_id"]
    assert list(warehouse.frame("bitrix24.deals", db=db)) == ["id"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rpt_deal_funel", "reporting.rpt_deal_funnel"),
        ("reporting.fct_deal", "core.fct_deal"),
        ("forecast", "reporting.rpt_forecast"),
        ("weather", "the reports are rpt_deal_funnel, rpt_forecast"),
        ("", "the reports are rpt_deal_funnel, rpt_forecast"),
        ('fct_deal"; DROP TABLE x', "fct_deal"),
        ("_dlt_loads", "There is no table"),
    ],
)
def test_an_unknown_name_is_told_with_those_that_are_close(db: Path, name: str, hint: str) -> None:
    """A typing mistake costs one look at the message."""
    with pytest.raises(UsageError, match="There is no table") as told:
        warehouse.frame(name, db=db)

    assert hint in str(told.value)


def test_a_file_without_reports_says_what_makes_them(tmp_path: Path) -> None:
    """Who has synced and not built is told to build."""
    path = tmp_path / "raw.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA bitrix24; CREATE TABLE bitrix24.deals AS SELECT 1 AS id")

    with pytest.raises(UsageError, match="`b24 build`"):
        warehouse.frame("rpt_deal_funnel", db=path)


def test_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    """The message has the command."""
    with pytest.raises(WarehouseError, match="does not exist yet: `b24 "):
        warehouse.frame("rpt_deal_funnel", db=tmp_path / "none.duckdb")


def test_numbers_flags_and_times_stay_what_they_are(db: Path) -> None:
    """NULLs turn neither ids into fractions nor flags into objects; days are days, instants know UTC."""
    frame = warehouse.frame("fct_deal", db=db)

    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "deal_id": "Int32",
        "company_id": "Int64",
        "is_late": "boolean",
        "amount": "float64",
        "created_date": "datetime64[ms]",
        "created_at_utc": "datetime64[us, UTC]",
    }
    assert frame.company_id[0] == 9007199254740993
    assert str(frame.created_at_utc[0]) == "2026-01-31 22:30:00+00:00"


def test_a_sum_of_counts_is_a_whole_number(db: Path) -> None:
    """It is shown as 3, not as 3.0; the sum of amounts is a fraction."""
    sums = warehouse.query("SELECT sum(deal_id) AS deals, sum(amount) AS amount FROM core.fct_deal", db=db)

    assert sums.to_dict("records") == [{"deals": 3, "amount": 1.1}]
    assert str(sums.deals.dtype) == "Int64"


def test_a_query_takes_its_values_by_name(db: Path) -> None:
    """Any SELECT over the schemas, and values that need no quoting."""
    found = warehouse.query("SELECT deal_id FROM core.fct_deal WHERE amount > $least", {"least": 1}, db=db)

    assert list(found.deal_id) == [1]


def test_a_query_that_cannot_be_run_says_why(db: Path) -> None:
    """DuckDB's own words, which point at the place; and nothing can be written this way."""
    with pytest.raises(UsageError, match="fct_deals"):
        warehouse.query("SELECT * FROM core.fct_deals", db=db)
    with pytest.raises(UsageError, match="read-only"):
        warehouse.query("DROP TABLE core.fct_deal", db=db)
    with pytest.raises(UsageError, match="empty"):
        warehouse.query("", db=db)


def test_the_file_is_free_after_every_call(db: Path) -> None:
    """A notebook that stays open is in nobody's way, also where its last call failed."""
    kept = warehouse.frame("rpt_forecast", db=db)
    with pytest.raises(UsageError):
        warehouse.frame("rpt_forecasts", db=db)

    with duckdb.connect(str(db)) as connection:  # for writing: DuckDB refuses while a reader is connected
        connection.execute("CHECKPOINT")
    assert len(kept) == 1
