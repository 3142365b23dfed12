"""What became of the models and tests of a dbt project."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


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
    """What became of one test: `status` is pass, warn, fail or error; `rows` are the first that failed."""

    name: str
    status: str
    failures: int
    rows: tuple[Mapping[str, object], ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a run of the project."""

    models: tuple[ModelResult, ...]
    checks: tuple[CheckResult, ...]
    absent: tuple[str, ...] = ()
    """Raw tables that models read and the database does not have."""
    empty: tuple[str, ...] = ()
    """Tables without a row that read one of those."""
    first_query_at: datetime | None = None


def shortened(message: str | None) -> str:
    """A message without dbt's path to the compiled file."""
    lines = [line.strip() for line in (message or "").splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))
