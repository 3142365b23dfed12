"""The drive as the portal's users change it: folders take their contents along, into the trash too."""

from collections.abc import Mapping

import numpy as np

from . import php
from .clock import Clock
from .records import Records
from .seed_disk import ORDER
from .table import Row, Table
from .zone import Zone

SITE = "https://demo.example"
IN_TRASH, WITH_PARENT = "3", "4"
_FOLDER, _FILE = "folder", "file"
_PLACES = {
    "user": "/company/personal/user/{}/disk/",
    "group": "/workgroups/group/{}/disk/",
    "common": "/docs/",
}


class Drive:
    """Storages, folders and files of one portal; folders and files share their ids."""

    def __init__(self, storages: Records, folders: Table, files: Table, clock: Clock, zone: Zone) -> None:
        self.storages = storages
        self.clock = clock
        self.zone = zone
        self.trash = Records(Table())
        self.hidden: set[int] = set()
        self.folders = DiskRecords(self, folders, _FOLDER)
        self.files = DiskRecords(self, files, _FILE)
        self._paths: tuple[object, dict[int, tuple[str, str]]] = (None, {})
        self._links = 0
        self._last_id = int(max(np.max(folders.ids, initial=0), np.max(files.ids, initial=0)))

    def next_id(self) -> int:
        """Reserve the next id of an object."""
        self._last_id += 1
        return self._last_id

    def next_link(self) -> int:
        """Number a download link: no two are alike."""
        self._links += 1
        return self._links

    def now(self) -> str:
        """Write the portal's now."""
        return self.zone.text(self.clock.time())

    def roots(self) -> dict[int, Row]:
        """Give the storages by the id of their root folder."""
        return {php.to_int(row["ROOT_OBJECT_ID"]): row for row in self.storages.rows()}

    def holds(self, folder: int) -> bool:
        """Tell whether there is such a folder or root."""
        return folder in self.folders.table or folder in self.roots()

    def storage_of(self, folder: int) -> str | None:
        """Give the storage a folder or root is in, None where there is no such folder."""
        root = self.roots().get(folder)
        if root is not None:
            return str(root["ID"])
        row = self.folders.table.get(folder)
        return None if row is None else str(row["STORAGE_ID"])

    def inside(self, folder: int) -> tuple[list[int], list[int]]:
        """Give the ids of the folders and of the files that lie directly in a folder."""
        return (
            self.folders.table.where_number("PARENT_ID", folder),
            self.files.table.where_number("PARENT_ID", folder),
        )

    def below(self, folder: int) -> tuple[list[int], list[int]]:
        """Give the ids of all folders and files below a folder."""
        folders, files = self.inside(folder)
        for child in list(folders):
            deeper = self.below(child)
            folders += deeper[0]
            files += deeper[1]
        return folders, files

    def address(self, row: Mapping[str, object]) -> str:
        """Give DETAIL_URL: the names on the way to the object."""
        base, way = self._path(php.to_int(row["PARENT_ID"]))
        kind = "file" if row["TYPE"] == _FILE else "path"
        return f"{base}{kind}{way}/{row['NAME']}"

    def _path(self, folder: int) -> tuple[str, str]:
        state = (self.folders.table.version, self.storages.table.version)
        if self._paths[0] != state:
            self._paths = (state, self._all_paths())
        return self._paths[1].get(folder, (SITE, ""))

    def _all_paths(self) -> dict[int, tuple[str, str]]:
        paths = {
            root: (SITE + _PLACES[str(row["ENTITY_TYPE"])].format(row["ENTITY_ID"]), "")
            for root, row in self.roots().items()
        }
        waiting = self.folders.table.rows()
        while waiting:
            later = []
            for row in waiting:
                above = paths.get(php.to_int(row["PARENT_ID"]))
                if above is None:
                    later.append(row)
                else:
                    paths[php.to_int(row["ID"])] = (above[0], f"{above[1]}/{row['NAME']}")
            if len(later) == len(waiting):
                break  # what is left hangs on nothing
            waiting = later
        return paths


