"""Rows of one table from many answers that know no order: spooled as they come, compared at the end."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from msgspec import Raw

from .fields import columns_of
from .reading import ReadRequest, ReadResult
from .rows import RowReader
from .session import Sealing, Session
from .spool import Spool

_DIGEST_BYTES = 16


class Gathering:
    """What is read of a table that is always read whole; open inside `async with`.

    A table that is as it was when it was last loaded is not loaded again. The digest that tells is a sum
    over the rows, so it needs neither their order nor their texts.
    """

    def __init__(self, session: Session, request: ReadRequest) -> None:
        entity = request.entity
        self._session = session
        self._request = request
        self._reader = RowReader(
            columns_of({}, entity.columns, request.kinds, request.names),
            rows_at=entity.rows_at,
            secret=session.secret,
            kinds=request.kinds,
            names=request.names,
            dropped=entity.dropped,
        )
        # never gone on from: what a killed read has left tells of another moment
        self.spool = Spool(session.folder / entity.name, {"read": uuid4().hex})
        self._lane = self.spool.lane(0, 0, None)
        self._sealing = Sealing(session, entity, self.spool)
        self._sum = 0
        session.observer.expecting(entity.name, None)

    async def __aenter__(self) -> Self:
        """The gathering itself."""
        return self

    async def __aexit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """Wait for the files that are being sealed, and close the rest."""
        await self._sealing.abandon()
        self.spool.close()

    @property
    def rows(self) -> int:
        """How many rows are kept so far."""
        return self._lane.rows

    def page(self, method: str, raw: Raw) -> list[Raw]:
        """The rows of an answer, each as one line of text; fields that nothing announced get a column.

        Raises:
            MalformedReplyError: the answer holds no rows.
        """
        return self._reader.page(method, raw).texts

    async def keep(self, texts: Sequence[Raw]) -> None:
        """Take these rows into the table; waits while the disk is behind."""
        if not texts:
            return
        self._add(texts)
        self._lane = self.spool.append(self._lane, texts, last=0, done=False)
        self._session.observer.received(self._request.entity.name, len(texts))
        await self._sealing.full_files(self._reader.columns)

    def reject(self, texts: Sequence[Raw]) -> None:
        """Keep rows that no key tells apart for the eye, in a table of their own."""
        self._add(texts)
        self.spool.reject(texts)

    def _add(self, texts: Sequence[Raw]) -> None:
        for text in texts:
            self._sum += int.from_bytes(hashlib.blake2b(text, digest_size=_DIGEST_BYTES).digest())

    def digest(self, *circumstances: object) -> str:
        """What the rows look like, and under which circumstances they were read."""
        seen = f"{self._sum % (1 << 8 * _DIGEST_BYTES)} {self.rows} {circumstances}"
        return hashlib.blake2b(seen.encode(), digest_size=_DIGEST_BYTES).hexdigest()

    async def seal(self) -> None:
        """Turn everything that was kept into Parquet."""
        await self._sealing.rest(self._reader.columns)

    def mark_vanished(
        self,
        *,
        among: Mapping[str, str] | None = None,
        owner_column: str | None = None,
        owners: Sequence[int] = (),
        part: str = "",
    ) -> int:
        """Add what the warehouse has and the sealed files have not, as deleted; return how many rows."""
        entity = self._request.entity
        return self._session.mark_vanished(
            self.spool,
            entity.name,
            entity.key,
            among=among,
            owner_column=owner_column,
            owners=owners,
            part=part,
        )

    def unmark(self) -> None:
        """Take back what the last search added."""
        self.spool.chunks.pop().path.unlink(missing_ok=True)

    async def finish(self, cursor: str | None, digest: str, *, complete: bool, **more: Any) -> ReadResult:  # noqa: ANN401 - fields of the result
        """What the read brought; nothing to load where the digest is that of the last load.

        `complete` says that the rows are all there are; `more` are further fields of the result.
        """
        request = self._request
        unchanged = digest == request.digest and not more.get("deleted")
        if unchanged:
            await self._sealing.abandon()
            self.spool.discard()
        else:
            await self.seal()
            await self._session.keep_rejects(self.spool, request.entity.name)
        result = ReadResult(
            request.entity,
            "unchanged" if unchanged else "done",
            cursor=cursor,
            digest=digest,
            columns=self._reader.columns,
            chunks=() if unchanged else tuple(self.spool.chunks),
            rows=self.rows,
            complete=complete,
            walked_at=self._session.synced_at,
            repaired_texts=self._reader.repaired_texts,
        )
        if complete:
            more = {"portal_count": self.rows, "check": "whole", **more}
        return replace(result, **more)
