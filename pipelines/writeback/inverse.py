"""Plans made from the journal: what undoes a run, and what tries its rejected rows once more."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.errors import UsageError
from pipelines.writeback.context import (
    Observer,
    codes_of,
    read_rows,
)
from pipelines.writeback.describe import describe
from pipelines.writeback.draft import header_of, labels_of
from pipelines.writeback.errors import ConflictError, StalePlanError
from pipelines.writeback.forecast import forecast
from pipelines.writeback.inversions import INVERSIONS, Found, Making
from pipelines.writeback.journal import Entry, Journal, Run, folder_of, journals, portal_key
from pipelines.writeback.plan import Plan, by_action, numbered, own_folder, refuse_foreign
from pipelines.writeback.rules import Caps
from pipelines.writeback.running import completed
from pipelines.writeback.target import Row, Target, WriteOptions
from pipelines.writeback.targets import target_named
from sources.bitrix24.client import Bitrix24Client

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from sources.bitrix24.portal_read import Connection

UNDO_DELETES: Final = 1_000


def undo(
    run_id: str,
    *,
    out: str | Path | None = None,
    db: str | Path = "warehouse.duckdb",
    webhook_url: str | None = None,
    observer: Observer | None = None,
    max_deletes: int | None = UNDO_DELETES,
    on_conflict: str = "skip",
) -> Plan:
    """Make the plan that undoes a run: cells that still hold what was written get back what they held.

    What the run created is deleted if nobody has touched it since; what it deleted stays deleted. To be
    carried out by `apply` like any other plan; once that is done, a second undo has nothing to do.

    Raises:
        UsageError: there is no such run.
        ConflictError: somebody changed a cell after the run, and `on_conflict` is stop.
        CapError: it would delete more than `max_deletes` records.
        Bitrix24Error: the portal cannot be read.
    """
    settings, folder = _settled(webhook_url, out)
    _step(observer, run_id)
    made = inverse_over(
        settings.connection(), settings, run_id, "undo", folder, Caps(max_deletes=max_deletes), on_conflict
    )
    return replace(made, webhook_url=webhook_url, db=Path(db).expanduser().absolute())


def retry(
    run_id: str,
    *,
    out: str | Path | None = None,
    db: str | Path = "warehouse.duckdb",
    webhook_url: str | None = None,
    observer: Observer | None = None,
) -> Plan:
    """Make a plan of the rows that a run could not write: rejected ones, not those in doubt.

    Raises:
        UsageError: there is no such run.
        Bitrix24Error: the portal cannot be read.
    """
    settings, folder = _settled(webhook_url, out)
    _step(observer, run_id)
    made = inverse_over(settings.connection(), settings, run_id, "retry", folder, Caps(max_deletes=None))
    return replace(made, webhook_url=webhook_url, db=Path(db).expanduser().absolute())


def inverse_over(
    connection: "Connection",
    settings: "Settings",
    run_id: str,
    kind: str,
    folder: Path,
    caps: Caps | None = None,
    on_conflict: str = "skip",
) -> Plan:
    """Make a plan from the journal over this connection, and write it into the folder.

    Args:
        connection: to the portal of the run.
        settings: where the journal is.
        run_id: of the run.
        kind: undo or retry.
        folder: of the new plan.
        caps: how much it may change.
        on_conflict: what becomes of cells that somebody changed after the run, and of those that somebody
            changes before the plan is carried out.

    Raises:
        UsageError, StalePlanError, ConflictError, CapError, Bitrix24Error: as `undo`.
    """
    refuse_foreign(folder)
    portal = portal_key(connection.client().webhook)
    with _journal_of(run_id, settings.state_dir) as journal:
        run = journal.run(run_id)
        if run.portal != portal:
            raise StalePlanError(f"The run {run_id} was on {run.portal}, and the webhook is of {portal}")
        entries = journal.entries(run_id)
    made = completed(_made(connection, run, entries, kind, folder, on_conflict))
    if on_conflict == "stop" and made.conflicts:
        first = next(each for each in made.operations if each.status == "conflict")
        raise ConflictError(
            f"{made.conflicts:,} records were changed after the run, no plan was made; the first is "
            f"{first.id} ({first.title}): {first.reason}. Choose --on-conflict skip, mine or theirs"
        )
    (caps or Caps(max_deletes=UNDO_DELETES)).check(by_action(made.operations), len(made.operations))
    return replace(made, header={**made.header, "on_conflict": on_conflict}).write()


def _settled(webhook_url: str | None, out: str | Path | None) -> "tuple[Settings, Path]":
    from pipelines.settings import Settings  # noqa: PLC0415 - reads the configuration

    settings = Settings.load(webhook_url)
    return settings, Path(out).expanduser().absolute() if out is not None else own_folder(settings.state_dir)


def _step(observer: Observer | None, run_id: str) -> None:
    if observer is not None:
        observer.step(f"Comparing the portal with what the run {run_id} wrote")


async def _made(
    connection: "Connection",
    run: Run,
    entries: Sequence[Entry],
    kind: str,
    folder: Path,
    on_conflict: str,
) -> Plan:
    target = target_named(run.target)
    async with connection.client() as client:
        described = await describe(client, target, detect_limits=connection.detect_limits)
        live = await _live(client, target, entries)
        found = Found()
        INVERSIONS[kind](Making(target, described.specs, live, on_conflict), entries, found)
        options = WriteOptions(
            bool(run.settings["feed"]), bool(run.settings["automation"]), client.webhook.user_id
        )
        plan_id = uuid.uuid4().hex[:12]
        made = numbered(found.operations, plan_id, limit=None)
        header = {
            **header_of(plan_id, run.portal, target, run.mode, kind, options),
            "source": f"run {run.run_id}",
            "rows": len(entries),
            "unchanged": found.unchanged,
            "notes": found.notes,
            "warnings": list(described.warnings),
            "labels": labels_of(described.specs, made),
            "forecast": asdict(forecast(made, target, client.limits, options)),
        }
        return Plan(header, made, folder)


async def _live(client: Bitrix24Client, target: Target, entries: Sequence[Entry]) -> dict[str, Row]:
    """What the portal has now of the records that a run was about."""
    if not target.reads_back:
        return {}
    ids = list(dict.fromkeys(each.record_id for each in entries if each.record_id is not None))
    codes = codes_of([each.operation for each in entries], target)
    return await read_rows(client, target, ids, codes) if ids else {}


def _journal_of(run_id: str, state_dir: str | None) -> Journal:
    """The journal that knows this run."""
    for portal in journals(folder_of(state_dir)):
        journal = Journal(folder_of(state_dir), portal)
        if any(run.run_id == run_id for run in journal.runs()):
            return journal
        journal.close()
    raise UsageError(f"There is no run {run_id!r}: `b24 runs` lists those that are known here")
