# ruff: noqa: ANN001 - fixtures are typed where they are made

import subprocess
import sys
import time
from pathlib import Path

from pipelines.cli import choices
from sources.demo_portal.seed import DEALS

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("dlt", "dbt", "duckdb", "pandas", "numpy", "pyarrow", "httpx", "uvicorn")


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    """Help, a typing error and a version of it never wait for libraries that a command may need."""
    code = f"import sys, pipelines.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_help_is_there_in_a_moment(b24) -> None:
    """`b24 --help` takes well under a second, process start included."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        assert b24.anew("--help").returncode == 0
        taken.append(time.perf_counter() - began)

    assert min(taken) < 0.8


def test_without_a_command_there_is_help(b24) -> None:
    """`b24` alone lists the commands and exits as wrong usage does."""
    done = b24.anew()

    assert done.returncode == 2
    assert "b24 demo" in done.stdout + done.stderr


def test_a_mistyped_command_is_guessed(b24) -> None:
    """A command that does not exist is answered with the one that was meant."""
    done = b24.anew("snyc")

    assert done.returncode == 2
    assert "Did you mean 'sync'?" in done.stderr


def test_sizes_are_those_of_the_demo_portal() -> None:
    """`--size` offers what the demo portal knows, without importing it for help."""
    assert set(DEALS) == {size.value for size in choices.Size}
