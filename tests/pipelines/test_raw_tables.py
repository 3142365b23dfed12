"""What the raw tables answer when a read compares the portal with them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pipelines.places import places_of
from pipelines.raw_tables import RawTables
from pipelines.working_copy import working_copy
from sources.bitrix24.reading import Vanished

_TABLE = """
CREATE SCHEMA bitrix24;
CREATE TABLE bitrix24.deals (
    id BIGINT, title VARCHAR, opportunity DECIMAL(18, 2), tags JSON, date_modify TIMESTAMPTZ,
    "odd ""name" VARCHAR, _raw_values VARCHAR, _deleted_at TIMESTAMPTZ, _synced_at TIMESTAMPTZ,
    _dlt_load_id VARCHAR
);
INSERT INTO bitrix24.deals BY NAME
SELECT * FROM (VALUES
    (1, 'one', 10, '["a"]', TIMESTAMPTZ '2026-01-01 10:00:00+00', NULL),
    (2, 'two', NULL, NULL, TIMESTAMPTZ '2026-01-02 10:00:00+00', NULL),
    (3, NULL, 30, '{"b":1}', NULL, NULL),
    (4, 'gone', 40, NULL, TIMESTAMPTZ '2026-01-04 10:00:00+00', TIMESTAMPTZ '2026-01-05 00:00:00+00')
) AS t (id, title, opportunity, tags, date_modify, _deleted_at);
UPDATE bitrix24.deals SET _synced_at = now(), _dlt_load_id = '1';
"""
# as the reading writes files: JSON as text, nothing of dlt's
_ROWS = (
    'SELECT id, title, opportunity, tags::VARCHAR AS tags, date_modify, "odd ""name", _raw_values, '
    "_deleted_at, now() AS _synced_at FROM bitrix24.deals"
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with four deals, one of them deleted."""
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(_TABLE)
        yield connection


@pytest.fixture
def tables(db: duckdb.DuckDBPyConnection) -> RawTables:
    """The same, as the reading sees it."""

    @contextmanager
    def connect() -> Iterator[duckdb.DuckDBPyConnection]:
        with db.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
            yield cursor

    return RawTables(connect)


