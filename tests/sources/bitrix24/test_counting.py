"""Deletes found by counting: exact where counts can be, never wrong, and cheap."""

from pathlib import Path
from random import Random

import httpx
import numpy as np
import pytest

from sources.bitrix24.counting import Differences, compare_ids
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.errors import MalformedReplyError, MethodError
from sources.bitrix24.keyset import KeysetQuery
from sources.demo_portal import Fault
from tests.sources.bitrix24.id_portal import QUERY, IdPortal, on_portal
from tests.sources.bitrix24.portal_reading import ids_in, portal_of

MILLION = 1_000_000


def compare(
    portal: httpx.AsyncBaseTransport,
    folder: Path,
    ours: list[int],
    *,
    page: int = 50,
    top: int | None = None,
    **session: str,
) -> Differences:
    """Compare ids with a portal whose pages are known, as they are after any read."""

    async def work(session, account):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if page:
            session.prove_page(page)
        ids = np.array(ours, dtype=np.int64)
        return await compare_ids(session, ENTITIES["deals"], QUERY, ids, account, top=top)

    return on_portal(portal, folder, work, **session)  # type: ignore[no-any-return]


def random_ids(chance: Random, rows: int) -> list[int]:
    """Ids with gaps, some of them long."""
    ids: list[int] = []
    last = 0
    for _ in range(rows):
        last += chance.choice((1, 1, 1, 1, 2, 3, chance.randint(1, 400)))
        ids.append(last)
    return ids


def without(ids: list[int], gone: set[int]) -> list[int]:
    return [number for number in ids if number not in gone]


