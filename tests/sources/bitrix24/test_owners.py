"""History that the portal rewrites: read again for every owner that changed."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.bitrix24.reading import ReadResult, Vanished
from sources.demo_portal import DemoPortal, Fault
from tests.sources.bitrix24.portal_reading import portal_of, read, rows_of

HISTORY = "deal_stage_history"


class Asked:
    """An empty warehouse, which remembers which rows it was asked about."""

    def __init__(self) -> None:
        self.searches: list[Vanished] = []

    def write_vanished(self, search: Vanished, target: Path) -> int:  # noqa: ARG002
        """Find nothing."""
        self.searches.append(search)
        return 0

    def live_ids(self, *_: object) -> np.ndarray:
        """Hold nothing."""
        return np.zeros(0, dtype=np.int64)

    def modified_times(self, *_: object) -> pa.Table:
        """Hold nothing."""
        return pa.table({"id": [], "modified": []})

    def write_changed(self, table: str, key: Sequence[str], source: Path, target: Path) -> int:  # noqa: ARG002
        """Know no row, so each is new."""
        shutil.copyfile(source, target)
        return pq.read_metadata(target).num_rows

    def write_first_versions(self, table: str, history: str, target: Path) -> int:
        """Not asked for here."""
        raise NotImplementedError


def history_of(portal: DemoPortal, owners: set[int]) -> list[tuple[int, int]]:
    """The portal's history of some deals: (id, owner)."""
    rows = portal.store.table(HISTORY).rows()
    found = ((int(str(row["ID"])), int(str(row["OWNER_ID"]))) for row in rows)
    return sorted((number, owner) for number, owner in found if owner in owners)


def pairs(result: ReadResult) -> list[tuple[int, int]]:
    return sorted((int(row["id"]), int(row["owner_id"])) for row in rows_of(result))


def incremental(
    portal: DemoPortal, folder: Path, moved: list[int], warehouse: Asked | None = None
) -> ReadResult:
    """Read all, move deals on the portal, read what changed; the history's result."""
    before = read(portal, folder, "deals", HISTORY)
    portal.clock.elapsed += 600  # type: ignore[attr-defined]
    for number in moved:
        category = portal.store.table("deals").get(number)["CATEGORY_ID"]  # type: ignore[index]
        stages = "DEAL_STAGE" if str(category) in ("", "0") else f"DEAL_STAGE_{category}"
        rows = [row for row in portal.store.table("statuses").rows() if row["ENTITY_ID"] == stages]
        current = portal.store.table("deals").get(number)["STAGE_ID"]  # type: ignore[index]
        other = next(row["STATUS_ID"] for row in rows if row["STATUS_ID"] != current)
        portal.store.table("deals").update(number, {"STAGE_ID": other})
    cursors = {name: str(result.cursor) for name, result in before.items()}
    # partial: this warehouse could not tell what it holds, so it must not be compared
    return read(portal, folder, "deals", HISTORY, cursors=cursors, warehouse=warehouse, partial=True)[HISTORY]


def ids(portal: DemoPortal) -> list[int]:
    return [int(number) for number in portal.store.records("deals").table.ids]


def test_first_read_brings_all_history(tmp_path: Path) -> None:
    """Without a cursor history is read whole, by id."""
    portal = portal_of(80)
    result = read(portal, tmp_path, "deals", HISTORY)[HISTORY]
    assert pairs(result) == history_of(portal, set(ids(portal)))
    assert result.complete


@pytest.mark.parametrize("page_size", [50, 20])
@pytest.mark.parametrize("moved", [1, 25, 80])
def test_history_of_moved_deals_is_read_whole(tmp_path: Path, moved: int, page_size: int) -> None:
    """All rows of a deal that moved, old ones too, however many pages its group takes; nobody else's."""
    portal = portal_of(100, page_size=page_size)
    owners = ids(portal)[:moved]
    result = incremental(portal, tmp_path, owners)
    assert result.error is None, result.error
    assert pairs(result) == history_of(portal, set(owners))


def test_nothing_moved_reads_nothing(tmp_path: Path) -> None:
    """Without changes history costs a page, and leaves a cursor."""
    portal = portal_of(60)
    result = incremental(portal, tmp_path, [])
    assert (result.status, result.chunks, result.rows) == ("done", (), 0)
    assert result.cursor


def test_rows_that_change_during_the_read_do_not_come_twice(tmp_path: Path) -> None:
    """A deal that joins while changed deals are read is no sign of short pages."""
    portal = portal_of(100)
    first, *others = ids(portal)
    for number in others[40:60]:
        portal.before(4, lambda store, n=number: store.table("deals").update(n, {"TITLE": "x"}))
    portal.before(4, lambda store: store.table("deals").update(first, {"TITLE": "y"}))
    found = pairs(incremental(portal, tmp_path, others[:30]))
    assert len(found) == len(set(found))
    assert set(history_of(portal, set(others[:30]))) <= set(found)


def test_search_for_rewritten_rows_covers_the_changed_owners(tmp_path: Path) -> None:
    """Rows that the portal took out of a moved deal's history are looked for among that deal's rows only."""
    portal = portal_of(60)
    warehouse = Asked()
    owners = ids(portal)[:3]
    incremental(portal, tmp_path, owners, warehouse)
    (search,) = [search for search in warehouse.searches if search.table == HISTORY]
    assert (search.owner_column, sorted(search.owners)) == ("owner_id", owners)


def test_history_fails_with_its_owners(tmp_path: Path) -> None:
    """Where deals could not be read nobody knows whose history changed."""
    portal = portal_of(60)
    before = read(portal, tmp_path, "deals", HISTORY)
    fault = Fault("command_error", method="crm.deal.list", times=-1, code="", description="no")
    portal.faults.add(fault)
    cursors = {name: str(result.cursor) for name, result in before.items()}
    result = read(portal, tmp_path, "deals", HISTORY, cursors=cursors)[HISTORY]
    assert result.status == "failed"
    assert result.cursor is None
