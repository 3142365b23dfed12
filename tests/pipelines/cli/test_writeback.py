"""Write-back as a person types it: export, plan, apply, runs, undo, retry, their files and exit codes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import openpyxl
import pytest

from pipelines import apply, plan, undo
from sources.demo_portal import DemoPortal, Fault, serve
from tests.pipelines.cli.conftest import CommandLine


@dataclass
class Shop:
    """A portal, a warehouse that was synced with it, and a command line."""

    portal: DemoPortal
    url: str
    b24: CommandLine

    def __call__(self, *words: str, **environment: str) -> CompletedProcess[str]:
        """Type a command."""
        told = {"WRITEBACK__REQUEST_LIFETIME": "0.5", "B24_STATE_DIR": str(self.b24.folder / "state")}
        return self.b24(*words, webhook=self.url, **(told | environment))

    def last_run(self) -> str:
        """Id of the latest run."""
        return str(json.loads(self("runs", "--json").stdout)["runs"][0]["run_id"])

    def title(self, number: int) -> str:
        """Of a deal."""
        return str(self.portal.store.table("deals").get(number)["TITLE"])


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, command_line: Callable[[Path], CommandLine]
) -> Iterator[Shop]:
    portal = DemoPortal(deals=60, rate=0, operating_limit=0)
    with serve(portal) as url:
        made = Shop(portal, url, command_line(tmp_path_factory.mktemp("shop")))
        done = made("sync", "deals", "users", "statuses", "custom_fields")
        assert done.returncode == 0, done.stderr
        yield made


def test_workbook_there_and_back(shop: Shop) -> None:
    """Export, edit, plan, apply: only what was edited is written, the warehouse knows, undo restores it."""
    folder = shop.b24.folder
    assert shop("export", "deals", "-o", "deals.xlsx").returncode == 0
    book = openpyxl.load_workbook(folder / "deals.xlsx")
    sheet = book["deals"]
    places = {cell.value: cell.column for cell in sheet[2]}
    edited = {int(sheet.cell(row, places["ID"]).value): f"edited {row}" for row in (3, 4, 5)}
    before = {number: shop.title(number) for number in edited}
    for row in (3, 4, 5):
        sheet.cell(row, places["TITLE"]).value = f"edited {row}"
    book.save(folder / "deals.xlsx")
    done = shop("plan", "deals.xlsx", "--to", "deals", "-o", "plan")
    assert (done.returncode, "update 3" in done.stdout) == (0, True), done.stderr + done.stdout
    assert {number: shop.title(number) for number in edited} == before
    done = shop("apply", "plan")
    assert done.returncode == 0, done.stderr + done.stdout

    assert {number: shop.title(number) for number in edited} == edited
    run = shop.last_run()
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as db:
        found = db.execute("SELECT done, user_id FROM ops.write_runs WHERE run_id = ?", [run]).fetchall()
        rows = db.execute(
            "SELECT record_id, before ->> 'TITLE', after ->> 'TITLE' FROM ops.write_rows WHERE run_id = ?",
            [run],
        ).fetchall()
        raw = db.execute("SELECT id, title FROM bitrix24.deals WHERE title LIKE 'edited %'").fetchall()
    assert found == [(3, 1)]
    assert {int(number): (old, new) for number, old, new in rows} == {
        number: (before[number], edited[number]) for number in edited
    }
    assert dict(raw) == edited
    told = json.loads(shop("status", "--json").stdout)["write_runs"][0]
    assert (told["run_id"], told["done"], told["status"]) == (run, 3, "done")
    shown = shop("status").stdout
    assert ("write run" in shown, "3 done" in shown) == (True, True)
    assert shop("undo", run, "-o", "undo").returncode == 0
    assert shop("apply", "undo").returncode == 0
    assert {number: shop.title(number) for number in edited} == before
    assert "demo0portal0token" not in "".join(
        path.read_text(errors="replace") for path in (folder / "plan").iterdir() if path.suffix != ".xlsx"
    )


def test_rejected_rows_come_back(shop: Shop) -> None:
    """Exit code 6, the rejected row in rejects.xlsx, and retry writes it."""
    folder = shop.b24.folder
    numbers = [int(row["ID"]) for row in shop.portal.store.table("deals").rows()[10:13]]
    (folder / "some.csv").write_text(
        "ID,TITLE\n" + "".join(f"{number},again {number}\n" for number in numbers)
    )
    assert shop("plan", "some.csv", "--to", "deals", "-o", "some").returncode == 0
    shop.portal.faults.add(
        Fault("command_error", method="crm.deal.update", command="w2", code="", description="No!")
    )
    done = shop("apply", "some", "--no-sync")
    rejects = openpyxl.load_workbook(folder / "some" / "rejects.xlsx").worksheets[0]
    shown = [str(cell) for row in rejects.iter_rows(values_only=True) for cell in row]

    assert done.returncode == 6, done.stderr + done.stdout
    assert (f"again {numbers[1]}" in shown, "No!" in shown) == (True, True)
    assert f"again {numbers[0]}" not in shown
    assert "No!" in shop("runs", shop.last_run()).stdout
    assert shop("retry", shop.last_run(), "-o", "more").returncode == 0
    assert shop("apply", "more", "--no-sync").returncode == 0
    assert [shop.title(number) for number in numbers] == [f"again {number}" for number in numbers]


def test_exit_codes(shop: Shop) -> None:
    """2 where something has to be said, 3 for rows, 5 for a cap, 8 for an edited plan, each with why."""
    folder = shop.b24.folder
    number = int(shop.portal.store.table("deals").rows()[20]["ID"])
    (folder / "new.csv").write_text("TITLE\nx\n")
    (folder / "bad.csv").write_text(f"ID,CLOSEDATE\n{number},soon\n")
    (folder / "good.csv").write_text(f"ID,TITLE\n{number},good\n")
    (folder / "none.csv").write_text("ID\n")
    asked = shop("plan", "new.csv", "--to", "deals", "-o", "p1")
    wrong = shop("plan", "bad.csv", "--to", "deals", "-o", "p2")
    empty = shop("plan", "none.csv", "--to", "deals", "--mode", "delete", "-o", "p3")
    assert shop("plan", "good.csv", "--to", "deals", "-o", "p4").returncode == 0
    path = folder / "p4" / "operations.jsonl"
    path.write_text(path.read_text().replace("good", "evil"))
    edited = shop("apply", "p4")

    assert (asked.returncode, "--mode insert" in asked.stderr) == (2, True)
    assert (wrong.returncode, "row 2, column CLOSEDATE: 'soon'" in wrong.stderr) == (3, True)
    assert (empty.returncode, edited.returncode) == (5, 8)
    assert not (folder / "p2").exists()
    assert shop.title(number) != "evil"


def test_functions_for_a_notebook(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DataFrame becomes a plan that shows its changes as a table, is applied, and undone."""
    import pandas as pd  # noqa: PLC0415

    monkeypatch.setenv("B24_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    number = int(shop.portal.store.table("deals").rows()[30]["ID"])
    before = shop.title(number)
    made = plan(
        pd.DataFrame({"ID": [number], "TITLE": ["from a frame"]}), to="deals", key="ID", webhook_url=shop.url
    )

    assert "update 1" in made.summary()
    assert made.changes[["field", "before", "after"]].to_numpy().tolist() == [
        ["TITLE", before, "from a frame"]
    ]
    report = made.apply()
    assert (report.exit_code, shop.title(number)) == (0, "from a frame")
    assert apply(made.folder, webhook_url=shop.url).again
    assert undo(report.run_id, webhook_url=shop.url).apply().done == 1
    assert shop.title(number) == before
