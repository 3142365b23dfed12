"""`b24` as a process of its own, in an empty folder, with nothing of this machine's settings."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sources.demo_portal import DemoPortal, serve
from tests.pipelines.prepared import Process, start

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class CommandLine:
    """Types commands in one folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        *words: str,
        webhook: str | None = None,
        stdin: str = "",
        most_bytes: int | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        process = self.start(*words, webhook=webhook, stdin=stdin, most_bytes=most_bytes, **environment)
        output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.poll(), output.decode(), errors.decode())

    def start(
        self,
        *words: str,
        webhook: str | None = None,
        stdin: str = "",
        most_bytes: int | None = None,
        **environment: str,
    ) -> Process:
        """Start one command."""
        typed, environment = self.words(words)[1:], self._environment(webhook, environment)
        return start(typed, self.folder, environment, stdin=stdin, most_bytes=most_bytes)

    def anew(
        self, *words: str, webhook: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one command in a process that starts from nothing, imports included, and ends as any other."""
        return subprocess.run(
            self.words(words),
            cwd=self.folder,
            env=self._environment(webhook, environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _environment(self, webhook: str | None, more: dict[str, str]) -> dict[str, str]:
        return {**self.environment, **({"BITRIX24_WEBHOOK_URL": webhook} if webhook else {}), **more}

    def words(self, words: Sequence[str]) -> list[str]:
        """The command as a process is started with it."""
        return [sys.executable, "-m", "pipelines.cli", *words]


@pytest.fixture(scope="session")
def command_line() -> Callable[[Path], CommandLine]:
    """The command line in a folder."""

    def in_folder(folder: Path) -> CommandLine:
        kept = ("PATH", "PYTHONDONTWRITEBYTECODE", "SYSTEMROOT", "B24_CACHE_DIR")
        return CommandLine(
            folder,
            {
                **{name: os.environ[name] for name in kept if name in os.environ},
                "HOME": str(folder / "home"),
                "XDG_CACHE_HOME": str(folder / "cache"),
                "PYTHONPATH": str(ROOT),
            },
        )

    return in_folder


@pytest.fixture
def b24(tmp_path: Path, command_line: Callable[[Path], CommandLine]) -> CommandLine:
    """The command line in an empty folder."""
    return command_line(tmp_path)


@pytest.fixture
def portal() -> DemoPortal:
    """A small portal without limits; not served yet, so that a test can arm it first."""
    return DemoPortal(deals=120, rate=0)


@pytest.fixture
def webhook(portal: DemoPortal) -> Iterator[str]:
    """The address at which the portal answers."""
    with serve(portal) as url:
        yield url
