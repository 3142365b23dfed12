"""What a new user types first, in a fresh copy, and what it installs: one installation for all tests."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.test_docs import ROOT, blocks, first_command

DEMO_SECONDS = 60

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Copy:
    """A fresh copy in which the first command was typed."""

    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
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
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        ["bash", "-c", first_command()],
        cwd=folder,
        env=environment | {"PIP_COMPILE": "0"},  # a third of pip's time, for modules that are never imported
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    return Copy(folder, done)


def outline(text: str) -> list[str]:
    """The headings of the demo's output, without the figures in them."""
    lines = [line for line in text.splitlines() if re.match(r"\d\. |[A-Z]", line)]
    return [re.sub(r"\d[\d,]*", "N", line).strip() for line in lines]


def test_first_command_works_in_a_fresh_copy_and_prints_what_readme_shows(copy: Copy) -> None:
    """A new user who types the first command gets the demo, as printed in README."""
    assert copy.done.returncode == 0, copy.done.stderr
    assert outline(blocks("text")[0]) == outline(copy.done.stdout)
    assert (copy.folder / "demo.duckdb").exists()


def test_what_is_installed_tells_the_whole_way_in_an_empty_folder(copy: Copy, tmp_path: Path) -> None:
    """Without the source tree `b24 demo` needs less than a minute, and leaves its file and nothing else."""
    for name in ("pipelines", "sources", "transforms"):
        shutil.rmtree(copy.folder / name)
    empty = tmp_path / "empty"
    empty.mkdir()
    names = ("PATH", "PYTHONDONTWRITEBYTECODE", "B24_CACHE_DIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    environment = {**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    binaries = copy.folder / ".venv/bin"

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            words, cwd=empty, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    shown = run(binaries / "python", "-c", "import pipelines; print(pipelines.__file__)")
    assert str(copy.folder / ".venv") in shown
    began = time.perf_counter()
    told = run(binaries / "b24", "demo", "--size", "small")
    assert time.perf_counter() - began < DEMO_SECONDS
    for words in ("reads everything", "reads what changed", "How far deals come", "█", "29 of 29 tables"):
        assert words in told
    assert "deleted in the portal, kept here" in told
    assert told.rstrip().endswith("b24 status --db demo.duckdb")
    assert {"demo.duckdb", "demo.duckdb.b24"} == {path.name for path in empty.iterdir()}
    with duckdb.connect(str(empty / "demo.duckdb"), read_only=True) as demo:
        today = "core.fct_deal JOIN core.settings ON closed_date = as_of_date"
        won = f"SELECT count(*) FROM {today} WHERE status = 'won'"
        assert demo.execute(won).fetchone()[0] >= 3
