"""What can be wrong with the warehouse file or its disk, in words that say what to do."""

import errno
from pathlib import Path

import duckdb

from pipelines.errors import LockedError, WarehouseError

__all__ = ["file_trouble", "lock_holder", "unreadable"]


def lock_holder(error: Exception) -> str:
    """Who holds the file, as DuckDB says it."""
    text = str(error)
    start = text.find("held in ")
    return text[start + 8 :].split(". ", 1)[0] if start >= 0 else "unknown"


def unreadable(db: Path, error: Exception) -> WarehouseError | LockedError:
    """Why DuckDB could not open the file."""
    text = str(error)
    if "lock" in text.lower() and "held" in text:
        return LockedError(f"{db} is being written by another program ({lock_holder(error)})")
    if isinstance(error, duckdb.IOException) and "not a valid DuckDB" in text:
        return WarehouseError(f"{db} is not a DuckDB database; nothing was touched. Use another --db")
    return WarehouseError(f"{db} cannot be opened: {text.splitlines()[0]}")


def file_trouble(db: Path, error: OSError) -> WarehouseError:
    """Why the disk did not take or give the file."""
    if error.errno == errno.ENOSPC:
        return WarehouseError(
            f"No space is left on the disk of {db.parent}. A run needs room for a second copy of the file; "
            "free some and run again, it goes on where it stopped"
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return WarehouseError(f"{error.filename or db.parent} cannot be written: check its permissions")
    return WarehouseError(f"{error.filename or db}: {error.strerror or error}")
