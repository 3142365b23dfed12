"""Reading calendars: no paging, no count, no "changed since"; so every owner's window of days, every time."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from .batch import LARGEST_BATCH, Command, Outcome
from .bus import Account
from .errors import MethodError, MethodNotFoundError
from .gathering import Gathering
from .reading import CalendarWindow, ReadRequest, ReadResult, portal_time
from .session import Session

_EVENTS = "calendar.event.get"


@dataclass(frozen=True, order=True)
class CalendarOwner:
    """Whose calendar: `type` is user, group or company_calendar, `number` the id of the user or group."""

    type: str
    number: int


COMPANY = CalendarOwner("company_calendar", 0)


def calendar_owners(
    users: Sequence[Mapping[str, Any]], storages: Sequence[Mapping[str, Any]]
) -> tuple[CalendarOwner, ...]:
    """Everybody who may have a calendar: the company, every user, every group.

    Groups are those with a drive: no list of groups is among the entities, and each group has one.
    """
    groups = [row for row in storages if str(row.get("ENTITY_TYPE")).lower() == "group"]
    found = {
        *(CalendarOwner("user", number) for number in _ids(users, "ID")),
        *(CalendarOwner("group", number) for number in _ids(groups, "ENTITY_ID")),
    }
    return (COMPANY, *sorted(found))


def _ids(rows: Iterable[Mapping[str, Any]], code: str) -> list[int]:
    texts = (str(row.get(code)).strip() for row in rows)
    return [int(text) for text in texts if text.isascii() and text.isdigit()]


async def read_calendar(
    session: Session,
    request: ReadRequest,
    owners: Sequence[CalendarOwner],
    account: Account,
    *,
    all_owners: bool = True,
) -> ReadResult:
    """Read the events, or the sections, of these owners; what is as it was is not loaded again.

    Events are those of a window of days that only ever grows: the result's cursor is its first and its
    last day (YYYY-MM-DD/YYYY-MM-DD), and the next read begins no later and ends no earlier. Rows come as
    the portal gives them: a series once, or once per instance (API.md 15 leaves that open). An owner whose
    calendar the portal refuses is passed over: its rows stay as they are, and the result's note tells.

    Args:
        session: what the reads of this run share.
        request: `calendar.event.get` or `calendar.section.get`.
        owners: whose calendars.
        account: what the read costs.
        all_owners: whether these are all there are. Without that only their own rows can have vanished.

    Raises:
        Bitrix24Error: the portal refuses every owner, or fails otherwise.
    """
    ((method, _),) = request.entity.requests
    window: dict[str, object] = {}
    if method == _EVENTS:
        # in the portal's days, so by the portal's clock
        now = portal_time(await session.bus.one(Command("server.time"), account))
        window = _window(session.calendar_window, date.fromisoformat(now[:10]), request.cursor)
    async with Gathering(session, request) as rows:
        read = _CalendarRead(session, request, rows, account)
        await read.all(owners, window)
        complete = all_owners and not read.refused
        speaks_for = None if complete else sorted(set(owners) - set(read.refused))
        digest = rows.digest(speaks_for)
        deleted = 0
        if digest != request.digest:
            await rows.seal()
            deleted = _mark_vanished(rows, speaks_for)
        return await rows.finish(
            f"{window['from']}/{window['to']}" if window else read.began,
            digest,
            complete=complete,
            deleted=deleted,
            note=_note(read.refused, len(owners)),
        )


def _window(days: CalendarWindow, today: date, known: str | None) -> dict[str, object]:
    start, end = today - timedelta(days=days.days_back), today + timedelta(days=days.days_ahead)
    if known:
        first, _, last = known.partition("/")
        start = min(start, date.fromisoformat(first))
        end = max(end, date.fromisoformat(last)) if last else end
    return {"from": start.isoformat(), "to": end.isoformat()}


def _mark_vanished(rows: Gathering, owners: Sequence[CalendarOwner] | None) -> int:
    """Look for rows that are gone: in the whole table, or among those of these owners."""
    if owners is None:
        return rows.mark_vanished()
    return sum(
        rows.mark_vanished(
            among={"cal_type": type_},
            owner_column="owner_id",
            owners=[owner.number for owner in owners if owner.type == type_],
            part=f".{type_}",
        )
        for type_ in sorted({owner.type for owner in owners})
    )


def _note(refused: Mapping[CalendarOwner, MethodError], asked: int) -> str | None:
    if not refused:
        return None
    owner, error = next(iter(refused.items()))
    return (
        f"{len(refused)} of {asked} calendars may not be read, their rows stay as they were; "
        f"{owner.type} {owner.number}: {error}"
    )


class _CalendarRead:
    """Asks for one owner after another, many to a request; keeps every row once."""

    def __init__(self, session: Session, request: ReadRequest, rows: Gathering, account: Account) -> None:
        self._session = session
        ((self._method, self._params),) = request.entity.requests
        self._rows = rows
        self._account = account
        self._key = _key_decoder(request.entity.key)
        self._seen: set[str] = set()
        self.refused: dict[CalendarOwner, MethodError] = {}
        self.began: str | None = None

    async def all(self, owners: Sequence[CalendarOwner], window: Mapping[str, object]) -> None:
        """Read all of them; of a row that several bring the first owner's is kept."""
        size = min(LARGEST_BATCH, self._session.client.batch_size(self._method))
        parcels = [owners[n : n + size] for n in range(0, len(owners), size)]
        try:
            async with asyncio.TaskGroup() as group:
                asked = deque((p, group.create_task(self._ask(p, window))) for p in parcels)
                while asked:  # in order, so that the same rows make the same table; each let go of at once
                    parcel, task = asked.popleft()
                    await self._keep(parcel, await task)
        except BaseExceptionGroup as failures:
            failure = failures.exceptions[0]
        else:
            if owners and len(self.refused) == len(owners):
                raise next(iter(self.refused.values())) from None
            return
        raise failure

    async def _ask(self, owners: Sequence[CalendarOwner], window: Mapping[str, object]) -> list[Outcome]:
        keys = self._session.bus.keys(len(owners))
        commands = {
            key: Command(
                self._method, {**self._params, "type": owner.type, "ownerId": owner.number, **window}
            )
            for key, owner in zip(keys, owners, strict=True)
        }
        return list((await self._session.bus.run(commands, self._account)).values())

    async def _keep(self, owners: Sequence[CalendarOwner], outcomes: Sequence[Outcome]) -> None:
        texts: list[msgspec.Raw] = []
        for owner, outcome in zip(owners, outcomes, strict=True):
            error = outcome.error
            if isinstance(error, MethodError) and not isinstance(error, MethodNotFoundError):
                self.refused[owner] = error
                continue
            self.began = self.began or portal_time(outcome)
            texts += self._new(self._rows.page(self._method, outcome.unwrap().raw))
        await self._rows.keep(texts)

    def _new(self, texts: Sequence[msgspec.Raw]) -> list[msgspec.Raw]:
        """The rows that no owner before has brought; what cannot be told apart is set aside."""
        mine: dict[str, msgspec.Raw] = {}
        odd: list[msgspec.Raw] = []
        for text in texts:
            key = self._key_of(text)
            if key is None or mine.setdefault(key, text) != text:
                odd.append(text)
        self._rows.reject(odd)
        new = [text for key, text in mine.items() if key not in self._seen]
        self._seen.update(mine)
        return new

    def _key_of(self, text: msgspec.Raw) -> str | None:
        try:
            number, *rest = msgspec.structs.astuple(self._key.decode(text))
            return None if None in rest else "\0".join((str(int(number)), *map(str, rest)))
        except (TypeError, ValueError):  # a ValidationError is a ValueError
            return None


def _key_decoder(codes: Sequence[str]) -> "msgspec.json.Decoder[Any]":
    """Cuts the key out of a row without decoding the rest."""
    names = {f"part{number}": code for number, code in enumerate(codes)}
    fields = [(name, str | int | None, None) for name in names]
    return msgspec.json.Decoder(msgspec.defstruct("Key", fields, rename=names))
