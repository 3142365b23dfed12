"""The pipelines as functions: `from pipelines import sync, build, run, status, plan, apply, undo, …`.

Each imports what it needs when it is called, so that importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.documentation import docs
    from pipelines.load import sync
    from pipelines.receipts import status
    from pipelines.refresh import build, run
    from pipelines.writeback.carry_out import apply
    from pipelines.writeback.export import export
    from pipelines.writeback.history import runs
    from pipelines.writeback.inverse import retry, undo
    from pipelines.writeback.make_plan import plan

__all__ = ["apply", "build", "docs", "export", "plan", "retry", "run", "runs", "status", "sync", "undo"]

_HOMES = {
    "apply": "pipelines.writeback.carry_out",
    "docs": "pipelines.documentation",
    "export": "pipelines.writeback.export",
    "plan": "pipelines.writeback.make_plan",
    "retry": "pipelines.writeback.inverse",
    "runs": "pipelines.writeback.history",
    "undo": "pipelines.writeback.inverse",
    "sync": "pipelines.load",
    "build": "pipelines.refresh",
    "run": "pipelines.refresh",
    "status": "pipelines.receipts",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a function, resolved at first use
    """Import a function's module at first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pipelines' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
