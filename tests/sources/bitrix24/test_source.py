"""The dlt source in pipelines that know nothing of ours."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.pipeline.exceptions import PipelineStepFailed

from sources.bitrix24.entities import CONTACT_POINTS, CURRENCY_RATES, ENTITIES, REJECTED_ROWS
from sources.bitrix24.errors import Bitrix24Error, ConfigurationError
from sources.bitrix24.source import bitrix24
from sources.demo_portal import DemoPortal, Fault, serve

PACKAGE = Path(__file__).resolve().parents[3] / "sources" / "bitrix24"
TOKEN = "sEcr3tT0kenDeadBeef42"
Served = tuple[DemoPortal, str]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a home and limits of their own, and no webhook but the test's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("B24_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.delenv("BITRIX24_WEBHOOK_URL", raising=False)
    monkeypatch.delenv("BITRIX24_WEBHOOK_FILE", raising=False)


@pytest.fixture
def served() -> Iterator[Served]:
    portal = DemoPortal(deals=60, rate=0, operating_limit=0, token=TOKEN)
    with serve(portal) as url:
        yield portal, url


def pipeline(folder: Path, name: str = "plain") -> dlt.Pipeline:
    return dlt.pipeline(
        name,
        destination=dlt.destinations.duckdb(str(folder / f"{name}_file.duckdb")),
        dataset_name="crm",
        pipelines_dir=str(folder / "dlt"),
    )


def fetch(folder: Path, query: str, name: str = "plain") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / f"{name}_file.duckdb"), read_only=True) as db:
        return db.execute(query).fetchall()


def test_webhook_comes_from_dlts_environment(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SOURCES__BITRIX24__WEBHOOK_URL` is enough; a second run brings what changed, and no row twice."""
    portal, url = served
    monkeypatch.setenv("SOURCES__BITRIX24__WEBHOOK_URL", url)
    pipeline(tmp_path).run(bitrix24().with_resources("deals", "contacts", CONTACT_POINTS))
    first = int(portal.store.records("deals").table.ids[0])
    portal.store.table("deals").update(first, {"TITLE": "changed"})
    pipeline(tmp_path).run(bitrix24().with_resources("deals", "contacts", CONTACT_POINTS))
    assert fetch(tmp_path, "SELECT count(*), count(DISTINCT id) FROM crm.deals") == [(60, 60)]
    assert fetch(tmp_path, "SELECT id FROM crm.deals WHERE title = 'changed'") == [(first,)]
    assert fetch(tmp_path, "SELECT count(*) > 0 FROM crm.contact_points") == [(True,)]
    tables = fetch(tmp_path, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'crm'")
    assert {name for (name,) in tables if name[0] != "_"} == {"deals", "contacts", CONTACT_POINTS}


def test_webhook_comes_from_a_file(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one in dlt's configuration, the file that BITRIX24_WEBHOOK_FILE names holds it."""
    (tmp_path / "webhook").write_text(f"{served[1]}\n")
    monkeypatch.setenv("BITRIX24_WEBHOOK_FILE", str(tmp_path / "webhook"))
    pipeline(tmp_path).run(bitrix24().with_resources("departments"))
    assert fetch(tmp_path, "SELECT count(*) > 0 FROM crm.departments") == [(True,)]


def test_every_entity_is_a_resource(served: Served) -> None:
    """Whoever lists the source sees what it offers, with keys to merge by."""
    resources = bitrix24(webhook_url=served[1]).resources
    assert set(resources) == {*ENTITIES, CONTACT_POINTS, CURRENCY_RATES, REJECTED_ROWS}
    assert served[0].stats.requests == 0


def test_source_object_can_be_run_again(served: Served, tmp_path: Path) -> None:
    """A second run of the same object reads anew, also after one that failed."""
    portal, url = served
    source = bitrix24(webhook_url=url).with_resources("companies", "deals", "users")
    portal.faults.add(Fault("command_error", method="crm.deal.list", times=-1, code="", description="broken"))
    with pytest.raises(PipelineStepFailed, match="broken"):
        pipeline(tmp_path).run(source)
    portal.faults.clear()
    number = int(portal.store.records("companies").table.ids[0])
    portal.store.table("companies").update(number, {"TITLE": "changed"})
    pipeline(tmp_path).run(source)
    title = f"SELECT title FROM crm.companies WHERE id = {number}"
    assert fetch(tmp_path, "SELECT count(*) FROM crm.deals") == [(60,)]
    portal.store.table("companies").update(number, {"TITLE": "changed again"})
    pipeline(tmp_path).run(source)
    assert fetch(tmp_path, title) == [("changed again",)]


def test_failing_entity_raises(served: Served, tmp_path: Path) -> None:
    """In a plain pipeline nothing may fail quietly; the error is ours, without the token."""
    portal, url = served
    portal.faults.add(Fault("command_error", method="user.get", times=-1, code="", description="broken"))
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline(tmp_path).run(bitrix24(webhook_url=url).with_resources("users", "departments"))
    assert TOKEN not in str(failed.value)
    causes = []
    error: BaseException | None = failed.value
    while error is not None:
        causes.append(error)
        error = error.__cause__ or error.__context__
    assert any(isinstance(cause, Bitrix24Error) and "broken" in str(cause) for cause in causes)


def test_missing_scope_is_no_failure(tmp_path: Path) -> None:
    """What the webhook may not read is left out."""
    with serve(DemoPortal(deals=6, rate=0, scopes=("department",))) as url:
        pipeline(tmp_path).run(bitrix24(webhook_url=url).with_resources("users", "departments"))
    assert fetch(tmp_path, "SELECT count(*) > 0 FROM crm.departments") == [(True,)]


@pytest.mark.parametrize("webhook", [None, "", "https://portal.example/", "not a url"])
def test_wrong_webhook_is_told_at_once(webhook: str | None) -> None:
    """Before anything runs, and saying what a webhook looks like."""
    with pytest.raises((ConfigurationError, ConfigFieldMissingException)):
        bitrix24(webhook_url=webhook)


def test_state_lives_with_the_rows(served: Served, tmp_path: Path) -> None:
    """A new machine with the same destination goes on where the old one stopped."""
    portal, url = served
    pipeline(tmp_path).run(bitrix24(webhook_url=url).with_resources("deals"))
    shutil.rmtree(tmp_path / "dlt")
    asked = portal.stats.by_method["crm.deal.list"]
    pipeline(tmp_path).run(bitrix24(webhook_url=url, overlap_seconds=0).with_resources("deals"))
    assert portal.stats.by_method["crm.deal.list"] - asked == 1
    assert fetch(tmp_path, "SELECT count(*) FROM crm.deals") == [(60,)]


def test_forgotten_state_reads_everything_anew(served: Served, tmp_path: Path) -> None:
    """Whoever drops a pipeline's state gets the portal as it is now, not what was read before."""
    portal, url = served
    pipeline(tmp_path).run(bitrix24(webhook_url=url).with_resources("deals"))
    first = int(portal.store.records("deals").table.ids[0])
    portal.store.table("deals").update(first, {"TITLE": "changed"})
    pipeline(tmp_path).run(bitrix24(webhook_url=url).with_resources("deals"), refresh="drop_sources")
    assert fetch(tmp_path, "SELECT count(*) FROM crm.deals WHERE title = 'changed'") == [(1,)]


def test_folder_alone_works_in_an_empty_project(served: Served, tmp_path: Path) -> None:
    """Copied into any project, with the webhook in its secrets.toml, it needs nothing else of ours."""
    project = tmp_path / "project"
    (project / ".dlt").mkdir(parents=True)
    secrets = f'[sources.bitrix24]\nwebhook_url = "{served[1]}"\n'
    (project / ".dlt" / "secrets.toml").write_text(secrets)
    shutil.copytree(PACKAGE, project / "my_portal", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (project / "load.py").write_text(
        "import dlt\n"
        "from my_portal.source import bitrix24\n"
        "if __name__ == '__main__':\n"
        "    pipeline = dlt.pipeline('p', destination='duckdb', dataset_name='crm', pipelines_dir='dlt')\n"
        "    pipeline.run(bitrix24().with_resources('companies', 'departments'))\n"
        "    print(pipeline.dataset().companies.df()['id'].nunique())\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "load.py"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.split()[-1] == "10"
    assert TOKEN not in done.stdout + done.stderr
