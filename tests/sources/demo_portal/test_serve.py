"""The portal on a real socket, in a thread and as a process."""
# ruff: noqa: ANN001, ANN201  fixtures are typed where they are made

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sources.demo_portal import DemoPortal, Fault, serve

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def served():
    """A small portal on a free port."""
    portal = DemoPortal(deals=200, rate=0)
    with serve(portal) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield portal, client


def test_socket_answers_like_the_application(served) -> None:
    """A list over the socket holds the store's rows."""
    portal, client = served
    rows = client.post("crm.deal.list", json={"order": {"ID": "ASC"}}).json()["result"]
    assert rows == portal.store.table("deals").rows()[:50]


@pytest.mark.parametrize(("kind", "added"), [("reset", 0), ("write_then_drop", 1)])
def test_connection_is_really_reset(served, kind, added) -> None:
    """On a socket a reset breaks the connection without any answer; what was executed stays."""
    portal, client = served
    before = len(portal.store.records("deals").table)
    portal.faults.add(Fault(kind))
    with pytest.raises(httpx.TransportError):
        client.post("crm.deal.add", json={"fields": {"TITLE": "x"}})
    assert len(portal.store.records("deals").table) == before + added
    assert client.post("server.time").status_code == 200


def test_late_write_happens_after_the_connection_is_gone(served) -> None:
    """The client is hung up on, and the row appears all the same."""
    portal, client = served
    before = len(portal.store.records("deals").table)
    portal.faults.add(Fault("late", seconds=0.05))
    with pytest.raises(httpx.TransportError):
        client.post("crm.deal.add", json={"fields": {"TITLE": "x"}})
    for _ in range(100):
        client.post("server.time")
        if len(portal.store.records("deals").table) > before:
            break
    assert len(portal.store.records("deals").table) == before + 1


def test_control_endpoint_shows_faults_and_changes(served) -> None:
    """Other processes read figures, arm faults and change rows, the same for the same seed."""
    portal, client = served
    root = f"http://{client.base_url.netloc.decode()}"
    client.post(f"{root}/_control/faults", json={"kind": "rate", "times": 1})
    assert client.post("server.time").status_code == 503
    done = client.post(f"{root}/_control/change", json={"table": "deals", "seed": 5, "share": 0.1}).json()
    assert {key: bool(value) for key, value in done.items()} == dict.fromkeys(
        ("updated", "added", "deleted"),
        True,
    )
    table = portal.store.records("deals").table
    assert all(number in table for number in done["updated"] + done["added"])
    assert not any(number in table for number in done["deleted"])
    stats = client.get(f"{root}/_control/stats").json()
    assert stats["tables"]["deals"] == len(table)
    assert stats["requests"] == portal.stats.requests
    assert client.post(f"{root}/_control/faults", json={"kind": "x"}).status_code == 400
    assert client.post(f"{root}/_control/change", json={"table": "users"}).status_code == 400
    assert client.get(f"{root}/_control/x").status_code == 404


def test_process_says_ready_first_and_nothing_else() -> None:
    """`python -m sources.demo_portal` prints its address on the first line and answers there."""
    command = [sys.executable, "-m", "sources.demo_portal", "--deals", "60", "--rate", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            word, url = process.stdout.readline().split()
            body = json.loads(httpx.post(url + "crm.deal.list").content)
        finally:
            process.terminate()
        assert (word, body["total"]) == ("READY", 60)
        assert process.stdout.read() == ""
