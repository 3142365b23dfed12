"""A plan: what shall be changed, sealed in a folder, to be looked at and then carried out once."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from pipelines.errors import UsageError
from pipelines.writeback.errors import StalePlanError
from pipelines.writeback.journal import folder_of
from pipelines.writeback.operations import Operation, decoded
from pipelines.writeback.rows import SourceTable
from pipelines.writeback.source_file import write_source

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.writeback.carry_out import WriteReport
    from pipelines.writeback.context import Observer

RESULTS: Final = "results.xlsx"
REJECTS: Final = "rejects.xlsx"
_FORMAT: Final = 1
_HEADER: Final = "plan.json"
_OPERATIONS: Final = "operations.jsonl"
SOURCE: Final = "source.jsonl"
_ACTIONS: Final = ("update", "add", "delete", "set", "complete", "renew", "start", "defer")


@dataclass(frozen=True)
class Plan:
    """Changes that were found and not yet made; the folder holds all of it, sealed.

    Args:
        header: what the plan was made from and for; `plan.json` without its seal.
        operations: the changes, in the order in which they will be made.
        folder: where it is written.
        source: the rows of the source that it is about, for the files that tell the outcome.
    """

    header: Mapping[str, Any]
    operations: tuple[Operation, ...]
    folder: Path
    source: SourceTable | None = field(default=None, repr=False)
    webhook_url: str | None = field(default=None, repr=False)
    db: Path | None = None

    @property
    def plan_id(self) -> str:
        """What the journal knows the plan by."""
        return str(self.header["plan_id"])

    @property
    def counts(self) -> dict[str, int]:
        """Operations by action, and those that will not be sent: `conflict`, `skipped`; `unchanged` rows."""
        found = Counter(
            str(each.action) if each.status == "planned" else each.status for each in self.operations
        )
        return {**found, "unchanged": int(self.header["unchanged"])}

    @property
    def conflicts(self) -> int:
        """Rows that are left out because both sides changed the same cells."""
        return sum(each.status == "conflict" for each in self.operations)

    @property
    def exit_code(self) -> int:
        """0; 4 where rows are left out for a conflict; 3 where rows of the source could not be used."""
        if self.header["problems"]:
            return 3
        return 4 if self.conflicts else 0

    @property
    def changes(self) -> "pd.DataFrame":
        """One line a cell: sheet, row, action, id, title, field, label, before, after, status, reason."""
        import pandas as pd  # noqa: PLC0415 - a plan of the command line needs none

        labels = self.header["labels"]
        rows = [
            (
                each.sheet,
                each.row,
                each.action,
                each.id,
                each.title,
                code,
                labels.get(code, code),
                each.before.get(code),
                each.after.get(code),
                each.status,
                each.reason,
            )
            for each in self.operations
            for code in (each.after or {"": None})
        ]
        return pd.DataFrame(rows, columns=list(_CHANGES))

    def summary(self) -> str:
        """What the plan will do, as a person reads it."""
        from pipelines.writeback.summary import summary_of  # noqa: PLC0415 - it looks at the plan

        return summary_of(self)

    def apply(self, *, observer: "Observer | None" = None, sync: bool = True) -> "WriteReport":
        """Carry the plan out; see `pipelines.apply`."""
        from pipelines.writeback.carry_out import apply  # noqa: PLC0415 - needs a client, a journal, a warehouse

        return apply(self.folder, db=self.db, webhook_url=self.webhook_url, observer=observer, sync=sync)

    def write(self) -> Self:
        """Write the folder; a folder with anything else in it is refused.

        Raises:
            UsageError: the folder has files that are no plan's.
        """
        refuse_foreign(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            old.unlink()
        operations = b"".join(each.encoded() + b"\n" for each in self.operations)
        (self.folder / _OPERATIONS).write_bytes(operations)
        if self.source is not None:
            write_source(self.folder / SOURCE, self.source, self.source.rows)
        header = {**self.header, "format": _FORMAT, "operations": hashlib.sha256(operations).hexdigest()}
        # the header last: a folder without it is no plan
        text = json.dumps({**header, "seal": _seal(header)}, ensure_ascii=False, indent=2)
        (self.folder / _HEADER).write_text(text + "\n", encoding="utf-8")
        return self


_CHANGES: Final = (
    "sheet",
    "row",
    "action",
    "id",
    "title",
    "field",
    "label",
    "before",
    "after",
    "status",
    "reason",
)


def read_plan(folder: str | Path) -> Plan:
    """Read a plan from its folder.

    Raises:
        UsageError: there is no plan.
        StalePlanError: it was edited after it was made, or by another version of this program.
    """
    path = Path(folder).expanduser().absolute()
    try:
        header = json.loads((path / _HEADER).read_text(encoding="utf-8"))
        operations = (path / _OPERATIONS).read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f"{folder} holds no plan: `b24 plan SOURCE --to ENTITY -o {folder}` makes one"
        ) from None
    except (OSError, ValueError) as error:
        raise StalePlanError(f"The plan in {folder} cannot be read ({error}): make it again") from None
    seal = header.pop("seal", None) if isinstance(header, dict) else None
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise StalePlanError(f"The plan in {folder} is of another version of this program: make it again")
    if seal != _seal(header) or header["operations"] != hashlib.sha256(operations).hexdigest():
        raise StalePlanError(
            f"The plan in {folder} was edited after it was made, so nothing was sent: change the source and "
            "make the plan again"
        )
    rows = tuple(decoded(line) for line in operations.splitlines())
    return Plan(header, rows, path)


def refuse_foreign(folder: Path) -> None:
    """Refuse to write a plan where something else is.

    Raises:
        UsageError: the folder is a file, or has files that are no plan's.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder for the plan")
    known = {_HEADER, _OPERATIONS, SOURCE, RESULTS, REJECTS}
    if folder.exists() and any(each.name not in known for each in folder.iterdir()):
        raise UsageError(f"{folder} has other files in it: name a new folder for the plan")


def own_folder(state_dir: str | None) -> Path:
    """A fresh folder for a plan that nobody named one for."""
    plans = folder_of(state_dir) / "plans"
    plans.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{datetime.now(UTC):%Y%m%d-%H%M%S}-", dir=plans))


def numbered(operations: Iterable[Operation], plan_id: str, *, limit: int | None) -> tuple[Operation, ...]:
    """Operations with their places in the plan and their markers; no more than `limit` that will be sent."""
    made: list[Operation] = []
    planned = 0
    for each in operations:
        if each.status == "planned":
            if limit is not None and planned >= limit:
                continue
            planned += 1
        number = len(made) + 1
        marker = each.marker or (f"{plan_id}-{number}" if each.action == "add" else "")
        made.append(msgspec.structs.replace(each, number=number, marker=marker))
    return tuple(made)


def by_action(operations: Sequence[Operation]) -> dict[str, int]:
    """Operations that will be sent, by action."""
    found = Counter(str(each.action) for each in operations if each.status == "planned")
    return {action: found[action] for action in _ACTIONS if found[action]}


def _seal(header: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(header, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
