"""Sync rule 6: one writer, many readers."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import duckdb
import pytest

from pipelines.errors import LockedError, UsageError, WarehouseError
from pipelines.places import places_of
from pipelines.working_copy import working_copy
from tests.pipelines.rig import Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

NOTEBOOK = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "ro")
for line in sys.stdin:
    print(connection.execute(line).fetchall(), flush=True)
"""
COUNT = "SELECT count(*) FROM bitrix24.deals WHERE title = 'changed'"


class Notebook:
    """Another process with the file open."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def ask(self, query: str) -> str:
        """Answer a query in that process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(query + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def notebook(db: Path, mode: str) -> Iterator[Notebook]:
    """Keep the file open, read-only or for writing, while the block runs."""
    process = Popen([sys.executable, "-c", NOTEBOOK, str(db), mode], stdin=PIPE, stdout=PIPE, text=True)
    try:
        opened = Notebook(process)
        assert opened.ask("SELECT 1") == "[(1,)]"
        yield opened
    finally:
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A folder with a file that is synced, and what a run keeps beside it; the epoch of the portal's rows."""
    folder = tmp_path_factory.mktemp("synced")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("B24_STATE_DIR", str(folder / "state"))
        environment.setenv("HOME", str(folder / "home"))
        environment.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "0")
        with rig_with(small_portal(30), folder) as rig:
            rig.sync("deals")
            return folder, rig.portal.epoch


@pytest.fixture
def synced(first_sync: tuple[Path, float], tmp_path: Path) -> Iterator[Rig]:
    """A file that is synced, with one change waiting on the portal, which has the same rows again."""
    folder, epoch = first_sync
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with rig_with(small_portal(30, epoch=epoch), tmp_path) as rig:
        rig.portal.store.table("deals").update(rig.portal_ids()[0], {"TITLE": "changed"})
        yield rig


