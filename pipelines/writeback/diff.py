"""Rows of a source beside the records of the portal: the operations that make the second like the first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.errors import UsageError
from pipelines.writeback.context import canonical_values, same_value
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.merge import Verdict, compared, merged
from pipelines.writeback.operations import Operation
from pipelines.writeback.rows import SourceRow
from pipelines.writeback.rules import PlanRequest
from pipelines.writeback.source_rows import SourceReader
from pipelines.writeback.target import Row, Target
from pipelines.writeback.values import CLEAR

_NAMES: Final = ("TITLE", "title", "NAME", "LAST_NAME", "name", "COMPANY_TITLE")
_PIPELINES: Final = ("CATEGORY_ID", "categoryId")


@dataclass
class Tally:
    """What the comparison found, besides operations."""

    unchanged: int = 0
    compared: int = 0
    clears: int = 0
    emptied: int = 0
    """Records that lose all their products or contacts."""
    missing: int = 0
    computed: int = 0
    """Values that the portal may replace by its own."""
    filled: Counter[str] = field(default_factory=Counter)
    """Fields that were filled in although no column has them."""


class Differ:
    """Compares rows with records, in the order of the source."""

    def __init__(
        self, target: Target, source: SourceReader, request: PlanRequest, mode: str, key: str | None
    ) -> None:
        self._target = target
        self._source = source
        self._specs = source.specs
        self._request = request
        self._mode = mode
        self._key = key
        self.tally = Tally()

    @property
    def codes(self) -> list[str]:
        """The fields that have to be read to compare records with rows."""
        mapped = list(self._source.columns.codes.values())
        also = [*_NAMES, *_PIPELINES, *(code for deed in self._target.deeds.values() for code in deed)]
        if self._target.companion is not None and self._target.companion[0] in mapped:
            also.append(self._target.companion[1])
        extra = [code for code in also if code in self._specs]
        stamp = [self._target.stamp] if self._target.stamp else []
        return list(dict.fromkeys((*mapped, *extra, *stamp)))

    def operations(self, rows: Iterable[tuple[SourceRow, Sequence[tuple[str, Row]]]]) -> Iterator[Operation]:
        """One operation for each row that has something to do; rows come with the records of their key."""
        for row, found in rows:
            if len(found) > 1:
                ids = ", ".join(record_id for record_id, _ in found)
                self._refuse(row, f"finds {len(found)} records: {ids}; write the id instead")
                continue
            record = found[0] if found else None
            if record is None:
                operation = self._without_record(row)
            elif self._mode == "delete":
                operation = self._delete(row, *record)
            elif self._mode in self._target.deeds:
                operation = self._deed(row, *record)
            elif self._mode == "insert":
                self._refuse(row, f"is on the portal already, as {record[0]}: use --mode update or upsert")
                operation = None
            else:
                operation = self._update(row, *record)
            if operation is not None:
                yield operation

    def _refuse(self, row: SourceRow, message: str, code: str | None = None) -> None:
        header = self._source.columns.header(code or self._key or "") or ""
        self._source.problem(row, header, message)

    def _without_record(self, row: SourceRow) -> Operation | None:
        if self._mode in ("insert", "upsert"):
            return self._add(row)
        if self._mode == "delete":
            self.tally.missing += 1
            return None
        self._refuse(
            row, "is no record of the portal: it may have been deleted; correct it or leave the row out"
        )
        return None

    def _add(self, row: SourceRow) -> Operation | None:
        if (
            self._mode == "upsert"
            and self._key == self._target.id_code
            and row.cells.get(self._source.columns.header(self._key) or "")
        ):
            self._refuse(row, "is no record of the portal; leave the cell empty to have one made")
            return None
        mine = self._source.mine(row, {})
        if mine is None:
            return None
        after = {code: value for code, value in mine.items() if value is not None and value != CLEAR}
        after.pop(self._target.id_code, None)
        good = True
        for code in after:
            if self._specs[code].read_only:
                self._refuse(row, "is set by the portal itself: leave the column out", code)
                good = False
        after |= self._filled(after)
        for code in self._lacking(after):
            header = self._source.columns.header(code)
            where = "is empty, and" if header else f"has no column for {code}, and"
            self._source.problem(row, header or "", f"{where} a new record needs it")
            good = False
        if not good:
            return None
        return self._operation(row, "add", None, after=after, title=_title(after))

    def _lacking(self, after: Mapping[str, object]) -> list[str]:
        either = self._target.either
        required = [code for code, spec in self._specs.items() if self._is_required(spec)]
        required = list(dict.fromkeys((*required, *self._target.required)))
        lacking = [code for code in required if code not in after]
        if either and not any(code in after for code in either):
            lacking.append(either[0])
        return lacking

    def _is_required(self, spec: FieldSpec) -> bool:
        """The portal calls fields required that it fills in itself; of custom fields it means it."""
        return spec.required and not spec.read_only and spec.code.startswith("UF_")

    def _filled(self, after: Mapping[str, Any]) -> dict[str, object]:
        """What follows from other cells: the pipeline from the stage."""
        more: dict[str, object] = {}
        for code, value in after.items():
            pipeline = next((name for name in _PIPELINES if name in self._specs), None)
            group = self._specs[code].option_groups.get(str(value))
            if group is not None and pipeline is not None and pipeline not in after:
                more[pipeline] = int(group)
                self.tally.filled[pipeline] += 1
        return more

    def _delete(self, row: SourceRow, record_id: str, live: Row) -> Operation:
        self.tally.compared += 1
        guards = [self._target.stamp] if self._target.stamp else list(self._source.columns.codes.values())
        before = canonical_values(self._specs, live, guards)
        return self._operation(row, "delete", record_id, before=before, title=_title(live))

    def _deed(self, row: SourceRow, record_id: str, live: Row) -> Operation | None:
        """A change of state that has a method of its own."""
        self.tally.compared += 1
        after = dict(self._target.deeds[self._mode])
        before = canonical_values(self._specs, live, after)
        if all(same_value(self._specs, code, after[code], before[code], self._target) for code in after):
            self.tally.unchanged += 1
            return None
        return self._operation(row, self._mode, record_id, after=after, before=before, title=_title(live))

    def _update(self, row: SourceRow, record_id: str, live: Row) -> Operation | None:
        self.tally.compared += 1
        known = {code: live.get(code) for code in _PIPELINES if code in live}
        mine = self._source.mine(row, known, live=live)
        if mine is None:
            return None
        theirs = canonical_values(self._specs, live, mine)
        after: dict[str, Any] = {}
        disputed: list[str] = []
        good = True
        for code, value in mine.items():
            verdict, base = self._verdict(row, code, value, theirs[code], known)
            if verdict is Verdict.NOTHING or code in (self._target.id_code, self._key):
                good = self._keeps_its_key(row, code, base, verdict) and good
                continue
            refusal = self._refusal(code, value)
            if refusal:
                self._refuse(row, refusal, code)
                good = False
            if verdict is Verdict.CONFLICT:
                disputed.append(code)
            after[code] = None if value == CLEAR else value
            self.tally.clears += value is None  # a cell that became empty; #CLEAR was typed on purpose
        if not good:
            return None
        return self._merged_update(row, record_id, live, after, disputed, theirs)

    def _keeps_its_key(self, row: SourceRow, code: str, base: object, verdict: Verdict) -> bool:
        """The id of an exported row is locked: another one would write a row into somebody else's record."""
        if code != self._target.id_code or row.base is None or verdict is Verdict.NOTHING:
            return True
        self._refuse(row, f"was {base!r} when the row was exported: put it back, or delete the row", code)
        return False

    def _merged_update(
        self,
        row: SourceRow,
        record_id: str,
        live: Row,
        after: dict[str, Any],
        disputed: Sequence[str],
        theirs: Mapping[str, Any],
    ) -> Operation | None:
        status, reason = "planned", ""
        choice = self._request.on_conflict
        if disputed and choice == "theirs":
            after = {code: value for code, value in after.items() if code not in disputed}
        elif disputed and choice != "mine":
            status = "conflict"
            reason = "; ".join(
                f"{code}: exported {self._source.base(row, code, live)!r}, here {after[code]!r}, "
                f"on the portal {theirs[code]!r}"
                for code in disputed
            )
        if not after:
            self.tally.unchanged += 1
            return None
        before = {code: theirs[code] for code in after}
        if self._target.companion is not None:
            code, flag = self._target.companion
            self.tally.computed += code in after and after.get(flag, live.get(flag)) == "N"
        return self._operation(
            row,
            "update",
            record_id,
            after=after,
            before=before,
            title=_title(live),
            status=status,
            reason=reason,
        )

    def _verdict(
        self, row: SourceRow, code: str, value: object, theirs: object, known: Mapping[str, object]
    ) -> tuple[Verdict, object]:
        spec = self._specs[code]
        mine = None if value == CLEAR else value
        if row.base is None:
            return compared(spec, mine, theirs), None
        base = self._source.base(row, code, known)
        return merged(spec, base, mine, theirs), base

    def _refusal(self, code: str, value: object) -> str:
        """Why a cell cannot be written; the portal would say yes and do nothing."""
        spec = self._specs[code]
        if spec.read_only:
            return "is set by the portal itself: put the old value back, or leave the column out"
        if spec.immutable:
            return "can be set at creation only; the portal would ignore it: put the old value back"
        if value not in (None, CLEAR):
            return ""
        if self._is_required(spec) or code in (*self._target.required, *self._target.unclearable):
            return "cannot be emptied on the portal: write a value"
        if spec.multiple and spec.kind == "enumeration":
            return "is a list of several values, which the portal does not empty: clear it there"
        return ""

    def _operation(self, row: SourceRow, action: Any, record_id: str | None, **values: Any) -> Operation:  # noqa: ANN401
        return Operation(number=0, action=action, id=record_id, sheet=row.sheet, row=row.number, **values)


def keys_of(source: SourceReader, parts: Sequence[str]) -> dict[str, list[SourceRow]]:
    """Rows by the values of their key, in order; rows without one are under the empty text."""
    found: dict[str, list[SourceRow]] = {}
    for row in source.table.rows:
        mine = source.mine(row, {}, only=parts)
        if mine is None:
            continue
        found.setdefault(":".join(key_text(mine.get(part)) for part in parts).strip(":"), []).append(row)
    return found


def key_text(value: object) -> str:
    """The value of a key as the portal's filter takes it; of several phones, none is the key."""
    if isinstance(value, list):
        if len(value) > 1:
            raise UsageError("A key column has one value in a cell; use another --key")
        first = value[0]
        return str(first["VALUE"] if isinstance(first, dict) else first)
    return "" if value in (None, CLEAR) else str(value)


def _title(values: Mapping[str, Any]) -> str:
    named = [str(value) for name in _NAMES if (value := values.get(name))]
    return (
        " ".join(named[:2])[:120] if "LAST_NAME" in values or "NAME" in values else (named or [""])[0][:120]
    )
