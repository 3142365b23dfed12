"""Reading by offset: dictionaries whole, the count checked, changes seen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sources.demo_portal import DemoPortal, Fault
from tests.sources.bitrix24.portal_reading import BatchPortal, portal_of, read, rows_of

DICTIONARIES = ("users", "departments", "statuses", "pipelines", "currencies", "custom_fields")


def keys_of(table: str, rows: list[dict[str, object]]) -> list[str]:
    """What tells the rows of a dictionary apart, from the portal's rows or from ours."""
    small = [{str(code).lower(): value for code, value in row.items()} for row in rows]
    names = {"statuses": ("entity_id", "status_id"), "currencies": ("currency",)}.get(table, ("id",))
    return sorted(" ".join(str(row[name]) for name in names) for row in small)


@pytest.mark.parametrize("page_size", [50, 20])
def test_dictionaries_are_read_whole(tmp_path: Path, page_size: int) -> None:
    """Every row of every dictionary, whether it takes one page or several."""
    portal = portal_of(5, page_size=page_size)
    found = read(portal, tmp_path, *DICTIONARIES)
    for name in DICTIONARIES:
        result = found[name]
        assert (result.status, result.complete) == ("done", True), result.error
        expected = portal.store.table(name).rows()
        if name == "pipelines":  # of every type that has some
            expected += portal.store.satellites.item_pipelines.rows()
            expected = [row for row in expected if row["entityTypeId"] in (2, 31, 130)]
        assert keys_of(name, rows_of(result)) == keys_of(name, expected)


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 100, 101, 2_600])
def test_every_user_comes_once(tmp_path: Path, rows: int) -> None:
    """Also where the last page is full, and where the pages do not fit into one request."""
    portal = portal_of(5)
    table = portal.store.table("users")
    for user in table.rows():
        table.delete(str(user["ID"]))
    for number in range(1, rows + 1):
        table.add({"ID": str(number), "NAME": f"User {number}", "ACTIVE": number % 3 > 0})
    result = read(portal, tmp_path, "users")["users"]
    assert sorted(row["id"] for row in rows_of(result)) == list(range(1, rows + 1))


def test_dismissed_users_are_read(tmp_path: Path) -> None:
    """Old deals belong to people who have left."""
    portal = portal_of(5)
    expected = [row["ACTIVE"] for row in portal.store.table("users").rows()]
    found = [row["active"] for row in rows_of(read(portal, tmp_path, "users")["users"])]
    assert sorted(found) == sorted(expected)
    assert False in found


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("change", ["add", "delete"])
def test_rows_that_shift_between_pages_are_not_lost(tmp_path: Path, n: int, change: str) -> None:
    """A row that comes or goes while pages are read shifts the others: the count tells."""
    portal = portal_of(5)
    table = portal.store.table("users")
    for number in range(1_000, 1_200):
        table.add({"ID": str(number), "NAME": f"User {number}"})
    first = str(table.rows()[0]["ID"])
    moved = (lambda _: table.add({"NAME": "New"})) if change == "add" else (lambda _: table.delete(first))
    portal.before(n, moved)
    found = {row["id"] for row in rows_of(read(portal, tmp_path, "users")["users"])}
    assert set(range(1_000, 1_200)) <= found


def test_method_that_counts_nothing_and_ignores_the_start_ends(tmp_path: Path) -> None:
    """Such a method gives everything at once; asking on and on would never end."""
    currencies = [{"CURRENCY": f"C{n:02d}"} for n in range(60)]
    portal = BatchPortal({"crm.currency.list": lambda _: (currencies, 0)})
    assert read(portal, tmp_path, "currencies")["currencies"].rows == 60
    assert len(portal.requests) <= 4


def test_method_that_counts_nothing_is_read_to_its_end(tmp_path: Path) -> None:
    """Pages are asked for until one is short."""
    currencies = [{"CURRENCY": f"C{n:03d}"} for n in range(120)]

    def answer(params: dict[str, object]) -> object:
        start = int(str(params.get("start", 0)))
        return currencies[start : start + 50], 0

    portal = BatchPortal({"crm.currency.list": answer})
    assert read(portal, tmp_path, "currencies")["currencies"].rows == 120


def test_count_that_never_fits_is_an_error(tmp_path: Path) -> None:
    """Rows that keep changing, or a portal that miscounts, do not pass for a whole table."""
    calls = iter(range(1_000))

    def answer(_: dict[str, object]) -> object:
        return [{"ID": str(next(calls))}, {"ID": str(next(calls))}], 7

    result = read(BatchPortal({"user.get": answer}), tmp_path, "users")["users"]
    assert result.status == "failed"
    assert "user.get" in str(result.error)


def test_unchanged_dictionary_brings_no_rows(tmp_path: Path) -> None:
    """What is as it was when it was loaded is not loaded again; one changed letter is seen."""
    portal = portal_of(5)
    first = read(portal, tmp_path, "statuses")["statuses"]
    second = read(portal, tmp_path, "statuses", digest=first.digest)["statuses"]
    assert (second.status, second.chunks, second.rows) == ("unchanged", (), first.rows)
    row = portal.store.table("statuses").rows()[0]
    portal.store.table("statuses").update(str(row["ID"]), {"NAME": "Other"})
    third = read(portal, tmp_path, "statuses", digest=second.digest)["statuses"]
    assert third.status == "done"
    assert "Other" in {found["name"] for found in rows_of(third)}


def test_status_ids_repeat_between_directories(tmp_path: Path) -> None:
    """NEW is a stage, a lead status and more: directory and id tell them apart."""
    portal = portal_of(5)
    rows = rows_of(read(portal, tmp_path, "statuses")["statuses"])
    ids = [row["status_id"] for row in rows]
    assert len(ids) > len(set(ids))
    assert len(rows) == len(portal.store.table("statuses").rows())


def test_custom_fields_have_their_labels(tmp_path: Path) -> None:
    """Their list names none unless a language is asked for; the fields' descriptions do."""
    rows = rows_of(read(portal_of(5), tmp_path, "custom_fields")["custom_fields"])
    assert rows
    assert all(row["label"] for row in rows)


@pytest.mark.parametrize("kind", ["command_error", "missing_key"])
def test_page_that_fails_once_is_repeated(tmp_path: Path, kind: str) -> None:
    """A failing page costs a request, no row."""
    portal: DemoPortal = portal_of(5)
    portal.faults.add(Fault(kind, method="crm.status.list", times=2))  # type: ignore[arg-type]
    result = read(portal, tmp_path, "statuses")["statuses"]
    assert result.rows == len(portal.store.table("statuses").rows())


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(lambda _: [{"NAME": "no id"}], id="no key"),
        pytest.param(lambda _: "text", id="no rows"),
    ],
)
def test_rows_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, rows: Callable[[dict[str, object]], object]
) -> None:
    """An answer that is no table fails the entity with the method's name."""
    result = read(BatchPortal({"user.get": rows}), tmp_path, "users")["users"]
    assert result.status == "failed"
    assert "user.get" in str(result.error)