class TestOneWriterManyReaders:
    """Rule 6."""

    def test_second_run_is_told_who_holds_the_file(self, tmp_path: Path) -> None:
        """It ends at once, with exit code 9, and names the run that is under way."""
        with rig_with(small_portal(5), tmp_path) as rig:
            with (
                working_copy(rig.db, "b24 run"),
                pytest.raises(LockedError, match="b24 run, process") as refused,
            ):
                rig.sync("deals")
            assert refused.value.exit_code == 9
            assert rig.portal.stats.requests == 0
            assert rig.sync("deals").exit_code == 0

    def test_open_reader_keeps_its_state_and_a_new_one_sees_the_run(self, synced: Rig) -> None:
        """A notebook left open disturbs no run, nor does the run disturb it."""
        with notebook(synced.db, "ro") as reader:
            assert reader.ask(COUNT) == "[(0,)]"
            assert synced.sync("deals").exit_code == 0
            assert reader.ask(COUNT) == "[(0,)]"
            assert synced.fetch(COUNT) == [(1,)]

    def test_open_writer_that_writes_nothing_does_no_harm(self, synced: Rig) -> None:
        """A program that happened to open the file for writing does not make a run fail."""
        with notebook(synced.db, "rw") as writer:
            assert writer.ask(COUNT) == "[(0,)]"
            assert synced.sync("deals").exit_code == 0
        assert synced.fetch(COUNT) == [(1,)]

    def test_changes_of_another_program_are_not_overwritten(self, synced: Rig) -> None:
        """A file that someone changed while a run worked stays theirs; the run publishes nothing."""
        with notebook(synced.db, "rw") as writer:
            at = synced.portal.stats.requests + 1
            synced.portal.before(at, lambda _: writer.ask("CREATE TABLE mine AS SELECT 42 AS answer"))
            with pytest.raises(LockedError, match="changed by another program"):
                synced.sync("deals")
        assert synced.fetch("SELECT answer FROM mine") == [(42,)]
        assert synced.fetch(COUNT) == [(0,)]
        assert synced.sync("deals").exit_code == 0
        assert synced.fetch(COUNT) == [(1,)]
        assert synced.fetch("SELECT answer FROM mine") == [(42,)]

    def test_uncommitted_log_of_an_open_writer_stops_a_run(self, synced: Rig) -> None:
        """Changes that only the other program's log holds would get lost: the run names the program."""
        with notebook(synced.db, "rw") as writer:
            writer.ask("CREATE TABLE mine AS SELECT 42 AS answer")
            if not synced.db.with_name(synced.db.name + ".wal").exists():
                pytest.skip("this DuckDB keeps no log for so little")
            with pytest.raises(LockedError, match=r"PID|process"):
                synced.sync("deals")
        assert synced.sync("deals").exit_code == 0
        assert synced.fetch("SELECT answer FROM mine") == [(42,)]

    def test_older_backup_in_the_files_place_loses_nothing(self, synced: Rig) -> None:
        """Cursors live with the rows they belong to: an old file brings its old cursors along."""
        backup = synced.db.with_name("backup")
        shutil.copyfile(synced.db, backup)
        synced.sync("deals")
        shutil.copyfile(backup, synced.db)
        assert synced.fetch(COUNT) == [(0,)]
        synced.sync("deals")
        assert synced.fetch(COUNT) == [(1,)]
        assert synced.differences("deals") == []

    def test_lost_file_is_made_anew(self, synced: Rig) -> None:
        """What lies beside a file that is gone does not pass for its rows."""
        synced.db.unlink()
        synced.sync("deals")
        assert synced.differences("deals") == []
        assert synced.fetch("SELECT count(*) FROM bitrix24.deals") == [(30,)]

    def test_remains_of_a_killed_run_do_not_disturb(self, synced: Rig) -> None:
        """Torn files in the working folder are swept away."""
        folder = synced.db.with_name(f"{synced.db.name}.b24")
        for name in ("work/w.duckdb", "work/w.duckdb.wal", "lock.json", "dlt/b24/state.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"{torn")
        synced.sync("deals")
        assert synced.fetch(COUNT) == [(1,)]

    def test_file_of_another_portal_is_refused(self, synced: Rig, tmp_path: Path) -> None:
        """Ids of two portals would be mixed up."""
        with rig_with(small_portal(5, seed=7), tmp_path) as other:
            # the same machine under another name is another portal
            other.url = other.url.replace("127.0.0.1", "localhost")
            with pytest.raises(WarehouseError, match=r"127\.0\.0\.1"):
                other.sync("deals")
            assert other.portal.stats.requests == 0
        assert synced.fetch("SELECT count(*) FROM bitrix24.deals") == [(30,)]

    @pytest.mark.parametrize("content", [b"", b"not a database, but long enough to look like one" * 20])
    def test_file_that_is_no_database_is_left_alone(self, tmp_path: Path, content: bytes) -> None:
        """A wrong --db must not cost anyone a file; an empty one is nothing to lose."""
        with rig_with(small_portal(5), tmp_path) as rig:
            rig.db.write_bytes(content)
            if content:
                with pytest.raises(WarehouseError, match="not a DuckDB database"):
                    rig.sync("deals")
                assert rig.db.read_bytes() == content

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("core.duckdb", "ambiguous"), ("50%.duckdb", "%"), ("it's.duckdb", "'"), ("", "is a folder")],
    )
    def test_name_that_no_query_could_be_written_for_is_refused(
        self, tmp_path: Path, name: str, reason: str
    ) -> None:
        """Before anything is asked of the portal, and with what to do instead."""
        with pytest.raises(UsageError, match=reason):
            places_of(tmp_path / name)

    def test_schema_of_someone_else_is_left_alone(self, tmp_path: Path) -> None:
        """A database that has a schema of our name, but not from us, is refused."""
        with rig_with(small_portal(5), tmp_path) as rig:
            with duckdb.connect(str(rig.db)) as db:
                db.execute("CREATE SCHEMA bitrix24; CREATE TABLE bitrix24.deals AS SELECT 1 AS mine")
            with pytest.raises(WarehouseError, match="did not make"):
                rig.sync("deals")
            assert rig.fetch("SELECT mine FROM bitrix24.deals") == [(1,)]
