"""What the wheel holds, and what constraints.txt pins; test_first_command.py installs it."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_code_and_models_and_nothing_else(wheel: Path) -> None:
    """Every model and macro is inside; tests, settings and what runs leave behind are not."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = {
        str(path.relative_to(ROOT))
        for folder in ("pipelines", "sources", "transforms")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in (".py", ".sql", ".yml", ".md")
    }
    tracked = {name for name in tracked if "/target/" not in name and "/logs/" not in name}

    assert tracked <= names
    assert {"pipelines", "sources", "transforms"} == {name.split("/")[0] for name in names}
    assert not [name for name in names if name.endswith((".duckdb", ".pyc", "secrets.toml"))]


def test_constraints_pin_every_requirement_and_name_no_place() -> None:
    """One version for each requirement; no address, no path."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(w for extra in project["optional-dependencies"].values() for w in extra),
    ]
    names = {w.split(">")[0].split("<")[0].split("=")[0].strip().lower().replace("_", "-") for w in wanted}

    assert all("==" in line and "/" not in line and "@" not in line for line in lines)
    assert names <= pinned
