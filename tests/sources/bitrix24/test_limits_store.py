import logging
import sqlite3
import threading
from pathlib import Path

import pytest

from sources.bitrix24.limits_store import LimitsStore, MemoryLimitsStore, SqliteLimitsStore, default_path


def count(value: bytes | None) -> tuple[bytes, int]:
    number = int(value or b"0") + 1
    return str(number).encode(), number


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LimitsStore:
    return (
        MemoryLimitsStore() if request.param == "memory" else SqliteLimitsStore(tmp_path / "a" / "l.sqlite")
    )


def test_values_change_under_their_own_key(store: LimitsStore) -> None:
    """Each key starts empty and remembers its last value."""
    assert [store.change("a", count), store.change("a", count), store.change("b", count)] == [1, 2, 1]


def test_changes_from_many_threads_are_all_counted(store: LimitsStore) -> None:
    """No change is lost between reading and writing."""
    threads = [
        threading.Thread(target=lambda: [store.change("a", count) for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.change("a", count) == 201


def test_a_change_that_fails_changes_nothing(store: LimitsStore) -> None:
    """An error inside a change leaves the old value and the store usable."""

    def fail(value: bytes | None) -> tuple[bytes, int]:
        raise KeyError(value)

    store.change("a", count)
    with pytest.raises(KeyError):
        store.change("a", fail)
    assert store.change("a", count) == 2


def test_two_stores_on_one_file_see_each_other(tmp_path: Path) -> None:
    """The file, not the object, holds the values."""
    one, two = SqliteLimitsStore(tmp_path / "l.sqlite"), SqliteLimitsStore(tmp_path / "l.sqlite")
    assert [one.change("a", count), two.change("a", count), one.change("a", count)] == [1, 2, 3]
    one.close()
    two.close()


def test_a_folder_that_cannot_be_written_costs_a_warning_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its file the store goes on in memory and says once what to set."""
    (tmp_path / "file").write_text("not a folder")
    store = SqliteLimitsStore(tmp_path / "file" / "l.sqlite")
    with caplog.at_level(logging.WARNING):
        assert [store.change("a", count), store.change("a", count)] == [1, 2]
    assert len(caplog.records) == 1
    assert "B24_STATE_DIR" in caplog.text


def test_a_damaged_file_costs_a_warning_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is no database does not stop a run."""
    path = tmp_path / "l.sqlite"
    path.write_bytes(b"this is no database at all" * 100)
    assert SqliteLimitsStore(path).change("a", count) == 1
    assert "cannot be used" in caplog.text


def test_a_file_locked_for_long_costs_a_warning_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that holds the file for ever does not stop the others."""
    path = tmp_path / "l.sqlite"
    store = SqliteLimitsStore(path, busy_seconds=0.05)
    store.change("a", count)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.change("a", count) == 1
    other.close()
    assert "cannot be used" in caplog.text


def test_the_file_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """B24_STATE_DIR wins over the user's cache folder."""
    monkeypatch.setenv("B24_STATE_DIR", str(tmp_path))
    assert default_path().parent == tmp_path
    monkeypatch.delenv("B24_STATE_DIR")
    assert default_path().parent != tmp_path
    assert "b24" in str(default_path())
