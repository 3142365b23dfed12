"""The tests of a dbt project: dbt writes their queries, which are then run here.

A test that dbt runs costs some 25 ms of its own; its query on a small table takes one.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pipelines.dbt_results import CheckResult, ProjectError, shortened

FIRST_ROWS = 5

Invoke = Callable[..., Any]


def run_checks(
    invoke: Invoke,
    selection: Sequence[str],
    unbuilt: Sequence[str],
    step: Callable[[str, float], None],
) -> list[CheckResult]:
    """Tests what was built.

    Args:
        invoke: runs a dbt command.
        selection: dbt selectors, everything without; of a part, only what looks at it and what it is made of.
        unbuilt: models whose tests are left out.
        step: called with (name, share done) after each.
    """
    chosen = [f"{word},test_type:data" for word in selection] or ["test_type:data"]
    wanted = ["--select", *chosen, *(["--indirect-selection", "buildable"] if selection else [])]
    nodes = _compiled(invoke, wanted)
    if nodes is None:
        told = [_told(each) for each in _tests(invoke("test", *wanted)) if not _reads(each.node, unbuilt)]
        for number, check in enumerate(told, 1):
            step(check.name, number / len(told))
        return told
    checked = []
    nodes = [node for node in nodes if not _reads(node, unbuilt)]
    for number, node in enumerate(nodes, 1):
        checked.append(_checked(node))
        step(node.name, number / len(nodes))
    return checked


def _compiled(invoke: Invoke, wanted: Sequence[str]) -> list[Any] | None:
    """The tests with their queries; None where dbt has to run them itself.

    Compiling stops at the first test that cannot be written; and only dbt can store what failed.
    """
    try:
        nodes = [result.node for result in _tests(invoke("compile", *wanted))]
    except ProjectError:
        return None
    return None if any(node.config.store_failures for node in nodes) else nodes


def _tests(results: Any) -> list[Any]:  # noqa: ANN401 - dbt's results have no types
    return [result for result in results if result.node.resource_type == "test"]


def _reads(node: Any, models: Sequence[str]) -> bool:  # noqa: ANN401
    """Whether a test is about one of these models, alone or with another."""
    return any(key.rpartition(".")[2] in models for key in node.depends_on.nodes)


def _told(result: Any) -> CheckResult:  # noqa: ANN401
    status = str(result.status)
    message = "" if status in {"pass", "fail"} else shortened(result.message)
    return CheckResult(result.node.name, status, result.failures or 0, (), message)


def _checked(node: Any) -> CheckResult:  # noqa: ANN401
    """Counts the rows of a test's query and judges them as its configuration says."""
    config, name = node.config, node.name
    limit = f"limit {config.limit}" if config.limit else ""
    query = f"(\n{node.compiled_code}\n{limit}) as failing"
    verdicts = (
        f"{config.fail_calc}, {config.fail_calc} {config.error_if}, {config.fail_calc} {config.warn_if}"
    )
    try:
        ((failures, is_error, is_warning),) = rows_of(f"select {verdicts} from {query}")[1]
        failures = int(failures or 0)
        if is_error and config.severity.lower() == "error":
            status = "fail"
        elif is_warning:
            status = "warn"
        else:
            return CheckResult(name, "pass", 0)
        columns, rows = rows_of(f"select * from {query} limit {FIRST_ROWS}")
    except Exception as error:  # noqa: BLE001 - of whatever database; one bad test hides no other
        return CheckResult(name, "error", 0, (), shortened(str(error)))
    return CheckResult(name, status, failures, tuple(dict(zip(columns, row, strict=True)) for row in rows))


def rows_of(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names and rows of a query in the database that dbt has built in."""
    from dbt.adapters.factory import FACTORY  # noqa: PLC0415

    adapter: Any
    (adapter,) = FACTORY.adapters.values()
    with adapter.connection_named("b24"):
        handle = adapter.connections.get_thread_connection().handle
        cursor = handle.cursor()
        try:
            cursor.execute(query)
        except Exception:
            if adapter.type() == "postgres":  # refuses every further query until then
                handle.rollback()
            raise
        return [column[0] for column in cursor.description or []], cursor.fetchall()
