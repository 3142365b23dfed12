"""Runs the dbt project in `transforms/` in this process: no console output, no network, nothing left open."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent / "transforms"
THREADS = 2

Progress = Callable[[str, str, float], None]


class ProjectError(Exception):
    """Dbt stopped before it ran a model: the project or a selector is wrong."""


@dataclass(frozen=True)
class ModelResult:
    """What became of one model: `status` is success, error or skipped (something it needs failed)."""

    name: str
    schema: str
    rows: int | None  # None for views and for what was not built
    seconds: float
    status: str
    message: str = ""


@dataclass(frozen=True)
class CheckResult:
    """What became of one test: `status` is pass, fail or error; `rows` are the first that failed."""

    name: str
    status: str
    failures: int
    rows: tuple[Mapping[str, object], ...] = ()
    message: str = ""


def run_project(
    db: Path,
    settings: Mapping[str, str],
    selection: Sequence[str],
    target_dir: Path,
    progress: Progress | None,
) -> tuple[list[ModelResult], list[CheckResult], dict[str, str]]:
    """Builds the models, then tests those that were built; a failing test keeps no model from being built.

    The third value is the SQL of each failing test: its rows are the failures.
    """
    callbacks = [_reporter(progress)] if progress else []
    with _dbt(db, settings, target_dir, callbacks) as invoke:
        models = [_model(result) for result in invoke("run", *selection)]
        unbuilt = [model.name for model in models if model.status != "success"]
        # of a part, only the tests that look at that part and what it is made of
        testing = [*selection, "--indirect-selection", "buildable"] if selection else []
        results = list(invoke("test", *testing, "--exclude", "test_type:unit", *unbuilt))
    queries = {result.node.name: result.node.compiled_code for result in results if result.status == "fail"}
    return models, [_test(result) for result in results], queries


def run_unit_tests(db: Path, target_dir: Path) -> list[CheckResult]:
    """Runs the unit tests beside the models; the models must have been built in this file before."""
    with _dbt(db, {}, target_dir, []) as invoke:
        return [_test(result) for result in invoke("test", "--select", "test_type:unit")]


@contextmanager
def _dbt(
    db: Path, settings: Mapping[str, str], target_dir: Path, callbacks: list[Callable[[Any], None]]
) -> Iterator[Callable[..., Any]]:
    """A function that runs dbt commands on the file; the project is parsed once for all of them."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - costs over a second, and only a build needs it

    options = [
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--target-path",
        str(target_dir),
    ]
    options += ["--log-path", str(target_dir / "logs"), "--log-level", "none", "--log-level-file", "info"]
    options += ["--quiet", "--no-print", "--no-write-json", "--no-version-check", "--no-use-colors"]
    options += ["--no-send-anonymous-usage-stats"]
    with _environment(db, settings):
        try:
            manifest = _invoke(dbtRunner(), ["parse", *options])
            runner = dbtRunner(manifest=manifest, callbacks=callbacks)
            yield lambda command, *arguments: _invoke(runner, [command, *options, *arguments])
        finally:
            _close_dbt()


def _invoke(runner: Any, arguments: list[str]) -> Any:  # noqa: ANN401 - dbt's results have no types
    outcome = runner.invoke(arguments)
    _close_log()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception is not None:
        raise ProjectError(f"dbt {arguments[0]} stopped: {outcome.exception}") from None
    return outcome.result


def _close_dbt() -> None:
    """Dbt keeps its connection open for a next command; the file is renamed after a build."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.adapters.factory import reset_adapters  # noqa: PLC0415
    from dbt_common.events.event_manager_client import cleanup_event_logger  # noqa: PLC0415

    reset_adapters()  # type: ignore[no-untyped-call]
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    cleanup_event_logger()


def _close_log() -> None:
    """Dbt would leave its log file to the garbage collector."""
    for handler in logging.getLogger("file_log").handlers[:]:
        logging.getLogger("file_log").removeHandler(handler)
        handler.close()


def _reporter(progress: Progress) -> Callable[[Any], None]:
    kinds = {"LogModelResult": ("model", "total"), "LogTestResult": ("test", "num_models")}
    done = dict.fromkeys(kinds, 0)

    def report(event: Any) -> None:  # noqa: ANN401 - a protobuf message
        name = event.info.name
        if name in kinds:
            kind, total = kinds[name]
            done[name] += 1
            progress(kind, event.data.node_info.node_name, done[name] / getattr(event.data, total))

    return report


def _model(result: Any) -> ModelResult:  # noqa: ANN401
    node, status = result.node, str(result.status)
    message = "" if status == "success" else _shortened(result.message)
    return ModelResult(node.name, node.schema, None, result.execution_time, status, message)


def _test(result: Any) -> CheckResult:  # noqa: ANN401
    status = str(result.status)
    message = "" if status == "pass" else _shortened(result.message)
    return CheckResult(result.node.name, status, result.failures or 0, (), message)


def _shortened(message: str | None) -> str:
    """A message without dbt's path to the compiled file."""
    lines = [line.strip() for line in (message or "").splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))


@contextmanager
def _environment(db: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """What profiles.yml and macros/setting.sql of the dbt project read, for the length of one build."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(("B24_VAR_", "DBT_"))}
    values = {
        "B24_WAREHOUSE": str(db),
        "B24_THREADS": str(THREADS),
        "DO_NOT_TRACK": "1",
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
