"""Processes that have their libraries imported before they start.

A test of a command wants a process of its own: memory, folder, environment, streams, signals, exit code. It
can do without importing dlt once more, which takes longer than most commands. So one process for all tests of
a worker imports the libraries, and nothing of ours, and every further process is a fork of that one. What a
start from nothing costs and does is tested in cli/test_startup.py, cli/test_portal.py and
test_first_command.py, and wherever `b24.anew` is called. What a shell starts can be such a fork too: see
`command_file`.
"""

import atexit
import gc
import importlib
import json
import os
import resource
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

LIBRARIES = (
    "dlt",
    "dlt.common.configuration.plugins",
    "dlt.common.libs.pyarrow",
    "dlt.destinations.impl.duckdb.duck",
    "dlt.sources.helpers.requests",
    "duckdb",
    "filelock",
    "httpcore",
    "httpx",
    "msgspec",
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "sqlite3",
    "tenacity",
)
"""Those that look at folder and environment when they are used, not when they are imported."""


class Process:
    """A process that was forked, to be handled like one of `subprocess`."""

    def __init__(self, pid: int, ending: int, output: IO[bytes], errors: IO[bytes]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ending, self._output, self._errors = ending, output, errors
        self._written: tuple[bytes, bytes] | None = None

    def poll(self) -> int | None:
        """The exit code, or None while the process runs; as negative number, the signal that ended it."""
        return self._ended_within(0)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it is too late for that."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float) -> tuple[bytes, bytes]:
        """Wait for the end; what was written to stdout and to stderr."""
        if self._ended_within(timeout) is None:
            self.kill()
            raise TimeoutError(f"process {self.pid} did not end within {timeout} s")
        if self._written is None:
            with self._output, self._errors:
                output, errors = (stream.seek(0) or stream.read() for stream in (self._output, self._errors))
            self._written = output, errors
        return self._written

    def _ended_within(self, seconds: float) -> int | None:
        if self.returncode is None and select.select([self._ending], [], [], seconds)[0]:
            self.returncode = int(os.read(self._ending, 16))
            os.close(self._ending)
        return self.returncode


def start(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    stdin: str = "",
    most_bytes: int | None = None,
) -> Process:
    """Start `python` with such words (`-m module ...` or `-c code ...`).

    Args:
        words: What would stand behind `python`.
        folder: The folder it starts in.
        environment: All of its environment.
        stdin: What it reads there.
        most_bytes: No file may become larger, as on a disk that is full.
    """
    what = {"words": words, "folder": str(folder), "environment": environment, "most_bytes": most_bytes}
    output, errors = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - communicate closes them
    with tempfile.TemporaryFile() as typed:
        typed.write(stdin.encode())
        typed.seek(0)
        pid, ending = _order(_server()[0], what, [typed.fileno(), output.fileno(), errors.fileno()])
    return Process(pid, ending, output, errors)


def command_file(path: Path, *words: str) -> int:
    """Write a command that a shell can run: `python` with these words before those that are typed.

    Returns:
        The file number that the shell must inherit. One command at a time can be run with it.
    """
    server = _server()[0].fileno()
    command = shlex.join([sys.executable, "-I", __file__, str(server), *words])
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)
    return server


def _order(server: socket.socket, what: Mapping[str, Any], streams: Sequence[int]) -> tuple[int, int]:
    """Have a process started; its id, and the file in which its exit code will stand."""
    with tempfile.TemporaryFile() as request:
        request.write(json.dumps(what).encode())
        request.seek(0)
        ending, ends = os.pipe()
        socket.send_fds(server, [b"!"], [request.fileno(), *streams, ends])
        os.close(ends)
        return int(server.recv(16)), ending


def _typed_in_a_shell(server: socket.socket, words: Sequence[str]) -> int:
    """Have a process run in place of this one, here, and with its streams; the exit code of that."""
    what = {"words": words, "folder": str(Path.cwd()), "environment": dict(os.environ), "most_bytes": None}
    _, ending = _order(server, what, range(3))
    return int(os.read(ending, 16))


@cache
def _server() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process that forks, and the way to it; when this process ends, the other one does too."""
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            cwd=tempfile.gettempdir(),
            stdin=subprocess.DEVNULL,
        )
    return ours, process


def _fork_on_request(orders: socket.socket) -> list[int] | None:
    """Fork for every order; in the fork, the files that came with it, and None when there will be no more."""
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    ends: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([orders, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ended(ends)
        if orders in ready:
            message, files, _, _ = socket.recv_fds(orders, 1, 5)
            if not message:
                return None
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for number in (woken, wake, orders.detach(), *ends.values()):
                    os.close(number)
                return files
            ends[pid] = files.pop()
            for number in files:
                os.close(number)
            orders.send(str(pid).encode())


def _tell_ended(ends: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            pid, status = ended
            with suppress(BrokenPipeError):  # whoever started it may not care
                os.write(ends[pid], str(os.waitstatus_to_exitcode(status)).encode())
            os.close(ends.pop(pid))


def _become(files: list[int]) -> list[str]:
    """Take the folder, the environment, the streams and the words of an order."""
    with open(files[0], "rb") as request:  # noqa: PTH123 - a number
        what: dict[str, Any] = json.load(request)
    for number, file in enumerate(files[1:4]):
        os.dup2(file, number)
    for number in files[1:]:
        os.close(number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(what["folder"])
    os.environ.clear()
    os.environ.update(what["environment"])
    if what["most_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (what["most_bytes"], what["most_bytes"]))
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    sys.path[:0] = ["", *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return what["words"]


def _run_to_the_end(files: list[int]) -> int:
    """Do what was ordered, then what Python does at its end, but for freeing memory: that takes 0.5 s."""
    how, text, *arguments = _become(files)
    sys.argv = [how, *arguments]
    code: object = 0
    try:
        if how == "-m":
            runpy.run_module(text, run_name="__main__", alter_sys=True)
        else:
            exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - like `python -c`
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 - as it would reach the top
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return int(bool(code)) if not isinstance(code, int) else code


if __name__ == "__main__":
    _, _number, *_words = sys.argv
    _socket = socket.socket(fileno=int(_number))
    if _words:
        os._exit(_typed_in_a_shell(_socket, _words))
    for _library in LIBRARIES:
        importlib.import_module(_library)
    gc.freeze()  # a fork that looks through what is imported for garbage copies all of it
    if (_files := _fork_on_request(_socket)) is not None:
        os._exit(_run_to_the_end(_files))
