"""Raw tables to staging, core and reporting: runs the dbt project in `transforms/` on one DuckDB file.

BuildError                 the build could not start or could not finish
 ├─ WarehouseMissingError  there is no file to build in
 ├─ WarehouseBusyError     another process holds the file
 └─ SettingError           a setting that does not exist or cannot be (wrong usage: nothing was built)
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from pipelines.custom_models import CustomModels
from pipelines.dbt_events import Progress
from pipelines.dbt_project import run_project
from pipelines.dbt_results import CheckResult, ModelResult, Outcome, ProjectError, shortened
from pipelines.postgres_server import Server, described

# The settings of a build and the SQL type of their values; meanings and defaults are those of core.settings.
SETTINGS: Mapping[str, str] = {
    "portal_timezone": "varchar",
    "base_currency": "varchar",
    "default_country_code": "varchar",
    "period_start": "date",
    "velocity_window_days": "integer",
    "calendar_window": "varchar",
    "stuck_min_days": "double",
    "stuck_median_factor": "double",
}
PATTERNS: Mapping[str, tuple[str, str]] = {
    "base_currency": (r"[A-Za-z]{3}", "a three-letter code such as EUR"),
    "default_country_code": (r"[1-9]\d{0,2}", "digits such as 49"),
    "calendar_window": (r"\d{4}-\d\d-\d\d/\d{4}-\d\d-\d\d", "FROM/TO such as 2024-01-01/2024-12-31"),
}


class BuildError(Exception):
    """The reports could not be built; the message says what to do."""


class WarehouseMissingError(BuildError):
    """There is no DuckDB file at this path."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} does not exist: load it first with `b24 sync --db {path}`")
        self.path = path


class WarehouseBusyError(BuildError):
    """DuckDB could not open the file for writing."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written ({reason}): close what holds it and build again")
        self.path = path


class SettingError(BuildError):
    """A setting has no such name or no such value."""

    def __init__(self, name: str, value: str, cure: str) -> None:
        super().__init__(f"{name}={value!r}: {cure}")
        self.name = name
        self.value = value


@dataclass(frozen=True)
class BuildReport:
    """What a build made, and which promises about it hold."""

    as_of: datetime
    models: tuple[ModelResult, ...]
    tests: tuple[CheckResult, ...]
    seconds: float
    warnings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Raw tables that models read and that are not there."""
    empty: tuple[str, ...] = ()
    """Tables without a row that read one of those."""
    first_query_at: datetime | None = None

    @property
    def ok(self) -> bool:
        """Every model was built and every test passed."""
        return self.failed == ()

    @property
    def failed(self) -> tuple[ModelResult | CheckResult, ...]:
        """What was not built or did not pass, models first."""
        models = tuple(model for model in self.models if model.status != "success")
        return (*models, *(test for test in self.tests if test.status not in {"pass", "warn"}))

    @property
    def warned(self) -> tuple[CheckResult, ...]:
        """Tests that did not pass and that only warn by their own configuration."""
        return tuple(test for test in self.tests if test.status == "warn")


def build(
    db: Path,
    *,
    as_of: datetime | None = None,
    variables: Mapping[str, str] | None = None,
    select: Sequence[str] | None = None,
    target_dir: Path,
    progress: Progress | None = None,
    custom: Path | None = None,
    server: Server | None = None,
) -> BuildReport:
    """Builds every model in the file and tests it; afterwards no connection to the file is open.

    One build at a time in a process: dbt keeps its state in the module.

    Args:
        db: The DuckDB file; raw tables may be missing.
        as_of: The moment the reports speak of, now by default; without a timezone it is UTC.
        variables: Settings by name (`SETTINGS`), over those of the portal and the defaults.
        select: dbt selectors such as `rpt_deal_funnel` or `+rpt_deal_funnel`; by default everything.
        target_dir: Where dbt keeps its parsed project and its log; the same folder makes the next build fast.
        progress: Called with ("model" or "test", name, share done) after each.
        custom: A folder of the user's own models.
        server: PostgreSQL, to build there from the raw tables that it has; the file is not looked at.
    """
    started = time.perf_counter()
    db = db.resolve()
    moment = datetime.now(UTC) if as_of is None else as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    with _connection(db) if server is None else described(server) as connection:
        settings, warnings = _checked(connection, variables or {})
    settings["as_of"] = moment.astimezone(UTC).isoformat()
    project = partial(run_project, db, settings, select or (), target_dir.resolve(), progress, server=server)
    outcome = _run(project, target_dir.resolve(), custom)
    if not outcome.models:
        raise BuildError(f"no model is called {' '.join(select or [])}: give names such as rpt_deal_funnel")
    return BuildReport(
        as_of=moment,
        models=outcome.models,
        tests=outcome.checks,
        seconds=time.perf_counter() - started,
        warnings=warnings,
        absent=outcome.absent,
        empty=outcome.empty,
        first_query_at=outcome.first_query_at,
    )


