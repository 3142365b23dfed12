"""Rows on disk between portal and load: what a killed read leaves behind is gone on from, exactly."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from sources.bitrix24.spool import CHUNK_BYTES, CHUNK_ROWS, ROW_GROUP_ROWS, Chunk, Lane, RowFile, Spool

IDENTITY = {"portal": "portal.example", "entity": "deals", "cursor": None}


def rows(first: int, last: int) -> list[Raw]:
    return [Raw(b'{"ID":"%d"}' % number) for number in range(first, last + 1)]


def ids_on_disk(spool: Spool) -> list[int]:
    """The ids in the row files that are not sealed."""
    lines = [line for file in spool.unsealed.values() for line in file.path.read_text().splitlines()]
    return sorted(int(json.loads(line)["ID"]) for line in lines)


def seal(spool: Spool, lane: Lane) -> Chunk:
    """Seal a lane's file into a stand-in for Parquet that holds the same ids."""
    file = spool.take(lane)
    assert file is not None
    target = file.path.with_suffix(".parquet")
    shutil.copyfile(file.path, target)
    chunk = Chunk("deals", target, file.rows, 0)
    spool.seal(file, [chunk])
    return chunk


def filled(folder: Path) -> None:
    """A read of ids 1 to 9 in two lanes: one file sealed, one not, one lane open."""
    with Spool(folder, IDENTITY) as spool:
        spool.settle(cursor="2026-01-01T00:00:00+00:00", page_rows=50)
        lane = spool.append(spool.lane(0, 0, 9), rows(1, 3), last=3, done=False)
        spool.share(lane, [(3, 6), (6, 9)])
        first, second = spool.lanes[1], spool.lanes[2]
        first = spool.append(first, rows(4, 6), last=6, done=True)
        seal(spool, first)
        second = spool.append(second, rows(7, 8), last=8, done=False)
        spool.append(second, rows(9, 9), last=9, done=True)


def sealed_ids(spool: Spool) -> list[int]:
    """The ids in sealed files."""
    lines = [line for chunk in spool.chunks for line in chunk.path.read_text().splitlines()]
    return sorted(int(json.loads(line)["ID"]) for line in lines)


def test_what_was_read_is_there_again(tmp_path: Path) -> None:
    """Lanes, facts, sealed and unsealed rows survive the process."""
    filled(tmp_path)
    with Spool(tmp_path, IDENTITY) as spool:
        assert spool.resumed
        assert spool.facts == {"cursor": "2026-01-01T00:00:00+00:00", "page_rows": 50}
        assert {n: (lane.last, lane.done, lane.rows) for n, lane in spool.lanes.items()} == {
            0: (3, True, 3),
            1: (6, True, 3),
            2: (9, True, 3),
        }
        assert ids_on_disk(spool) == [1, 2, 3, 7, 8, 9]
        assert sealed_ids(spool) == [4, 5, 6]


def test_another_read_begins_anew(tmp_path: Path) -> None:
    """Rows of another cursor, filter or portal are thrown away."""
    filled(tmp_path)
    with Spool(tmp_path, {**IDENTITY, "cursor": "2026-01-02T00:00:00+00:00"}) as spool:
        assert not spool.resumed
        assert (spool.facts, spool.chunks, spool.unsealed) == ({}, [], {})
    assert [path.name for path in tmp_path.iterdir()] == ["journal.jsonl"]


def test_torn_journal_line_did_not_happen(tmp_path: Path) -> None:
    """A line without its end is cut off, and the rows it spoke of with it; writing goes on behind it."""
    filled(tmp_path)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    with Spool(tmp_path, IDENTITY) as spool:
        assert spool.lanes[2].last == 8
        assert ids_on_disk(spool) == [1, 2, 3, 7, 8]
        spool.append(spool.lanes[2], rows(9, 9), last=9, done=True)
    with Spool(tmp_path, IDENTITY) as spool:
        assert spool.lanes[2].done
        assert ids_on_disk(spool) == [1, 2, 3, 7, 8, 9]


