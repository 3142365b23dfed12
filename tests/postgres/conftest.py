"""One PostgreSQL server for all tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.postgres.server import PostgresServer, programs, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server on loopback; without one installed its tests are skipped, but never in CI."""
    bin_folder = programs()
    if bin_folder is None:
        reason = "no PostgreSQL server is installed (Debian: apt-get install postgresql-15)"
        if os.environ.get("B24_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    # not a folder of pytest's: a socket's path must be short, and a system user must get there
    with TemporaryDirectory(prefix="b24-pg-") as folder, running(Path(folder), bin_folder) as server:
        yield server


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep limits, settings and dlt's own files away from this machine's."""
    monkeypatch.setenv("B24_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "0")
    monkeypatch.setenv("SOURCES__BITRIX24__WALK_HOURS", "0")
    for name in ("BITRIX24_WEBHOOK_URL", "BITRIX24_WEBHOOK_FILE", "DESTINATION__POSTGRES__CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
