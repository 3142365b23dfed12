"""Portal to raw tables: one run over the entities asked for, with a receipt in `ops`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines import ops
from pipelines.dlt_load import Load
from pipelines.errors import PipelineError, RunInterrupted
from pipelines.ops import EntityReport, RunTotals
from pipelines.order import Order, order_of
from pipelines.places import Places
from pipelines.postgres_server import reachable_server
from pipelines.settings import Settings
from pipelines.working_copy import WorkingCopy, working_copy
from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.errors import Bitrix24Error, RefusedError
from sources.bitrix24.portal_read import Connection, PortalRead, ReadSettings, SilentObserver
from sources.bitrix24.reading import Observer, ReadResult
from sources.bitrix24.spool import rows_kept

if TYPE_CHECKING:
    from pipelines.postgres import CopyReport


@dataclass(frozen=True)
class SyncReport:
    """What a run did; the rows of `ops.sync_runs` and `ops.sync_entities` that it wrote."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    entities: tuple[EntityReport, ...]
    totals: RunTotals
    refused: tuple[str, ...] = ()
    copied: "CopyReport | None" = None
    """What was brought into PostgreSQL, where that was asked for."""

    @property
    def status(self) -> str:
        """Done, or failed where an entity could not be read."""
        return "failed" if any(entity.status == "failed" for entity in self.entities) else "done"

    @property
    def exit_code(self) -> int:
        """0; 1 where an entity failed or PostgreSQL differs; 10 where one asked for by name is refused."""
        if self.status == "failed" or (self.copied is not None and not self.copied.ok):
            return 1
        return 10 if self.refused else 0


def sync(
    entities: Sequence[str] = (),
    *,
    db: str | Path = "warehouse.duckdb",
    full: bool = False,
    since: str | None = None,
    verify: bool = False,
    webhook_url: str | None = None,
    observer: Observer | None = None,
    destination: Literal["duckdb", "postgres"] = "duckdb",
) -> SyncReport:
    """Bring the raw tables up to date with the portal.

    Args:
        entities: names of raw tables; all of them by default.
        db: the warehouse file.
        full: read every row again, and mark those that the portal no longer has as deleted.
        since: read rows modified from this date on (ISO 8601), not those changed since the last run.
        verify: compare ids and modification times of all rows with the portal's, and mend what differs.
        webhook_url: by default as the settings say.
        observer: hears of progress.
        destination: with "postgres" the tables of the file are then brought to the server that dlt's
            configuration names.

    Raises:
        PipelineError: the file or the server cannot be used, or an argument is wrong.
        Bitrix24Error: the portal as a whole cannot be read.
    """
    order = order_of(entities, full=full, since=since, verify=verify)
    settings = Settings.load(webhook_url)
    connection = settings.connection()
    server = reachable_server() if destination == "postgres" else None
    with working_copy(db, "b24 sync") as copy:
        report = sync_into(copy, connection, order, settings, observer or SilentObserver())
    if server is None:
        return report
    from pipelines.postgres import bring  # noqa: PLC0415 - dlt

    return replace(report, copied=bring(db, server, whole=full))


def sync_into(
    copy: WorkingCopy, connection: Connection, order: Order, settings: Settings, observer: Observer
) -> SyncReport:
    """Sync into a working copy that this process holds."""
    host = connection.client().webhook.name
    began = datetime.now(UTC)
    fresh = not copy.path.exists()
    read = PortalRead(
        connection,
        ReadSettings(
            full=order.full,
            since=order.since,
            rules=settings.rules(verify=order.verify),
            types=order.types,
            spool=copy.places.spool,
            warehouse=copy.raw_tables,
            observer=observer,
            keep_going=True,
            append_first=True,
            memory_mb=settings.memory_mb,
        ),
    )
    with copy.connect() as db:
        ops.check_portal(db, host)
    cursors: dict[str, str | None] = {}
    failure: Exception | None = None
    try:
        cursors = Load(copy, read, order, settings.memory_mb).run()
        failure = _common_failure(read.latest)
    except KeyboardInterrupt:
        raise _interrupted(copy.places) from None
    except (Bitrix24Error, PipelineError) as error:
        failure = error
        if not fresh:
            copy.start_over()
    if failure is not None and fresh:
        copy.path.unlink()  # nothing was loaded: leave no file behind that holds nothing
        raise failure from None
    with copy.connect() as db:
        run_id = ops.begin_run(db, full=order.full, since=order.since, at=began)
        reports = tuple(_report(db, result, cursors) for result in _ordered(read, order))
        totals = _totals(read)
        failed = failure or any(report.status == "failed" for report in reports)
        ops.finish_run(
            db,
            run_id,
            status="failed" if failed else "done",
            totals=totals,
            entities=reports,
            error=str(failure) if failure else None,
        )
        if failure is None and read.facts is not None:
            facts = read.facts
            ops.note_portal(db, host, facts.license, facts.timezone or _zone_of_offset(facts.offset))
    if failure is not None:
        raise failure from None
    read_whole = [name for name, result in read.latest.items() if result.error is None]
    copy.spent += [copy.places.spool / f"{name}{part}" for name in read_whole for part in ("", ".newer")]
    refused = order.refused({report.entity: report.status for report in reports})
    return SyncReport(run_id, began, datetime.now(UTC), reports, totals, refused)


