"""The dbt project itself: columns, descriptions, and the unit tests beside the models."""

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.dbt_project import PROJECT, run_unit_tests
from pipelines.report import BuildReport
from tests.transforms.reference.tables import TABLES

CONTRACT = {table.name: table.columns for table in TABLES} | {
    "settings": (
        *("as_of", "portal_timezone", "base_currency", "default_country_code", "period_start"),
        *("velocity_window_days", "calendar_window", "stuck_min_days", "stuck_median_factor"),
    )
}
MONEY = """
    select table_name, column_name, data_type
    from information_schema.columns
    where
        table_schema in ('staging', 'core', 'reporting')
        and (column_name like '%amount%' or column_name = 'revenue')
        and column_name not like 'win_rate%'
"""
COLUMNS = "select column_name from information_schema.columns where table_name = ? order by ordinal_position"


@pytest.mark.parametrize("table", CONTRACT)
def test_columns_are_those_agreed(built: duckdb.DuckDBPyConnection, table: str) -> None:
    """A table has its columns; what is more comes without taking one away."""
    found = {row[0] for row in built.execute(COLUMNS, [table]).fetchall()}

    assert set(CONTRACT[table]) - found == set()


def test_money_is_never_a_double(built: duckdb.DuckDBPyConnection) -> None:
    """Every column of money is a decimal."""
    rows = built.execute(MONEY).fetchall()

    assert len(rows) > 10
    assert [row for row in rows if not row[2].startswith("DECIMAL")] == []


def test_every_table_and_column_explains_itself(built: duckdb.DuckDBPyConnection) -> None:
    """Any client shows what a table, view and column is: the descriptions are comments in the file."""
    ours = "schema_name in ('staging', 'core', 'reporting')"
    relations = built.execute(
        f"select table_name, comment from duckdb_tables() where {ours} "
        f"union all select view_name, comment from duckdb_views() where {ours}"
    ).fetchall()
    columns = built.execute(
        f"select table_name, column_name, comment from duckdb_columns() where {ours}"
    ).fetchall()

    assert len(relations) == len(list(PROJECT.glob("models/*/*.sql")))
    assert [row for row in relations if not (row[1] or "").startswith("One row")] == []
    assert [row for row in columns if not row[2]] == []


def test_every_description_is_of_a_column_that_is_there(built: duckdb.DuckDBPyConnection) -> None:
    """One file of promises beside each model, about its columns; custom fields describe themselves."""
    for sql in sorted(PROJECT.glob("models/*/*.sql")):
        described = yaml.safe_load(sql.with_suffix(".yml").read_text())["models"][0]
        found = [row[0] for row in built.execute(COLUMNS, [sql.stem]).fetchall()]

        assert described["name"] == sql.stem
        names = [column["name"] for column in described["columns"]]
        custom = [name for name in found if name.startswith("uf_")]
        assert names == [name for name in found if name not in custom]
        assert custom == [] or sql.stem.endswith("_fields")


def test_schemas_are_the_three_of_the_design(report: BuildReport) -> None:
    """Nothing is built outside staging, core and reporting."""
    assert {model.schema for model in report.models} == {"staging", "core", "reporting"}


def test_unit_tests_beside_the_models_pass(
    warehouse: Path, report: BuildReport, target_dir: Path, tmp_path: Path
) -> None:
    """Each rule of staging and each hard case of the facts holds on its two or three rows."""
    db = Path(shutil.copy(warehouse, tmp_path / "unit.duckdb"))
    results = run_unit_tests(db, target_dir)

    assert report.ok
    assert len(results) >= 37
    assert [result for result in results if result.status != "pass"] == []
