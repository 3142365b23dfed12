"""Reading disks: folder by folder from the root of every storage.

The portal lists the children of one folder at a time and has no list of everything (API.md 17). Only
folders are kept in memory: files are spooled as they come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from .batch import LARGEST_BATCH, Command
from .bus import Account
from .disk_walk import DiskRows, DiskWalk, Folder
from .errors import MalformedReplyError, MethodError, MethodNotFoundError
from .gathering import Gathering
from .reading import ReadRequest, ReadResult
from .rows import Page
from .session import Session

_ASKED_BY_ID = 500  # rows that the walk missed; more of them were rather deleted with their folder


class _Place(msgspec.Struct):
    """Where an object is, and whether it is in the trash."""

    parent: str | int | None = msgspec.field(default=None, name="PARENT_ID")
    storage: str | int | None = msgspec.field(default=None, name="STORAGE_ID")
    deleted: str | int | None = msgspec.field(default=None, name="DELETED_TYPE")


@dataclass
class _Table:
    """Folders or files, on their way into the table."""

    getter: str
    request: ReadRequest
    rows: Gathering
    account: Account
    deleted: int = 0


async def read_disk(
    session: Session,
    folders: ReadRequest,
    files: ReadRequest,
    storages: Sequence[Mapping[str, Any]],
    account_folders: Account,
    account_files: Account,
) -> tuple[ReadResult, ReadResult]:
    """Read every folder and file of these storages; returns the results of folders and of files.

    Every row gets a `PATH`: the names from the storage's down to the folder it is in, with `/` between
    them and nothing escaped. A storage's root folder is no row, as no answer has it: the PARENT_ID of what
    lies there is the ROOT_OBJECT_ID of the storage. Links that hold a token are dropped before anything is
    written. A connected folder (its REAL_OBJECT_ID is another one's) is a row, but what is in it belongs
    to the folder it stands for and is read there.

    Rows that the warehouse has and the walk has not seen may have been moved past it, so they are asked
    for by id; what is gone, in the trash or not to be seen is marked as deleted. A storage that the portal
    refuses, even in part, keeps its rows as they are, and the note of the results tells.

    Args:
        session: what the reads of this run share.
        folders: the request for folders.
        files: the request for files.
        storages: the rows of `disk.storage.getList`.
        account_folders: what listing costs, files included: one command brings both.
        account_files: what asking for files by id costs.

    Raises:
        Bitrix24Error: the portal refuses every storage, or fails otherwise.
    """
    ((method, _),) = folders.entity.requests
    async with Gathering(session, folders) as folder_rows, Gathering(session, files) as file_rows:
        dropped = folders.entity.dropped | files.entity.dropped
        rows = DiskRows(folder_rows, file_rows, dropped)
        walk = DiskWalk(session, method, rows, account_folders)
        read = _DiskRead(session, walk, rows, storages)
        await read.everything()
        tables = (
            _Table("disk.folder.get", folders, folder_rows, account_folders),
            _Table("disk.file.get", files, file_rows, account_files),
        )
        for table in tables:  # folders first: one that was missed brings files
            await read.find_vanished(table)
        of_folders, of_files = [await read.result(table) for table in tables]
        return of_folders, replace(of_files, repaired_texts=walk.repaired_texts)


class _DiskRead:
    """A walk through every storage, and a second look at what it has not seen."""

    def __init__(
        self, session: Session, walk: DiskWalk, rows: DiskRows, storages: Sequence[Mapping[str, Any]]
    ) -> None:
        self._session = session
        self._walk = walk
        self._rows = rows
        self._roots = [_root(storage) for storage in storages]

    async def everything(self) -> None:
        """Walk through all storages.

        Raises:
            Bitrix24Error: the portal refuses every one of them.
        """
        self._rows.known.update({root.number: root for root in self._roots})
        await self._walk.all(self._roots)
        refused = self._walk.refused
        if self._roots and len(refused) == len(self._roots) and not self._rows.any_seen:
            raise next(iter(refused.values())) from None

    async def find_vanished(self, table: _Table) -> None:
        """Mark what the warehouse has and the portal has not, unless all is as it was at the last load."""
        if self._digest(table) == table.request.digest:
            return
        await table.rows.seal()
        table.deleted = self._mark_vanished(table)
        if not table.deleted:
            return
        missed = await self._session.values([table.rows.spool.chunks[-1].path], "id")
        found = await self._ask(table, missed[-_ASKED_BY_ID:])
        if found:
            table.rows.unmark()
            await self._place(table, found)
            await table.rows.seal()
            table.deleted = self._mark_vanished(table)

    async def result(self, table: _Table) -> ReadResult:
        """What became of the table."""
        refused = self._walk.refused
        note = (
            f"{len(refused)} of {len(self._roots)} storages could not be read in full, rows of theirs that "
            f"were not seen stay as they were; {next(iter(refused.values()))}"
            if refused
            else None
        )
        return await table.rows.finish(
            self._walk.began or table.request.cursor,
            self._digest(table),
            complete=not refused,
            deleted=table.deleted,
            note=note,
        )

    def _digest(self, table: _Table) -> str:
        return table.rows.digest(sorted(self._walk.refused))

    def _mark_vanished(self, table: _Table) -> int:
        refused = self._walk.refused
        if not refused:
            return table.rows.mark_vanished()
        owners = sorted({root.storage for root in self._roots} - set(refused))
        return table.rows.mark_vanished(owner_column="storage_id", owners=owners) if owners else 0

    async def _ask(self, table: _Table, ids: Sequence[int]) -> list[tuple[_Place, Page]]:
        """Those of the objects that the portal has, the trash apart."""
        found: list[tuple[_Place, Page]] = []
        for part in (ids[n : n + LARGEST_BATCH] for n in range(0, len(ids), LARGEST_BATCH)):
            keys = self._session.bus.keys(len(part))
            commands = {
                key: Command(table.getter, {"id": number}) for key, number in zip(keys, part, strict=True)
            }
            for outcome in (await self._session.bus.run(commands, table.account)).values():
                error = outcome.error
                if isinstance(error, MethodError) and not isinstance(error, MethodNotFoundError):
                    continue
                raw = outcome.unwrap().raw
                if not bytes(raw).startswith(b"{"):
                    continue
                page = self._walk.row(table.getter, raw)
                if not page.texts:
                    continue
                place = msgspec.json.decode(page.texts[0], type=_Place)
                if str(place.deleted or 0) == "0":
                    found.append((place, page))
        return found

    async def _place(self, table: _Table, found: Sequence[tuple[_Place, Page]]) -> None:
        """Keep these objects with their paths, and walk through the folders among them."""
        waiting = list(found)
        while waiting:
            known = self._rows.known
            # a parent may be among them; what has a parent that nobody has seen goes without a path
            ready = [each for each in waiting if int(each[0].parent or 0) in known] or waiting
            waiting = [each for each in waiting if each not in ready]
            pages = [
                (known.get(int(place.parent or 0)) or Folder(0, int(place.storage or 0), None), page)
                for place, page in ready
            ]
            await self._walk.all(await self._rows.keep(table.getter, pages))


def _root(storage: Mapping[str, Any]) -> Folder:
    try:
        numbers = int(storage["ROOT_OBJECT_ID"]), int(storage["ID"])
    except (KeyError, TypeError, ValueError):
        numbers = None
    if numbers is None:
        raise MalformedReplyError(
            f"disk.storage.getList: storage {storage.get('ID')} names no root folder (ROOT_OBJECT_ID)",
            method="disk.storage.getList",
        )
    name = msgspec.json.encode(str(storage.get("NAME") or ""))
    return Folder(*numbers, name[1:-1])
