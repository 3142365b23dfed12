"""Files of rows on their way from the thread that reads to the one that loads."""

import threading
from pathlib import Path

from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.fields import Column
from sources.bitrix24.ready import ReadyFiles
from sources.bitrix24.spool import Chunk

DEALS, LEADS = ENTITIES["deals"], ENTITIES["leads"]
COLUMNS = (Column("ID", "id", "integer"), Column("TITLE", "title", "text"))
LONG = 60.0


def chunk(folder: Path, name: str, rows: int, table: str = "deals") -> Chunk:
    """A file of so many rows."""
    path = folder / name
    path.write_text(name)
    return Chunk(table, path, rows, 0)


def test_files_wait_until_they_are_worth_a_load(tmp_path: Path) -> None:
    """Those of the tables asked for, once they hold enough values; the others stay."""
    ready = ReadyFiles()
    ready.add(LEADS, [chunk(tmp_path, "l", 90, "leads")], COLUMNS)
    ready.add(DEALS, [chunk(tmp_path, "a", 60), chunk(tmp_path, "p", 60, "contact_points")], COLUMNS)
    later = threading.Timer(0.01, lambda: ready.add(DEALS, [chunk(tmp_path, "b", 60)], COLUMNS))
    later.start()

    assert [file.chunk.path.name for file in ready.wait({"deals"}, 200, 200, LONG)] == ["a", "b"]
    assert [file.chunk.path.name for file in ready.wait({"leads"}, 180, 180, LONG)] == ["l"]


def test_few_rows_are_loaded_once_that_long_nothing_was(tmp_path: Path) -> None:
    """A slow portal leaves time for it; too few wait for more all the same."""
    ready = ReadyFiles()
    ready.add(DEALS, [chunk(tmp_path, "a", 60)], COLUMNS)
    threading.Timer(0.01, lambda: ready.add(DEALS, [chunk(tmp_path, "b", 60)], COLUMNS)).start()

    assert [file.chunk.path.name for file in ready.wait({"deals"}, 10_000, 240, 0.0)] == ["a", "b"]


def test_the_end_of_the_reading_ends_the_wait(tmp_path: Path) -> None:
    """Whatever still waits is loaded with the rest."""
    ready = ReadyFiles()
    ready.add(DEALS, [chunk(tmp_path, "a", 60)], COLUMNS)
    threading.Timer(0.01, ready.end).start()

    assert ready.wait({"deals"}, 200, 200, LONG) == []


def test_what_was_loaded_holds_while_its_files_stay_as_they_are(tmp_path: Path) -> None:
    """A file that was changed, or that the reading did not come to in the end, was loaded in vain."""
    ready, first = ReadyFiles(), chunk(tmp_path, "a", 60)
    ready.add(DEALS, [first], COLUMNS)
    ready.note_loaded(ready.wait({"deals"}, 1, 1, LONG))

    assert ready.is_loaded(first)
    assert ready.hold({first})
    assert not ready.hold(set())
    (tmp_path / "new").write_text("marked")
    (tmp_path / "new").replace(first.path)
    assert not ready.hold({first})
    ready.forget_loaded()
    assert not ready.is_loaded(first)
    assert ready.hold(set())
