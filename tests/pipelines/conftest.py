"""Every test has a folder, a home and request limits of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep limits, settings and dlt's own files away from this machine's, and overlaps from hiding losses."""
    monkeypatch.setenv("B24_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "0")
    monkeypatch.delenv("BITRIX24_WEBHOOK_URL", raising=False)
    monkeypatch.delenv("BITRIX24_WEBHOOK_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
