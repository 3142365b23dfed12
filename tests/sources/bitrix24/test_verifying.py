"""The deep check: every row by id and modification time, without alarm for what changes meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.bitrix24.counting import Differences
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.errors import ConfigurationError, MalformedReplyError
from sources.bitrix24.reading import Vanished
from sources.bitrix24.verifying import compare_rows
from tests.sources.bitrix24.id_portal import QUERY, IdPortal, on_portal

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CURSOR = "2026-02-01T03:00:00+03:00"  # 31 days behind BEGAN


def moment(hours: float, zone: str = "+03:00") -> str:
    """Hours after the beginning, as a portal in that zone writes it."""
    return (
        (BEGAN + timedelta(hours=hours))
        .astimezone(datetime.fromisoformat(f"2026-01-01T00:00:00{zone}").tzinfo)
        .isoformat()
    )


@dataclass
class Known:
    """A warehouse of ids and modification times (hours, or None)."""

    rows: dict[int, float | None] = field(default_factory=dict)

    def live_ids(self, table: str, id_column: str, files: Sequence[Path]) -> Any:  # noqa: ANN401, ARG002
        """All of them."""
        return np.array(sorted(self.rows), dtype=np.int64)

    def modified_times(self, table: str, id_column: str, modified: str, files: Sequence[Path]) -> pa.Table:  # noqa: ARG002
        """All of them, in any order."""
        assert (id_column, modified) == ("id", "date_modify")
        times = [None if hours is None else BEGAN + timedelta(hours=hours) for hours in self.rows.values()]
        return pa.table(
            {
                "id": pa.array(list(self.rows), pa.int64()),
                "modified": pa.array(times, pa.timestamp("us", "UTC")),
            }
        )

    def write_vanished(self, search: Vanished, target: Path) -> int:
        """Not asked for here."""
        raise NotImplementedError

    def write_changed(self, table: str, key: Sequence[str], source: Path, target: Path) -> int:
        """Not asked for here."""
        raise NotImplementedError

    def write_first_versions(self, table: str, history: str, target: Path) -> int:
        """Not asked for here."""
        raise NotImplementedError


def compare(
    portal: IdPortal,
    folder: Path,
    known: Known | None,
    *,
    entity: str = "deals",
    files: Sequence[Path] = (),
    page: int = 50,
) -> Differences:
    """Compare a portal with a warehouse."""

    async def work(session, account):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if page:
            session.prove_page(page)
        return await compare_rows(session, ENTITIES[entity], QUERY, account, files=files, cursor=CURSOR)

    return on_portal(portal, folder, work, known)  # type: ignore[no-any-return]


def portal_of_times(times: dict[int, str], **settings: int) -> IdPortal:
    portal = IdPortal(times, **settings)
    portal.modified = times
    return portal


def test_equal_rows_are_equal(tmp_path: Path) -> None:
    """The same moment in another zone, and no moment at all on either side, are the same."""
    times = {1: moment(1), 2: moment(1, "+00:00"), 3: "", 4: "2026-01-01 10:00:00"}
    known = Known({4: None, 3: None, 1: 1, 2: 1})
    assert compare(portal_of_times(times), tmp_path, known) == Differences(4)


def test_differences_are_told_apart(tmp_path: Path) -> None:
    """Missing, vanished, and modified at another time, be it later or earlier."""
    times = {1: moment(1), 2: moment(2), 4: moment(9), 5: moment(1), 6: moment(3)}
    known = Known({1: 1, 3: 1, 4: 2, 5: 2, 6: None})
    assert compare(portal_of_times(times), tmp_path, known) == Differences(5, (2,), (3,), (4, 5, 6))


def test_rows_of_the_next_run_are_no_differences(tmp_path: Path) -> None:
    """What was modified since the cursor, to the second, is read next time; new rows behind ours too."""
    later = 31 * 24
    times = {1: moment(later), 2: moment(later - 1 / 3600), 3: moment(later + 5), 9: moment(later + 5)}
    assert compare(portal_of_times(times), tmp_path, Known({1: 1, 2: 1})) == Differences(2, (), (), (2,))


def test_rows_that_were_read_just_now_do_not_differ(tmp_path: Path) -> None:
    """A key cannot be loaded twice: a time set back during the run is found by the next check."""
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array([2, None], pa.int64())}), file)
    times = {1: moment(1), 2: moment(1)}
    known = Known({1: 2, 2: 2})
    assert compare(portal_of_times(times), tmp_path, known, files=[file]) == Differences(2, (), (), (1,))


def test_rows_without_a_modification_time_are_compared_by_id(tmp_path: Path) -> None:
    """Where a method tells none; rows behind the highest id of ours are new."""
    name = next(each.name for each in ENTITIES.values() if each.modified is None)
    found = compare(IdPortal([1, 2, 5, 8, 9]), tmp_path, Known({1: None, 3: None, 5: None}), entity=name)
    assert found == Differences(3, (2,), (3,))


@pytest.mark.parametrize("page", [50, 20, 0])
def test_whole_tables_are_compared_row_by_row(tmp_path: Path, page: int) -> None:
    """Random tables, with pages known, short and unknown; what changes meanwhile is never told wrong."""
    for seed in range(12):
        chance = Random(seed)  # noqa: S311 - test data
        ids = sorted(chance.sample(range(1, 4_000), chance.choice((1, 49, 50, 400, 2_600))))
        hours = {number: float(chance.randint(1, 700)) for number in ids}
        ours = {n: h if chance.random() < 0.9 else h + 1 for n, h in hours.items() if chance.random() < 0.95}
        theirs = {n: moment(h) for n, h in hours.items() if chance.random() < 0.95}
        portal = portal_of_times(theirs, page_size=page or 20)
        stayed = set(theirs)

        def change(
            _: int, portal: IdPortal = portal, chance: Random = chance, stayed: set[int] = stayed
        ) -> None:
            if portal.ids and chance.random() < 0.3:
                number = chance.choice(portal.ids)
                portal.delete(number)
                stayed.discard(number)

        changing = seed % 2
        if changing:
            portal.before_command = change
        found = compare(portal, tmp_path, Known(ours), page=page)
        differing = {n for n in ours if n in theirs and ours[n] != hours[n]}
        assert set(found.vanished) <= set(ours) - stayed
        assert set(found.vanished) >= set(ours) - set(theirs)
        assert stayed - set(ours) <= set(found.missing) <= set(theirs) - set(ours)
        assert stayed & differing <= set(found.differing) <= differing
        assert found.portal_count == len(ours) - len(found.vanished) + len(found.missing)


def test_sweep_is_as_cheap_as_a_listing(tmp_path: Path) -> None:
    """Full pages, fifty to a request."""
    portal = portal_of_times(dict.fromkeys(range(1, 20_001), moment(1)))
    compare(portal, tmp_path, Known(dict.fromkeys(range(1, 20_001), 1)))
    assert (len(portal.requests), portal.commands) == (9, 401)


def test_page_without_a_usable_id_is_refused(tmp_path: Path) -> None:
    """What lies behind it could not be read, and would look deleted."""
    portal = portal_of_times(dict.fromkeys(range(1, 61), moment(1)))
    portal.rejected = range(1, 51)
    with pytest.raises(MalformedReplyError, match="no row of a page"):
        compare(portal, tmp_path, Known())


def test_without_a_warehouse_there_is_nothing_to_compare(tmp_path: Path) -> None:
    """It is said, not passed over."""
    with pytest.raises(ConfigurationError):
        compare(IdPortal([1]), tmp_path, None)
