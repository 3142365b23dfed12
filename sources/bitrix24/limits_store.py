"""Where request buckets and operating times are kept between requests, processes and runs."""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from platformdirs import user_cache_dir

_log = logging.getLogger(__name__)
_FILE: Final = "bitrix24-limits.sqlite"
_FORGOTTEN_AFTER: Final = 86_400.0  # a day without use: long past every window of the portal

T = TypeVar("T")
Change = Callable[[bytes | None], tuple[bytes, T]]


class LimitsStore(Protocol):
    """Small values that are read, changed and written in one step, whoever else wants to change them."""

    def change(self, key: str, how: Change[T]) -> T:
        """Replace the value under the key by what `how` makes of it and return `how`'s second result."""


class MemoryLimitsStore:
    """Limits of this process only."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def change(self, key: str, how: Change[T]) -> T:
        """Replace the value under the key by what `how` makes of it and return `how`'s second result."""
        with self._lock:
            self._values[key], answer = how(self._values.get(key))
        return answer


class SqliteLimitsStore:
    """Limits shared by every process on this machine, and kept over restarts.

    Where the file cannot be used, the limits hold for this process only and a warning says so; no run stops
    for it.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, busy_seconds: float = 5.0) -> None:
        self._busy_seconds = busy_seconds
        self.path = Path(path) if path is not None else default_path()
        self._lock = threading.Lock()
        self._fallback: MemoryLimitsStore | None = None
        self._connection: sqlite3.Connection | None = None

    def change(self, key: str, how: Change[T]) -> T:
        """Replace the value under the key by what `how` makes of it and return `how`'s second result."""
        with self._lock:
            if self._fallback is None:
                try:
                    return self._change(key, how)
                except (OSError, sqlite3.Error) as error:
                    self._fall_back(error)
            fallback = self._fallback or MemoryLimitsStore()
        return fallback.change(key, how)

    def close(self) -> None:
        """Let go of the file; the next change opens it again."""
        with self._lock:
            self._disconnect()

    def _change(self, key: str, how: Change[T]) -> T:
        connection = self._connection or self._connect()
        connection.execute("BEGIN IMMEDIATE")  # from here on no other process reads the old value
        try:
            found = connection.execute("SELECT value FROM limits WHERE key = ?", (key,)).fetchone()
            value, answer = how(None if found is None else found[0])
            connection.execute(
                "INSERT OR REPLACE INTO limits (key, value, changed_at) VALUES (?, ?, unixepoch())",
                (key, value),
            )
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return answer

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            # Survives kill -9; a power cut may lose the last seconds, which the portal's answers bring back.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS limits (key TEXT PRIMARY KEY, value BLOB, changed_at INTEGER)"
            )
            connection.execute("DELETE FROM limits WHERE changed_at < unixepoch() - ?", (_FORGOTTEN_AFTER,))
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _fall_back(self, error: Exception) -> None:
        _log.warning(
            "Request limits are not shared with other processes: %s cannot be used (%s). "
            "Set B24_STATE_DIR to a folder that can be written.",
            self.path,
            error,
        )
        self._disconnect()
        self._fallback = MemoryLimitsStore()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self._disconnect()


def default_path() -> Path:
    """Return the file in B24_STATE_DIR, or in the user's cache folder."""
    folder = os.environ.get("B24_STATE_DIR", "").strip() or user_cache_dir("b24")
    return Path(folder) / _FILE
