"""What a plan may do, and what it was asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipelines.errors import UsageError
from pipelines.writeback.errors import CapError
from pipelines.writeback.target import Target

ON_CONFLICT: Final = ("skip", "mine", "theirs", "stop")


@dataclass(frozen=True)
class Caps:
    """How much a plan may change; None means any number."""

    max_rows: int | None = None
    max_creates: int | None = None
    max_deletes: int | None = 100
    max_changed_pct: float | None = None

    def check(self, counts: Mapping[str, int], compared: int) -> None:
        """Refuse a plan above a cap.

        Args:
            counts: planned operations by action.
            compared: records of the portal that the source speaks of.

        Raises:
            CapError: it names the cap, and the option that lifts it.
        """
        total = sum(counts.values())
        for number, cap, what, option in (
            (total, self.max_rows, "change", "--max-rows"),
            (counts.get("add", 0), self.max_creates, "create", "--max-creates"),
            (counts.get("delete", 0), self.max_deletes, "delete", "--max-deletes"),
        ):
            if cap is not None and number > cap:
                raise CapError(
                    f"The plan would {what} {number:,} records, and {cap:,} are allowed; no plan was made. "
                    f"If that is what you want, say so: {option} {number}"
                )
        changed = total - counts.get("add", 0)
        if self.max_changed_pct is not None and compared and 100 * changed / compared > self.max_changed_pct:
            share = 100 * changed / compared
            raise CapError(
                f"The plan would change {share:.1f} % of the {compared:,} records of the source, and "
                f"{self.max_changed_pct:g} % are allowed; no plan was made. If that is what you want, raise "
                "--max-changed-pct"
            )


@dataclass(frozen=True)
class PlanRequest:
    """What a person asked for.

    Args:
        to: name of the target.
        key: column that finds records; the id by default.
        mode: what to do; where nothing is said, update if the key column is there.
        mapping: a mapping file, or what stands in its place.
        on_conflict: what becomes of cells that were changed on both sides.
        allow_clear: cells of a round trip that became empty shall empty their fields; `#CLEAR` as product or
            contact shall take all of them from its record.
        caps: how much may change.
        limit: only so many operations, for a try.
        skip_invalid: leave rows out that cannot be used, instead of refusing the whole source.
        feed: let changes appear in the portal's feed.
        automation: let creates start robots and workflows.
    """

    to: str
    key: str | None = None
    mode: str | None = None
    mapping: str | Path | Mapping[str, Any] | None = None
    on_conflict: str = "skip"
    allow_clear: bool = False
    caps: Caps = field(default_factory=Caps)
    limit: int | None = None
    skip_invalid: bool = False
    feed: bool = False
    automation: bool = True

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            UsageError: an option has a value that it cannot have.
        """
        if self.on_conflict not in ON_CONFLICT:
            raise UsageError(f"--on-conflict {self.on_conflict}: choose one of {', '.join(ON_CONFLICT)}")
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit must be at least 1")


def mode_of(target: Target, wished: str | None, *, has_key: bool) -> str:
    """What is to be done: as wished, or the one thing that can be meant.

    Raises:
        UsageError: the target cannot do that, or it has to be said.
    """
    if wished is not None:
        if wished not in target.modes:
            raise UsageError(f"--mode {wished}: {target.name} can {', '.join(target.modes)}")
        return wished
    if len(target.modes) == 1:
        return target.modes[0]
    if has_key and "update" in target.modes:
        return "update"
    raise UsageError(
        f"The source has no column {target.id_code}, so it is not clear what its rows shall do: "
        "add --mode insert for new records, or --key COLUMN (with --mode update or upsert) to find some"
    )
