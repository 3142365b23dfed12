"""Builds of warehouses that lack something, have another name, or are built again."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.report import BuildReport, build
from tests.transforms.raw_file import write_portal, write_raw

TABLES = """
    select table_schema, table_name
    from information_schema.tables
    where table_schema in ('core', 'reporting')
    order by all
"""
NEVER_EMPTY = {"settings", "dim_date", "metric_catalogue", "rpt_data_freshness", "rpt_data_quality"}


def _contents(db: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(db), read_only=True) as connection:
        tables = connection.execute(TABLES).fetchall()
        return {
            name: connection.execute(f"select * from {schema}.{name} order by all").fetchall()
            for schema, name in tables
        }


def test_an_empty_warehouse_builds(tmp_path: Path, target_dir: Path, as_of: datetime) -> None:
    """A file without a single raw table has every model, typed and without rows, and every promise holds."""
    db = tmp_path / "empty.duckdb"
    duckdb.connect(str(db)).close()

    report = build(db, as_of=as_of, target_dir=target_dir)

    assert report.ok, report.failed
    contents = _contents(db)
    assert {name for name, rows in contents.items() if rows} == NEVER_EMPTY
    assert set(report.empty) == set(contents) - NEVER_EMPTY
    with duckdb.connect(str(db), read_only=True) as connection:
        settings = connection.execute("select portal_timezone, base_currency from core.settings").fetchone()
        types = dict(
            connection.execute(
                "select column_name, data_type from information_schema.columns where table_name = 'fct_deal'"
            ).fetchall()
        )
    assert settings == ("UTC", None)
    assert types["deal_id"] == "BIGINT"
    assert types["created_at_utc"] == "TIMESTAMP WITH TIME ZONE"


def test_text_columns_and_missing_columns_give_the_same_reports(
    tmp_path: Path,
    target_dir: Path,
    tables: dict[str, list[dict[str, Any]]],
    as_of: datetime,
    warehouse: Path,
    report: BuildReport,
) -> None:
    """Raw values that are all text change nothing, nor does a column that tells what others tell too."""
    db = tmp_path / "text.duckdb"
    write_raw(db, tables, as_text=True)
    write_portal(db)
    with duckdb.connect(str(db)) as connection:
        connection.execute("alter table bitrix24.deal_stage_history drop column category_id")
        connection.execute("alter table bitrix24.deal_stage_history drop column _deleted_at")
        connection.execute("alter table bitrix24.pipelines drop column entity_type_id")
        connection.execute("delete from bitrix24.pipelines where id = '4'")

    again = build(db, as_of=as_of, target_dir=target_dir)

    assert report.ok
    assert again.ok, again.failed
    found, expected = _contents(db), _contents(warehouse)
    for contents in (found, expected):
        del contents["rpt_data_freshness"]  # it counts raw rows, and one of them is gone
    assert found == expected


def test_any_file_name_will_do_and_may_change(
    tmp_path: Path, target_dir: Path, warehouse: Path, report: BuildReport, as_of: datetime
) -> None:
    """An awkward name builds and leaves one closed file, whose views work under the next name."""
    name = "it's #1 100% {{ x }}.duckdb"
    folder = tmp_path / "a folder"
    folder.mkdir()
    shutil.copy(warehouse, folder / name)

    part = ["stg_bitrix24__deals", "stg_bitrix24__leads", "dim_stage"]
    again = build(folder / name, as_of=as_of, select=part, target_dir=target_dir)
    assert report.ok
    assert again.ok, again.failed
    assert [path.name for path in folder.iterdir()] == [name]

    (folder / name).rename(tmp_path / "published.duckdb")
    with duckdb.connect(str(tmp_path / "published.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from staging.stg_bitrix24__deals").fetchone() == (17,)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'published.duckdb'}' as elsewhere (read_only)")
        assert connection.execute(
            "select count(*) from elsewhere.staging.stg_bitrix24__leads"
        ).fetchone() == (5,)


def test_two_builds_give_identical_tables(
    tmp_path: Path, target_dir: Path, warehouse: Path, report: BuildReport, as_of: datetime
) -> None:
    """The same raw rows and as_of give the same tables to the last digit, in a file named like a schema."""
    db = Path(shutil.copy(warehouse, tmp_path / "bitrix24.duckdb"))
    before = _contents(db)

    again = build(db, as_of=as_of, select=["core", "reporting"], target_dir=target_dir)

    assert report.ok
    assert again.ok, again.failed
    assert _contents(db) == before
