"""Any REST method through the client's gate, retries and redaction: what `b24 call` does."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from sources.bitrix24.portal_read import Connection
from sources.bitrix24.redaction import redact


async def result_of(
    connection: Connection, method: str, params: Mapping[str, Any], *, write: bool
) -> tuple[str, str]:
    """Return the result of one call as indented JSON, and a remark about what it does not show."""
    async with connection.client() as b24:
        reply = await b24.call(method, params, write=write)
    text = redact(msgspec.json.format(bytes(reply.raw), indent=2).decode())
    more = reply.next is not None and not write
    return text, f"page of {reply.total or 'many'} rows; --all gets every page" if more else ""


async def rows_of_all_pages(
    connection: Connection, method: str, params: Mapping[str, Any]
) -> AsyncIterator[str]:
    """Yield every row of a list method as one line of JSON."""
    async with connection.client() as b24:
        async for page in b24.pages(method, params):
            for row in page:
                yield redact(msgspec.json.encode(row).decode())
