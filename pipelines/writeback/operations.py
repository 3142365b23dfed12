"""One change of one record: what a plan consists of and a journal keeps."""

from typing import Any, Final, Literal

import msgspec

Action = Literal["add", "update", "delete", "set", "complete", "renew", "start", "defer"]
Values = dict[str, Any]


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a plan.

    Attributes:
        number: its place in the plan, from 1.
        action: what shall happen to the record.
        id: the record on the portal; for a `set` its owner; None for an `add`.
        after: the values to write, in canonical form, by field code.
        before: what the portal had in these fields when the plan was made; for a delete, the fields that
            must still be as they were.
        marker: what a created record is found by, where its target has such a field.
        sheet: where the row came from.
        row: its number there, the header being row 1; 0 for rows that came from no source.
        more_rows: other rows there that are part of it: of a `set`.
        title: what a person calls the record.
        status: `planned`, or why it will not be sent: `conflict`, `skipped`.
        reason: what to tell a person about the status.
    """

    number: int
    action: Action
    id: str | None = None
    after: Values = {}
    before: Values = {}
    marker: str = ""
    sheet: str = ""
    row: int = 0
    more_rows: tuple[int, ...] = ()
    title: str = ""
    status: str = "planned"
    reason: str = ""

    def encoded(self) -> bytes:
        """The operation as JSON."""
        return _encode(self)


_encode: Final = msgspec.json.Encoder().encode
decoded: Final = msgspec.json.Decoder(Operation).decode
"""The operation that `encoded` made into JSON."""
