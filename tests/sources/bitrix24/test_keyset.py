"""Reading by id: complete and exact, whatever the number of rows, the page size and the changes meanwhile."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import httpx
import pytest

from sources.bitrix24.errors import MalformedReplyError, MethodError
from sources.demo_portal import DemoPortal, Fault, Store
from tests.sources.bitrix24.portal_reading import BatchPortal, ids_in, ids_of, portal_of, read, rows_of

LIST = "crm.deal.list"


def with_gaps(portal: DemoPortal, seed: int = 3) -> DemoPortal:
    """Take a third of the deals away, in runs and one by one; what belonged to them does not matter."""
    chance = Random(seed)  # noqa: S311 - test data
    ids = ids_in(portal)
    gone = set(chance.sample(ids, len(ids) // 6)) | set(ids[len(ids) // 2 : len(ids) // 2 + len(ids) // 6])
    for number in gone:
        portal.store.records("deals").table.remove(number)
    return portal


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 2499, 2500, 2501])
def test_every_row_comes_once(tmp_path: Path, rows: int) -> None:
    """Whether the last page or the last request is empty, short or full."""
    portal = portal_of(rows)
    result = read(portal, tmp_path)["deals"]
    assert (result.status, result.rows, result.complete) == ("done", rows, True)
    assert ids_of(result) == ids_in(portal)


@pytest.mark.parametrize("rows", [60, 500, 2501])
def test_gaps_between_ids_lose_nothing(tmp_path: Path, rows: int) -> None:
    """Deleted rows leave holes in the ids, single ones and long ones."""
    portal = with_gaps(portal_of(rows))
    assert ids_of(read(portal, tmp_path)["deals"]) == ids_in(portal)


@pytest.mark.parametrize("rows", [19, 20, 21, 40, 41, 130])
def test_portal_with_other_pages_is_read_whole(tmp_path: Path, rows: int) -> None:
    """A self-hosted portal may give 20 rows a page."""
    portal = with_gaps(portal_of(rows, page_size=20))
    assert ids_of(read(portal, tmp_path)["deals"]) == ids_in(portal)


def test_requests_are_near_the_floor(tmp_path: Path) -> None:
    """2,500 rows a request, and a few more for the beginning and the ends of ranges."""
    portal = portal_of(25_000)
    result = read(portal, tmp_path)["deals"]
    assert len(ids_of(result)) == 25_000
    assert portal.stats.requests <= 25_000 / 2_500 + 4


def test_large_table_is_read_in_ranges_that_fit_together(tmp_path: Path) -> None:
    """Ranges side by side neither overlap nor leave a row between them, gaps or not."""
    portal = with_gaps(portal_of(31_000))
    result = read(portal, tmp_path)["deals"]
    assert ids_of(result) == ids_in(portal)


CHANGES: dict[str, Callable[[Store, int], object]] = {
    "add": lambda store, _: store.table("deals").add({"TITLE": "new"}),
    "delete": lambda store, step: store.table("deals").delete(
        str(store.records("deals").table.ids[step * 7])
    ),
    "update": lambda store, step: store.table("deals").update(
        str(store.records("deals").table.ids[-1 - step]), {"TITLE": f"changed {step}"}
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("page_size", [50, 20])
def test_changes_meanwhile_neither_lose_nor_double_a_row(tmp_path: Path, change: str, page_size: int) -> None:
    """Rows that are there from beginning to end come exactly once, at whichever request others change."""
    portal = portal_of(320, page_size=page_size)
    before = set(ids_in(portal))
    for n in range(1, 12):
        portal.before(n, lambda store, n=n: CHANGES[change](store, n))
    found = ids_of(read(portal, tmp_path)["deals"])
    assert len(found) == len(set(found))
    assert before & set(ids_in(portal)) <= set(found)


@pytest.mark.parametrize("changed", [1, 3, 60])
@pytest.mark.parametrize("meanwhile", [1, 40])
def test_rows_that_change_during_an_incremental_read(tmp_path: Path, changed: int, meanwhile: int) -> None:
    """A busy portal, where rows join what is being read, is no portal with short pages."""
    portal = portal_of(200)
    cursor = read(portal, tmp_path)["deals"].cursor
    portal.clock.elapsed += 600  # type: ignore[attr-defined]
    ids = ids_in(portal)

    def touch(store: Store, some: list[int]) -> None:
        for number in some:
            store.table("deals").update(number, {"TITLE": "changed"})

    touch(portal.store, ids[:changed])
    at = portal.stats.requests
    for n in (1, 2):
        more = ids[60 + meanwhile * n : 60 + meanwhile * (n + 1)]
        portal.before(at + n + 1, lambda store, more=more: touch(store, more))
    result = read(portal, tmp_path, cursors={"deals": str(cursor)})["deals"]
    assert result.status == "done", result.error
    found = ids_of(result)
    assert len(found) == len(set(found))
    assert set(ids[:changed]) <= set(found)


@pytest.mark.parametrize("kind", ["command_error", "missing_key"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_failing_command_is_repeated(tmp_path: Path, kind: str, at: int) -> None:
    """A command that fails once inside a batch costs a request, no row."""
    portal = portal_of(3_000)
    portal.faults.add(Fault(kind, at=at, method=LIST))  # type: ignore[arg-type]
    assert ids_of(read(portal, tmp_path)["deals"]) == ids_in(portal)


def test_command_that_keeps_failing_never_shortens_the_result(tmp_path: Path) -> None:
    """The entity fails, with the portal's words; it does not end where the failure was."""
    portal = portal_of(3_000)
    denied = Fault("command_error", at=3, method=LIST, times=-1, code="", description="Access denied")
    portal.faults.add(denied)
    result = read(portal, tmp_path)["deals"]
    assert result.status == "failed"
    assert isinstance(result.error, MethodError)
    assert "Access denied" in str(result.error)


