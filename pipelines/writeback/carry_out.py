"""Carries out a plan: opens the portal's journal, goes on until no row is open, tells the warehouse."""

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipelines.writeback.apply_run import ApplyRun
from pipelines.writeback.context import Context, Observer, SilentObserver
from pipelines.writeback.describe import describe
from pipelines.writeback.errors import StalePlanError
from pipelines.writeback.journal import Journal, Run, folder_of, portal_key
from pipelines.writeback.plan import Plan, read_plan
from pipelines.writeback.running import completed
from pipelines.writeback.states import OPEN, State
from pipelines.writeback.target import WriteOptions
from pipelines.writeback.targets import target_named
from sources.bitrix24.clock import SystemClock

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from sources.bitrix24.portal_read import Connection

IN_DOUBT: Final = 7
REJECTED: Final = 6
CONFLICTS: Final = 4


@dataclass(frozen=True)
class WriteReport:
    """What became of a plan; the rows themselves are in the journal, and in `ops.write_rows`."""

    run_id: str
    target: str
    counts: Mapping[State, int]
    remarks: int
    requests: int
    again: bool
    """Whether the plan had been carried out before, so that nothing was sent now."""
    warnings: tuple[str, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Rows whose change is on the portal."""
        return self.counts.get(State.DONE, 0)

    @property
    def exit_code(self) -> int:
        """0; 7 where rows are in doubt, else 6 where some were rejected, else 4 where some had conflicts."""
        doubtful = (State.AMBIGUOUS, *OPEN)
        if any(self.counts.get(state) for state in doubtful):
            return IN_DOUBT
        if self.counts.get(State.REJECTED):
            return REJECTED
        return CONFLICTS if self.counts.get(State.CONFLICT) else 0


def apply(
    folder: str | Path,
    *,
    db: str | Path | None = None,
    webhook_url: str | None = None,
    observer: Observer | None = None,
    sync: bool = True,
    on_conflict: str | None = None,
) -> WriteReport:
    """Carry out a plan, exactly once: interrupted and called again, it goes on where it stopped.

    Args:
        folder: of the plan.
        db: the warehouse file that shall know of it; `warehouse.duckdb` by default.
        webhook_url: by default as the settings say.
        observer: hears of progress.
        sync: read what was written into the warehouse, where it has those tables.
        on_conflict: instead of what the plan says.

    Raises:
        StalePlanError: the plan was edited, or does not fit this portal (exit code 8).
        LockedError: another run writes to this portal (9).
        ConflictError: somebody else changed a cell, and that shall stop it (4).
        Bitrix24Error: the portal refuses or cannot be reached; the journal knows how far it came.
    """
    from pipelines.settings import Settings  # noqa: PLC0415 - reads the configuration

    plan = read_plan(folder)
    settings = Settings.load(webhook_url)
    report = carry_out(plan, settings, settings.connection(), observer, on_conflict=on_conflict)
    from pipelines.writeback.aftermath import finish  # noqa: PLC0415 - loads what the warehouse needs

    return finish(
        report, plan, settings, Path(db or "warehouse.duckdb"), observer or SilentObserver(), sync=sync
    )


def carry_out(
    plan: Plan,
    settings: "Settings",
    connection: "Connection",
    observer: Observer | None = None,
    *,
    on_conflict: str | None = None,
) -> WriteReport:
    """Carry out a plan over this connection; the portal and the journal know of it, the warehouse does not.

    Raises:
        StalePlanError, LockedError, ConflictError, Bitrix24Error: as `apply`.
    """
    webhook = connection.client().webhook
    portal, user_id = portal_key(webhook), webhook.user_id
    if plan.header["portal"] != portal:
        raise StalePlanError(
            f"The plan is for {plan.header['portal']}, and the webhook is of {portal}: nothing was sent"
        )
    with Journal(folder_of(settings.state_dir), portal) as journal:
        journal.claim(f"b24 apply {plan.folder.name}")
        clock = connection.clock or SystemClock()
        run = journal.open_run(
            {**plan.header, "folder": str(plan.folder), "settings": _settings_of(plan.header, user_id)},
            plan.operations,
            clock.time(),
        )
        journal.recover(run.run_id, clock.time())
        finished = journal.is_over(run.run_id) and not journal.entries(
            run.run_id, (State.DONE,), limit=1, unchecked=True
        )
        if finished and run.finished_at is not None:
            return _report(journal, run, 0, again=True)
        work = _Work(plan, settings, connection, observer or SilentObserver(), on_conflict)
        requests = completed(work.on(journal, run))
        return _report(journal, run, requests, again=False)


@dataclass(frozen=True)
class _Work:
    plan: Plan
    settings: "Settings"
    connection: "Connection"
    observer: Observer
    on_conflict: str | None

    async def on(self, journal: Journal, run: Run) -> int:
        """Go on with a run; return the requests it took."""
        target = target_named(run.target)
        clock = self.connection.clock or SystemClock()
        async with self.connection.client() as client:
            error: str | None = None
            try:
                detect = self.connection.detect_limits
                described = await describe(client, target, detect_limits=detect)
                header = self.plan.header
                _refuse_stale(self.plan, described.specs)
                context = Context(
                    client,
                    journal,
                    run,
                    target,
                    described.specs,
                    WriteOptions(header["feed"], header["automation"], client.webhook.user_id),
                    self.on_conflict or header["on_conflict"],
                    clock,
                    self.settings.request_lifetime,
                    self.observer,
                )
                await ApplyRun(context).work()
            except Exception as failure:
                error = str(failure)
                raise
            finally:
                over = error is None and journal.is_over(run.run_id)
                journal.end_run(
                    run.run_id, clock.time() if over else None, error=error, requests=client.stats.requests
                )
            return client.stats.requests


def _refuse_stale(plan: Plan, specs: Mapping[str, Any]) -> None:
    """A field that is gone or has become read-only would be ignored with success."""
    codes = {code for each in plan.operations if each.status == "planned" for code in each.after}
    gone = sorted(code for code in codes if code not in specs or specs[code].read_only)
    if gone:
        raise StalePlanError(
            f"The portal no longer lets {', '.join(gone)} be written, so the plan is stale: make it again"
        )


def _settings_of(header: Mapping[str, Any], user_id: int) -> dict[str, Any]:
    kept = {name: header[name] for name in ("on_conflict", "feed", "automation", "key", "labels")}
    return {**kept, "user_id": user_id, "login": _login()}


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return None


def _report(journal: Journal, run: Run, requests: int, *, again: bool) -> WriteReport:
    return WriteReport(
        run.run_id,
        run.target,
        journal.counts(run.run_id),
        journal.remarks(run.run_id),
        requests,
        again,
    )
