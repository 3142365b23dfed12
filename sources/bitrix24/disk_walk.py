"""Walking through folders, many to a request; and what becomes of the rows found there."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from .batch import LARGEST_BATCH, Command, Outcome
from .bus import Account
from .errors import Bitrix24Error, MalformedReplyError, MethodError, MethodNotFoundError
from .gathering import Gathering
from .keyset import check_order
from .listing import together
from .reading import portal_time
from .rows import Page, RowReader
from .session import Session

_PARCELS = 10  # on their way or being spooled: more would pile up in memory while the disk is behind
_RAMP = 4  # times as many pages of a big folder in the next request
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TOKEN = re.compile(rb"auth=|token=|/rest\\?/")
_FOLDER, _FILE = b'"folder"', b'"file"'
_ID_BITS = 12  # ids that share a piece of the bitmap: 4,096


@dataclass(frozen=True)
class Folder:
    """A folder to list.

    `path` is that of its children, as JSON text without the quotes; None where nobody knows it. The list
    goes on behind the id `after`, with so many pages at once.
    """

    number: int
    storage: int
    path: bytes | None
    after: int = 0
    pages: int = 1


class DiskRows:
    """Sorts the portal's rows into folders and files: each once, with its path, without its links."""

    def __init__(self, folders: Gathering, files: Gathering, dropped: Iterable[str]) -> None:
        self._tables = {_FOLDER: folders, _FILE: files}
        self._dropped = frozenset(dropped)
        self._seen = _IdSet()
        self.known: dict[int, Folder] = {}
        """Every folder whose place is known, the storages' roots included."""

    @property
    def any_seen(self) -> bool:
        """Whether any row came."""
        return any(table.rows for table in self._tables.values())

    async def keep(self, method: str, pages: Iterable[tuple[Folder, Page]]) -> list[Folder]:
        """Take the rows of these folders; returns the folders among them that have to be listed."""
        texts: dict[bytes, list[bytes]] = {kind: [] for kind in self._tables}
        following: list[Folder] = []
        for inside, page in pages:
            odd = list(page.rejected)
            for number, text in zip(page.ids, page.texts, strict=True):
                members = _MEMBERS.decode(text)
                kind = bytes(members.get("TYPE", b""))
                if kind not in texts:
                    odd.append(text)
                elif self._seen.add(number):  # else it was moved during the walk: its first place is kept
                    texts[kind].append(self._row(members, inside))
                    if kind == _FOLDER:
                        following += self._folder(number, members, inside)
            self._tables[_FILE].reject([self._harmless(text, inside) for text in odd])
        for kind, rows in texts.items():
            if rows:
                table = self._tables[kind]
                await table.keep(table.page(method, msgspec.Raw(b"[" + b",".join(rows) + b"]")))
        return following

    def _harmless(self, text: msgspec.Raw, inside: Folder) -> msgspec.Raw:
        """A row that no key tells apart, without its links all the same."""
        try:
            return msgspec.Raw(self._row(_MEMBERS.decode(text), inside))
        except msgspec.ValidationError:
            return text

    def _folder(self, number: int, members: Mapping[str, msgspec.Raw], inside: Folder) -> list[Folder]:
        # names stay as the portal escapes them: what is not decoded cannot be spoilt
        path = None if inside.path is None else inside.path + b"/" + _inner(members, "NAME")
        folder = self.known[number] = Folder(number, inside.storage, path)
        real = _inner(members, "REAL_OBJECT_ID")
        return [folder] if real in (b"", b"0", str(number).encode()) else []

    def _row(self, members: dict[str, msgspec.Raw], inside: Folder) -> bytes:
        row = {code: value for code, value in members.items() if not self._is_link(code, value)}
        row["PATH"] = msgspec.Raw(b"null" if inside.path is None else b'"' + inside.path + b'"')
        return msgspec.json.encode(row)

    def _is_link(self, code: str, value: msgspec.Raw) -> bool:
        """Whether a value would let anybody in: DOWNLOAD_URL does, the page for people (DETAIL_URL) not."""
        if code in self._dropped or code.upper() in ("DOWNLOAD_URL", "DOWNLOADURL", "URLMACHINE"):
            return True
        return "URL" in code.upper() and code != "DETAIL_URL" and _TOKEN.search(value) is not None


def _inner(members: Mapping[str, msgspec.Raw], code: str) -> bytes:
    """A value's JSON text, without the quotes of a string; nothing for null."""
    text = bytes(members.get(code, b"null"))
    if text == b"null":
        return b""
    return text[1:-1] if text[:1] == b'"' else text


class _IdSet:
    """Ids seen, a bit each: files may be millions, and their ids lie close together."""

    def __init__(self) -> None:
        self._pieces: dict[int, bytearray] = {}

    def add(self, number: int) -> bool:
        """Take an id; returns whether it is a new one."""
        piece = self._pieces.setdefault(number >> _ID_BITS, bytearray(1 << (_ID_BITS - 3)))
        byte, bit = (number >> 3) % len(piece), 1 << (number & 7)
        new = not piece[byte] & bit
        piece[byte] |= bit
        return new


