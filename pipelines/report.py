"""Raw tables to staging, core and reporting: runs the dbt project in `transforms/` on one DuckDB file.

BuildError                 the build could not start or could not finish
 ├─ WarehouseMissingError  there is no file to build in
 ├─ WarehouseBusyError     another process holds the file
 └─ SettingError           a setting that does not exist or cannot be (wrong usage: nothing was built)
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.dbt_project import CheckResult, ModelResult, Progress, ProjectError, run_project

FIRST_ROWS = 5

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

    @property
    def ok(self) -> bool:
        """Every model was built and every test passed."""
        return self.failed == ()

    @property
    def failed(self) -> tuple[ModelResult | CheckResult, ...]:
        """What was not built or did not pass, models first."""
        models = tuple(model for model in self.models if model.status != "success")
        return (*models, *(test for test in self.tests if test.status != "pass"))


def build(
    db: Path,
    *,
    as_of: datetime | None = None,
    variables: Mapping[str, str] | None = None,
    select: Sequence[str] | None = None,
    target_dir: Path,
    progress: Progress | None = None,
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
    """
    started = time.perf_counter()
    db = db.resolve()
    moment = datetime.now(UTC) if as_of is None else as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    settings = _checked(db, variables or {})
    settings["as_of"] = moment.astimezone(UTC).isoformat()
    selection = ["--select", *select] if select else []
    try:
        models, tests, queries = run_project(db, settings, selection, target_dir.resolve(), progress)
    except ProjectError as error:
        raise BuildError(f"{error}; the log is in {target_dir / 'logs'}") from None
    if not models:
        raise BuildError(f"no model is called {' '.join(select or [])}: give names such as rpt_deal_funnel")
    with _connection(db, read_only=True) as connection:
        return BuildReport(
            as_of=moment,
            models=tuple(_counted(connection, model) for model in models),
            tests=tuple(_with_rows(connection, test, queries.get(test.name)) for test in tests),
            seconds=time.perf_counter() - started,
        )


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


def _checked(db: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The settings as given; raises SettingError for the first that cannot be."""
    settings = {name: str(value).strip() for name, value in variables.items()}
    with _connection(db) as connection:
        for name, value in settings.items():
            if name not in SETTINGS:
                raise SettingError(name, value, f"no such setting; there are {', '.join(SETTINGS)}")
            pattern, example = PATTERNS.get(name, (".*", ""))
            if not re.fullmatch(pattern, value):
                raise SettingError(name, value, f"expected {example}")
            fits = connection.execute(
                f"select try_cast(? as {SETTINGS[name]}) is not null", [value]
            ).fetchone()
            if fits != (True,):
                raise SettingError(name, value, f"not a value of type {SETTINGS[name]}")
        _check_timezone(connection, settings.get("portal_timezone"))
        _check_currency(connection, settings.get("base_currency"))
    return settings


def _check_timezone(connection: duckdb.DuckDBPyConnection, given: str | None) -> None:
    """Raises SettingError where DuckDB does not know the portal's timezone."""
    name = given or _portal_timezone(connection)
    if not name:
        return
    zone = f"GMT{name}" if name[0] in "+-" else name
    try:
        connection.execute("select timezone(?, timestamptz '2000-01-01 00:00:00+00')", [zone]).fetchone()
    except duckdb.Error as error:
        found = re.search(r"Candidate time zones: (.+)", str(error))
        hint = f" (did you mean {found[1]}?)" if found else ""
        whose = "" if given else " of the portal (ops.portal)"
        raise SettingError(
            "portal_timezone",
            name,
            f"the database does not know this timezone{whose}{hint}; "
            "give an IANA name with --var portal_timezone=Europe/Berlin",
        ) from None


def _portal_timezone(connection: duckdb.DuckDBPyConnection) -> str | None:
    names = _values(connection, "select max(timezone) from ops.portal")
    return names[0] if names else None


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


def _counted(connection: duckdb.DuckDBPyConnection, model: ModelResult) -> ModelResult:
    if model.status != "success" or model.schema == "staging":
        return model
    row = connection.execute(f'select count(*) from "{model.schema}"."{model.name}"').fetchone()
    return ModelResult(model.name, model.schema, row[0] if row else None, model.seconds, model.status)


def _with_rows(connection: duckdb.DuckDBPyConnection, test: CheckResult, query: str | None) -> CheckResult:
    if query is None:
        return test
    found = connection.execute(f"select * from ({query}\n) as failing limit {FIRST_ROWS}")
    names = [column[0] for column in found.description or []]
    rows = tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
    return CheckResult(test.name, test.status, test.failures, rows, test.message)
