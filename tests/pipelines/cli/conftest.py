"""`b24` as a process of its own, in an empty folder, with nothing of this machine's settings."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sources.demo_portal import DemoPortal, serve

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
        stdin: str | None = None,
        limit: Callable[[], None] | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        more = {"BITRIX24_WEBHOOK_URL": webhook} if webhook else {}
        return subprocess.run(
            self.words(words),
            cwd=self.folder,
            env={**self.environment, **more, **environment},
            input=stdin,
            preexec_fn=limit,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def words(self, words: Sequence[str]) -> list[str]:
        """The command as a process is started with it."""
        return [sys.executable, "-m", "pipelines.cli", *words]


@pytest.fixture
def b24(tmp_path: Path) -> CommandLine:
    """The command line in an empty folder."""
    kept = ("PATH", "PYTHONDONTWRITEBYTECODE", "SYSTEMROOT")
    return CommandLine(
        tmp_path,
        {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(tmp_path / "home"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PYTHONPATH": str(ROOT),
        },
    )


@pytest.fixture
def portal() -> DemoPortal:
    """A small portal without limits; not served yet, so that a test can arm it first."""
    return DemoPortal(deals=120, rate=0)


@pytest.fixture
def webhook(portal: DemoPortal) -> Iterator[str]:
    """The address at which the portal answers."""
    with serve(portal) as url:
        yield url
