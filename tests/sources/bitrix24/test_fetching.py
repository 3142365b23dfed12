"""Rows by their ids: those that a comparison asked for, each once."""

from pathlib import Path

import pytest

from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.errors import MalformedReplyError
from sources.bitrix24.fetching import fetch_rows
from sources.bitrix24.fields import columns_of
from sources.bitrix24.rows import RowReader
from sources.bitrix24.session import Sealing
from sources.bitrix24.spool import Spool
from tests.sources.bitrix24.id_portal import QUERY, IdPortal, on_portal


def fetch(
    portal: IdPortal, folder: Path, ids: list[int], page: int = 50
) -> tuple[list[int], list[int], list[bool]]:
    """What is told as found, the ids of the sealed rows, and whether the lanes are done."""

    async def work(session, account):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if page:
            session.prove_page(page)
        rows = RowReader(columns_of({}, {"ID": "integer"}), id_code="ID")
        with Spool(folder / "spool", {}) as spool:
            spool.lane(0, 0, 5)
            found = await fetch_rows(session, QUERY, ids, rows, spool, account)
            await Sealing(session, ENTITIES["deals"], spool).rest(rows.columns)
            sealed = await session.values(spool.files("deals"), "id")
            return sorted(found), sealed, [lane.done for lane in spool.lanes.values()]

    return on_portal(portal, folder, work)  # type: ignore[no-any-return]


@pytest.mark.parametrize("page", [50, 20])
def test_rows_are_fetched_by_the_page(tmp_path: Path, page: int) -> None:
    """As many ids to a command as a page holds; those that are gone do not come, and are not told."""
    portal = IdPortal(range(1, 6_001, 2), page_size=page)
    ids = list(range(5_000, 1_000, -1))
    expected = list(range(1_001, 5_001, 2))
    assert fetch(portal, tmp_path, ids, page) == (expected, expected, [False, True])
    assert portal.commands == -(-4_000 // page)
    assert len(portal.requests) == -(-portal.commands // 50)


@pytest.mark.parametrize("page", [50, 20])
def test_pages_that_nobody_knows_cut_nothing_off(tmp_path: Path, page: int) -> None:
    """What a page shorter than was thought leaves out is asked for again."""
    portal = IdPortal([*range(1, 60), *range(70, 131)], page_size=page)
    expected = [*range(1, 60), *range(70, 131)]
    assert fetch(portal, tmp_path, list(range(1, 131)), page=0)[:2] == (expected, expected)


def test_nothing_to_fetch_leaves_a_lane_that_is_done(tmp_path: Path) -> None:
    """A read that goes on after a kill has nothing to do there."""
    assert fetch(IdPortal(()), tmp_path, [1, 2]) == ([], [], [False, True])


def test_portal_that_drops_the_filter_is_refused(tmp_path: Path) -> None:
    """Rows that nobody asked for would be loaded twice."""

    class Careless(IdPortal):
        def _found(self, where: dict[str, object]) -> list[int]:  # noqa: ARG002
            return self.ids

    with pytest.raises(MalformedReplyError, match="drops the filter"):
        fetch(Careless(range(1, 40)), tmp_path, [1, 2])
