"""Files of rows that are ready to be loaded while the reading goes on."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from .entities import Entity
from .fields import Column
from .spool import Chunk

_State = tuple[int, int]


@dataclass(frozen=True)
class ReadyFile:
    """A file of rows of an entity, and the columns that were known when it was made."""

    entity: Entity
    chunk: Chunk
    columns: tuple[Column, ...]

    @property
    def values(self) -> int:
        """How many values its rows hold, empty ones among them."""
        return self.chunk.rows * len(self.columns)


class ReadyFiles:
    """Handed from the thread that reads to the one that loads, which notes what it has taken."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[ReadyFile] = []
        self._loaded: dict[Chunk, _State] = {}
        self._over = False

    def add(self, entity: Entity, chunks: Sequence[Chunk], columns: tuple[Column, ...]) -> None:
        """Hand over an entity's own files."""
        with self._changed:
            self._waiting += [
                ReadyFile(entity, chunk, columns) for chunk in chunks if chunk.table == entity.name
            ]
            self._changed.notify()

    def end(self) -> None:
        """Say that no file will follow: the reading is over, whatever came of it."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def wait(self, tables: Collection[str], many: int, few: int, seconds: float) -> list[ReadyFile]:
        """Return files of these tables once they hold many values, or few after so many seconds.

        None when the reading is over.
        """
        with self._changed:
            for enough, patience in ((many, seconds), (few, None)):
                if self._changed.wait_for(partial(self._holds, tables, enough), patience):
                    break
            if self._over:
                return []
            taken = [file for file in self._waiting if file.entity.name in tables]
            self._waiting = [file for file in self._waiting if file not in taken]
            return taken

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the reading is over, but no longer than that."""
        with self._changed:
            self._changed.wait_for(lambda: self._over, seconds)

    def note_loaded(self, files: Sequence[ReadyFile]) -> None:
        """Note that the rows of these files, as they are now, are in the destination."""
        self._loaded |= {file.chunk: _state(file.chunk) for file in files}

    def is_loaded(self, chunk: Chunk) -> bool:
        """Whether a file need not be loaded again."""
        return chunk in self._loaded

    def hold(self, chunks: Collection[Chunk]) -> bool:
        """Whether what was loaded is part of what the reading came to, and was not changed since.

        A row that is deleted while others are still read is marked in its file; an entity that fails in
        the end has no files at all.
        """
        return all(chunk in chunks and _state(chunk) == state for chunk, state in self._loaded.items())

    def forget_loaded(self) -> None:
        """Load everything again."""
        self._loaded.clear()

    def _holds(self, tables: Collection[str], values: int) -> bool:
        """Whether so many values of these tables wait, or nothing is left to wait for."""
        held = sum(file.values for file in self._waiting if file.entity.name in tables)
        return self._over or held >= values


def _state(chunk: Chunk) -> _State:
    found = chunk.path.stat()
    return found.st_ino, found.st_mtime_ns
