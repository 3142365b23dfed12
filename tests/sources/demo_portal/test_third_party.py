"""Two clients that are not ours read and write the demo portal over a real socket.

fast_bitrix24 takes any URL, http included. b24pysdk builds `https://{domain}/rest` itself and has no setting
for it, so its test serves the portal with a throw-away certificate for 127.0.0.1 and names that one in
REQUESTS_CA_BUNDLE, which requests honours: nothing in the SDK is touched.
"""
# ruff: noqa: ANN001, ANN201, ANN202  fixtures are typed where they are made

import asyncio
import shutil
import subprocess
import threading

import pytest
import uvicorn

from sources.demo_portal import DemoPortal, serve
from sources.demo_portal.serve import bind

fast_bitrix24 = pytest.importorskip("fast_bitrix24")
b24pysdk = pytest.importorskip("b24pysdk")


@pytest.fixture
def portal():
    """A portal with a few pages of deals and no limits."""
    return DemoPortal(deals=230, rate=0, operating_limit=0)


def run(work):
    """Run one coroutine function against fast_bitrix24, whose sessions live in a loop."""
    return asyncio.run(work())


def by_id(rows):
    return sorted(rows, key=lambda row: int(row["ID"]))


def test_fast_bitrix24_reads_everything(portal) -> None:
    """get_all finds every deal exactly once, with every field; a filter finds what a scan finds."""
    rows = portal.store.table("deals").rows()
    with serve(portal) as url:

        async def work():
            client = fast_bitrix24.BitrixAsync(url, verbose=False)
            everything = await client.get_all("crm.deal.list", {"select": ["*", "UF_*"]})
            won = await client.get_all(
                "crm.deal.list",
                {"filter": {"STAGE_SEMANTIC_ID": "S"}, "select": ["ID"]},
            )
            users = await client.get_all("user.get")
            return everything, won, users

        everything, won, users = run(work)
    assert by_id(everything) == rows
    assert len(won) == sum(row["STAGE_SEMANTIC_ID"] == "S" for row in rows)
    assert by_id(users) == by_id(portal.store.table("users").rows())


def test_fast_bitrix24_reads_by_id_and_writes(portal) -> None:
    """get_by_ID answers each id under its own; call adds, changes and deletes rows, many at once."""
    ids = portal.store.records("deals").table.ids.tolist()[:70]
    with serve(portal) as url:

        async def work():
            client = fast_bitrix24.BitrixAsync(url, verbose=False)
            found = await client.get_by_ID("crm.deal.get", ids)
            made = await client.call("crm.deal.add", [{"fields": {"TITLE": f"n {n}"}} for n in range(60)])
            await client.call("crm.deal.update", {"ID": made[0], "fields": {"TITLE": "ü & 50% + #"}})
            await client.call("crm.deal.delete", {"ID": made[1]})
            return found, made

        found, made = run(work)
    deals = portal.store.table("deals")
    assert {int(key): row["ID"] for key, row in found.items()} == {number: str(number) for number in ids}
    # the client sends several batches at once, so which of them is carried out first is open
    titles = {deals.get(number)["TITLE"] for number in made[2:]}
    assert (len(made), len(titles)) == (60, 58)
    assert titles < {f"n {n}" for n in range(60)}
    assert deals.get(made[0])["TITLE"] == "ü & 50% + #"
    assert deals.get(made[1]) is None


@pytest.fixture
def secure(portal, tmp_path, monkeypatch):
    """The portal over https on 127.0.0.1, trusted by requests in this test only."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the throw-away certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with bind(0) as taken:
        config = uvicorn.Config(
            portal,
            lifespan="off",
            log_config=None,
            ssl_keyfile=str(key),
            ssl_certfile=str(certificate),
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            threading.Event().wait(0.01)
        yield f"127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=10)


def test_b24pysdk_reads_and_writes(portal, secure) -> None:
    """The vendor's own SDK lists (paged, batched and by id), adds, changes, reads and deletes."""
    token = b24pysdk.BitrixWebhook(domain=secure, webhook_token=portal.path.removeprefix("/rest/").strip("/"))
    client = b24pysdk.Client(token)
    rows = portal.store.table("deals").rows()
    assert [row["ID"] for row in client.crm.deal.list(order={"ID": "ASC"}).as_list().result] == [
        row["ID"] for row in rows
    ]
    assert [row["ID"] for row in client.crm.deal.list().as_list_fast().result] == [row["ID"] for row in rows]
    number = client.crm.deal.add({"TITLE": "Ä/1"}).result
    assert client.crm.deal.get(bitrix_id=number).result["TITLE"] == "Ä/1"
    assert client.crm.deal.update(bitrix_id=number, fields={"STAGE_ID": "WON"}).result is True
    assert portal.store.table("deals").get(number)["CLOSED"] == "Y"
    assert client.crm.deal.delete(bitrix_id=number).result is True
    assert portal.store.table("deals").get(number) is None
    with pytest.raises(b24pysdk.errors.BitrixAPIError):
        _ = client.crm.deal.get(bitrix_id=number).result