def _interrupted(places: Places) -> RunInterrupted:
    """What an interrupted run has to say: its rows wait in the spool, the file is as it was."""
    folders = sorted(places.spool.iterdir()) if places.spool.exists() else []
    kept = {folder.name: rows for folder in folders if (rows := rows_kept(folder))}
    what = ", ".join(f"{rows:,} rows of {name}" for name, rows in kept.items())
    return RunInterrupted(
        f"Stopped. {places.db.name} is as it was before; "
        + (
            f"kept for the next run: {what}. The same command goes on from there"
            if kept
            else "nothing was read"
        )
    )


def _common_failure(results: Mapping[str, ReadResult]) -> Exception | None:
    """The one reason for which nothing at all could be read."""
    if not results or any(result.status != "failed" for result in results.values()):
        return None
    errors = [result.error for result in results.values()]
    refused = [error for error in errors if isinstance(error, RefusedError)]
    return refused[0] if len(refused) == len(errors) else errors[0]


def _ordered(read: PortalRead, order: Order) -> list[ReadResult]:
    """The results in the order of the catalogue, without what was read only because others needed it."""
    places = {name: place for place, name in enumerate(ENTITIES)}
    asked = {*order.names, "items"}
    table = {name: "items" if name.startswith("items_") else name for name in read.latest}
    named = sorted(read.latest, key=lambda name: (places[table[name]], name))
    return [read.latest[name] for name in named if table[name] in asked]


def _report(db: Any, result: ReadResult, cursors: Mapping[str, str | None]) -> EntityReport:  # noqa: ANN401
    name = result.entity.name
    own = [chunk for chunk in result.chunks if chunk.table == name]
    report = EntityReport(
        entity=name,
        status=result.status,
        http_requests=result.account.requests,
        commands=result.account.commands,
        operating_seconds=round(result.account.operating_seconds, 3),
        cursor_from=cursors.get(name),
        warehouse_count=ops.live_rows(db, name),
        error=str(result.error) if result.error else None,
    )
    if result.error is not None:
        return report
    report = replace(
        report,
        rows_read=result.rows,
        rows_changed=sum(chunk.rows for chunk in own if not chunk.deleted),
        rows_deleted=result.deleted,
        rows_repaired=result.repaired,
        odd_values=sum(chunk.odd_values for chunk in own) + result.rejected + result.repaired_texts,
        rows_rejected=result.rejected,
        cursor_to=result.cursor,
        portal_count=result.portal_count,
        check_kind=result.check,
        note=result.note,
    )
    if report.portal_count is None or report.portal_count == (report.warehouse_count or 0):
        return report
    return replace(
        report,
        status="failed",
        error=f"the portal holds {report.portal_count:,} rows and the file {report.warehouse_count or 0:,}: "
        f"run `b24 sync {name} --full`; if they differ again, the portal shows this webhook other rows from "
        "one request to the next",
    )


def _totals(read: PortalRead) -> RunTotals:
    stats = read.stats
    return RunTotals(
        http_requests=stats.requests,
        commands=stats.commands,
        operating_seconds=round(sum(stats.operating_seconds.values()), 3),
        waited_seconds=round(stats.waited_seconds, 3),
        refused_503=stats.refused_503,
        refused_429=stats.refused_429,
    )


def _zone_of_offset(offset: str | None) -> str | None:
    """A timezone for a portal that tells no name: whole hours have one, with the sign turned (POSIX)."""
    if not offset or len(offset) != len("+02:00") or not offset.endswith(":00"):
        return None
    hours = int(offset[:3])
    return "UTC" if hours == 0 else f"Etc/GMT{-hours:+d}"