@dataclass(frozen=True)
class _Parcel:
    """Commands that travel together, whose they are, and what was known of pages when they were made."""

    counted: bool
    page_rows: int
    lists: list[tuple[Folder, Sequence[str]]] = field(default_factory=list)
    commands: dict[str, Command] = field(default_factory=dict)


class DiskWalk:
    """Lists folders breadth first; what a storage refuses is noted and passed over."""

    def __init__(self, session: Session, method: str, rows: DiskRows, account: Account) -> None:
        self._session = session
        self._method = method
        self._rows = rows
        self._account = account
        self._cut = RowReader((), id_code="ID", secret=session.secret)
        self._places = asyncio.Semaphore(_PARCELS)
        self.began: str | None = None
        self.refused: dict[int, Bitrix24Error] = {}
        """Storages of which something could not be read, and the first reason."""

    async def all(self, folders: Sequence[Folder]) -> None:
        """List these folders and everything below them."""
        waiting = list(folders)
        while waiting:
            found = await together(self._list(parcel) for parcel in self._parcels(waiting))
            waiting = [folder for part in found for folder in part]

    @property
    def repaired_texts(self) -> int:
        """Places in which the portal's bytes were no text."""
        return self._cut.repaired_texts

    def row(self, method: str, raw: msgspec.Raw) -> Page:
        """A single object as a page of one row."""
        return self._cut.page(method, msgspec.Raw(b"[" + bytes(raw) + b"]"))

    def _parcels(self, folders: Iterable[Folder]) -> Iterable[_Parcel]:
        """First pages of 50 folders together; pages that follow one another in a big folder by themselves."""
        session = self._session
        size = min(LARGEST_BATCH, session.client.batch_size(self._method))
        counted = (
            not session.page_proven
        )  # the count tells whether a page is the last where its size does not
        parcel = _Parcel(counted, session.page_rows)
        for folder in folders:
            pages = 1 if counted else min(folder.pages, size)
            if len(parcel.commands) + pages > size or (pages > 1 and parcel.commands):
                yield parcel
                parcel = _Parcel(counted, session.page_rows)
            keys = session.bus.keys(pages)
            links: list[object] = [folder.after]
            links += [f"$result[{key}][{parcel.page_rows - 1}][ID]" for key in keys[:-1]]
            commands = (self._page(folder, link, counted=counted) for link in links)
            parcel.commands.update(zip(keys, commands, strict=True))
            parcel.lists.append((folder, keys))
        if parcel.commands:
            yield parcel

    def _page(self, folder: Folder, after: object, *, counted: bool) -> Command:
        params = {"id": folder.number, "order": {"ID": "ASC"}, "start": 0 if counted else -1}
        return Command(self._method, {**params, "filter": {">ID": after}} if after else params)

    async def _list(self, parcel: _Parcel) -> list[Folder]:
        """Take what a parcel brings; returns the folders to list next, big ones once more."""
        async with self._places:
            outcomes = await self._session.bus.run(parcel.commands, self._account)
            pages: list[tuple[Folder, Page]] = []
            unfinished: list[Folder] = []
            for folder, keys in parcel.lists:
                unfinished += self._pages(folder, [outcomes[key] for key in keys], parcel, pages)
            return unfinished + await self._rows.keep(self._method, pages)

    def _pages(
        self,
        folder: Folder,
        outcomes: Iterable[Outcome],
        parcel: _Parcel,
        pages: list[tuple[Folder, Page]],
    ) -> list[Folder]:
        """Add the folder's pages up to its last one; returns the folder again where more has to come."""
        after = folder.after
        for outcome in outcomes:
            if outcome.error is not None:
                self._refuse(folder, outcome.error)
                return []
            self.began = self.began or portal_time(outcome)
            page = self._cut.page(self._method, outcome.unwrap().raw)
            pages.append((folder, page))
            if self._is_last(page, outcome, parcel):
                return []  # the commands behind a short page refer to no id (keyset.py)
            check_order(self._method, page.ids, after)
            if not page.ids:
                raise MalformedReplyError(
                    f"{self._method}: no row of a page has a usable ID", method=self._method
                )
            after = page.ids[-1]
            if page.size > parcel.page_rows:
                self._session.prove_page(page.size)
            if page.size != parcel.page_rows or page.rejected:  # what is behind refers to another row
                break
        return [replace(folder, after=after, pages=folder.pages * _RAMP)]

    def _is_last(self, page: Page, outcome: Outcome, parcel: _Parcel) -> bool:
        if not page.size:
            return True
        if parcel.counted:
            if outcome.next is not None and not self._session.page_proven:
                self._session.prove_page(outcome.next)
            return outcome.next is None and bool(outcome.total) and page.size >= (outcome.total or 0)
        return page.size < parcel.page_rows

    def _refuse(self, folder: Folder, error: Bitrix24Error) -> None:
        """Pass over what the portal does not let us see; a folder that is gone is empty."""
        if not isinstance(error, MethodError) or isinstance(error, MethodNotFoundError):
            raise error from None
        if not _is_missing(error):
            self.refused.setdefault(folder.storage, error)


def _is_missing(error: Bitrix24Error) -> bool:
    """Whether the portal says that there is no such object."""
    return "NOT_FOUND" in error.code.upper()
