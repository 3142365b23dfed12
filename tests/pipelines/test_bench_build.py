"""The large file of `b24 bench build`."""

from pathlib import Path

import duckdb

from pipelines.bench_build import make_raw_tables

DEALS = 1_000


def test_the_file_has_the_rows_that_are_promised(tmp_path: Path) -> None:
    """Four visits and half a task a deal, and the same rows when it is made again."""
    counts = """
        select
            (select count(*) from bitrix24.deals), (select count(*) from bitrix24.deal_stage_history),
            (select count(*) from bitrix24.tasks), (select sum(hash(deals)) from bitrix24.deals)
    """
    made = []
    for _ in range(2):
        make_raw_tables(tmp_path / "bench.duckdb", DEALS)
        with duckdb.connect(str(tmp_path / "bench.duckdb"), read_only=True) as connection:
            made.append(connection.execute(counts).fetchone())

    assert made[0] == made[1]
    assert made[0] is not None
    assert made[0][:3] == (DEALS, 4 * DEALS, DEALS // 2)


def test_a_deal_is_in_the_stage_of_its_last_visit(tmp_path: Path) -> None:
    """The rows fit together, or the reports would have less to do than those of a real portal."""
    strays = """
        select count(*)
        from bitrix24.deals
        where stage_id is distinct from (
            select max_by(visits.stage_id, visits.created_time)
            from bitrix24.deal_stage_history as visits
            where visits.owner_id = deals.id
        )
    """
    make_raw_tables(tmp_path / "bench.duckdb", DEALS)

    with duckdb.connect(str(tmp_path / "bench.duckdb"), read_only=True) as connection:
        assert connection.execute(strays).fetchone() == (0,)
