"""Every failure that a person can meet: one line on stderr that says what to do, and the right exit code."""

# ruff: noqa: ANN001 - fixtures are typed where they are made

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from pipelines.cli.failures import failure_of
from sources.demo_portal import DemoPortal, Fault, serve
from tests.pipelines.prepared import Process

pytestmark = pytest.mark.slow

SYNC = ("sync", "deals", "users")


def told(done, exit_code: int, *words: str) -> None:
    """One line on stderr, with these words; no traceback; nothing on stdout."""
    assert exit_code == done.returncode, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("b24: "), done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in line, line


@pytest.fixture(scope="module", autouse=True)
def unreachable(command_line, tmp_path_factory) -> Iterator[Process]:
    """A check of a port where nobody listens; it tries for a while, during the other tests of this file."""
    b24 = command_line(tmp_path_factory.mktemp("unreachable"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        process = b24.start("check", webhook=f"http://127.0.0.1:{port}/rest/1/abcdefgh/")
        yield process
        process.communicate(timeout=120)


@pytest.mark.parametrize("command", [("check",), SYNC, ("run",), ("call", "profile")])
def test_without_a_webhook_it_says_what_one_is_and_where_to_make_it(b24, command) -> None:
    """The very first command of a new user tells the next step."""
    told(
        b24(*command),
        10,
        "Developer resources",
        "Inbound webhook",
        "export BITRIX24_WEBHOOK_URL=",
        "b24 demo",
    )


def test_a_wrong_token(b24, webhook) -> None:
    """A webhook that the portal does not know is refused, and the secret is not shown."""
    done = b24(*SYNC, webhook=webhook.replace("demo0portal0token", "wrong0portal0token"))

    told(done, 10, "NO_AUTH_FOUND", "webhook")
    assert "wrong0portal0token" not in done.stderr


@pytest.mark.parametrize("url", ["https://example.com/crm/", "nonsense", "https://b24.test/rest/1/"])
def test_an_address_that_is_no_webhook(b24, url) -> None:
    """What was pasted is not a webhook, and the message shows one."""
    told(b24("check", webhook=url), 10, "looks like")


def test_plain_http_to_another_machine(b24) -> None:
    """The secret does not travel in clear unless that is asked for; nothing is sent."""
    told(b24("check", webhook="http://portal.invalid/rest/1/abcdefgh/"), 10, "https://", "allow_http")


def test_a_portal_that_wants_https(b24, portal, webhook) -> None:
    """A portal's own refusal of plain http names the cure."""
    portal.faults.add(
        Fault("error", times=-1, status=400, code="INVALID_REQUEST", description="Https required.")
    )

    told(b24("check", webhook=webhook), 10, "https")


def test_a_webhook_file_that_is_not_there(b24) -> None:
    """The variable is named, and so is the file."""
    told(b24("check", BITRIX24_WEBHOOK_FILE="nowhere.txt"), 10, "BITRIX24_WEBHOOK_FILE", "nowhere.txt")


def test_a_missing_scope_stops_what_was_asked_for_by_name(b24) -> None:
    """Asked for by name, an entity that the webhook may not read is exit 10 and names the scope's cure."""
    with serve(DemoPortal(deals=20, rate=0, scopes=("user",))) as url:
        done = b24("sync", "deals", webhook=url)

    assert done.returncode == 10
    assert "scope" in done.stderr


def test_a_missing_scope_is_skipped_in_a_run_over_everything(b24) -> None:
    """A webhook for the CRM alone syncs the CRM: the others are skipped with a word, exit 0."""
    with serve(DemoPortal(deals=20, rate=0, scopes=("crm",))) as url:
        done = b24("sync", webhook=url)

    assert done.returncode == 0, done.stderr
    lacks = "the webhook lacks the scope"
    assert f"b24: skipped: tasks, task_checklist_items, task_time_entries: {lacks} task " in done.stderr
    assert f"b24: skipped: users: {lacks} user " in done.stderr
    assert len(done.stderr.splitlines()) == 6  # one a scope
    assert "skipped" not in done.stdout


def test_a_plan_without_rest(b24, portal, webhook) -> None:
    """The portal's plan is the reason, and no retry helps."""
    description = "REST is available only on commercial plans."
    portal.faults.add(Fault("error", times=-1, status=403, code="ACCESS_DENIED", description=description))

    told(b24(*SYNC, webhook=webhook), 10, "plan")


def test_a_renamed_portal(b24, portal, webhook) -> None:
    """A redirect to another host is not followed, and the new host is named."""
    portal.faults.add(Fault("redirect", times=-1, location="https://new-name.bitrix24.com/rest/1/x/profile"))

    told(b24(*SYNC, webhook=webhook), 10, "new-name.bitrix24.com", "new URL")


def test_a_web_page_instead_of_json(b24, portal, webhook) -> None:
    """An address that answers with pages is not a portal's."""
    portal.faults.add(Fault("html", times=-1))

    told(b24("check", webhook=webhook), 1, "web page", "does not look like a Bitrix24 portal")


def test_a_wrong_entity(b24, webhook) -> None:
    """A mistyped entity is answered with the one that was meant, before anything is sent."""
    told(b24("sync", "deal", webhook=webhook), 2, "'deal'", "did you mean 'deals'?")


def test_a_date_that_is_none(b24, webhook) -> None:
    """The form of a date is shown."""
    told(b24("sync", "--since", "yesterday", webhook=webhook), 2, "yesterday", "2026-01-31")


def test_a_setting_that_is_none(b24, webhook) -> None:
    """A wrong setting is told with its variable."""
    done = b24("check", webhook=webhook, SOURCES__BITRIX24__BUCKET="many")

    told(done, 2, "SOURCES__BITRIX24__BUCKET", "'many'", "whole number")


def test_a_configuration_file_that_cannot_be_read(b24, webhook) -> None:
    """A slip of the pen in `.dlt/config.toml` is told with the file."""
    (b24.folder / ".dlt").mkdir()
    (b24.folder / ".dlt/config.toml").write_text("[sources.bitrix24\nbucket = 3\n")

    told(b24("check", webhook=webhook), 2, "config.toml")


def test_a_file_that_is_no_database(b24, webhook) -> None:
    """Somebody else's file is left alone."""
    foreign = b24.folder / "notes.duckdb"
    foreign.write_text("these are my notes\n")

    told(b24(*SYNC, "--db", "notes.duckdb", webhook=webhook), 1, "notes.duckdb", "not a DuckDB database")
    assert foreign.read_text() == "these are my notes\n"


def test_a_database_of_another_project(b24, webhook) -> None:
    """A DuckDB file whose schema `bitrix24` is not ours is left alone."""
    with duckdb.connect(str(b24.folder / "theirs.duckdb")) as theirs:
        theirs.execute("CREATE SCHEMA bitrix24; CREATE TABLE bitrix24.deals AS SELECT 1 AS id")

    told(b24(*SYNC, "--db", "theirs.duckdb", webhook=webhook), 1, "did not make", "another --db")


def test_a_warehouse_of_another_portal(b24, webhook) -> None:
    """Two portals are not mixed in one file: their ids mean different things."""
    assert b24(*SYNC, webhook=webhook).returncode == 0
    with duckdb.connect(str(b24.folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute("UPDATE ops.portal SET host = 'other.bitrix24.com'")

    told(b24(*SYNC, webhook=webhook), 1, "other.bitrix24.com", "another --db")


@pytest.mark.parametrize("db", ["bitrix24.duckdb", ".", "notes.txt/warehouse.duckdb"])
def test_a_file_that_cannot_be(b24, webhook, db) -> None:
    """A name that SQL could not tell from a schema, a folder, and a path through a file are refused."""
    (b24.folder / "notes.txt").write_text("")
    done = b24(*SYNC, "--db", db, webhook=webhook)

    told(done, done.returncode)
    assert done.returncode in (1, 2)


def test_a_file_that_is_not_there(b24) -> None:
    """Status and build say which command makes the file."""
    told(b24("status"), 1, "b24 sync")
    told(b24("build"), 1, "b24 sync")


def test_a_second_run_on_the_same_file(b24, webhook) -> None:
    """The second run answers at once with exit 9 and names the first."""
    folder = b24.folder / "warehouse.duckdb.b24"
    folder.mkdir()
    with FileLock(str(folder / "lock")):
        (folder / "lock.json").write_text('{"pid": 4711, "purpose": "b24 run", "started": "today"}')
        told(b24(*SYNC, webhook=webhook), 9, "b24 run, process 4711")


def test_a_full_disk_harms_nothing_and_the_next_run_goes_on(b24, webhook) -> None:
    """What was published stays readable, and with room again the same command ends well."""
    assert b24("sync", "users", webhook=webhook).returncode == 0

    told(b24("sync", webhook=webhook, most_bytes=1_500_000), 1, "disk is full")
    assert b24("status").returncode == 0

    done = b24("sync", webhook=webhook)
    assert done.returncode == 0, done.stderr


def test_an_unknown_report_setting(b24, webhook) -> None:
    """A setting of the reports that does not exist is wrong usage, and those that do are listed."""
    assert b24("sync", "users", webhook=webhook).returncode == 0

    told(b24("build", "--var", "timezone=UTC"), 2, "timezone", "portal_timezone")
    told(b24("build", "--var", "timezone"), 2, "NAME=VALUE")
    told(b24("build", "--as-of", "soon"), 2, "--as-of")


def test_a_taken_port(b24) -> None:
    """The demo portal says which port it could not have."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told(b24("portal", "--port", str(port)), 2, str(port), "0 for a free one")


def test_the_cause_counts_not_what_libraries_wrap_around_it() -> None:
    """A full disk deep inside another error is told as a full disk."""
    outer, inner = RuntimeError("step failed"), OSError(28, "No space left on device", "x.parquet")
    outer.__cause__ = inner
    failure = failure_of(outer)

    assert failure.exit_code == 1
    assert "disk is full" in failure.line


def test_what_nobody_foresaw_asks_for_a_report() -> None:
    """An error without words of ours is named, with the way to see more."""
    failure = failure_of(ZeroDivisionError("division by zero"))

    assert failure.exit_code == 1
    assert "ZeroDivisionError: division by zero" in failure.line
    assert "B24_TRACEBACK=1" in failure.line


def test_a_missing_file_is_named() -> None:
    """The operating system's words come with the path."""
    assert "no-such-file" in failure_of(FileNotFoundError(2, "No such file", Path("no-such-file"))).line


def test_a_portal_that_cannot_be_reached(unreachable) -> None:
    """Nobody listens there, and the message says to look at the address and the network."""
    output, errors = unreachable.communicate(timeout=120)
    done = subprocess.CompletedProcess("check", unreachable.poll(), output.decode(), errors.decode())

    told(done, 1, "no connection to 127.0.0.1", "check the address")
