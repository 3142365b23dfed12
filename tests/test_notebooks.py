"""The notebooks run from the first cell to the last, and are committed with what they show."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On the demo portal, without a webhook in the environment; no cell fails."""
    monkeypatch.setenv("B24_STATE_DIR", str(tmp_path))
    monkeypatch.delenv("BITRIX24_WEBHOOK_URL", raising=False)
    notebook = nbformat.read(path, as_version=4)
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]

    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(ROOT)}}).execute()

    run = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert [bool(outputs) for outputs in run] == [bool(outputs) for outputs in shown]
