"""Runs one command and says what it used, as JSON: `python bench_vs_launch.py SECONDS COMMAND...`.

Linux begins the peak memory of a child with that of the process that started it. So this one, which starts
the commands that are measured, imports next to nothing and is run as a file, not as a part of the package.
"""

import json
import os
import signal
import subprocess
import sys
import time
from types import FrameType


def main(seconds: float, command: list[str]) -> None:
    """Run it for so many seconds at most; write how it ended."""
    began, stopped = time.perf_counter(), False
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - the words that bench_vs gave

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        process.kill()

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    facts = {
        "exit_code": process.returncode,
        "stopped": stopped,
        "seconds": time.perf_counter() - began,
        "peak_mb": usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
    }
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
