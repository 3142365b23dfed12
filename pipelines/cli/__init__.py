"""The command line `b24`; nothing heavy is imported before a command needs it."""

import os
import sys

from pipelines.cli.app import app
from pipelines.cli.failures import report

__all__ = ["app", "main"]

# dlt reads its own settings from here before any code of ours can set them; whoever set them is obeyed.
_QUIET = {"RUNTIME__LOG_LEVEL": "CRITICAL", "RUNTIME__DLTHUB_TELEMETRY": "false"}


def main() -> None:
    """Run the command line; whatever fails becomes one line on stderr and an exit code."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        app(prog_name="b24")
    except Exception as error:  # noqa: BLE001 - the last place that can turn it into words
        sys.exit(report(error))
