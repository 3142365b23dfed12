# ruff: noqa: ANN001 - fixtures are typed where they are made

import json

from sources.demo_portal import Fault


def test_a_call_prints_the_result_as_json(b24, portal, webhook) -> None:
    """The result of a method is on stdout, and nothing else is."""
    deal = portal.store.table("deals").rows()[0]
    done = b24.anew("call", "crm.deal.get", f"id={deal['ID']}", webhook=webhook)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["TITLE"] == deal["TITLE"]
    assert done.stderr == ""


def test_all_prints_every_row_of_every_page_as_a_line(b24, portal, webhook) -> None:
    """`--all` follows the pages to the end."""
    done = b24("call", "crm.deal.list", "--all", "select[]=ID", webhook=webhook)

    ids = [json.loads(line)["ID"] for line in done.stdout.splitlines()]
    assert sorted(ids, key=int) == [row["ID"] for row in portal.store.table("deals").rows()]


def test_one_page_says_that_there_is_more(b24, webhook) -> None:
    """Fifty rows of more are not taken for all of them."""
    done = b24("call", "crm.deal.list", "select[]=ID", webhook=webhook)

    assert len(json.loads(done.stdout)) == 50
    assert "--all" in done.stderr


def test_a_change_needs_write(b24, portal, webhook) -> None:
    """Without `--write` nothing reaches the portal, and exit is 2; with it the change is made once."""
    before = len(portal.store.table("deals").rows())
    refused = b24("call", "crm.deal.add", "fields[TITLE]=New", webhook=webhook)

    assert refused.returncode == 2
    assert "--write" in refused.stderr
    assert portal.stats.requests == 0

    done = b24("call", "crm.deal.add", "fields[TITLE]=New", "--write", webhook=webhook)
    assert done.returncode == 0, done.stderr
    assert len(portal.store.table("deals").rows()) == before + 1


def test_a_change_is_not_sent_twice(b24, portal, webhook) -> None:
    """A write whose answer was lost is reported as such instead of being repeated."""
    before = len(portal.store.table("deals").rows())
    portal.faults.add(Fault("write_then_drop"))
    done = b24("call", "crm.deal.add", "fields[TITLE]=New", "--write", webhook=webhook)

    assert done.returncode == 1
    assert "unknown" in done.stderr
    assert len(portal.store.table("deals").rows()) == before + 1


def test_all_and_a_change_exclude_each_other(b24, webhook) -> None:
    """`--all` would repeat the change for every page."""
    done = b24("call", "crm.deal.add", "--all", "--write", webhook=webhook)

    assert done.returncode == 2


def test_parameters_come_from_stdin_as_well(b24, portal, webhook) -> None:
    """`--data -` reads a JSON object."""
    wanted = portal.store.table("deals").rows()[3]["ID"]
    stdin = json.dumps({"filter": {"ID": wanted}, "select": ["ID"]})
    done = b24("call", "crm.deal.list", "--data", "-", webhook=webhook, stdin=stdin)

    assert json.loads(done.stdout) == [{"ID": wanted}]


def test_a_call_that_is_wrong_says_what_the_portal_said(b24, webhook) -> None:
    """The portal's own words reach the person, with exit 1."""
    done = b24("call", "crm.deal.get", "id=999999", webhook=webhook)

    assert done.returncode == 1
    assert done.stderr.startswith("b24: crm.deal.get: ")
    assert len(done.stderr.splitlines()) == 1