@pytest.mark.parametrize("kind", ["rate", "server", "cut", "reset", "redirect"])
def test_requests_that_fail_are_repeated(tmp_path: Path, kind: str) -> None:
    """Whatever happens to a request as a whole, the rows are all there."""
    portal = portal_of(3_000)
    portal.faults.add(Fault(kind, at=2, status=502))  # type: ignore[arg-type]
    portal.faults.add(Fault(kind, at=4, status=502))  # type: ignore[arg-type]
    assert ids_of(read(portal, tmp_path)["deals"]) == ids_in(portal)


def test_failed_read_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What was read before a failure is not read again, and the cursor is that of the beginning."""
    portal = portal_of(20_000)
    portal.faults.add(Fault("command_error", at=5, method=LIST, times=-1, code="", description="no"))
    assert read(portal, tmp_path)["deals"].status == "failed"
    asked = portal.stats.requests
    portal.clock.elapsed += 600  # type: ignore[attr-defined]
    portal.faults.clear()
    result = read(portal, tmp_path)["deals"]
    assert ids_of(result) == ids_in(portal)
    assert result.resumed_rows > 2_500
    assert portal.stats.requests - asked <= (20_000 - result.resumed_rows) / 2_500 + 5
    assert result.cursor is not None
    assert result.cursor < portal.store.zone.text(portal.clock.time())


def test_fields_that_nothing_announced_survive_a_restart(tmp_path: Path) -> None:
    """Rows spooled before a failure keep their unknown fields although later pages may not have them."""
    pages = [[{"ID": str(n), "UF_NEW": f"v{n}"} for n in range(1, 51)], [{"ID": "51"}]]
    broken = True

    def answer(params: dict[str, object]) -> object:
        after = int(dict(params.get("filter", {})).get(">ID", 0))  # type: ignore[call-overload]
        if params.get("order") == {"ID": "DESC"}:
            return [{"ID": "51"}]
        if after and broken:
            return {"not": "rows"}
        return pages[1] if after else pages[0]

    portal = BatchPortal({LIST: answer, "crm.deal.fields": lambda _: {"ID": {"type": "integer"}}})
    assert read(portal, tmp_path)["deals"].status == "failed"
    broken = False
    pages[0] = [{"ID": str(n)} for n in range(1, 51)]
    rows = rows_of(read(portal, tmp_path)["deals"])
    assert [row["uf_new"] for row in rows][:50] == [f"v{n}" for n in range(1, 51)]


@pytest.mark.parametrize(
    "page",
    [
        [{"ID": "2"}, {"ID": "1"}],
        [{"ID": "0"}],
        [{"ID": "-1"}],
    ],
)
def test_ids_out_of_order_are_refused(tmp_path: Path, page: list[dict[str, str]]) -> None:
    """A method that does not sort by id would lose rows: it is an error, not a short table."""
    portal = BatchPortal({LIST: lambda _: page, "crm.deal.fields": lambda _: {}})
    result = read(portal, tmp_path)["deals"]
    assert result.status == "failed"
    assert isinstance(result.error, MalformedReplyError)


def test_rows_without_an_id_of_their_own_are_kept_aside(tmp_path: Path) -> None:
    """Empty and doubled ids cost neither the other rows nor the pages behind them."""
    first = [{"ID": str(n)} for n in range(1, 49)] + [{"ID": ""}, {"ID": "48", "TITLE": "again"}]

    def answer(params: dict[str, object]) -> object:
        after = int(dict(params.get("filter", {})).get(">ID", 0))  # type: ignore[call-overload]
        if params.get("order") == {"ID": "DESC"}:
            return [{"ID": "50"}]
        return first if after < 48 else [{"ID": "49"}, {"ID": "50"}] if after == 48 else []

    portal = BatchPortal({LIST: answer, "crm.deal.fields": lambda _: {"ID": {"type": "integer"}}})
    result = read(portal, tmp_path)["deals"]
    assert result.status == "done", result.error
    assert ids_of(result) == list(range(1, 51))
    rejected = [json.loads(row["row"]) for row in rows_of(result, "rejected_rows")]
    assert sorted(rejected, key=str) == [{"ID": ""}, {"ID": "48"}]


def test_method_that_ignores_the_filter_is_refused(tmp_path: Path) -> None:
    """A portal that drops `>ID` gives the first page for ever: that must end, and not as success."""
    page = [{"ID": str(n)} for n in range(1, 51)]

    def answer(params: dict[str, object]) -> object:
        return [{"ID": "500"}] if params.get("order") == {"ID": "DESC"} else page

    portal = BatchPortal({LIST: answer, "crm.deal.fields": lambda _: {}})
    assert read(portal, tmp_path)["deals"].status == "failed"
    assert len(portal.requests) < 10


def test_method_that_ignores_the_order_is_refused(tmp_path: Path) -> None:
    """Where the newest ids are asked for and the oldest come, the end of the table is unknown."""
    page = [{"ID": str(n)} for n in range(1, 51)]
    portal = BatchPortal({LIST: lambda _: page, "crm.deal.fields": lambda _: {}})
    assert read(portal, tmp_path)["deals"].status == "failed"


def test_portal_without_a_clock_gives_no_cursor(tmp_path: Path) -> None:
    """Without the portal's time there is no safe cursor; the local clock does not step in."""

    class Timeless(BatchPortal):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            body = json.loads((await super().handle_async_request(request)).content)
            del body["time"]
            body["result"]["result_time"] = []
            return httpx.Response(200, json=body, request=request)

    portal = Timeless({LIST: lambda _: [], "crm.deal.fields": lambda _: {}})
    result = read(portal, tmp_path)["deals"]
    assert result.status == "failed"
    assert "time" in str(result.error)
