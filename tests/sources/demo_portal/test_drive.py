"""The drive: storages, folders, files, and what users do with them."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN202  fixtures are typed where they are made

import pytest


@pytest.fixture(scope="module")
def size():
    """Enough files for a folder of three pages."""
    return {"disk_files": 300, "disk_folders": 20, "tasks": 0, "calendar_events": 0}


@pytest.fixture
def ask(make, size):
    return make(deals=20, counts=size)


def children(ask, folder, **params):
    """Read a folder page by page."""
    found, start = [], 0
    while start is not None:
        body = ask("disk.folder.getChildren", {"id": folder, "start": start, **params})[1]
        found += body["result"]
        start = body.get("next")
    assert len(found) == body["total"]
    return found


def walk(ask, folder, depth=1):
    for row in children(ask, folder):
        yield depth, row
        if row["TYPE"] == "folder":
            yield from walk(ask, int(row["ID"]), depth + 1)


def everything(ask):
    found = []
    for storage in ask.result("disk.storage.getList"):
        found += walk(ask, int(storage["ROOT_OBJECT_ID"]))
    return found


def table(ask, name):
    return ask.portal.store.table(name)


def test_a_walk_finds_every_row_of_the_tables(ask) -> None:
    """Folders are nested five deep, one holds three pages; a file's link alone is not in the table."""
    found = everything(ask)
    rows = [{key: value for key, value in row.items() if key != "DOWNLOAD_URL"} for _, row in found]

    for name, kind in (("disk_folders", "folder"), ("disk_files", "file")):
        mine = sorted((row for row in rows if row["TYPE"] == kind), key=lambda row: int(row["ID"]))
        assert mine == table(ask, name).rows()
    assert max(depth for depth, row in found if row["TYPE"] == "folder") == 5
    crowd = [row["PARENT_ID"] for row in rows if row["TYPE"] == "file"]
    assert max(map(crowd.count, crowd)) >= 130
    assert all(type(value) is str or value is None for row in rows for value in row.values())


def test_links_carry_a_token_that_is_new_each_time(ask) -> None:
    """DOWNLOAD_URL differs between two answers of the same file; folders have none."""
    number = table(ask, "disk_files").rows()[0]["ID"]
    first, second = (ask.result("disk.file.get", {"id": number}) for _ in range(2))
    assert first.pop("DOWNLOAD_URL") != second.pop("DOWNLOAD_URL")
    assert first == second


def test_folders_are_read_on_behind_an_id(ask) -> None:
    """`>ID` and an order by ID read a big folder on; other filters work, those of no filter field do not."""
    parents = [row["PARENT_ID"] for row in table(ask, "disk_files").rows()]
    crowded = max(parents, key=parents.count)
    rows = sorted(children(ask, crowded), key=lambda row: int(row["ID"]))
    middle = rows[60]["ID"]

    def ids(**params):
        return [row["ID"] for row in children(ask, crowded, **params)]

    later = [row["ID"] for row in rows[61:]]
    assert ids(filter={">ID": middle}, order={"ID": "ASC"}) == later
    assert ids(filter={">ID": middle}, order={"ID": "DESC"}) == later[::-1]
    assert ids(filter={"NAME": "%.pdf"}) == [row["ID"] for row in rows if row["NAME"].endswith(".pdf")]
    assert len(ids(filter={"SIZE": "1"})) == len(rows)
    new = rows[-1]["UPDATE_TIME"]
    assert set(ids(filter={">=UPDATE_TIME": new})) == {row["ID"] for row in rows if row["UPDATE_TIME"] >= new}
    body = ask("disk.folder.getChildren", {"id": crowded, "start": -1})[1]
    assert (len(body["result"]), "total" in body, "next" in body) == (50, False, False)


def test_errors_and_unreadable_folders(ask) -> None:
    """No id, no such object, no right to read: an error, another error, an empty list."""
    for method in ("disk.storage.getChildren", "disk.folder.getChildren", "disk.folder.get", "disk.file.get"):
        assert ask(method)[1]["error"] == "ERROR_ARGUMENT"
        assert ask(method, {"id": 10**7})[1]["error"] == "ERROR_NOT_FOUND"
    folder = int(table(ask, "disk_folders").table.ids[0])
    assert children(ask, folder)
    table(ask, "disk_folders").hide(folder)
    assert children(ask, folder) == []
    assert ask("disk.folder.get", {"id": folder})[1]["error"] == "ACCESS_DENIED"


