"""Runs the dbt project in `transforms/` in this process: no console output, no network, nothing left open."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.dbt_checks import rows_of, run_checks
from pipelines.dbt_events import Listener, Progress, close_log, hush, unhush
from pipelines.dbt_results import CheckResult, ModelResult, Outcome, ProjectError, shortened
from pipelines.parsed_project import ParsedProject
from pipelines.postgres_server import Server

PROJECT = Path(__file__).resolve().parent.parent / "transforms"
THREADS = 2

Invoke = Callable[..., Any]


def run_project(
    db: Path,
    settings: Mapping[str, str],
    selection: Sequence[str],
    target_dir: Path,
    progress: Progress | None,
    *,
    project: Path = PROJECT,
    server: Server | None = None,
) -> Outcome:
    """Builds the models, then tests those that were built; a failing test keeps no model from being built.

    With a server they are built in PostgreSQL, and the file is of no account.

    Raises:
        ProjectError: dbt could not read the project, or a selector.
    """
    listener = Listener(progress)
    with _dbt(db, settings, target_dir, project, [listener], server) as (invoke, manifest):
        words = ["--select", *selection] if selection else []
        # the hook that makes functions in PostgreSQL has a result too
        built = [result for result in invoke("run", *words) if result.node.resource_type == "model"]
        models = tuple(_model(result) for result in built)
        if not models:
            return Outcome((), ())
        unbuilt = [model.name for model in models if model.status != "success"]
        checks = run_checks(
            invoke,
            selection,
            unbuilt,
            lambda name, share: progress("test", name, share) if progress else None,
        )
        counted = _counted(models)
        absent, empty = _absent(manifest, counted)
    return Outcome(counted, tuple(checks), absent, empty, listener.first_query_at)


def run_unit_tests(db: Path, target_dir: Path) -> list[CheckResult]:
    """Runs the unit tests beside the models; the models must have been built in this file before."""
    with _dbt(db, {}, target_dir, PROJECT, []) as (invoke, _):
        tested = invoke("test", "--select", "test_type:unit")
    return [_unit_test(result) for result in tested if result.node.resource_type != "operation"]


def write_docs(db: Path, target_dir: Path, *, project: Path = PROJECT) -> Path:
    """Writes dbt's documentation site, one page with everything in it, and returns its path.

    Raises:
        ProjectError: dbt could not read the project.
    """
    with _dbt(db, {}, target_dir, project, [], is_read_only=True) as (invoke, _):
        invoke("docs generate", "--static", "--write-json")
    return target_dir / "static_index.html"


@contextmanager
def _dbt(
    db: Path,
    settings: Mapping[str, str],
    target_dir: Path,
    project: Path,
    callbacks: list[Callable[[Any], None]],
    server: Server | None = None,
    *,
    is_read_only: bool = False,
) -> Iterator[tuple[Invoke, Any]]:
    """A function that runs dbt commands on the file, and the parsed project: parsed once for all of them."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - costs over a second, and only a build needs it

    options = ["--project-dir", str(project), "--profiles-dir", str(project)]
    options += ["--target-path", str(target_dir), "--log-path", str(target_dir / "logs")]
    options += ["--log-level", "none", "--log-level-file", "info"]
    options += ["--quiet", "--no-print", "--no-write-json", "--no-version-check", "--no-use-colors"]
    options += ["--no-send-anonymous-usage-stats"]
    if server is not None:
        options += ["--target", "postgres"]
    with _environment(db, settings, server, is_read_only=is_read_only):
        try:
            hush()
            manifest = _parsed(dbtRunner(), options, project, "postgres" if server else "duckdb", target_dir)
            runner = dbtRunner(manifest=manifest, callbacks=callbacks)
            yield lambda command, *words: _invoke(runner, [*command.split(), *options, *words]), manifest
        finally:
            _close_dbt()


