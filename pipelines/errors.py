"""What can go wrong around the warehouse file; what goes wrong with the portal is a Bitrix24Error.

PipelineError        a command could not do its work; `exit_code` is what it exits with
├─ UsageError        the command was asked for something that does not exist
├─ WarehouseError    the file cannot be read or written, or is not ours
└─ LockedError       another run or program holds the file
RunInterrupted       Ctrl-C: the run has stopped, and says what it keeps
"""

from typing import ClassVar


class PipelineError(Exception):
    """A command could not do its work; the message says what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(PipelineError):
    """An argument names something that does not exist."""

    exit_code = 2


class WarehouseError(PipelineError):
    """The warehouse file cannot be used."""


class LockedError(PipelineError):
    """Another run, or another program, holds the warehouse file."""

    exit_code = 9


class RunInterrupted(KeyboardInterrupt):
    """A run was stopped from the keyboard; the message says what is kept and how to go on."""
