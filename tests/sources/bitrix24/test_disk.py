"""Disks: every folder and file once, with its path, while people move and delete them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sources.bitrix24.bus import Account
from sources.bitrix24.disk import read_disk
from sources.bitrix24.entities import ENTITIES, REJECTED_ROWS
from sources.bitrix24.errors import MalformedReplyError, MethodError, ServerError
from sources.bitrix24.reading import ReadRequest, ReadResult
from sources.bitrix24.session import Session
from tests.sources.bitrix24.method_portal import Loaded, MethodPortal, Refused, gone, live
from tests.sources.bitrix24.portal_reading import portal_of, rows_of
from tests.sources.bitrix24.portal_reading import read as read_portal
from tests.sources.bitrix24.scripted_portal import TOKEN

FOLDERS = ReadRequest(ENTITIES["disk_folders"])
FILES = ReadRequest(ENTITIES["disk_files"])
STORAGES = [
    {"ID": "1", "NAME": "Company drive", "ROOT_OBJECT_ID": "10"},
    {"ID": "2", "NAME": "Anna", "ROOT_OBJECT_ID": "20"},
]
SESSION_TOKEN = "0f1e2d3c4b5a6978"


class Disk:
    """Folders and files of two storages; what happens when a folder is listed can be told."""

    def __init__(self, page: int = 50) -> None:
        self.page = page
        self.objects: dict[int, dict[str, Any]] = {}
        self.before: dict[int, Callable[[], object]] = {}
        self.roots = {10: 1, 20: 2}

    def put(self, number: int, parent: int, name: str = "", *, file: bool = False, **more: object) -> None:
        """Add an object, or change it."""
        storage = self.roots.get(parent) or int(self.objects[parent]["STORAGE_ID"])
        row: dict[str, Any] = {
            "ID": str(number),
            "NAME": name or f"{'file' if file else 'folder'} {number}",
            "STORAGE_ID": str(storage),
            "TYPE": "file" if file else "folder",
            "PARENT_ID": str(parent),
            "DELETED_TYPE": "0",
            "CREATE_TIME": "2027-01-10T10:00:00+03:00",
            "DELETE_TIME": None,
            "DELETED_BY": "0",
            "DETAIL_URL": f"https://portal.example/docs/path/token=/{number}",
        }
        if file:
            link = f"https://portal.example/rest/1/{TOKEN}/download/?auth={SESSION_TOKEN}&token=disk%7Cabc"
            row |= {"SIZE": "52486", "FILE_ID": "7", "DOWNLOAD_URL": link, "PREVIEW_URL": link}
        else:
            row["REAL_OBJECT_ID"] = str(number)
        self.objects[number] = row | more

    def portal(self) -> MethodPortal:
        """A portal with these disks."""
        return MethodPortal(
            {"disk.folder.getChildren": self.children, "disk.folder.get": self.get, "disk.file.get": self.get}
        )

    def children(self, params: dict[str, Any]) -> object:
        """disk.folder.getChildren."""
        number, after = int(params["id"]), int(params["filter"].get(">ID", 0))
        self.before.pop(number, lambda: None)()
        if number not in self.objects and number not in self.roots:
            raise Refused("ERROR_NOT_FOUND", "Could not find entity with id")
        rows = [self.objects[n] for n in sorted(self.objects) if n > after]
        rows = [row for row in rows if int(row["PARENT_ID"]) == number and row["DELETED_TYPE"] == "0"]
        assert params["order"] == {"ID": "ASC"}
        if int(params["start"]) < 0:
            return rows[: self.page]
        return rows[: self.page], len(rows), self.page if len(rows) > self.page else None

    def get(self, params: dict[str, Any]) -> object:
        """disk.folder.get and disk.file.get."""
        if int(params["id"]) not in self.objects:
            raise Refused("ERROR_NOT_FOUND", "Could not find entity with id")
        return self.objects[int(params["id"])]


def small_disk() -> Disk:
    """Two storages, a few folders, four files."""
    disk = Disk()
    disk.put(11, 10, "Contracts")
    disk.put(12, 11, "2027")
    disk.put(21, 20, "Photos")
    disk.put(100, 10, "readme.txt", file=True)
    disk.put(101, 12, "offer.pdf", file=True)
    disk.put(102, 12, "order.pdf", file=True)
    disk.put(103, 21, "cat.png", file=True)
    return disk


def read(
    disk: Disk | MethodPortal,
    folder: Path,
    warehouse: Loaded | None = None,
    folders: ReadRequest = FOLDERS,
    files: ReadRequest = FILES,
) -> tuple[ReadResult, ReadResult]:
    portal = disk.portal() if isinstance(disk, Disk) else disk
    return portal.read(
        folder,
        lambda session: read_disk(session, folders, files, STORAGES, Account(), Account()),
        warehouse=warehouse,
    )


def test_every_object_comes_once_with_its_path(tmp_path: Path) -> None:
    """Folders and files are two tables; the path leads from the storage to the folder it is in."""
    folders, files = read(small_disk(), tmp_path)
    assert live(rows_of(folders), "ID", "PARENT_ID", "PATH") == [
        (11, 10, "Company drive"),
        (12, 11, "Company drive/Contracts"),
        (21, 20, "Anna"),
    ]
    assert live(rows_of(files), "ID", "STORAGE_ID", "SIZE", "PATH") == [
        (100, 1, 52486, "Company drive"),
        (101, 1, 52486, "Company drive/Contracts/2027"),
        (102, 1, 52486, "Company drive/Contracts/2027"),
        (103, 2, 52486, "Anna/Photos"),
    ]
    assert (folders.portal_count, folders.check, files.portal_count) == (3, "whole", 4)
    assert folders.cursor == files.cursor == "2027-01-15T09:00:00+01:00"


@pytest.mark.parametrize("page", [50, 20, 65])
@pytest.mark.parametrize("files", [130, 400])
def test_big_folder_is_read_whole(tmp_path: Path, page: int, files: int) -> None:
    """Pages follow one another by id, as many as the folder has, whatever their size."""
    disk = Disk(page)
    disk.put(11, 10)
    disk.put(12, 10)
    for number in range(1000, 1000 + files):
        disk.put(number, 11, file=True)
    disk.put(5000, 12, file=True)
    portal = disk.portal()
    _, found = read(portal, tmp_path)
    assert live(rows_of(found), "ID") == [(number,) for number in (*range(1000, 1000 + files), 5000)]
    assert len(portal.calls) <= 6


def test_pages_longer_than_thought_are_read_whole(tmp_path: Path) -> None:
    """Page sizes are learned from any method: where that was too little, or a row is odd, no row is lost."""
    disk = Disk(50)
    disk.put(11, 10)
    for number in range(1000, 1330):
        disk.put(number, 11, file=True)
    disk.objects[1149]["ID"] = ""

    async def told_wrong(session: Session) -> tuple[ReadResult, ReadResult]:
        session.prove_page(20)
        return await read_disk(session, FOLDERS, FILES, STORAGES, Account(), Account())

    _, files = disk.portal().read(tmp_path, told_wrong)
    assert [n for (n,) in live(rows_of(files), "ID")] == [n for n in range(1000, 1330) if n != 1149]
    assert len(rows_of(files, REJECTED_ROWS)) == 1


def test_odd_names_stay_what_they_are(tmp_path: Path) -> None:
    """Nothing in a name is escaped or taken for a part of the path."""
    disk = Disk()
    names = [
        'a/b "c"',
        "back\\",
        "\u0434\u043e\u043a\u0443\u043c\u0435\u043d\u0442\u044b \U0001f600",
        "line\nfeed",
        "",
    ]
    for number, name in enumerate(names, start=11):
        disk.put(number, number - 1, name)
    disk.put(100, 15, "'; --", file=True)
    disk.objects[15]["NAME"] = None
    _, files = read(disk, tmp_path)
    (row,) = rows_of(files)
    assert (row["name"], row["path"]) == ("'; --", "/".join(["Company drive", *names]))


def test_no_token_reaches_the_disk(tmp_path: Path) -> None:
    """Links to contents are dropped before rows are spooled; the page for people stays."""
    disk = small_disk()
    disk.put(104, 10, file=True, ID="")
    _, files = read(disk, tmp_path)
    assert rows_of(files)[0]["detail_url"] == "https://portal.example/docs/path/token=/100"
    assert [name for name in rows_of(files)[0] if "url" in name] == ["detail_url"]
    (rejected,) = rows_of(files, REJECTED_ROWS)
    assert "file 104" in rejected["row"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in (TOKEN.encode(), SESSION_TOKEN.encode()))


def test_spooled_texts_hold_no_token(tmp_path: Path) -> None:
    """Also while rows wait as texts, before they become columns: a killed read leaves those."""
    portal = small_disk().portal()
    listing = portal.answers["disk.folder.getChildren"]

    def answer(params: dict[str, Any]) -> object:
        if params["id"] == "12":
            raise Refused("INTERNAL_SERVER_ERROR")
        return listing(params)

    portal.answers = {**portal.answers, "disk.folder.getChildren": answer}
    with pytest.raises(ServerError):
        read(portal, tmp_path)
    (text,) = [path.read_text() for path in (tmp_path / "disk_files").glob("*.ndjson")]
    assert "readme.txt" in text
    assert TOKEN not in text
    assert SESSION_TOKEN not in text


def test_folder_that_is_deleted_during_the_walk_is_empty(tmp_path: Path) -> None:
    """Between two requests folders go: what was in them is marked now, they themselves next time."""
    disk = small_disk()
    before = read(disk, tmp_path / "1")
    disk.before[12] = lambda: [disk.objects.pop(number) for number in (12, 101, 102)]
    folders, files = read(disk, tmp_path / "2", Loaded(*before))
    assert (gone(rows_of(folders)), gone(rows_of(files))) == ([], [101, 102])
    assert (files.deleted, files.rows, files.note, files.complete) == (2, 2, None, True)
    folders, _ = read(disk, tmp_path / "3", Loaded(*before))
    assert gone(rows_of(folders)) == [12]


def test_file_that_moved_past_the_walk_is_kept(tmp_path: Path) -> None:
    """What the walk has missed is asked for by id: a moved file is there, one in the trash is not."""
    disk = small_disk()
    before = read(disk, tmp_path / "1")

    def move() -> None:
        disk.put(101, 10, "offer.pdf", file=True)
        disk.put(102, 12, "order.pdf", file=True, DELETED_TYPE="3")

    disk.before[12] = move
    _, files = read(disk, tmp_path / "2", Loaded(*before))
    assert gone(rows_of(files)) == [102]
    assert live(rows_of(files), "ID", "PATH") == [
        (100, "Company drive"),
        (101, "Company drive"),
        (103, "Anna/Photos"),
    ]
    assert (files.deleted, files.rows) == (1, 3)


def test_folder_that_moved_past_the_walk_is_read(tmp_path: Path) -> None:
    """A moved folder is walked through, so that what is in it is not lost either, old or new."""
    disk = small_disk()
    before = read(disk, tmp_path / "1")

    def move() -> None:
        disk.put(12, 20, "2027")
        disk.put(13, 12, "New")
        disk.put(104, 13, "new.txt", file=True)

    disk.before[11] = move
    folders, files = read(disk, tmp_path / "2", Loaded(*before))
    assert (folders.deleted, files.deleted) == (0, 0)
    assert live(rows_of(folders), "ID", "PATH")[1:3] == [(12, "Anna"), (13, "Anna/2027")]
    assert live(rows_of(files), "ID", "PATH") == [
        (100, "Company drive"),
        (101, "Anna/2027"),
        (102, "Anna/2027"),
        (103, "Anna/Photos"),
        (104, "Anna/2027/New"),
    ]


def test_object_that_is_met_twice_is_kept_once(tmp_path: Path) -> None:
    """What moves ahead of the walk is listed in both places; a connected folder is not walked into."""
    disk = small_disk()
    disk.put(22, 20, "Shared with me", REAL_OBJECT_ID="11")
    disk.before[21] = lambda: (disk.put(100, 21, "readme.txt", file=True), disk.put(11, 21, "Contracts"))
    portal = disk.portal()
    folders, files = read(portal, tmp_path)
    assert [row for (row,) in live(rows_of(folders), "ID")] == [11, 12, 21, 22]
    assert [row for (row,) in live(rows_of(files), "ID")] == [100, 101, 102, 103]
    assert "22" not in {params["id"] for _, params in portal.asked}


@pytest.mark.parametrize("denied", ["10", "11"])
def test_refused_storage_keeps_its_rows(tmp_path: Path, denied: str) -> None:
    """A storage that may not be read, even in part, loses no row; those of others are compared."""
    disk = small_disk()
    before = read(disk, tmp_path / "1")
    disk.objects.pop(103)
    portal = disk.portal()
    listing = portal.answers["disk.folder.getChildren"]

    def answer(params: dict[str, Any]) -> object:
        if params["id"] == denied:
            raise Refused("ACCESS_DENIED")
        return listing(params)

    portal.answers = {**portal.answers, "disk.folder.getChildren": answer}
    folders, files = read(portal, tmp_path / "2", Loaded(*before))
    assert (gone(rows_of(folders)), gone(rows_of(files))) == ([], [103])
    assert (files.status, files.complete, files.portal_count) == ("done", False, None)
    assert files.note is not None
    assert files.note.startswith("1 of 2 storages")


def test_no_storage_at_all_is_an_error(tmp_path: Path) -> None:
    """Where every storage is refused nothing was read."""

    def refuse(_: dict[str, Any]) -> object:
        raise Refused("ACCESS_DENIED")

    with pytest.raises(MethodError, match="ACCESS_DENIED"):
        read(MethodPortal({"disk.folder.getChildren": refuse}), tmp_path)


def test_big_folder_out_of_order_is_an_error(tmp_path: Path) -> None:
    """A portal that does not sort by id would lose rows between pages: better none than some."""
    rows = [{"ID": str(number), "TYPE": "file"} for number in range(150, 0, -1)]
    portal = MethodPortal({"disk.folder.getChildren": lambda _: (rows[:50], 150, 50)})
    with pytest.raises(MalformedReplyError, match="order"):
        read(portal, tmp_path)


def test_unchanged_disk_brings_no_rows(tmp_path: Path) -> None:
    """What is as it was is not loaded again, table by table."""
    disk = small_disk()
    folders, files = read(disk, tmp_path / "1")
    requests = replace(FOLDERS, digest=folders.digest), replace(FILES, digest=files.digest)
    again = read(disk, tmp_path / "2", None, *requests)
    assert [(each.status, each.chunks, each.rows) for each in again] == [
        ("unchanged", (), 3),
        ("unchanged", (), 4),
    ]
    disk.put(100, 10, "renamed.txt", file=True)
    assert [each.status for each in read(disk, tmp_path / "3", None, *requests)] == ["unchanged", "done"]


def test_folders_share_requests(tmp_path: Path) -> None:
    """Fifty folders to a request."""
    disk = Disk()
    for number in range(101, 221):
        disk.put(number, 10)
    portal = disk.portal()
    read(portal, tmp_path)
    assert sorted(map(len, portal.batches()), reverse=True)[:3] == [50, 50, 20]
    assert len(portal.batches()) <= 6


@pytest.mark.parametrize("page_size", [50, 20])
def test_disks_of_a_portal_are_read_whole(tmp_path: Path, page_size: int) -> None:
    """Every folder and file of every drive, with a path that their parents' names make; no token."""
    portal = portal_of(5, page_size=page_size, counts={"disk_files": 150, "disk_folders": 25})
    places = {row["ROOT_OBJECT_ID"]: row["NAME"] for row in portal.store.table("disk_storages").rows()}
    folders = {row["ID"]: row for row in portal.store.table("disk_folders").rows()}

    def path(row: Mapping[str, object]) -> str:
        parent = row["PARENT_ID"]
        if parent in places:
            return str(places[parent])
        return f"{path(folders[parent])}/{folders[parent]['NAME']}"

    found = read_portal(portal, tmp_path, "disk_folders", "disk_files")
    for name in ("disk_folders", "disk_files"):
        assert found[name].error is None
        rows = portal.store.table(name).rows()
        expected = sorted((int(str(row["ID"])), row["NAME"], path(row)) for row in rows)
        assert live(rows_of(found[name]), "ID", "NAME", "PATH") == expected
    assert not any(b"auth=" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "download_url" not in rows_of(found["disk_files"])[0]
