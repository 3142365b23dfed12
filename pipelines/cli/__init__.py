"""The command line `b24`; nothing heavy is imported before a command needs it."""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

from pipelines.cli.app import app
from pipelines.cli.failures import report

__all__ = ["app", "main"]

# dlt reads its own settings from here before any code of ours can set them; whoever set them is obeyed.
_QUIET = {"RUNTIME__LOG_LEVEL": "CRITICAL", "RUNTIME__DLTHUB_TELEMETRY": "false"}


def main() -> NoReturn:
    """Run the command line; whatever fails becomes one line on stderr and an exit code."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        app(prog_name="b24")
    except SystemExit as end:
        _leave(end.code)
    except Exception as error:  # noqa: BLE001 - the last place that can turn it into words
        _leave(report(error))
    _leave(0)


def _leave(code: object) -> NoReturn:
    """End the process at once: to take apart what was imported would cost a third of a second."""
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    atexit._run_exitfuncs()  # noqa: SLF001 - what libraries leave behind (dbt's locks, logs) they tidy here
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever read it is gone
            stream.flush()
    os._exit(code if isinstance(code, int) else 0)