@pytest.mark.parametrize("side", ["deleted", "came back"])
def test_differences_of_one_kind_are_found_exactly(tmp_path: Path, side: str) -> None:
    """However many rows differ and wherever they lie; rows above ours are none of them."""
    for seed in range(24):
        chance = Random(seed)  # noqa: S311 - test data
        page = chance.choice((3, 5, 20, 50))
        every = random_ids(chance, chance.choice((1, 2, 40, 300, 900)))
        some = set(chance.sample(every, min(len(every), chance.choice((0, 1, 2, 5, 30, 300)))))
        if chance.random() < 0.3:  # a block of them
            some = set(every[len(every) // 3 : len(every) // 2])
        ours, theirs = (every, without(every, some)) if side == "deleted" else (without(every, some), every)
        newer = [every[-1] + n for n in range(1, 5)]
        found = compare(IdPortal([*theirs, *newer], page_size=page), tmp_path, ours, page=page)
        below = {number for number in theirs if number <= max(ours, default=0)}
        expected = Differences(len(below), tuple(sorted(below - set(ours))), tuple(sorted(set(ours) - below)))
        assert found == expected, (seed, page, len(every), len(some))


def test_what_is_told_is_true_whatever_changes(tmp_path: Path) -> None:
    """Rows deleted and restored before and during the search: nothing that stayed is told, sums hold."""
    for seed in range(30):
        chance = Random(1000 + seed)  # noqa: S311 - test data
        page = chance.choice((3, 5, 20))
        every = random_ids(chance, chance.choice((5, 60, 500, 900)))
        ours = without(every, set(chance.sample(every[:-1], len(every) // chance.choice((2, 9, 50)))))
        portal = IdPortal(
            without(every, set(chance.sample(every, len(every) // chance.choice((3, 20))))), page_size=page
        )
        always, ever = set(portal.ids), set(portal.ids)

        def change(
            commands: int,
            portal: IdPortal = portal,
            chance: Random = chance,
            every: list[int] = every,
            always: set[int] = always,
            ever: set[int] = ever,
        ) -> None:
            if commands % 7 == 3:
                number = chance.choice(every)
                (portal.delete if chance.random() < 0.5 else portal.restore)(number)
                always.intersection_update(portal.ids)
                ever.update(portal.ids)

        quiet = seed % 2
        if not quiet:
            portal.before_command = change
        found = compare(portal, tmp_path, ours, page=page)
        assert set(found.vanished) <= set(ours) - always
        assert set(found.missing) <= ever - set(ours)
        assert found.portal_count == len(ours) - len(found.vanished) + len(found.missing)
        if quiet:
            assert found.portal_count == sum(number <= ours[-1] for number in portal.ids)


def test_million_rows_with_ten_deletions_cost_a_dozen_requests(tmp_path: Path) -> None:
    """Counting ends after a few rounds, and no request comes near the portal's 60 seconds."""
    ids = list(range(1, MILLION + 1))
    gone = set(Random(7).sample(ids, 10))  # noqa: S311 - test data
    portal = IdPortal(without(ids, gone))
    assert compare(portal, tmp_path, ids) == Differences(MILLION - 10, (), tuple(sorted(gone)))
    assert len(portal.requests) <= 12
    assert max(portal.requests) <= 25
    assert sum(portal.requests) <= 40


def test_equal_tables_cost_their_count(tmp_path: Path) -> None:
    """Where nothing was deleted nothing is listed."""
    ids = list(range(1, MILLION + 1))
    portal = IdPortal(ids)
    assert compare(portal, tmp_path, ids) == Differences(MILLION)
    assert (len(portal.requests), portal.commands) == (2, portal.counts)


@pytest.mark.parametrize("deleted", [10, 200, 2500])
def test_many_deletions_cost_no_more_than_a_listing(tmp_path: Path, deleted: int) -> None:
    """Where a search would be longer than the table the ids are listed."""
    ids = list(range(1, 50_001))
    gone = set(Random(deleted).sample(ids, deleted))  # noqa: S311 - test data
    portal = IdPortal(without(ids, gone))
    assert compare(portal, tmp_path, ids).vanished == tuple(sorted(gone))
    pages = len(portal.ids) // 50 + 1
    assert portal.commands <= 1.1 * pages
    assert len(portal.requests) <= 1.1 * pages / 50 + 1


def test_rows_that_came_back_where_we_have_none_are_found(tmp_path: Path) -> None:
    """The ranges leave no id out: before our first one, and in gaps as long as the table."""
    ours = [*range(50_000, 50_400), *range(900_000, 900_400)]
    back = [3, *range(400_000, 404_000)]
    found = compare(IdPortal([*ours, *back]), tmp_path, ours)
    assert found == Differences(4_801, tuple(back))


def test_differences_that_cancel_out_are_seen_on_a_first_page(tmp_path: Path) -> None:
    """A count brings a page of ids along: a table of one page is compared id by id."""
    portal = IdPortal(range(1, 41))
    found = compare(portal, tmp_path, [*range(2, 41), 60], page=0)
    assert found == Differences(40, (1,), (60,))
    assert len(portal.requests) == 1


@pytest.mark.parametrize(("ours", "top", "expected"), [
    ([], None, Differences(0)),
    ([], 5, Differences(5, (1, 2, 3, 4, 5))),
    ([1, 2, 3], 8, Differences(8, (4, 5, 6, 7, 8))),
    ([1, 2, 3, 30], 3, Differences(3)),
])  # fmt: skip
def test_top_says_how_far_to_look(
    tmp_path: Path, ours: list[int], top: int | None, expected: Differences
) -> None:
    """Up to our highest id where nothing else is said."""
    assert compare(IdPortal(range(1, 21)), tmp_path, ours, top=top) == expected


@pytest.mark.parametrize("page", [50, 20])
def test_unknown_pages_are_learned_by_counting(tmp_path: Path, page: int) -> None:
    """A search that begins before any full page was seen reads none too short, and not page by page."""
    ids = list(range(1, 901))
    portal = IdPortal(without(ids, {77, 500}), page_size=page)
    assert compare(portal, tmp_path, ids, page=0).vanished == (77, 500)
    assert len(portal.requests) <= 4


def test_rows_without_an_id_are_no_differences(tmp_path: Path) -> None:
    """A row that the warehouse cannot hold counts on the portal; the listing settles that."""
    ids = list(range(1, 1_001))
    portal = IdPortal(ids)
    portal.rejected = {50, 100, 651, 1_000}
    ours = without(ids, set(portal.rejected))
    assert compare(portal, tmp_path, ours, top=1_000) == Differences(996)


@pytest.mark.parametrize("answer", [None, 0, 5_000])
def test_count_that_is_none_is_refused(tmp_path: Path, answer: int | None) -> None:
    """A portal that counts nothing, or more rows than there are ids, is not compared with."""
    portal = IdPortal(range(1, 1_001))
    portal.total = lambda _: answer
    with pytest.raises(MalformedReplyError, match=r"deals: crm\.deal\.list counts"):
        compare(portal, tmp_path, list(range(1, 1_001)))


def test_filter_that_is_dropped_is_refused(tmp_path: Path) -> None:
    """A portal that gives rows outside the range would make every row a difference."""

    class Careless(IdPortal):
        def _found(self, where: dict[str, object]) -> list[int]:
            return super()._found({">ID": where[">ID"]})

    portal = Careless(range(1, 61))
    portal.total = lambda _: 40
    with pytest.raises(MalformedReplyError, match="drops the filter"):
        compare(portal, tmp_path, list(range(1, 41)))


def test_demo_portal_is_compared_as_any_other(tmp_path: Path) -> None:
    """Deals deleted on a whole portal are found; a command that fails for good ends the comparison."""
    portal = portal_of(700)
    ids = ids_in(portal)
    gone = {ids[3], ids[300], ids[301], ids[699]}
    for number in gone:
        portal.store.table("deals").delete(number)
    transport = httpx.ASGITransport(portal)
    url = f"https://demo.example{portal.path}"
    found = compare(transport, tmp_path, ids, page=0, url=url)
    assert found == Differences(696, (), tuple(sorted(gone)))
    portal.faults.add(Fault("command_error", method=QUERY.method, times=-1, code="", description="no"))
    with pytest.raises(MethodError):
        compare(transport, tmp_path, ids, url=url)


def test_every_list_is_asked_in_its_own_words(tmp_path: Path) -> None:
    """Where requests call the id otherwise than rows do, and rows are not at the top."""
    seen: list[str] = []

    class Tasks(IdPortal):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            seen.append((await request.aread()).decode())
            return await super().handle_async_request(request)

        def _row(self, number: int) -> dict[str, object]:
            return {"id": str(number), "group": []}

    query = KeysetQuery("tasks.task.list", {}, {}, id_code="id", id_filter="ID")

    async def work(session, account):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        session.prove_page(50)
        ids = np.arange(1, 201, dtype=np.int64)
        return await compare_ids(session, ENTITIES["deals"], query, ids, account)

    assert on_portal(Tasks([*range(1, 90), *range(92, 201)]), tmp_path, work).vanished == (90, 91)
    assert all("%3EID" in text and "[id]" not in text.partition("result")[0] for text in seen)
