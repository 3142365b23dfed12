"""Sync and build in one go: one lock, one working copy, one file that readers see change once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.errors import PipelineError, UsageError
from pipelines.places import places_of
from pipelines.report import BuildError, BuildReport, SettingError
from pipelines.report import build as build_models
from pipelines.settings import Settings
from pipelines.working_copy import WorkingCopy, working_copy

if TYPE_CHECKING:
    from pipelines.load import SyncReport
    from pipelines.order import Order
    from pipelines.postgres_server import Server
    from sources.bitrix24.reading import Observer

Progress = Callable[[str, str, float], None]


@dataclass(frozen=True)
class BuildOrder:
    """Which reports to build, as of when, and under which settings (names of `core.settings`)."""

    as_of: datetime | None = None
    variables: Mapping[str, str] | None = None
    select: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunReport:
    """What a run did."""

    sync: "SyncReport"
    build: BuildReport

    @property
    def exit_code(self) -> int:
        """That of the sync, or 1 where a model or a test of it failed."""
        return self.sync.exit_code or (0 if self.build.ok else 1)


def build(
    db: str | Path = "warehouse.duckdb",
    *,
    as_of: datetime | None = None,
    variables: Mapping[str, str] | None = None,
    select: Sequence[str] = (),
    progress: Progress | None = None,
    target: Literal["duckdb", "postgres"] = "duckdb",
) -> BuildReport:
    """Build the reports from the raw tables in the file, or from those in PostgreSQL.

    Raises:
        PipelineError: the file or the server cannot be used, or a setting has no such value.
    """
    order = BuildOrder(as_of, variables, tuple(select))
    settings = Settings.load()
    if target == "postgres":
        return _build_in_postgres(places_of(Path(db)).dbt / target, order, settings, progress)
    with working_copy(db, "b24 build") as copy:
        if not copy.path.exists():
            raise PipelineError(
                f"{copy.places.db} does not exist yet: `b24 sync --db {copy.places.db}` makes it"
            )
        return build_into(copy, order, settings, progress)


def run(
    db: str | Path = "warehouse.duckdb",
    *,
    webhook_url: str | None = None,
    observer: "Observer | None" = None,
    progress: Progress | None = None,
    sync_order: "Order | None" = None,
    build_order: BuildOrder | None = None,
) -> RunReport:
    """Bring the file up to date with the portal and build the reports: what a scheduler calls.

    Raises:
        PipelineError: the file cannot be used, or a setting has no such value.
        Bitrix24Error: the portal as a whole cannot be read.
    """
    # a build alone must not wait for what only a sync needs
    from pipelines.load import sync_into  # noqa: PLC0415
    from pipelines.order import order_of  # noqa: PLC0415
    from sources.bitrix24.portal_read import SilentObserver  # noqa: PLC0415

    settings = Settings.load(webhook_url)
    connection = settings.connection()
    with working_copy(db, "b24 run") as copy:
        synced = sync_into(copy, connection, sync_order or order_of(), settings, observer or SilentObserver())
        return RunReport(synced, build_into(copy, build_order or BuildOrder(), settings, progress))


def build_into(
    copy: WorkingCopy, order: BuildOrder, settings: Settings, progress: Progress | None = None
) -> BuildReport:
    """Build in a working copy that this process holds."""
    return _build(copy.path, copy.places.dbt, order, settings, progress)


def _build_in_postgres(
    target_dir: Path, order: BuildOrder, settings: Settings, progress: Progress | None
) -> BuildReport:
    """Build on the server of dlt's configuration; a copy of raw tables cannot come between."""
    from pipelines.postgres_server import server  # noqa: PLC0415 - nothing that a build in the file needs

    with server().alone() as alone:
        return _build(Path(), target_dir, order, settings, progress, alone)


def _build(
    db: Path,
    target_dir: Path,
    order: BuildOrder,
    settings: Settings,
    progress: Progress | None,
    server: "Server | None" = None,
) -> BuildReport:
    try:
        return build_models(
            db,
            as_of=order.as_of,
            variables={**settings.variables, **(order.variables or {})},
            select=order.select,
            target_dir=target_dir,
            progress=progress,
            custom=custom_folder(settings),
            server=server,
        )
    except SettingError as error:
        failure: PipelineError = UsageError(str(error))
    except BuildError as error:
        failure = PipelineError(str(error))
    raise failure


def custom_folder(settings: Settings) -> Path | None:
    """The folder of the user's own models, if there is one.

    Raises:
        UsageError: it is configured, and not there.
    """
    folder = Path(settings.custom_models).expanduser()
    if not folder.is_dir():
        if settings.custom_models != Settings.custom_models:
            raise UsageError(f"pipelines.custom_models names the folder {folder}, and there is none")
        return None
    return folder
