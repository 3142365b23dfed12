"""Writing the DuckDB file: who may write to it, and how a finished run reaches its readers.

DuckDB lets one process write a file or several read it. So a run works on a copy in `<file>.b24/` and
publishes it in one rename: readers keep what they opened and see the new state when they open again, and
no open notebook can stop a run. The rename is the commit: of a killed run nothing is left but the rows
that it had read, which the next one finds in the spool.
"""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.errors import LockedError, WarehouseError
from pipelines.file_trouble import file_trouble, lock_holder, unreadable
from pipelines.places import Places, places_of
from pipelines.raw_schema import RAW_SCHEMA
from pipelines.run_lock import held
from sources.bitrix24.spool import ROW_GROUP_ROWS

if TYPE_CHECKING:
    from pipelines.raw_tables import RawTables

CATALOGUE = "working_copy"
"""What the copy is called in statements."""

# A sync asks eighty questions, and to open a file takes longer than most answers. What DuckDB keeps of a
# larger file in memory would cost more than that saves.
_KEPT_OPEN_BYTES = 64_000_000


class WorkingCopy:
    """The file as the one run that holds the lock sees it."""

    def __init__(self, places: Places, base: dict[str, int] | None) -> None:
        self.places = places
        self.path = places.working
        self.base = base
        self.is_whole = True
        """False while something is under way that must not be published half done."""
        self.spent: list[Path] = []
        """Folders of the spool that are of no use once the file is published."""
        self._lock = threading.RLock()
        self._kept: duckdb.DuckDBPyConnection | None = None

    @property
    def holds_rows(self) -> bool:
        """Whether the copy began as a file that was there before."""
        return self.base is not None

    @property
    def alone(self) -> AbstractContextManager[None]:
        """For whoever opens the copy: DuckDB takes no two settings, nor two openings at a moment."""
        return self._alone()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            self._let_go()
            yield

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that is closed afterwards, so that dlt and dbt can open the file."""
        with self.alone, _opened(self.path) as connection:
            yield connection

    @contextmanager
    def _ask(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection for the reading's questions, which stays open until anybody else opens the copy."""
        with self._lock:
            if self._kept is None:
                self._kept = _opened(self.path)
            yield self._kept
            if self.path.stat().st_size > _KEPT_OPEN_BYTES:
                self._let_go()

    def _let_go(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    @property
    def raw_tables(self) -> "RawTables":
        """What the copy holds, for the reading to compare the portal with."""
        from pipelines.raw_tables import RawTables  # noqa: PLC0415 - numpy, which a build does not need

        return RawTables(self._ask)

    def start_over(self) -> None:
        """Take the file as it is again: a load that broke off may have left half of its rows in the copy."""
        with self.alone:
            fresh = _prepared(self.places)
        self.base, self.spent = fresh.base, []


def attaching(path: Path) -> str:
    """Return the statement with which everybody who loads opens the copy, as `CATALOGUE`.

    A copy that was not finished is thrown away, so no log is written: it would be as large as all rows.
    Row groups are as large as the parts that files of rows are made of; so rows are written once, to where
    they stay, not kept aside and written again with what is added to their row group. To open the copy in
    another way would have DuckDB put the row groups together.
    """
    quoted = str(path).replace("'", "''")
    return f"ATTACH '{quoted}' AS {CATALOGUE} (ROW_GROUP_SIZE {ROW_GROUP_ROWS}, RECOVERY_MODE no_wal_writes)"


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"temp_directory": f"{path}.tmp"})
    connection.execute(attaching(path))
    connection.execute(f"USE {CATALOGUE}; SET TimeZone = 'UTC'")
    return connection


@contextmanager
def working_copy(db: str | Path, purpose: str) -> Iterator[WorkingCopy]:
    """Hold the file for one run; what the run did is published at the end, also when it fails half-way.

    A run that leaves nothing behind (`copy.path` does not exist), or not a whole copy, publishes nothing.

    Raises:
        LockedError: another run holds the file, or a program changed it meanwhile.
        WarehouseError: the file cannot be read or written, or is no warehouse.
    """
    places = places_of(db)
    try:
        places.working.parent.mkdir(parents=True, exist_ok=True)
        with held(places.db, places.folder, purpose):
            try:
                copy = _prepared(places)
                try:
                    yield copy
                finally:
                    with copy.alone:
                        _publish(copy)
            finally:
                _tidy(places)
    except OSError as error:
        raise file_trouble(places.db, error) from None