def test_rows_that_the_journal_does_not_know_are_cut_off(tmp_path: Path) -> None:
    """A process killed between rows and journal leaves a file that is too long."""
    filled(tmp_path)
    for file in tmp_path.glob("*.ndjson"):
        with file.open("ab") as handle:
            handle.write(b'{"ID":"77"}\n{"ID":"7')
    with Spool(tmp_path, IDENTITY) as spool:
        assert ids_on_disk(spool) == [1, 2, 3, 7, 8, 9]


def test_half_sealed_chunk_is_sealed_again(tmp_path: Path) -> None:
    """Parquet that the journal does not name is swept away; its rows are still there."""
    filled(tmp_path)
    (file,) = tmp_path.glob("002-*.ndjson")
    file.with_suffix(".parquet").write_text("whole, but not noted")
    file.with_suffix(".points.part").write_text("torn")
    with Spool(tmp_path, IDENTITY) as spool:
        assert len(spool.chunks) == 1
        assert ids_on_disk(spool) == [1, 2, 3, 7, 8, 9]
    assert not list(tmp_path.glob("*.part"))
    assert len(list(tmp_path.glob("*.parquet"))) == 1


def test_sealed_rows_are_not_sealed_twice(tmp_path: Path) -> None:
    """A process killed between note and removal leaves rows that are already sealed: they go."""
    filled(tmp_path)
    (sealed,) = tmp_path.glob("001-*.parquet")
    left = sealed.with_suffix(".ndjson")
    left.write_bytes(b"".join(bytes(row) + b"\n" for row in rows(4, 6)))
    with Spool(tmp_path, IDENTITY) as spool:
        assert ids_on_disk(spool) == [1, 2, 3, 7, 8, 9]
    assert not left.exists()


@pytest.mark.parametrize("damage", ["shorter", "gone", "chunk gone"])
def test_spool_that_lost_rows_begins_anew(tmp_path: Path, damage: str) -> None:
    """Files that hold less than the journal vouches for (a power cut, a tidy hand) are read again."""
    filled(tmp_path)
    (file,) = tmp_path.glob("002-*.ndjson")
    if damage == "shorter":
        file.write_bytes(file.read_bytes()[:-4])
    elif damage == "gone":
        file.unlink()
    else:
        next(iter(tmp_path.glob("*.parquet"))).unlink()
    with Spool(tmp_path, IDENTITY) as spool:
        assert not spool.resumed
        assert not spool.chunks


@pytest.mark.parametrize("garbage", [b"", b"\x00" * 40, b"not json\n", b'{"identity": 5}\n', b"[1]\n"])
def test_journal_that_is_none_begins_anew(tmp_path: Path, garbage: bytes) -> None:
    """Whatever lies in the journal's place stops no read."""
    (tmp_path / "journal.jsonl").write_bytes(garbage)
    with Spool(tmp_path, IDENTITY) as spool:
        assert not spool.resumed
        spool.append(spool.lane(0, 0, None), rows(1, 2), last=2, done=True)
    with Spool(tmp_path, IDENTITY) as spool:
        assert ids_on_disk(spool) == [1, 2]


def test_damage_in_the_middle_of_a_journal_begins_anew(tmp_path: Path) -> None:
    """A journal is believed whole or not at all, but for its torn end."""
    filled(tmp_path)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[3] = b"\x00" * (len(lines[3]) - 1) + b"\n"
    journal.write_bytes(b"".join(lines))
    with Spool(tmp_path, IDENTITY) as spool:
        assert not spool.resumed


def test_longest_row_is_remembered(tmp_path: Path) -> None:
    """The converter must know it also after a restart."""
    with Spool(tmp_path, IDENTITY) as spool:
        long = Raw(b'{"ID":"2","T":"' + b"x" * 5_000 + b'"}')
        lane = spool.append(spool.lane(0, 0, None), [*rows(1, 1), long], last=2, done=False)
        spool.append(lane, rows(3, 3), last=3, done=True)
    with Spool(tmp_path, IDENTITY) as spool:
        assert [file.longest for file in spool.unsealed.values()] == [len(long)]