def _run(project: Callable[..., Outcome], target_dir: Path, custom: Path | None) -> Outcome:
    """The project with the user's models; without them where dbt cannot read the project that they are in."""
    try:
        own = CustomModels(custom, target_dir / "project") if custom else None
        if own is None or not own.present:
            return project()
        try:
            outcome = project(project=own.project())
        except ProjectError as error:
            reason = own.named(shortened(str(error)))
            outcome = project(project=own.project_without())
            if not outcome.models:
                raise ProjectError(reason) from None
            unread = ModelResult("your own models", "custom", None, 0.0, "error", reason)
            return replace(outcome, models=(*outcome.models, unread))
        return replace(
            outcome, models=tuple(replace(each, message=own.named(each.message)) for each in outcome.models)
        )
    except ProjectError as error:
        raise BuildError(f"{error}; the log is in {target_dir / 'logs'}") from None


@contextmanager
def _connection(db: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file under the name that the models know it by, whatever it is called."""
    if not db.exists():
        raise WarehouseMissingError(db)
    connection = duckdb.connect()
    try:
        mode = " (read_only)" if read_only else ""
        quoted = str(db).replace("'", "''")
        try:
            connection.execute(f"attach '{quoted}' as warehouse{mode}")
        except duckdb.IOException as error:
            raise WarehouseBusyError(db, str(error).splitlines()[0]) from None
        connection.execute("set search_path = 'warehouse.main'; set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _checked(
    connection: duckdb.DuckDBPyConnection, variables: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The settings as given, and warnings about those of the portal.

    Raises:
        SettingError: one that was given cannot be.
    """
    settings = {name: str(value).strip() for name, value in variables.items()}
    for name, value in settings.items():
        if name not in SETTINGS:
            raise SettingError(name, value, f"no such setting; there are {', '.join(SETTINGS)}")
        pattern, example = PATTERNS.get(name, (".*", ""))
        if not re.fullmatch(pattern, value):
            raise SettingError(name, value, f"expected {example}")
        fits = connection.execute(f"select try_cast(? as {SETTINGS[name]}) is not null", [value]).fetchone()
        if fits != (True,):
            raise SettingError(name, value, f"not a value of type {SETTINGS[name]}")
    _check_currency(connection, settings.get("base_currency"))
    given = settings.get("portal_timezone")
    if given:
        _check_timezone(connection, given)
        return settings, ()
    warnings = _timezone_warnings(connection)
    if warnings:
        settings["portal_timezone"] = "UTC"
    return settings, warnings


def _check_timezone(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Raises SettingError where DuckDB does not know the timezone."""
    zone = f"GMT{name}" if name[0] in "+-" else name
    try:
        connection.execute("select timezone(?, timestamptz '2000-01-01 00:00:00+00')", [zone]).fetchone()
    except duckdb.Error as error:
        found = re.search(r"Candidate time zones: (.+)", str(error))
        hint = f" (did you mean {found[1]}?)" if found else ""
        raise SettingError(
            "portal_timezone",
            name,
            f"the database does not know this timezone{hint}; give an IANA name such as Europe/Berlin",
        ) from None


def _timezone_warnings(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """What to tell where DuckDB does not know the portal's own timezone; reports are made all the same."""
    names = _values(connection, "select max(timezone) from ops.portal")
    try:
        if names:
            _check_timezone(connection, names[0].strip())
    except SettingError:
        warning = (
            f"the portal's timezone {names[0]!r} is unknown to the database: days and months are of UTC. "
            "Give its IANA name with --var portal_timezone=Europe/Berlin or [reporting] portal_timezone"
        )
        return (warning,)
    return ()


def _check_currency(connection: duckdb.DuckDBPyConnection, given: str | None) -> None:
    """Raises SettingError for a base currency that no rate leads to: every amount would be NULL."""
    listed = _values(connection, "select currency from bitrix24.currencies order by currency")
    if given and listed and given.upper() not in listed:
        raise SettingError(
            "base_currency", given, f"the portal has no rate for it; it has {', '.join(listed)}"
        )


def _values(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    try:
        rows = connection.execute(query).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # no such table, no such column
        return []
    return [str(row[0]) for row in rows if row[0]]
