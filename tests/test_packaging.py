"""What is installed works without the source tree."""

import os
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
import zipfile
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parent.parent
DEMO_SECONDS = 60


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


@pytest.mark.slow
def test_the_installed_demo_runs_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """With the wheel alone `b24 demo` tells the whole way in a minute, and leaves its file."""
    home, empty = tmp_path / "venv", tmp_path / "empty"
    empty.mkdir()
    venv.create(home, with_pip=False)
    python = home / "bin/python"
    installed = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    # the libraries of this environment, without its .pth files, which may lead to this source tree
    (installed / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    words = ["install", "-q", "--no-deps", "--no-index", "--force-reinstall", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *words], check=True)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
    environment = {**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            words, cwd=empty, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert str(home) in run(python, "-c", "import pipelines; print(pipelines.__file__)")
    began = time.perf_counter()
    told = run(home / "bin/b24", "demo", "--size", "small")
    assert time.perf_counter() - began < DEMO_SECONDS
    for words in ("reads everything", "reads what changed", "How far deals come", "█", "11 of 11 tables"):
        assert words in told
    assert "deleted in the portal, kept here" in told
    assert told.rstrip().endswith("b24 status --db demo.duckdb")
    assert {"demo.duckdb", "demo.duckdb.b24"} == {path.name for path in empty.iterdir()}
    with duckdb.connect(str(empty / "demo.duckdb"), read_only=True) as demo:
        today = "core.fct_deal JOIN core.settings ON closed_date = as_of_date"
        won = f"SELECT count(*) FROM {today} WHERE status = 'won'"
        assert demo.execute(won).fetchone()[0] >= 3
