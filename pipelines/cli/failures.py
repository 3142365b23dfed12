"""What a failure means to the person at the terminal: one line that says what to do, and an exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

FAILED: Final = 1
USAGE: Final = 2
LOCKED: Final = 9
REFUSED: Final = 10
INTERRUPTED: Final = 130

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ROOM_WORDS: Final = ("no space left", "file too large", "quota exceeded", "disk full")


@dataclass(frozen=True)
class Failure:
    """One line for stderr, and what the process exits with."""

    line: str
    exit_code: int


def failure_of(error: BaseException) -> Failure:
    """Return what to tell of an error: its root says more than what libraries wrapped around it."""
    chain = list(_chain(error))
    for each in chain:
        found = _no_room(each) or _ours(each)
        if found is not None:
            return found
    for each in reversed(chain):
        found = _foreign(each)
        if found is not None:
            return found
    said = _first_line(str(error)) or "no reason given"
    return Failure(
        f"{type(error).__name__}: {said} (this should not happen: run it again with B24_TRACEBACK=1 "
        "and report what it prints)",
        FAILED,
    )


def report(error: BaseException) -> int:
    """Print the failure on stderr, redacted; return the exit code."""
    from sources.bitrix24.redaction import redact  # noqa: PLC0415

    if os.environ.get("B24_TRACEBACK"):
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
    failure = failure_of(error)
    sys.stderr.write(f"b24: {redact(failure.line)}\n")
    return failure.exit_code


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _ours(error: BaseException) -> Failure | None:
    from pipelines.errors import PipelineError  # noqa: PLC0415
    from sources.bitrix24.errors import Bitrix24Error, ConfigurationError, RefusedError  # noqa: PLC0415

    if isinstance(error, PipelineError):
        return Failure(_one_line(str(error)), error.exit_code)
    if isinstance(error, Bitrix24Error):
        refused = isinstance(error, ConfigurationError | RefusedError)
        return Failure(_one_line(str(error)), REFUSED if refused else FAILED)
    report_module = sys.modules.get("pipelines.report")
    if report_module is not None and isinstance(error, report_module.BuildError):
        usage = isinstance(error, report_module.SettingError)
        return Failure(_one_line(str(error)), USAGE if usage else FAILED)
    return None


def _no_room(error: BaseException) -> Failure | None:
    known = isinstance(error, OSError) and error.errno in _NO_ROOM
    if known or any(words in str(error).lower() for words in _NO_ROOM_WORDS):
        return Failure(
            "The disk is full: make room where the warehouse file is and run again; "
            "what the warehouse held before is unharmed",
            FAILED,
        )
    return None


def _foreign(error: BaseException) -> Failure | None:
    duckdb = sys.modules.get("duckdb")
    if duckdb is not None and isinstance(error, duckdb.Error):
        return Failure(f"The database: {_first_line(str(error))}", FAILED)
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        return Failure(f"{error.strerror}:{where or ' (no file named)'}", FAILED)
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
