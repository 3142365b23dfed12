# ruff: noqa: ANN001 - fixtures are typed where they are made

import json
import re

import duckdb
import pytest

from sources.demo_portal import Fault

pytestmark = pytest.mark.slow


def test_a_sync_ends_with_a_table_and_the_id_of_the_run(b24, webhook) -> None:
    """A person sees each entity with its rows, and the id under which the run is in `ops`."""
    done = b24("sync", "deals", "users", webhook=webhook)

    assert done.returncode == 0, done.stderr
    assert re.search(r"deals\s+done\s+120\s", done.stdout)
    assert re.search(r"users\s+done\s+\d+\s", done.stdout)
    run_id = re.search(r"run (\S+) done", done.stdout)[1]
    with duckdb.connect(str(b24.folder / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("SELECT run_id FROM ops.sync_runs").fetchall() == [(run_id,)]
        assert warehouse.execute("SELECT count(*) FROM bitrix24.deals").fetchone() == (120,)


def test_without_a_terminal_there_are_no_control_characters(b24, webhook) -> None:
    """What a scheduler mails is plain text: no bars, no colours, nothing on stderr when all is well."""
    done = b24.anew("sync", "deals", webhook=webhook)

    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_log_json_is_one_event_a_line(b24, webhook) -> None:
    """With `--log json` stdout is nothing but JSON, from the first rows to the receipt."""
    done = b24("sync", "deals", "--log", "json", webhook=webhook)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"expecting", "received", "read", "synced"} <= {event["event"] for event in events}
    synced = events[-1]
    assert synced["event"] == "synced"
    assert synced["status"] == "done"
    assert synced["run_id"]
    assert {one["entity"]: one["rows_read"] for one in synced["entities"]} == {"deals": 120}
    assert {one["entity"]: one["verdict"] for one in synced["entities"]} == {"deals": "equal"}
    (read,) = (event for event in events if event["event"] == "read")
    assert (read["portal_count"], read["check"], read["note"]) == (120, "count", None)


def test_a_failure_is_an_event_as_well(b24, portal, webhook) -> None:
    """A program that reads the events learns why the run ended, and a person on stderr."""
    portal.faults.add(Fault("error", times=-1, status=401, code="NO_AUTH_FOUND", description="Wrong"))
    done = b24("sync", "--log", "json", webhook=webhook)

    failed = json.loads(done.stdout.splitlines()[-1])
    assert (failed["event"], failed["exit_code"]) == ("failed", 10)
    assert failed["text"] in done.stderr


def test_titles_are_shown_as_they_are(b24, portal, webhook) -> None:
    """What a portal's people typed is text, whatever it looks like."""
    portal.faults.add(
        Fault(
            "command_error",
            method="department.get",
            times=-1,
            code="X",
            description="[bold]loud[/bold] :boom:",
        )
    )
    done = b24("sync", "departments", webhook=webhook)

    assert "[bold]loud[/bold] :boom:" in done.stderr


def test_the_second_sync_reads_what_changed(b24, portal, webhook) -> None:
    """An incremental run brings the changed row and finds the deleted one; `--full` brings all of them."""
    b24("sync", "deals", webhook=webhook)
    first, second = portal.store.table("deals").rows()[:2]
    portal.store.table("deals").update(int(first["ID"]), {"TITLE": "Changed"})
    portal.store.table("deals").delete(int(second["ID"]))

    again = b24("sync", "deals", webhook=webhook).stdout
    assert re.search(r"deals\s+done\s+1\s+1\s+1\s+0\s+equal\s", again)
    assert "1 of 1 receipts equal" in again
    full = b24("sync", "deals", "--full", webhook=webhook).stdout
    assert re.search(r"deals\s+done\s+119\s+0\s+0\s+0\s+equal\s", full)


def test_one_entity_that_fails_does_not_stop_the_others(b24, portal, webhook) -> None:
    """What can be read is loaded; the run says what failed and exits 1."""
    portal.faults.add(
        Fault(
            "command_error", method="department.get", times=-1, code="INTERNAL", description="Broken module"
        )
    )
    done = b24("sync", "departments", "deals", webhook=webhook)

    assert done.returncode == 1
    assert "departments: failed" in done.stderr
    assert re.search(r"deals\s+done\s+120\s", done.stdout)


def test_status_tells_freshness_to_people_and_programs(b24, portal, webhook) -> None:
    """`b24 status` names portal, run, each entity's receipt and odd rows; `--json` has the same values."""
    first = portal.store.table("departments").rows()[0]["ID"]
    portal.rewrite("department.get", lambda rows: rows.replace(f'"ID":"{first}"'.encode(), b'"ID":""'))
    b24("sync", "deals", "departments", webhook=webhook)
    done, told = b24("status"), json.loads(b24("status", "--json").stdout)

    assert "portal 127.0.0.1" in done.stdout
    assert told["runs"][0]["run_id"] in done.stdout
    (deals,) = (one for one in told["entities"] if one["entity"] == "deals")
    assert deals["warehouse_count"] == 120
    assert (deals["receipt"], deals["counted_how"]) == ("equal", "count")
    assert re.search(r"deals .* equal\s+by count, \d+ s ago", done.stdout)
    assert "rejected: departments: 1 rows" in done.stdout


def test_settings_of_the_folder_are_obeyed(b24, webhook) -> None:
    """A webhook in `.dlt/secrets.toml` and settings in `.dlt/config.toml` do what the environment does."""
    (b24.folder / ".dlt").mkdir()
    (b24.folder / ".dlt/secrets.toml").write_text(f'[sources.bitrix24]\nwebhook_url = "{webhook}"\n')
    (b24.folder / ".dlt/config.toml").write_text("[sources.bitrix24]\nrequests_per_second = 7\nbucket = 70\n")
    done = b24("check")

    assert done.returncode == 0, done.stderr
    assert "7 a second, 70 at once" in done.stdout