def _parsed(runner: Any, options: Sequence[str], project: Path, engine: str, target_dir: Path) -> Any:  # noqa: ANN401
    if project != PROJECT:  # a user's own, put together in this very folder
        return _invoke(runner, ["parse", *options])
    parsed = ParsedProject(project, engine, target_dir)
    parsed.lend()
    manifest = _invoke(runner, ["parse", *options])
    parsed.keep()
    return manifest


def _invoke(runner: Any, arguments: list[str]) -> Any:  # noqa: ANN401 - dbt's results have no types
    outcome = runner.invoke(arguments)
    close_log()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception is not None:
        raise ProjectError(f"dbt {arguments[0]} stopped: {outcome.exception}") from None
    return outcome.result


def _close_dbt() -> None:
    """Dbt keeps its connection open for a next command; the file is renamed after a build."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.adapters.factory import cleanup_connections, reset_adapters  # noqa: PLC0415

    cleanup_connections()  # type: ignore[no-untyped-call]
    reset_adapters()  # type: ignore[no-untyped-call]
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    unhush()


def _model(result: Any) -> ModelResult:  # noqa: ANN401
    node, status = result.node, str(result.status)
    message = "" if status == "success" else shortened(result.message)
    return ModelResult(node.name, node.schema, None, result.execution_time, status, message)


def _unit_test(result: Any) -> CheckResult:  # noqa: ANN401
    status = str(result.status)
    message = "" if status == "pass" else shortened(result.message)
    return CheckResult(result.node.name, status, result.failures or 0, (), message)


def _counted(models: Sequence[ModelResult]) -> tuple[ModelResult, ...]:
    """The models with their rows, where they are tables that were built."""
    tables = [model for model in models if model.status == "success" and model.schema != "staging"]
    rows: dict[str, int] = {}
    if tables:
        counts = (f"select '{each.name}', count(*) from {each.schema}.\"{each.name}\"" for each in tables)
        rows = {str(name): int(number) for name, number in rows_of(" union all ".join(counts))[1]}
    return tuple(replace(model, rows=rows.get(model.name)) for model in models)


def _absent(manifest: Any, models: Sequence[ModelResult]) -> tuple[tuple[str, ...], tuple[str, ...]]:  # noqa: ANN401
    """Raw tables that these models read and that are not there, and tables that are empty with them."""
    query = "select table_schema, table_name from information_schema.tables"
    present = {(str(schema), str(name)) for schema, name in rows_of(query)[1]}
    gone = {
        key: f"{source.schema}.{source.identifier}"
        for key, source in manifest.sources.items()
        if (source.schema, source.identifier) not in present
    }
    nodes = {node.name: key for key, node in manifest.nodes.items() if node.resource_type == "model"}
    read = {model.name: _ancestors(manifest, nodes[model.name]) & set(gone) for model in models}
    absent = sorted({gone[key] for keys in read.values() for key in keys})
    return tuple(absent), tuple(model.name for model in models if model.rows == 0 and read[model.name])


def _ancestors(manifest: Any, key: str) -> set[str]:  # noqa: ANN401
    """Everything that a model is made of, by dbt's ids."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        node = manifest.nodes.get(waiting.pop())
        new = set(node.depends_on.nodes) - found if node else set()
        found |= new
        waiting += new
    return found


@contextmanager
def _environment(
    db: Path, settings: Mapping[str, str], server: Server | None, *, is_read_only: bool
) -> Iterator[None]:
    """What profiles.yml and macros/setting.sql of the dbt project read, for the length of one build."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(("B24_VAR_", "DBT_"))}
    values = {
        "B24_WAREHOUSE": str(db),
        "B24_READ_ONLY": str(is_read_only),
        "B24_THREADS": str(THREADS),
        "DO_NOT_TRACK": "1",
        **(server.environment if server else {}),
        **{f"B24_VAR_{name.upper()}": value for name, value in settings.items()},
    }
    before = {name: os.environ.get(name) for name in {*ours, *values}}
    for name in ours:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
