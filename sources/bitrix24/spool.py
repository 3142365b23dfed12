"""Rows on their way from the portal to the load, on disk, so that a killed read goes on where it stopped.

Every answer's rows are appended to a lane's file and then noted in the journal; a full file is sealed
into Parquet. What the journal does not know did not happen: its last line may be torn, and rows behind
the last noted byte are cut off. A killed process loses nothing; where a power cut or a tidy hand took
bytes that the journal vouches for, the read begins anew.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Self, TextIO

from msgspec import Raw

ROW_GROUP_ROWS = 6_144
"""Rows that the warehouse stores as one piece: files end at a multiple of it unless their lane ends first."""
CHUNK_ROWS = 4 * ROW_GROUP_ROWS
"""Rows of a sealed file: fewer cost time per file, more cost memory (STACK.md)."""
CHUNK_BYTES = 48 << 20
"""Of row texts in a file, which wide rows (hundreds of custom fields) reach first."""
_MOST_BYTES = 2 * CHUNK_BYTES  # wherever it ends: a few rows can be as large as all others
_VERSION = 3  # of the journal: what an older program left behind is read again
_BUFFER = 1 << 20  # rows are written one by one, which costs a third of joining an answer's rows first


@dataclass(frozen=True)
class Lane:
    """A range of ids `(low, high]` that is read in one chain; `last` is the highest id read."""

    number: int
    low: int
    high: int | None
    last: int
    done: bool = False
    rows: int = 0


@dataclass(frozen=True)
class Chunk:
    """A sealed Parquet file of one raw table."""

    table: str
    path: Path
    rows: int
    odd_values: int
    deleted: bool = False
    """Whether these are rows that the portal no longer has."""


@dataclass
class RowFile:
    """Row texts on disk, one a line: how many the journal vouches for, and the longest in bytes."""

    path: Path
    rows: int = 0
    size: int = 0
    longest: int = 0

    def full(self, rows: int = CHUNK_ROWS) -> bool:
        """Whether it holds enough to be sealed: so many rows, a multiple of row groups."""
        ends_a_group = self.rows % ROW_GROUP_ROWS == 0
        large = self.size >= CHUNK_BYTES and ends_a_group
        return (self.rows >= rows and ends_a_group) or large or self.size >= _MOST_BYTES


class Spool:
    """The rows of one entity and one read, in a folder of their own.

    `identity` says what is being read (portal, entity, cursor, filter): a spool of anything else is
    thrown away when it is opened. `facts` are settled once per read and survive with it, above all the
    cursor that the read will leave behind.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = {}
        self.lanes: dict[int, Lane] = {}
        self.chunks: list[Chunk] = []
        self.unsealed: dict[str, RowFile] = {}
        self._writing: dict[int, tuple[RowFile, BinaryIO]] = {}
        self._full: list[RowFile] = []
        self._journal = self._recover({"identity": dict(identity), "version": _VERSION})

    def _recover(self, first: Mapping[str, Any]) -> TextIO:
        path = self.folder / "journal.jsonl"
        entries, size = _read_journal(path)
        if entries[:1] != [first] or not self._believes(entries[1:]):
            return self._begin_anew(path, first)
        with path.open("r+b") as torn:
            torn.truncate(size)
        kept = {path, self.rejects, *(file.path for file in self.unsealed.values())}
        kept |= {chunk.path for chunk in self.chunks}
        for stray in set(self.folder.iterdir()) - kept:
            stray.unlink()
        for file in self.unsealed.values():
            with file.path.open("r+b") as handle:
                handle.truncate(file.size)
        return path.open("a", encoding="utf-8")

    def _believes(self, entries: Sequence[Mapping[str, Any]]) -> bool:
        """Take over what a journal tells; False where the files hold less than that."""
        for entry in entries:
            self._replay(entry)
        return all(_size(file.path) >= file.size for file in self.unsealed.values()) and all(
            chunk.path.exists() for chunk in self.chunks
        )

    def _begin_anew(self, path: Path, first: Mapping[str, Any]) -> TextIO:
        for known in (self.facts, self.lanes, self.chunks, self.unsealed):
            known.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        journal = path.open("a", encoding="utf-8")
        _write(journal, first)
        return journal

    @property
    def resumed(self) -> bool:
        """Whether a killed read left something to go on from."""
        return bool(self.lanes)

    def settle(self, **facts: object) -> None:
        """Notes what holds for the whole read."""
        self._note({"facts": facts})

    def lane(self, number: int, low: int, high: int | None) -> Lane:
        """A new lane, noted before its first row."""
        lane = Lane(number, low, high, last=low)
        self._note({"lanes": [asdict(lane)]})
        return lane

    def share(self, lane: Lane, ranges: Sequence[tuple[int, int]]) -> None:
        """Ends a lane and has others read the ranges behind it: noted at once, or not at all."""
        others = [
            Lane(max(self.lanes) + n, low, high, last=low) for n, (low, high) in enumerate(ranges, start=1)
        ]
        self._note({"lanes": [asdict(replace(lane, done=True)), *map(asdict, others)]})

    def append(
        self, lane: Lane, rows: Sequence[Raw], *, last: int, done: bool, enough: int = CHUNK_ROWS
    ) -> Lane:
        """Keeps the rows of one answer; returns the lane as it is afterwards.

        `enough` rows, a multiple of row groups, make a file full.
        """
        lane = replace(lane, last=last, done=done)
        files: dict[str, RowFile] = {}
        while rows:
            file, handle = self._writing.get(lane.number) or self._begin(lane)
            room = ROW_GROUP_ROWS - file.rows % ROW_GROUP_ROWS
            part, rows = rows[:room], rows[room:]
            handle.writelines(piece for row in part for piece in (row, b"\n"))
            handle.flush()
            file.rows += len(part)
            file.size = handle.tell()
            file.longest = max(file.longest, *map(len, part))
            files[file.path.name] = file
            lane = replace(lane, rows=lane.rows + len(part))
            if file.full(enough):
                self.take(lane)
                self._full.append(file)
        noted = [[file.path.name, file.rows, file.size, file.longest] for file in files.values()]
        self._note({"lanes": [asdict(lane)], "files": noted})
        return lane

    @property
    def rejects(self) -> Path:
        """Rows that cannot be told apart, one a line: kept for the eye, outside the journal."""
        return self.folder / "rejected.ndjson"

    def reject(self, rows: Sequence[Raw]) -> None:
        """Keep rows that the entity's table cannot hold."""
        if rows:
            with self.rejects.open("ab") as file:
                file.writelines(part for row in rows for part in (row, b"\n"))

    def take(self, lane: Lane) -> RowFile | None:
        """The file the lane wrote to, closed; None where it wrote to none."""
        if lane.number not in self._writing:
            return None
        file, handle = self._writing.pop(lane.number)
        handle.close()
        return file

    def take_full(self) -> list[RowFile]:
        """The files that hold enough to be sealed, closed; each is given once."""
        full, self._full = self._full, []
        return full

    def seal(self, file: RowFile, chunks: Sequence[Chunk]) -> None:
        """Notes that the file is now these Parquet files, and lets it go."""
        entries = [[c.table, c.path.name, c.rows, c.odd_values] for c in chunks]
        self._note({"sealed": file.path.name, "chunks": entries})
        file.path.unlink(missing_ok=True)

    def files(self, table: str) -> list[Path]:
        """The sealed files of one raw table."""
        return [chunk.path for chunk in self.chunks if chunk.table == table]

    def close(self) -> None:
        """Closes the files; the folder stays until `discard`."""
        for _, handle in self._writing.values():
            handle.close()
        self._writing.clear()
        self._journal.close()

    def discard(self) -> None:
        """Forgets the read: its rows are loaded, or belong to nothing any more."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """The spool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the files."""
        self.close()

    def _begin(self, lane: Lane) -> tuple[RowFile, BinaryIO]:
        file = RowFile(self.folder / f"{lane.number:03d}-{lane.rows:010d}.ndjson")
        self._writing[lane.number] = (file, file.path.open("ab", buffering=_BUFFER))
        return self._writing[lane.number]

    def _note(self, entry: Mapping[str, Any]) -> None:
        _write(self._journal, entry)
        self._replay(entry)

    def _replay(self, entry: Mapping[str, Any]) -> None:
        self.facts.update(entry.get("facts", {}))
        for lane in entry.get("lanes", ()):
            self.lanes[lane["number"]] = Lane(**lane)
        for name, rows, size, longest in entry.get("files", ()):
            self.unsealed[name] = RowFile(self.folder / name, rows, size, longest)
        if "sealed" in entry:
            del self.unsealed[entry["sealed"]]
            self.chunks += [Chunk(t, self.folder / name, rows, odd) for t, name, rows, odd in entry["chunks"]]


def rows_kept(folder: Path) -> int:
    """How many rows a killed or interrupted read has left in a spool's folder."""
    entries, _ = _read_journal(folder / "journal.jsonl")
    lanes = {lane["number"]: lane["rows"] for entry in entries for lane in entry.get("lanes", ())}
    return sum(lanes.values())


def _write(journal: TextIO, entry: Mapping[str, Any]) -> None:
    journal.write(json.dumps(entry, ensure_ascii=False) + "\n")
    journal.flush()


def _read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The whole entries of a journal, and how many bytes they take; none of one that is damaged."""
    entries: list[dict[str, Any]] = []
    size = 0
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
            except ValueError:
                return [], 0
            if not isinstance(entry, dict):
                return [], 0
            entries.append(entry)
            size += len(line)
    return entries, size


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1