def _prepared(places: Places) -> WorkingCopy:
    """A fresh copy of the file, if there is a file."""
    for stale in (places.working.parent, places.dlt):
        shutil.rmtree(stale, ignore_errors=True)
    places.working.parent.mkdir(parents=True)
    if places.db.exists():
        _settle(places.db)
        copy = WorkingCopy(places, _state(places.db))
        _copy(places.db, places.working)
        return copy
    return WorkingCopy(places, None)


def _settle(db: Path) -> None:
    """Check that the file is a warehouse, and fold a write-ahead log into it.

    A program that holds it for writing does no harm while it has written nothing: then there is no log.
    """
    if not os.access(db, os.W_OK) or not os.access(db.parent, os.W_OK):
        raise WarehouseError(f"{db} cannot be written: check the permissions of the file and its folder")
    log = db.with_name(db.name + ".wal")
    try:
        with duckdb.connect(str(db), read_only=not log.exists()) as connection:
            if log.exists():
                connection.execute("CHECKPOINT")
            _check_ours(connection, db)
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise unreadable(db, error) from None
        if log.exists():
            raise LockedError(
                f"{db} is being written by another program ({lock_holder(error)}): close it, or have it "
                "commit and disconnect, and run again"
            ) from None
    except duckdb.ConnectionException:  # open in this very process, in a notebook perhaps
        if log.exists():
            raise LockedError(f"{db} is open for writing in this program: close that connection") from None
    except duckdb.Error as error:
        raise unreadable(db, error) from None


def _check_ours(connection: duckdb.DuckDBPyConnection, db: Path) -> None:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [RAW_SCHEMA]
    ).fetchall()
    if tables and ("_dlt_version",) not in tables:
        raise WarehouseError(
            f"{db} has a schema {RAW_SCHEMA!r} that this program did not make; nothing was touched. "
            "Use another --db"
        )


def _publish(copy: WorkingCopy) -> None:
    """Put the copy in the file's place, unless someone changed the file while the run worked."""
    places = copy.places
    if not places.working.exists() or not copy.is_whole:
        return
    if copy.base != _state(places.db):
        raise LockedError(
            f"{places.db} was changed by another program while this run worked, so nothing was published: "
            "close that program (or open the file with read_only=True) and run again"
        )
    if places.db.exists():
        shutil.copymode(places.db, places.working)
    places.working.replace(places.db)
    for spent in (places.working.parent, places.dlt, *copy.spent):
        shutil.rmtree(spent, ignore_errors=True)


def _tidy(places: Places) -> None:
    """A run that came to nothing, for want of a portal or a file, leaves no folder behind."""
    if not places.spool.exists() and not places.dbt.exists():
        shutil.rmtree(places.folder, ignore_errors=True)


def _state(db: Path) -> dict[str, int] | None:
    """What tells one state of the file from another."""
    parts: dict[str, int] = {}
    for name, path in (("file", db), ("log", db.with_name(db.name + ".wal"))):
        with suppress(FileNotFoundError):
            found = path.stat()
            parts |= {
                f"{name}_inode": found.st_ino,
                f"{name}_size": found.st_size,
                f"{name}_time": found.st_mtime_ns,
            }
    return parts or None


def _copy(source: Path, target: Path) -> None:
    """Copy within the kernel; a file system that can share blocks does not even copy."""
    with source.open("rb") as old, target.open("wb") as new:
        left = os.fstat(old.fileno()).st_size
        try:
            while left > 0 and (copied := os.copy_file_range(old.fileno(), new.fileno(), left)):
                left -= copied
        except (AttributeError, OSError) as error:  # no such call in this system, or not for these disks
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            old.seek(0)
            new.seek(0)
            shutil.copyfileobj(old, new, 1 << 20)