def test_search_knows_no_total_and_ends_at_the_1050th_object(make) -> None:
    """Pages run to start 1000; queries have three letters at least; folders only if asked for."""
    ask = make(deals=10, counts={"disk_files": 1_200, "disk_folders": 0})
    files = table(ask, "disk_files")
    for number in files.table.ids.tolist():
        files.rename(number, f"report {number}")
    first = ask("disk.file.search", {"QUERY": "report"})[1]
    last = ask("disk.file.search", {"QUERY": "REPORT", "start": 5_000})[1]

    assert (first["next"], "total" in first) == (50, False)
    assert (len(last["result"]), "next" in last) == (50, False)
    assert int(first["result"][0]["ID"]) == files.table.ids[-1]
    assert ask("disk.file.search", {"QUERY": "re"})[1]["error"] == "INVALID_QUERY"
    assert ask.result("disk.file.search", {"QUERY": "report", "TYPE": "folder"}) == []


def test_a_deleted_folder_takes_its_contents_into_the_trash(ask) -> None:
    """Nothing of it is listed any more; single objects can still be read, with their time of deletion."""
    top = int(table(ask, "disk_folders").table.ids[0])
    inside = [row for _, row in walk(ask, top)]
    table(ask, "disk_folders").delete(top)

    gone = {row["ID"] for row in inside} | {str(top)}
    assert gone.isdisjoint({row["ID"] for _, row in everything(ask)})
    assert {row["ID"] for row in table(ask, "disk_trash").rows()} == gone
    file = next(row["ID"] for row in inside if row["TYPE"] == "file")
    row = ask.result("disk.file.get", {"id": file})
    assert (row["DELETED_TYPE"], row["DELETE_TIME"]) == ("4", "2026-09-21T16:13:20+02:00")
    assert ask.result("disk.folder.get", {"id": top})["DELETED_TYPE"] == "3"


def test_moves_and_new_versions(ask) -> None:
    """A moved folder changes storage and address of all below; only new content moves UPDATE_TIME."""
    folders, files = table(ask, "disk_folders"), table(ask, "disk_files")
    top = int(folders.table.ids[0])
    inside = [row for _, row in walk(ask, top)]
    target = ask.result("disk.storage.getList")[-1]
    folders.rename(top, "Renamed & moved")
    folders.move(top, int(target["ROOT_OBJECT_ID"]))
    after = [row for _, row in walk(ask, top)]

    assert [row["ID"] for row in after] == [row["ID"] for row in inside]
    assert {row["STORAGE_ID"] for row in after} == {target["ID"]}
    assert all("/Renamed & moved/" in row["DETAIL_URL"] for row in after)
    assert [row["UPDATE_TIME"] for row in after] == [row["UPDATE_TIME"] for row in inside]
    with pytest.raises(ValueError, match="into itself"):
        folders.move(top, int(next(row["ID"] for row in inside if row["TYPE"] == "folder")))

    new = files.add({"NAME": "new.txt", "PARENT_ID": top, "SIZE": 3})
    files.update(new, {"SIZE": 70})
    row = ask.result("disk.file.get", {"id": new})
    assert (row["SIZE"], row["GLOBAL_CONTENT_VERSION"], row["STORAGE_ID"]) == ("70", "2", target["ID"])
    assert row["UPDATE_TIME"] == "2026-09-21T16:13:20+02:00"


def test_storages_are_filtered_by_pattern_and_sorted(ask) -> None:
    """A plain name with `%` is a pattern; each user and group has a drive, the company one."""
    rows = ask.result("disk.storage.getList", {"filter": {"ENTITY_TYPE": "group"}, "order": {"NAME": "DESC"}})
    names = [row["NAME"] for row in rows]
    assert len(names) == 5
    assert names == sorted(names, key=str.casefold, reverse=True)
    assert ask("disk.storage.getList", {"filter": {"NAME": "%Company%"}})[1]["total"] == 1


def test_groups_need_their_own_scope(make) -> None:
    """sonet_group.get is not among the usual scopes."""
    assert make()("sonet_group.get")[1]["error"] == "insufficient_scope"
    ask = make(scopes=("sonet_group",))
    assert [row["ID"] for row in ask.result("sonet_group.get", {"FILTER": {"CLOSED": "N"}})] == [
        "1",
        "3",
        "4",
        "12",
    ]
