# ruff: noqa: ANN001 - fixtures are typed where they are made

import duckdb
from filelock import FileLock

from pipelines.cli.demo import _clear


def test_a_second_demo_makes_room_for_itself(b24, webhook) -> None:
    """A file of an earlier demo is made anew, a locked one is not."""
    assert b24("sync", "users", "--db", "demo.duckdb", webhook=webhook).returncode == 0
    with FileLock(str(b24.folder / "demo.duckdb.b24/lock")):
        assert b24("demo").returncode == 9
    _clear(b24.folder / "demo.duckdb")

    assert not (b24.folder / "demo.duckdb").exists()


def test_the_demo_does_not_touch_a_real_warehouse(b24) -> None:
    """A file that holds something else is not deleted for a demo."""
    path = b24.folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as real:
        real.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    done = b24("demo", "--size", "small", "--db", "warehouse.duckdb")

    assert done.returncode == 2
    assert "not of a demo" in done.stderr
    with duckdb.connect(str(path), read_only=True) as real:
        assert real.execute("SELECT answer FROM mine").fetchall() == [(42,)]
