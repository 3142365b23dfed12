"""The processes of a comparison: a portal, and a reader that is measured, stopped when it takes too long."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from pipelines.errors import PipelineError
from sources.bitrix24.redaction import redact

_LAUNCHER: Final = Path(__file__).with_name("bench_vs_launch.py")
_KEY, _CERTIFICATE = "key.pem", "certificate.pem"
_AFTERWARDS: Final = "Task exception was never retrieved"  # what asyncio says of the tasks that were left
_COMPLAINT: Final = re.compile(r"[\w.]+: ")  # an exception's name and its message, not a hint behind them
_SAID: Final = 160


@dataclass(frozen=True)
class Allowed:
    """What a portal allows: requests a second, at once, server seconds of a method in ten minutes; 0: any."""

    rate: float = 2.0
    bucket: int = 50
    operating_limit: float = 480.0


@dataclass(frozen=True)
class Counted:
    """What the portal counted; `lived` are the ids of the deals that were there the whole time."""

    requests: int
    refused_503: int
    refused_429: int
    operating_seconds: float
    pages: int
    changes: int
    lived: tuple[int, ...]


@dataclass(frozen=True)
class Portal:
    """A portal that runs, and the environment in which a reader finds it."""

    url: str
    environment: Mapping[str, str]
    _process: "subprocess.Popen[str]"

    def counted(self) -> Counted:
        """What it has counted so far."""
        facts = _ask(self._process)
        return Counted(**{**facts, "lived": tuple(facts["lived"])})


@dataclass(frozen=True)
class Ended:
    """How a reader's process ended; `said` is the last of what it complained of."""

    exit_code: int
    stopped: bool
    seconds: float
    peak_mb: float
    said: str = ""


def openssl() -> str | None:
    """The program that makes certificates."""
    return shutil.which("openssl")


@contextmanager
def portal(
    rows: int, allowed: Allowed, *, cost: bool = False, changing: bool = False, https: bool = False
) -> Iterator[Portal]:
    """A fresh portal with so many deals and such limits.

    Raises:
        PipelineError: it does not start.
    """
    words = ["--rows", str(rows), "--rate", str(allowed.rate), "--bucket", str(allowed.bucket)]
    words += ["--operating-limit", str(allowed.operating_limit)]
    words += ["--cost"] * cost + ["--changing"] * changing
    with tempfile.TemporaryDirectory(prefix="b24-vs-portal-") as folder:
        if https:
            words += ["--https", *_make_certificate(Path(folder))]
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "pipelines.bench_vs_portal", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            url = str(_answer(process.stdout)["url"])
            own = {
                # ours is told the portal's limits, which it would otherwise take for granted
                "SOURCES__BITRIX24__REQUESTS_PER_SECOND": str(allowed.rate),
                "SOURCES__BITRIX24__BUCKET": str(allowed.bucket),
                "SOURCES__BITRIX24__OPERATING_SECONDS": str(allowed.operating_limit),
                "BITRIX24_WEBHOOK_URL": url,
                "B24_STATE_DIR": folder,
                **({"REQUESTS_CA_BUNDLE": str(Path(folder) / _CERTIFICATE)} if https else {}),
            }
            yield Portal(url, {**os.environ, **own}, process)
        finally:
            process.kill()
            process.communicate()


def run(command: Sequence[str], environment: Mapping[str, str], most_seconds: float) -> Ended:
    """Run a reader to its end, or for so many seconds."""
    words = [sys.executable, "-I", "-S", str(_LAUNCHER), str(most_seconds), *command]
    with tempfile.TemporaryFile("w+") as complaints:
        launcher = subprocess.Popen(  # noqa: S603 - our own modules
            words, stdout=subprocess.PIPE, stderr=complaints, env=environment, text=True
        )
        try:
            told, _ = launcher.communicate()
        finally:
            if launcher.poll() is None:
                launcher.terminate()  # it kills the reader
                launcher.wait()
        complaints.seek(0)
        said, _, _ = complaints.read().partition(_AFTERWARDS)
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        lines = [line for line in lines if _COMPLAINT.match(line)] or lines
    if not told:
        raise PipelineError(f"{command[0]} could not be started: {lines[-1] if lines else 'no reason given'}")
    return Ended(**json.loads(told), said=redact(lines[-1])[:_SAID] if lines else "")


def _make_certificate(folder: Path) -> tuple[str, str]:
    program = openssl()
    if program is None:
        raise PipelineError("openssl is needed: it makes the certificate of a portal that speaks https")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    key, certificate = str(folder / _KEY), str(folder / _CERTIFICATE)
    files = ["-keyout", key, "-out", certificate]
    subprocess.run(  # noqa: S603 - words of our own
        [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return key, certificate


def _ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    if process.stdin is None:
        raise PipelineError("the demo portal hears nothing")
    process.stdin.write("figures\n")
    process.stdin.flush()
    return _answer(process.stdout)


def _answer(stream: TextIO | Any) -> dict[str, Any]:  # noqa: ANN401 - typeshed calls it IO[str] | None
    line = stream.readline()
    if not line:
        raise PipelineError("the demo portal did not start, or ended too early; what it said stands above")
    read: dict[str, Any] = json.loads(line)
    return read
