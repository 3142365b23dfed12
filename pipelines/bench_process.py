"""A demo portal and the commands measured against it, each a process of its own.

Requests, commands and server seconds are those that the portal itself has counted.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pipelines.errors import PipelineError


@dataclass(frozen=True)
class Told:
    """What a process said of itself; `seconds` from the first request to the loaded tables.

    `commands` are those of each table.
    """

    rows: int
    seconds: float | None = None
    commands: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Cost:
    """What a process cost: the portal's own figures, its time from start to end, its memory."""

    told: Told
    requests: int
    commands: int
    operating_seconds: float
    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class PortalProcess:
    """A portal that runs, and the environment in which commands find it."""

    url: str
    environment: Mapping[str, str]

    def stats(self) -> dict[str, Any]:
        """What the portal has counted so far, and how many rows each table has."""
        return self._control("stats", None)

    def change(self, share: float) -> None:
        """Let users change that share of the deals."""
        self._control("change", {"table": "deals", "seed": 1, "share": share})

    def _control(self, name: str, body: dict[str, Any] | None) -> dict[str, Any]:
        address = f"http://{urlsplit(self.url).netloc}/_control/{name}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(address, data), timeout=60) as answer:
            read: dict[str, Any] = json.load(answer)
        return read


@contextmanager
def portal_process(rate: float, bucket: int, *words: str) -> Iterator[PortalProcess]:
    """A portal with such limits; `words` are further options of `python -m sources.demo_portal`.

    Raises:
        PipelineError: it does not start.
    """
    limits = ["--rate", str(rate), "--bucket", str(bucket)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sources.demo_portal", *limits, *words], stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("READY "):
            raise PipelineError("the demo portal did not start")
        url = line.split()[1]
        with tempfile.TemporaryDirectory(prefix="b24-limits-") as state:
            own = {
                # the sync is told the portal's limits, which it would otherwise take for granted
                "SOURCES__BITRIX24__REQUESTS_PER_SECOND": str(rate),
                "SOURCES__BITRIX24__BUCKET": str(bucket),
                "BITRIX24_WEBHOOK_URL": url,
                "B24_STATE_DIR": state,
            }
            yield PortalProcess(url, {**os.environ, **own})
    finally:
        process.terminate()
        process.communicate()


def cost_of(portal: PortalProcess, command: Sequence[str], read: Callable[[str], Told], what: str) -> Cost:
    """Run a command to its end and return what it cost.

    Args:
        portal: what it talks to.
        command: how it is started.
        read: what its output says.
        what: how a person calls it.

    Raises:
        PipelineError: it failed.
    """
    before, began = portal.stats(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, env=portal.environment)  # noqa: S603 - our own modules
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise PipelineError(f"{what} failed (exit {process.returncode}); what it said stands above")
    after = portal.stats()
    return Cost(
        told=read(text),
        requests=after["requests"] - before["requests"],
        commands=after["commands"] - before["commands"],
        operating_seconds=sum(after["operating"].values()) - sum(before["operating"].values()),
        seconds=seconds,
        peak_mb=usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
    )


def sync_command(db: str, *entities: str) -> list[str]:
    """`b24 sync` as it is typed, telling what it does as JSON."""
    return [sys.executable, "-m", "pipelines.cli", "sync", *entities, "--db", db, "--log", "json"]


def synced(text: str) -> Told:
    """What a sync's last event tells."""
    (run,) = (event for line in text.splitlines() if (event := json.loads(line))["event"] == "synced")
    began, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
    commands = {each["entity"]: each["commands"] for each in run["entities"]}
    rows = sum(each["rows_read"] for each in run["entities"])
    return Told(rows, (ended - began).total_seconds(), commands)


def counted(text: str) -> Told:
    """What a process tells that prints a number of rows."""
    return Told(int(text))
