"""What keeps a plan from being made or carried out; each says what to do and has an exit code of its own.

PipelineError
├─ ConflictError      somebody else changed the same cells, and that shall stop the plan
├─ CapError           a plan would change more than it may
├─ StalePlanError     a plan was edited, or does not fit the portal any more
└─ InterruptedRunError  a run could not go on; what it did is journalled, and `b24 apply` goes on
"""

from typing import ClassVar

from pipelines.errors import PipelineError


class ConflictError(PipelineError):
    """The same cells were changed on the portal, and the plan was to stop at that."""

    exit_code: ClassVar[int] = 4


class CapError(PipelineError):
    """The plan is larger than its caps."""

    exit_code: ClassVar[int] = 5


class StalePlanError(PipelineError):
    """The plan was edited by hand, or the portal is not what it was made for."""

    exit_code: ClassVar[int] = 8


class InterruptedRunError(PipelineError):
    """The portal did not let the run go on; nothing is lost, the same command continues it."""

    exit_code: ClassVar[int] = 1