class DiskRecords(Records):
    """Folders or files of the drive."""

    def __init__(self, drive: Drive, table: Table, kind: str) -> None:
        super().__init__(table)
        self._drive = drive
        self._kind = kind

    def rows(self) -> list[Row]:
        """Give all rows as lists answer them, without the links that carry a token."""
        return [self.shown(row) for row in self.table.rows()]

    def get(self, row_id: int | str) -> Row | None:
        """Give one row, a copy, or None; the trash is another table."""
        row = self.table.get(int(row_id))
        return None if row is None else self.shown(row)

    def shown(self, row: Row) -> Row:
        """Add the address of an object."""
        return {**row, "DETAIL_URL": self._drive.address(row)}

    def add(self, fields: Mapping[str, object], user: int = 1) -> int:
        """Add a folder or file: NAME and PARENT_ID, a root's id among them; SIZE of a file."""
        number = self._drive.next_id()
        now = self._drive.now()
        row: Row = dict.fromkeys(name for name in ORDER if name in _CODES[self._kind])
        row |= {"ID": str(number), "NAME": "", "TYPE": self._kind, "DELETED_TYPE": "0", "DELETED_BY": "0"}
        row |= {"CREATE_TIME": now, "UPDATE_TIME": now, "CREATED_BY": str(user), "UPDATED_BY": str(user)}
        if self._kind == _FOLDER:
            row["REAL_OBJECT_ID"] = str(number)
        else:
            row |= {"GLOBAL_CONTENT_VERSION": "1", "FILE_ID": str(number + 24_000), "SIZE": "0"}
        parent = php.to_int(fields["PARENT_ID"])
        row["STORAGE_ID"] = self._storage(parent)
        row |= {name: php.to_text(value) for name, value in fields.items() if name in row and name != "ID"}
        self.table.put(row)
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object], user: int = 1) -> None:
        """Change fields: UPDATE_TIME becomes now; a file gets a new version with content of its own."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        row |= {"UPDATE_TIME": self._drive.now(), "UPDATED_BY": str(user)}
        if self._kind == _FILE:
            row["GLOBAL_CONTENT_VERSION"] = str(php.to_int(row["GLOBAL_CONTENT_VERSION"]) + 1)
            row["FILE_ID"] = str(php.to_int(row["FILE_ID"]) + 1_000_000)
        row |= {name: php.to_text(value) for name, value in fields.items() if name in row and name != "ID"}
        self.table.put(row)

    def rename(self, row_id: int, name: str) -> None:
        """Give an object another name; no page promises that UPDATE_TIME moves, so it stays."""
        self.table.put({**self._existing(row_id), "NAME": name})

    def move(self, row_id: int, parent: int) -> None:
        """Put an object into another folder, of another storage too; UPDATE_TIME stays."""
        storage = self._storage(parent)
        row = self._existing(row_id)
        if self._kind == _FOLDER:
            folders, files = self._drive.below(row_id)
            if parent in (row_id, *folders):
                raise ValueError("a folder cannot be moved into itself")
            for table, numbers in ((self.table, folders), (self._drive.files.table, files)):
                for number in numbers:
                    table.put({**(table.get(number) or {}), "STORAGE_ID": storage})
        self.table.put({**row, "PARENT_ID": str(parent), "STORAGE_ID": storage})

    def delete(self, row_id: int | str) -> None:
        """Put an object into the trash, a folder with everything in it."""
        number = int(row_id)
        self._existing(number)
        if self._kind == _FOLDER:
            folders, files = self._drive.below(number)
            for inner in files:
                self._drive.files.drop(inner, WITH_PARENT)
            for inner in folders:
                self.drop(inner, WITH_PARENT)
        self.drop(number, IN_TRASH)

    def drop(self, row_id: int, how: str) -> None:
        """Move one row to the trash."""
        row = self.shown(self._existing(row_id))
        row |= {"DELETED_TYPE": how, "DELETE_TIME": self._drive.now(), "DELETED_BY": "1"}
        super().delete(row_id)
        self._drive.trash.add(row)

    def hide(self, row_id: int) -> None:
        """Take the right to look into a folder away: it looks empty."""
        self._drive.hidden.add(row_id)

    def _existing(self, row_id: int) -> Row:
        row = self.table.get(row_id)
        if row is None:
            raise KeyError(row_id)
        return row

    def _storage(self, parent: int) -> str:
        storage = self._drive.storage_of(parent)
        if storage is None:
            raise KeyError(parent)
        return storage


_ONLY_FILES = frozenset({"GLOBAL_CONTENT_VERSION", "FILE_ID", "SIZE"})
_CODES = {_FOLDER: frozenset(ORDER) - _ONLY_FILES, _FILE: frozenset(ORDER) - {"REAL_OBJECT_ID"}}