@pytest.fixture
def parquet(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[[str], Path]:
    """Writes a query to a file."""

    def write(query: str) -> Path:
        path = tmp_path / f"it's {len(list(tmp_path.iterdir()))}.parquet"
        db.execute(f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
        return path

    return write


def rows_of(path: Path, columns: str = "id") -> list[tuple[object, ...]]:
    return duckdb.sql(f"SELECT {columns} FROM read_parquet(?) ORDER BY id", params=[str(path)]).fetchall()


def test_live_ids_are_those_of_the_next_load(tables: RawTables, parquet: Callable[[str], Path]) -> None:
    """Rows of the files count as they are there: new, come back, or gone; the deleted do not count."""
    assert tables.live_ids("deals", "id", []).tolist() == [1, 2, 3]
    read = parquet(
        "SELECT 9::BIGINT AS id, NULL::TIMESTAMPTZ AS _deleted_at UNION ALL VALUES (4, NULL), (NULL, NULL)"
    )
    gone = parquet("SELECT 'x' AS more, 2::BIGINT AS id, now() AS _deleted_at")
    ids = tables.live_ids("deals", "id", [read, gone])
    assert (ids.tolist(), ids.dtype) == ([1, 3, 4, 9], np.int64)


def test_table_that_is_not_there_yet_holds_the_files(
    tables: RawTables, parquet: Callable[[str], Path]
) -> None:
    """Before the first load everything comes from the files; without any there is nothing."""
    file = parquet(
        "SELECT 7::BIGINT AS id, now() AS at_time, NULL::TIMESTAMPTZ AS _deleted_at, now() AS _synced_at"
    )
    assert tables.live_ids("leads", "id", [file]).tolist() == [7]
    assert tables.live_ids("leads", "id", []).tolist() == []
    assert tables.modified_times("leads", "id", "date_modify", []).num_rows == 0
    assert tables.modified_times("leads", "id", "date_modify", [file]).to_pydict() == {
        "id": [7],
        "modified": [None],
    }
    target = file.with_name("changed.parquet")
    assert tables.write_changed("leads", ["id"], file, target) == 1
    assert rows_of(target) == [(7,)]
    assert tables.write_vanished(Vanished("leads", ("id",), ()), target) == 0


def test_modified_times_are_those_of_the_next_load(tables: RawTables, parquet: Callable[[str], Path]) -> None:
    """By ascending id, the files' rows in the place of the table's, as moments in UTC."""
    file = parquet(
        "SELECT 2::BIGINT AS id, TIMESTAMPTZ '2026-03-01 03:00:00+03' AS date_modify, "
        "NULL::TIMESTAMPTZ AS _deleted_at"
    )
    table = tables.modified_times("deals", "id", "date_modify", [file])
    assert [str(field.type) for field in table.schema] == ["int64", "timestamp[us, tz=UTC]"]
    assert table.column("id").to_pylist() == [1, 2, 3]
    assert [moment and moment.replace(tzinfo=UTC) for moment in table.column("modified").to_pylist()] == [
        datetime(2026, 1, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
        None,
    ]
    assert tables.modified_times("deals", "id", "no_such", []).column(1).null_count == 3


def test_rows_as_they_were_are_not_written(
    tables: RawTables, parquet: Callable[[str], Path], tmp_path: Path
) -> None:
    """The time of the read, JSON as text and dlt's own columns make no row a changed one."""
    target = tmp_path / "changed.parquet"
    assert tables.write_changed("deals", ["id"], parquet(f"{_ROWS} WHERE id < 4"), target) == 0
    assert not target.exists()


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        ("REPLACE (CASE WHEN id = 1 THEN NULL ELSE title END AS title)", [1]),
        ("REPLACE (coalesce(title, 'x') AS title)", [3]),
        ("REPLACE (replace(tags, 'a', 'c') AS tags)", [1]),
        ("REPLACE (opportunity + id - 1 AS opportunity)", [3]),
        ("REPLACE (opportunity::DOUBLE AS opportunity)", [1, 3]),  # 10.0 is not the text 10.00
        ("REPLACE ('{}' AS _raw_values)", [1, 2, 3]),
        ("REPLACE (id + 1 AS id)", [2, 3, 4]),
        ("EXCLUDE (title)", [1, 2]),
        ("EXCLUDE (title), NULL::VARCHAR AS title, NULL::BIGINT AS new", [1, 2]),
        ("EXCLUDE (id), id, CASE WHEN id = 2 THEN 5 END AS new", [2]),
        ('REPLACE (id::VARCHAR AS "odd ""name")', [1, 2, 3]),
        ("REPLACE (id::VARCHAR AS id)", []),
    ],
)
def test_rows_that_are_not_as_they_were_are_written(
    tables: RawTables, parquet: Callable[[str], Path], tmp_path: Path, change: str, ids: list[int]
) -> None:
    """Any value that came, went or changed; new rows; a column that one side lacks counts as NULL."""
    target = tmp_path / "changed.parquet"
    file = parquet(f"SELECT * {change} FROM ({_ROWS} WHERE id < 4)")
    assert tables.write_changed("deals", ["id"], file, target) == len(ids)
    assert [int(str(number)) for (number,) in (rows_of(target) if ids else [])] == ids


def test_rows_that_came_back_are_changed(
    tables: RawTables, parquet: Callable[[str], Path], tmp_path: Path
) -> None:
    """A row that was marked as deleted is written though it is as it was then; whole, as it was read."""
    target = tmp_path / "changed.parquet"
    file = parquet(f"SELECT * REPLACE (NULL::TIMESTAMPTZ AS _deleted_at) FROM ({_ROWS})")
    assert tables.write_changed("deals", ["id"], file, target) == 1
    assert rows_of(target, "*") == [row for row in rows_of(file, "*") if row[0] == 4]


def test_changed_rows_of_several_keys(
    tables: RawTables, db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Rows are matched by their whole key, be it text."""
    db.execute(
        "CREATE TABLE bitrix24.statuses AS "
        "SELECT entity_id, status_id, 'n' AS name, NULL::TIMESTAMPTZ AS _deleted_at "
        "FROM (VALUES ('A', '1'), ('B', '1'), ('B', '2')) AS t (entity_id, status_id)"
    )
    file, target = tmp_path / "s.parquet", tmp_path / "t.parquet"
    db.execute(
        "COPY (SELECT * REPLACE (CASE WHEN entity_id || status_id = 'B1' THEN 'm' ELSE name END AS name) "
        f"FROM bitrix24.statuses) TO '{file}' (FORMAT parquet)"
    )
    assert tables.write_changed("statuses", ["entity_id", "status_id"], file, target) == 1
    assert duckdb.sql(f"SELECT entity_id, status_id FROM '{target}'").fetchall() == [("B", "1")]


def test_vanished_rows_are_written_whole_and_marked(
    tables: RawTables, parquet: Callable[[str], Path], tmp_path: Path
) -> None:
    """Live rows that no file has; JSON as text, as the files of rows have it."""
    target = tmp_path / "it's vanished.parquet"
    seen = (parquet("SELECT 2::BIGINT AS id"), parquet("SELECT 'x' AS more, 3::BIGINT AS id"))
    assert tables.write_vanished(Vanished("deals", ("id",), seen), target) == 1
    assert rows_of(
        target, "id, title, tags, typeof(tags), _deleted_at IS NOT NULL, _synced_at IS NOT NULL"
    ) == [(1, "one", '["a"]', "VARCHAR", True, True)]
    assert (
        tables.write_vanished(Vanished("deals", ("id",), (*seen, parquet("SELECT 1::BIGINT AS id"))), target)
        == 0
    )


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (Vanished("deals", ("id",), (), {"title": "two"}), [2]),
        (Vanished("deals", ("id",), (), {}, "id", (1, 3, 4, 77)), [1, 3]),
        (Vanished("deals", ("id",), (), {"title": "one"}, "id", (1, 3)), [1]),
        (Vanished("deals", ("id",), (), {}, "id", ()), []),
    ],
)
def test_search_for_vanished_rows_can_be_limited(
    tables: RawTables, tmp_path: Path, search: Vanished, ids: list[int]
) -> None:
    """By column values and by owners; owners named, and none of them, means no row."""
    target = tmp_path / "vanished.parquet"
    assert tables.write_vanished(search, target) == len(ids)
    assert [number for (number,) in (rows_of(target) if ids else [])] == ids


def test_working_copy_answers_for_its_file(tmp_path: Path) -> None:
    """What a run has loaded into its copy counts, not what readers see."""
    path = tmp_path / "warehouse.duckdb"
    with working_copy(path, "test") as copy:
        with copy.connect() as db:
            db.execute(_TABLE)
        assert copy.raw_tables.live_ids("deals", "id", []).tolist() == [1, 2, 3]
        assert not places_of(path).db.exists()
