"""Runs and their rows, as the journal has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.writeback.operations import Operation
from pipelines.writeback.states import State


@dataclass(frozen=True)
class Run:
    """One carrying out of one plan."""

    run_id: str
    plan_id: str
    portal: str
    target: str
    mode: str
    source: str
    folder: str
    kind: str
    settings: Mapping[str, Any]
    started_at: float
    finished_at: float | None
    error: str | None
    requests: int
    published: bool


@dataclass(frozen=True)
class Entry:
    """One row of a run: its operation and what became of it."""

    operation: Operation
    state: State
    record_id: str | None
    before: Mapping[str, Any] | None
    stamp: str | None
    error: str | None
    remark: str | None
    attempts: int
    executed: bool
    checked: bool
    changed_at: float

    @property
    def number(self) -> int:
        """Its place in the plan."""
        return self.operation.number


@dataclass(frozen=True)
class Change:
    """What shall be noted about one row; None leaves a column as it is."""

    number: int
    state: State | None = None
    record_id: str | None = None
    before: Mapping[str, Any] | None = None
    stamp: str | None = None
    error: str | None = None
    remark: str | None = None
    attempt: bool = False
    executed: bool | None = None
    checked: bool | None = None
