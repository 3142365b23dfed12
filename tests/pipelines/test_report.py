"""The runner of the dbt project: what it reports, what it refuses, what it leaves behind."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.dbt_project import PROJECT
from pipelines.documentation import docs
from pipelines.errors import PipelineError
from pipelines.places import places_of
from pipelines.report import BuildError, SettingError, WarehouseBusyError, WarehouseMissingError, build

pytestmark = pytest.mark.slow

AS_OF = datetime(2024, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def target_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One parsed dbt project for all tests."""
    return tmp_path_factory.mktemp("target")


@pytest.fixture
def db(target_dir: Path) -> Path:
    """A warehouse with two deals of an owner that no list has."""
    path = target_dir / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema bitrix24")
        connection.execute(
            "create table bitrix24.deals as select unnest([1, 2]) as id, 'NEW' as stage_id, "
            "5 as assigned_by_id, timestamptz '2024-03-31 22:30:00+00' as date_create"
        )
    return path


def _one(db: Path, query: str) -> object:
    with duckdb.connect(str(db), read_only=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_models_and_tests_are_reported(db: Path, target_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Names, schemas, rows and progress come back; dbt says nothing and writes nothing beside its project."""
    before = sorted(PROJECT.rglob("*"))
    steps: list[tuple[str, str, float]] = []

    report = build(
        db,
        as_of=AS_OF,
        select=["+rpt_deal_funnel", "+fct_call"],
        target_dir=target_dir,
        progress=lambda *step: steps.append(step),
    )

    rows = {model.name: (model.schema, model.rows) for model in report.models}
    assert report.ok, report.failed
    assert report.as_of == AS_OF
    assert rows["fct_deal"] == ("core", 2)
    assert rows["stg_bitrix24__deals"] == ("staging", None)
    assert "bitrix24.calls" in report.absent
    assert "bitrix24.deals" not in report.absent
    assert "fct_call" in report.empty
    assert "fct_deal" not in report.empty
    assert report.first_query_at is not None
    assert {kind for kind, _, _ in steps} == {"model", "test"}
    assert len(steps) == len(report.models) + len(report.tests)
    assert steps[-1][2] == 1.0
    assert capfd.readouterr() == ("", "")
    assert sorted(PROJECT.rglob("*")) == before
    assert (target_dir / "logs" / "dbt.log").exists()


def test_settings_and_environment(db: Path, target_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given settings are those of the build, whatever is set outside, and the environment is as it was."""
    monkeypatch.chdir(db.parent)
    monkeypatch.setenv("B24_VAR_BASE_CURRENCY", "CHF")
    monkeypatch.setenv("DBT_TARGET", "nowhere")
    before = dict(os.environ)

    report = build(
        Path(db.name),
        as_of=datetime(2024, 6, 30, 12),  # noqa: DTZ001 - is taken as UTC
        variables={"portal_timezone": "Asia/Tokyo", "base_currency": "usd", "velocity_window_days": "30"},
        select=["+fct_deal"],
        target_dir=target_dir,
    )

    assert report.ok, report.failed
    assert report.as_of == AS_OF
    assert dict(os.environ) == before
    assert "rpt_deal_monthly" not in {model.name for model in report.models}
    assert _one(db, "select base_currency from core.settings") == "USD"
    assert _one(db, "select velocity_window_days from core.settings") == 30
    assert _one(db, "select as_of = timestamptz '2024-06-30 12:00:00+00' from core.settings") is True
    assert str(_one(db, "select created_date from core.fct_deal limit 1")) == "2024-04-01"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("portal_timezone", "Europe/Berlln", "does not know this timezone"),
        ("timezone", "UTC", "no such setting"),
        ("period_start", "last year", "not a value of type date"),
        ("velocity_window_days", "many", "not a value of type integer"),
        ("base_currency", "euros", "three-letter code"),
        ("calendar_window", "2024", "FROM/TO"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    db: Path, target_dir: Path, name: str, value: str, words: str
) -> None:
    """A wrong setting is named with its cure before anything is built."""
    with pytest.raises(SettingError, match=words) as caught:
        build(db, variables={name: value}, target_dir=target_dir)

    assert (caught.value.name, caught.value.value) == (name, value)


def test_an_unknown_timezone_of_the_portal_stops_no_build(db: Path, target_dir: Path) -> None:
    """A timezone that only the portal knows becomes UTC, with a warning that names the option."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema ops; create table ops.portal as select 'Mars/Base' as timezone")

    report = build(db, as_of=AS_OF, select=["+settings"], target_dir=target_dir)

    (warning,) = report.warnings
    assert report.ok, report.failed
    assert "'Mars/Base'" in warning
    assert "--var portal_timezone=" in warning
    assert _one(db, "select portal_timezone from core.settings") == "UTC"


def test_a_base_currency_without_a_rate_is_refused(db: Path, target_dir: Path) -> None:
    """A base currency that the portal does not list would make every amount NULL: the listed are named."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("create table bitrix24.currencies as select unnest(['USD', 'EUR']) as currency")

    with pytest.raises(SettingError, match="it has EUR, USD"):
        build(db, as_of=AS_OF, variables={"base_currency": "GBP"}, target_dir=target_dir)


def test_there_must_be_a_warehouse(tmp_path: Path, target_dir: Path) -> None:
    """A mistyped path makes no new file."""
    with pytest.raises(WarehouseMissingError, match="b24 sync"):
        build(tmp_path / "none.duckdb", target_dir=target_dir)

    assert list(tmp_path.iterdir()) == []


def test_a_held_file_is_named(db: Path, target_dir: Path) -> None:
    """A file that another process has open is refused with that reason."""
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(db)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseBusyError, match="close what holds it"):
            build(db, target_dir=target_dir)
        holder.communicate("")


def test_a_failing_test_hides_no_table(db: Path, target_dir: Path) -> None:
    """What does not hold is reported with its first rows, and every table is there."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("insert into bitrix24.deals select * from bitrix24.deals where id = 2")

    report = build(db, as_of=AS_OF, select=["+rpt_deal_monthly"], target_dir=target_dir)

    failed = {test.name: test for test in report.tests if test.status != "pass"}
    assert not report.ok
    assert list(report.failed) == list(failed.values())
    assert failed["primary_key_fct_deal_deal_id"].failures == 1
    assert failed["primary_key_fct_deal_deal_id"].rows == ({"deal_id": 2, "count_rows": 2},)
    assert _one(db, "select sum(deals_created) from reporting.rpt_deal_monthly") == 3


def test_a_failing_model_is_named(db: Path, target_dir: Path) -> None:
    """A model that cannot be built says why, what needs it is skipped, and the rest is built and tested."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("create view bitrix24.departments as select error('no departments today') as id")

    report = build(db, as_of=AS_OF, select=["+dim_user", "+fct_deal"], target_dir=target_dir)

    status = {model.name: model.status for model in report.models}
    message = next(model.message for model in report.models if model.name == "dim_user")
    assert not report.ok
    assert status["dim_user"] == "error"
    assert "no departments today" in message
    assert status["fct_deal"] == "success"
    assert "primary_key_fct_deal_deal_id" in {test.name for test in report.tests if test.status == "pass"}
    assert not any("dim_user" in test.name for test in report.tests)


def test_a_wrong_selector_is_an_error(db: Path, target_dir: Path) -> None:
    """A selector that finds nothing builds nothing and says so."""
    with pytest.raises(BuildError, match="no model"):
        build(db, as_of=AS_OF, select=["rpt_no_such_table"], target_dir=target_dir)


def _own_models(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_own_models_are_built_tested_and_described(db: Path, target_dir: Path, tmp_path: Path) -> None:
    """A user's models land in their own schema with tests and comments; one that fails names its file."""
    own = _own_models(
        tmp_path / "mine",
        deal_owners__sql="select owner_user_id, count(*) as deals from {{ ref('fct_deal') }} group by 1",
        deal_owners__yml="""
            models:
              - name: deal_owners
                description: One row per owner.
                data_tests:
                  - primary_key: {arguments: {columns: [owner_user_id]}}
                columns:
                  - name: deals
                    description: Number of deals.
                    data_tests:
                      - accepted_values: {arguments: {values: [7], quote: false}, config: {severity: warn}}
                  - name: no_such_column
                    description: Written of a column that is not there.
        """,
        wrong__sql="select no_such_column from {{ ref('fct_deal') }}",
    )

    report = build(db, as_of=AS_OF, select=["+deal_owners", "+wrong"], target_dir=target_dir, custom=own)

    models = {model.name: model for model in report.models}
    assert [each.name for each in report.failed] == ["wrong"]
    assert (models["deal_owners"].schema, models["deal_owners"].rows) == ("custom", 1)
    assert f"({own}/wrong.sql)" in models["wrong"].message
    assert {(test.name, test.status) for test in report.tests} >= {
        ("primary_key_deal_owners_owner_user_id", "pass"),
        ("accepted_values_deal_owners_deals__False__7", "warn"),
    }
    comment = (
        "select comment from duckdb_columns() where table_name = 'deal_owners' and column_name = 'deals'"
    )
    assert _one(db, comment) == "Number of deals."


def test_own_models_that_cannot_be_read_hide_no_others(db: Path, target_dir: Path, tmp_path: Path) -> None:
    """Where dbt cannot read a user's model its file is named, and everything else is built."""
    own = _own_models(tmp_path / "mine", lost__sql="select 1 as x from {{ ref('no_such_table') }}")

    report = build(db, as_of=AS_OF, select=["+fct_deal"], target_dir=target_dir, custom=own)

    (unread,) = report.failed
    assert f"{own}/lost.sql" in getattr(unread, "message", "")
    assert _one(db, "select count(*) from core.fct_deal") == 2
    with pytest.raises(BuildError, match=r"lost\.sql"):
        build(db, as_of=AS_OF, select=["lost"], target_dir=target_dir, custom=own)


def test_documentation_is_one_page(
    db: Path, target_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has every table with its description, names no folder of this machine, and changes no file."""
    monkeypatch.chdir(tmp_path)
    before, parsed = db.read_bytes(), places_of(db).dbt
    if (target_dir / "partial_parse.msgpack").exists():  # another test was here: saves five seconds
        parsed.mkdir(parents=True, exist_ok=True)
        shutil.copy(target_dir / "partial_parse.msgpack", parsed)

    page = docs(db, "pages")

    text = page.read_text()
    assert page == Path("pages/index.html")
    assert "rpt_deal_funnel" in text
    assert "One row per deal that the portal has" in text
    assert str(target_dir) not in text
    assert db.read_bytes() == before
    with pytest.raises(PipelineError, match="b24 sync"):
        docs(tmp_path / "none.duckdb")
