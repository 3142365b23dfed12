"""Three ways in which the portal gives out what belongs to records: singly, in links, by lists of owners."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Raw

from .batch import Command, Outcome
from .bus import Account
from .entities import Entity
from .errors import MethodError
from .rows import RowReader
from .session import Session

_OWNERS_IN_A_LIST = 30  # about as many rows as a page holds
_PROOFS = 10
_LISTS = "lists of owners"


class Method(Protocol):
    """How the rows of some owners are asked for."""

    @property
    def owners_a_command(self) -> int:
        """As many owners as one command names."""
        ...

    @property
    def proven(self) -> str | None:
        """What was proven of the portal, for the next run to go by."""
        ...

    @property
    def rejected(self) -> list[Raw]:
        """Rows that came and that no key tells apart."""
        ...

    async def rows(self, owner: str, ids: Sequence[int], account: Account) -> list[Raw]:
        """The rows of these owners, complete.

        Raises:
            MethodError: the portal does not give them out.
        """
        ...


def method_of(session: Session, entity: Entity, rows: RowReader, proven: str | None) -> Method:
    """The way that an entity's method knows; `proven` is what an earlier run has found out."""
    if entity.owner_types:
        return ProductRows(session, entity, rows, lists=True if proven == _LISTS else None)
    if entity.rows_at:
        return Links(session, entity)
    return OneByOne(session, entity, rows)


class OneByOne:
    """A command an owner, whose answer is not paged: checklists."""

    owners_a_command = 1
    proven = None

    def __init__(self, session: Session, entity: Entity, rows: RowReader) -> None:
        self._session = session
        self._entity = entity
        self._rows = rows
        self.rejected: list[Raw] = []

    async def rows(self, owner: str, ids: Sequence[int], account: Account) -> list[Raw]:  # noqa: ARG002
        """The rows of one owner."""
        (number,) = ids
        # arguments go by position, so the owner comes first and alone (API.md 1.1)
        outcome = await self._session.bus.one(Command(self._entity.method, {"TASKID": number}), account)
        page = self._rows.page(self._entity.method, outcome.unwrap().raw)
        self.rejected += page.rejected
        return page.texts


class _Linked(msgspec.Struct):
    id: int
    contactId: int | None = None  # noqa: N815 - as the portal calls it
    contactIds: list[int] | None = None  # noqa: N815


_linked = msgspec.json.Decoder(_Linked, strict=False).decode


class Links:
    """The contacts of deals, as the universal list gives them beside every deal: ids in their order."""

    proven = None

    def __init__(self, session: Session, entity: Entity) -> None:
        self._session = session
        self._query = entity.requests[0]
        self._entity = entity
        self.rejected: list[Raw] = []  # deals that cannot be told apart are set aside as deals

    @property
    def owners_a_command(self) -> int:
        """A page of deals."""
        return self._session.page_rows

    async def rows(self, owner: str, ids: Sequence[int], account: Account) -> list[Raw]:  # noqa: ARG002
        """The links of these deals: position by position, the first contact is the primary one."""
        method, params = self._query
        reader = RowReader((), rows_at=self._entity.rows_at, id_code="id", secret=self._session.secret)
        texts: list[Raw] = []
        left = list(ids)
        while left:
            asked = {**params, "select": list(self._entity.select), "order": {"id": "ASC"}, "start": -1}
            command = Command(method, {**asked, "filter": {"@id": left}})
            outcome = await self._session.bus.one(command, account)
            page = reader.page(method, outcome.unwrap().raw)
            if not page.ids:
                break
            texts += [link for text in page.texts for link in _links(_linked(text))]
            left = [number for number in left if number > page.ids[-1]]  # pages may be shorter than asked for
        return texts


def _links(deal: _Linked) -> list[Raw]:
    primary = deal.contactId
    return [
        Raw(
            msgspec.json.encode(
                {
                    "DEAL_ID": deal.id,
                    "CONTACT_ID": contact,
                    "SORT": 10 * place,
                    "IS_PRIMARY": "Y" if contact == primary or (not primary and place == 1) else "N",
                }
            )
        )
        for place, contact in enumerate(dict.fromkeys(deal.contactIds or ()), start=1)
    ]


