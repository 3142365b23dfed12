"""Makes a plan: reads the source and the portal, compares, checks the caps, seals. Nothing is sent."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.errors import UsageError
from pipelines.writeback.context import Observer, SilentObserver
from pipelines.writeback.describe import Description, describe
from pipelines.writeback.diff import Differ
from pipelines.writeback.draft import Draft
from pipelines.writeback.errors import CapError
from pipelines.writeback.mapping import Columns, Mapped, columns_of, field_named
from pipelines.writeback.matching import match_rows
from pipelines.writeback.operations import Operation
from pipelines.writeback.plan import Plan, own_folder, refuse_foreign
from pipelines.writeback.read_source import read_source
from pipelines.writeback.removed_rows import removed_rows
from pipelines.writeback.rows import InvalidRowsError, SourceTable
from pipelines.writeback.rules import Caps, PlanRequest, mode_of
from pipelines.writeback.running import completed
from pipelines.writeback.set_diff import SetDiffer
from pipelines.writeback.source_rows import SourceReader
from pipelines.writeback.target import Target, WriteOptions
from pipelines.writeback.target_sets import SetTarget
from pipelines.writeback.targets import target_named
from sources.bitrix24.client import Bitrix24Client

if TYPE_CHECKING:
    import pandas as pd

    from sources.bitrix24.portal_read import Connection


def plan(  # noqa: PLR0913 - a person decides that much, and most of it has a default
    source: "str | Path | pd.DataFrame | None" = None,
    *,
    to: str,
    key: str | None = None,
    mode: str | None = None,
    out: str | Path | None = None,
    sql: str | None = None,
    sheet: str | None = None,
    db: str | Path = "warehouse.duckdb",
    webhook_url: str | None = None,
    observer: Observer | None = None,
    caps: Caps | None = None,
    **options: Any,  # noqa: ANN401 - of PlanRequest
) -> Plan:
    """Find out what would have to change on the portal for it to say what the source says.

    Args:
        source: a workbook, CSV, Parquet or JSON lines file, the name of a model in the warehouse, or a
            DataFrame; nothing where `sql` has a query.
        to: what is written, such as deals.
        key: the column that finds records; the id by default.
        mode: update, insert, upsert, delete, or what else the target can.
        out: the plan's folder; a fresh one among the user's own data by default.
        sql: a query on the warehouse.
        sheet: of a workbook.
        db: the warehouse file.
        webhook_url: by default as the settings say.
        observer: hears of progress.
        caps: how much may change.
        **options: the other fields of `PlanRequest`: mapping, on_conflict, allow_clear, limit, skip_invalid,
            feed, automation.

    Raises:
        UsageError: something does not exist, or has to be said (exit code 2).
        InvalidRowsError: rows of the source cannot be used (3).
        ConflictError: cells were changed on both sides, and that shall stop it (4).
        CapError: more would change than may (5).
        Bitrix24Error: the portal cannot be read.
    """
    from pipelines.settings import Settings  # noqa: PLC0415 - reads the configuration

    settings = Settings.load(webhook_url)
    caps = caps or Caps(max_deletes=settings.max_deletes)
    request = PlanRequest(to=to, key=key, mode=mode, caps=caps, **{"feed": settings.feed, **options})
    target_named(to)
    folder = Path(out).expanduser().absolute() if out is not None else own_folder(settings.state_dir)
    refuse_foreign(folder)
    table = read_source("" if source is None else source, sql=sql, db=Path(db), sheet=sheet)
    if mode == "delete" and table.origin is not None and isinstance(source, str | Path):
        table = removed_rows(Path(source).expanduser(), table)
    made = plan_over(settings.connection(), table, request, folder, observer)
    return replace(made, webhook_url=webhook_url, db=Path(db).expanduser().absolute())


def plan_over(
    connection: "Connection",
    table: SourceTable,
    request: PlanRequest,
    folder: Path,
    observer: Observer | None = None,
) -> Plan:
    """Make a plan of a source that is read, over this connection, and write it into the folder.

    Raises:
        UsageError, InvalidRowsError, ConflictError, CapError, Bitrix24Error: as `plan`.
    """
    target = target_named(request.to)
    return completed(_made(connection, target, table, request, folder, observer or SilentObserver())).write()


async def _made(
    connection: "Connection",
    target: Target,
    table: SourceTable,
    request: PlanRequest,
    folder: Path,
    observer: Observer,
) -> Plan:
    async with connection.client() as client:
        description = await describe(client, target, detect_limits=connection.detect_limits)
        mapped = Mapped.read(request.mapping)
        columns, problems = columns_of(table, description.specs, mapped)
        if problems:
            raise InvalidRowsError(problems)
        key = _key(request, table, columns, description, target)
        mode = mode_of(target, request.mode, has_key=key is not None)
        if mode not in ("insert", "set") and key is None:
            raise UsageError(
                f"--mode {mode} needs a column that finds the records: {target.id_code}, or --key COLUMN"
            )
        if mode == "delete" and not table.rows:
            raise CapError(
                "The source has no rows, so nothing is deleted; this is refused as it is hardly meant"
            )
        source = SourceReader(table, description.specs, columns, mapped)
        differ = Differ(target, source, request, mode, key)
        found_by = _found_by(target, columns, mode, key)
        observer.expecting(f"plan {target.name}", len(table.rows))
        operations: list[Operation] = []
        options = WriteOptions(request.feed, request.automation, client.webhook.user_id)
        if isinstance(target, SetTarget):
            operations = await SetDiffer(target, source, differ.tally).operations(client)
        else:
            async for part in match_rows(client, target, source, differ.codes, found_by):
                operations += list(differ.operations(part))
                observer.received(f"plan {target.name}", len(part))
            operations = await _filled(client, target, operations, options, differ)
        draft = Draft(target, table, request, mode, key, source, differ, mapped, description.warnings)
        return draft.plan(operations, client, options, folder)


async def _filled(
    client: Bitrix24Client,
    target: Target,
    operations: list[Operation],
    options: WriteOptions,
    differ: Differ,
) -> list[Operation]:
    """Fill in what a method needs and a person would not know."""
    wanted = dict(found for each in operations if (found := target.fills(each)) is not None)
    answers = await client.batch(wanted) if wanted else {}
    made = []
    for each in operations:
        more = target.filled(each, answers, options)
        differ.tally.filled.update(dict.fromkeys(more, 1))
        made.append(msgspec.structs.replace(each, after={**each.after, **more}) if more else each)
    return made


def _found_by(target: Target, columns: Columns, mode: str, key: str | None) -> str | None:
    """The field to look records up by; for inserts the one that tells that a record is there already."""
    if mode != "insert":
        return key
    marker = target.marker_code
    return marker if marker and columns.header(marker) is not None else None


def _key(
    request: PlanRequest, table: SourceTable, columns: Columns, description: Description, target: Target
) -> str | None:
    """The field that finds records, where there is a column for it."""
    if request.key is None:
        return target.id_code if columns.header(target.id_code) is not None else None
    if request.key in columns.codes:
        return columns.codes[request.key]
    code = field_named(request.key, description.specs)
    if columns.header(code) is None:
        raise UsageError(
            f"--key {request.key}: the source has no such column; it has {', '.join(table.headers)}"
        )
    return code
