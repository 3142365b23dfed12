"""The notebooks run from the first cell to the last, and are committed with what they show.

`python tests/test_notebooks.py` runs them anew on a demo portal whose clock stands still, and writes what
they show into them: same models, same pictures.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pipelines import build, sync
from pipelines.working_copy import working_copy
from sources.demo_portal import DemoPortal, serve
from sources.demo_portal.clock import SystemClock
from tests.notebook_pictures import squeeze

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)
ALL_DEALS = 2_000
"""As many as `b24 demo` has; the tests make do with fewer."""
MOST_BYTES = 1_000_000
EVERYTHING: Sequence[str] = ()
WORKED_IN = ("deals", "deal_stage_history", "leads", "contacts", "activities", "tasks")
NEEDED = (*WORKED_IN, "statuses", "pipelines", "currencies", "users")
SYNCED_TABLES = """
    SELECT table_name FROM duckdb_columns()
    WHERE schema_name = 'bitrix24' AND column_name = '_synced_at' ORDER BY table_name
"""

pytestmark = pytest.mark.slow


class StandingClock(SystemClock):
    """The portal's clock in the committed notebooks."""

    def time(self) -> float:
        """It is always Friday evening."""
        return AS_OF.timestamp()


def make_demo(db: Path, deals: int, *runs: Sequence[str], models: Sequence[str] = ()) -> None:
    """Sync a demo portal in several runs, the last an hour ago, each other one 22 hours before the next.

    Runs keep to the machine's clock, so their times are set afterwards. The reports are built as of the clock
    that stands still, without their tests, which have a place of their own.
    """
    with serve(DemoPortal(deals=deals, rate=0, clock=StandingClock())) as url:
        ids = [sync(tables, db=db, webhook_url=url).run_id for tables in runs]
    with working_copy(db, "notebooks") as copy, copy.connect() as connection:
        for back, run in enumerate(reversed(ids)):
            ended = AS_OF - timedelta(hours=1 + 22 * back)
            connection.execute("UPDATE ops.sync_runs SET finished_at = ? WHERE run_id = ?", [ended, run])
        for (table,) in connection.execute(SYNCED_TABLES).fetchall():
            connection.execute(f'UPDATE bitrix24."{table}" SET _synced_at = ?', [ended])
    select = [f"+{name},resource_type:model" for name in models] or ["resource_type:model"]
    build(db, as_of=AS_OF, select=select)


def models_named(notebooks: Sequence[Path]) -> list[str]:
    """The models that the notebooks read."""
    text = "".join(cell.source for path in notebooks for cell in nbformat.read(path, as_version=4).cells)
    built = {path.stem for path in (ROOT / "transforms/models").glob("*/*.sql")}
    return sorted(built & set(re.findall(r"\b\w+\b", text)) - {"settings"})


def executed(path: Path, db: Path) -> nbformat.NotebookNode:
    """The notebook with what it shows now; Jupyter, too, starts it in its own folder."""
    notebook = nbformat.read(path, as_version=4)
    environment = {
        **{name: value for name, value in os.environ.items() if "BITRIX24" not in name},
        "B24_DB": str(db),
        "PYTHONPATH": str(ROOT),
    }
    client = NotebookClient(
        notebook, timeout=180, record_timing=False, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute(env=environment)
    notebook.metadata.language_info.pop("version")
    return notebook


def shown(notebook: nbformat.NotebookNode) -> list[list[list[str]]]:
    """The kinds of outputs, cell by cell."""
    return [
        [sorted(output.get("data", {output.output_type: ""})) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One small demo file for all notebooks."""
    folder = tmp_path_factory.mktemp("notebooks")
    before = os.environ.get("B24_STATE_DIR")
    os.environ["B24_STATE_DIR"] = str(folder / "state")
    make_demo(folder / "demo.duckdb", 300, NEEDED, models=models_named(NOTEBOOKS))
    yield folder / "demo.duckdb"
    if before is None:
        del os.environ["B24_STATE_DIR"]
    else:
        os.environ["B24_STATE_DIR"] = before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, db: Path) -> None:
    """On demo data, without a webhook in the environment: no cell fails, each shows what is committed."""
    assert shown(executed(path, db)) == shown(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebook_was_run_in_one_go(path: Path) -> None:
    """From the first cell to the last, without a path of the machine it ran on, small enough for its page."""
    text = path.read_text()
    counts = [cell.execution_count for cell in nbformat.reads(text, 4).cells if cell.cell_type == "code"]

    assert counts == list(range(1, len(counts) + 1))
    assert len(text) < MOST_BYTES
    # a path from a root of this machine, or one of Windows
    roots = "|".join(
        {re.escape(f"/{place.parts[1]}/") for place in (ROOT, Path.home(), Path(tempfile.gettempdir()))}
    )
    assert not re.search(rf'"[^"]*({roots}|[A-Z]:\\\\)', text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["B24_STATE_DIR"] = folder
        demo = Path(folder) / "demo.duckdb"
        make_demo(demo, ALL_DEALS, EVERYTHING, WORKED_IN)
        for each in NOTEBOOKS:
            notebook = executed(each, demo)
            squeeze(notebook)
            nbformat.write(notebook, each)