def test_files_hold_whole_row_groups(tmp_path: Path) -> None:
    """Rows of one answer go into two files where a file is full; a restart finds both."""
    with Spool(tmp_path, IDENTITY) as spool:
        lane, full = spool.lane(0, 0, None), []
        for first in range(1, 30_000, 2_500):
            lane = spool.append(lane, rows(first, first + 2_499), last=first + 2_499, done=False)
            full += spool.take_full()
        assert [file.rows for file in full] == [CHUNK_ROWS]
        assert lane.rows == 30_000
    with Spool(tmp_path, IDENTITY) as spool:
        assert [file.rows for file in spool.unsealed.values()] == [CHUNK_ROWS, 30_000 - CHUNK_ROWS]
        assert ids_on_disk(spool) == list(range(1, 30_001))


def test_fewer_rows_are_enough_where_that_is_said(tmp_path: Path) -> None:
    """An idle converter takes what is there, whole row groups of it."""
    with Spool(tmp_path, IDENTITY) as spool:
        read = rows(1, ROW_GROUP_ROWS + 10)
        spool.append(spool.lane(0, 0, None), read, last=len(read), done=False, enough=ROW_GROUP_ROWS)
        assert [file.rows for file in spool.take_full()] == [ROW_GROUP_ROWS]
        assert spool.take_full() == []
        assert [file.rows for file in spool.unsealed.values()] == [ROW_GROUP_ROWS, 10]


@pytest.mark.parametrize(
    ("rows_in_it", "size", "full"),
    [
        (CHUNK_ROWS - 1, 1_000, False),
        (CHUNK_ROWS, 1_000, True),
        (ROW_GROUP_ROWS, CHUNK_BYTES - 1, False),
        (ROW_GROUP_ROWS, CHUNK_BYTES, True),
        (ROW_GROUP_ROWS - 1, CHUNK_BYTES, False),
        (10, 2 * CHUNK_BYTES, True),
    ],
)
def test_wide_rows_fill_a_file_sooner(*, rows_in_it: int, size: int, full: bool) -> None:
    """Hundreds of custom fields end it at a row group; a few rows of megabytes anywhere."""
    assert RowFile(Path("x"), rows_in_it, size).full() is full


def test_discarded_spool_leaves_nothing(tmp_path: Path) -> None:
    """Once its rows are loaded a read is forgotten."""
    filled(tmp_path / "deals")
    Spool(tmp_path / "deals", IDENTITY).discard()
    assert not (tmp_path / "deals").exists()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.floats(0, 1),
    tails=st.lists(st.integers(0, 40), min_size=2, max_size=2),
    steps=st.lists(st.integers(1, 4), min_size=1, max_size=6),
)
def test_any_prefix_of_a_journal_gives_a_consistent_state(
    tmp_path_factory: pytest.TempPathFactory, cut: float, tails: list[int], steps: Sequence[int]
) -> None:
    """Cut the journal anywhere: the rows there are those up to each lane's last id, each once."""
    folder = tmp_path_factory.mktemp("spool")
    with Spool(folder, IDENTITY) as spool:
        lanes = [spool.lane(0, 0, 100), spool.lane(1, 100, 200)]
        for number, step in enumerate(steps):
            lane = lanes[number % 2]
            found = rows(lane.last + 1, lane.last + step)
            lanes[number % 2] = spool.append(lane, found, last=lane.last + step, done=False)
    journal = folder / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: round(len(whole) * cut)])
    for file, tail in zip(sorted(folder.glob("*.ndjson")), tails, strict=False):
        with file.open("ab") as handle:
            handle.write(b'{"ID":"999"}\n'[:tail] * (tail > 0))
    with Spool(folder, IDENTITY) as spool:
        known = [n for lane in spool.lanes.values() for n in range(lane.low + 1, lane.last + 1)]
        assert ids_on_disk(spool) == sorted(known)
        assert sum(lane.rows for lane in spool.lanes.values()) == len(known)
