"""What a new user types first: a fresh copy is installed, its source is taken away, the demo runs.

The two halves of the command take a minute of a processor together, so all that is to be shown of them is
shown of one installation and one demo.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.test_docs import ROOT, blocks, first_command

DEMO_SECONDS = 60
SOURCE = ("pipelines", "sources", "transforms")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Demo:
    """The end of the first command, in a copy that has only what was installed."""

    folder: Path
    done: subprocess.CompletedProcess[str]
    appeared: set[str]
    """The files that were not there before."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The files of this checkout elsewhere, and the first command of README typed there."""
    folder = tmp_path_factory.mktemp("newcomer") / "clone"
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in tracked:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    install, _, run = first_command().rpartition(" && ")
    around = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    # to compile is a third of pip's time, for modules that are never imported
    installed = _typed(install, folder, around | {"PIP_COMPILE": "0"})
    assert installed.returncode == 0, installed.stderr
    for name in SOURCE:
        shutil.rmtree(folder / name)
    before = {path.name for path in folder.iterdir()}
    names = ("PATH", "PYTHONDONTWRITEBYTECODE", "B24_CACHE_DIR")
    home = {"HOME": str(folder.parent), "XDG_CACHE_HOME": str(folder.parent / "cache")}
    done = _typed(run, folder, {name: around[name] for name in names if name in around} | home)
    return Demo(folder, done, {path.name for path in folder.iterdir()} - before)


def _typed(command: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def outline(text: str) -> list[str]:
    """The headings of the demo's output, without the figures in them."""
    lines = [line for line in text.splitlines() if re.match(r"\d\. |[A-Z]", line)]
    return [re.sub(r"\d[\d,]*", "N", line).strip() for line in lines]


def test_first_command_works_in_a_fresh_copy_and_prints_what_readme_shows(demo: Demo) -> None:
    """A new user who types the first command gets the demo, as printed in README."""
    assert demo.done.returncode == 0, demo.done.stderr
    assert "Warning" not in demo.done.stderr
    assert outline(blocks("text")[0]) == outline(demo.done.stdout)


def test_what_is_installed_tells_the_whole_way(demo: Demo) -> None:
    """Without the source `b24 demo` takes less than a minute, and leaves its file and nothing else."""
    told = demo.done.stdout
    for words in ("reads everything", "reads what changed", "How far deals come", "█", "29 of 29 tables"):
        assert words in told
    assert "deleted in the portal, kept here" in told
    assert told.rstrip().endswith("b24 status --db demo.duckdb")
    (seconds,) = re.findall(r"^Done in (\d+) s\.", told, re.MULTILINE)
    assert int(seconds) < DEMO_SECONDS
    assert demo.appeared == {"demo.duckdb", "demo.duckdb.b24"}
    with duckdb.connect(str(demo.folder / "demo.duckdb"), read_only=True) as connection:
        today = "core.fct_deal JOIN core.settings ON closed_date = as_of_date"
        won = f"SELECT count(*) FROM {today} WHERE status = 'won'"
        assert connection.execute(won).fetchone()[0] >= 3