class ProductRows:
    """The products of many owners at once.

    That a list of owners is accepted follows from a general remark of the documentation only (API.md
    10.5). A portal that took it for one owner would lose rows without a word. So lists are used once their
    answers were the same as those for every owner alone.
    """

    def __init__(
        self, session: Session, entity: Entity, rows: RowReader, *, lists: bool | None = None
    ) -> None:
        self._session = session
        self._entity = entity
        self._rows = rows
        self._lists = lists
        self._proofs = 0
        self._proving = asyncio.Lock()
        self.rejected: list[Raw] = []

    @property
    def proven(self) -> str | None:
        """Whether lists of owners are known to work."""
        return _LISTS if self._lists else None

    @property
    def owners_a_command(self) -> int:
        """As many owners as a list holds; fewer would leave commands half empty."""
        return _OWNERS_IN_A_LIST

    async def rows(self, owner: str, ids: Sequence[int], account: Account) -> list[Raw]:
        """The rows of these owners."""
        if self._lists is None:
            async with self._proving:
                if self._lists is None:
                    return await self._prove(owner, ids, account)
        if self._lists:
            return await self._all_pages(owner, list(ids), account)
        parts = await asyncio.gather(*(self._all_pages(owner, number, account) for number in ids))
        return [text for part in parts for text in part]

    async def _prove(self, owner: str, ids: Sequence[int], account: Account) -> list[Raw]:
        together, *keys = self._session.bus.keys(1 + len(ids))
        commands = {key: self._page(owner, number, 0) for key, number in zip(keys, ids, strict=True)}
        commands[together] = self._page(owner, list(ids), 0)
        outcomes = await self._session.bus.run(commands, account)
        try:
            listed = self._ids(outcomes.pop(together))
        except MethodError:
            self._lists = False
            listed = []
        alone = [self._ids(outcome) for outcome in outcomes.values()]
        if self._lists is None:
            self._lists = self._accepted(listed, alone)
        self._proofs += 1
        if self._lists is None and self._proofs >= _PROOFS:
            self._lists = True
        parts = [
            await self._following(owner, number, outcome, account)
            for number, outcome in zip(ids, outcomes.values(), strict=True)
        ]
        return [text for part in parts for text in part]

    def _accepted(self, listed: Sequence[int], alone: Sequence[Sequence[int]]) -> bool | None:
        """Whether rows came for the list as they did for its owners one by one; None where that is open.

        The rows of one owner prove nothing: they are the answer to a list of which only one owner counted.
        """
        expected = sorted(number for numbers in alone for number in numbers)
        if list(listed) != expected[: len(listed)]:
            return False
        owners = sum(not set(numbers).isdisjoint(listed) for numbers in alone)
        if owners > 1:
            return True
        cut = len(listed) >= self._session.page_rows
        return None if cut or len(listed) == len(expected) else False

    async def _all_pages(self, owner: str, ids: "int | list[int]", account: Account) -> list[Raw]:
        first = await self._session.bus.one(self._page(owner, ids, 0), account)
        return await self._following(owner, ids, first, account)

    async def _following(
        self, owner: str, ids: "int | list[int]", outcome: Outcome, account: Account
    ) -> list[Raw]:
        texts: list[Raw] = []
        while True:
            page = self._rows.page(self._entity.method, outcome.unwrap().raw)
            texts += page.texts
            self.rejected += page.rejected
            # `total` counts what lies behind the last id; without one an empty page is the end
            left = None if outcome.total is None else outcome.total - page.size
            if not page.ids or (left is not None and left <= 0):
                return texts
            outcome = await self._session.bus.one(self._page(owner, ids, page.ids[-1]), account)

    def _page(self, owner: str, ids: "int | list[int]", after: int) -> Command:
        where: Mapping[str, object] = {
            "=ownerType": self._entity.owner_types[owner],
            "=ownerId": ids,
            ">id": after,
        }
        return Command(self._entity.method, {"filter": where, "order": {"id": "ASC"}, "start": 0})

    def _ids(self, outcome: Outcome) -> list[int]:
        return self._rows.page(self._entity.method, outcome.unwrap().raw).ids
