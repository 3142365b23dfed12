"""How requests arrive: addresses, verbs, encodings and refusals at the door."""
# ruff: noqa: ANN001  fixtures are typed where they are made

import gzip
import json

import pytest

LIST = {"select[]": "TITLE", "filter[ID]": "21", "order[ID]": "ASC"}


@pytest.mark.parametrize(
    "request_",
    [
        {"verb": "GET", "params": LIST},
        {"data": LIST},
        {"files": {key: (None, value) for key, value in LIST.items()}},
        {"json": {"SELECT": ["TITLE"], "FILTER": {"ID": 21}, "ORDER": {"ID": "ASC"}}},
        {"params": {"select[]": "TITLE"}, "json": {"filter": {"ID": "21"}}},
    ],
)
def test_every_encoding_says_the_same(ask, request_) -> None:
    """GET, form, multipart and JSON reach a method alike, in either case, query and body together."""
    wanted = ask.portal.store.table("deals").get(21)
    response = ask.raw("crm.deal.list", **request_)
    assert response.json()["result"] == [{"ID": "21", "TITLE": wanted["TITLE"]}]


@pytest.mark.parametrize("method", ["server.time", "server.time.json", "Server.Time", "SERVER.TIME.json"])
def test_method_names_take_a_suffix_and_any_case(ask, method) -> None:
    """The suffix .json is optional and upper case is understood."""
    assert ask(method)[0] == 200


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/rest/1/wrong/", "server.time", 401, "NO_AUTH_FOUND"),
        ("/rest/2/demo0portal0token/", "server.time", 401, "NO_AUTH_FOUND"),
        (None, "no.such.method", 404, "ERROR_METHOD_NOT_FOUND"),
        (None, "", 404, "ERROR_METHOD_NOT_FOUND"),
    ],
)
def test_door_refuses_with_the_portals_codes(ask, path, method, status, code) -> None:
    """A wrong token is 401, a method that does not exist 404."""
    response = ask.raw(method, path=path)
    assert (response.status_code, response.json()["error"]) == (status, code)


def test_missing_scope_is_refused(make) -> None:
    """A webhook without crm is told so with 403, and so is each command of a batch."""
    ask = make(scopes=("user",))
    status, body = ask("crm.deal.list")
    assert (status, body["error"]) == (403, "insufficient_scope")
    assert ask.batch({"a": "crm.deal.list"})["result_error"]["a"]["error"] == "insufficient_scope"
    assert ask("profile")[0] == 200


def test_unencoded_comparison_in_a_query_is_cut_at_the_first_equals_sign(ask) -> None:
    """`filter[>=DATE_MODIFY]=x` unencoded loses its bracket, as in PHP, and the filter is silently gone."""
    response = ask.raw("crm.deal.list?filter[>=ID]=999999999", verb="GET")
    assert response.json()["total"] == 300


def test_broken_json_leaves_a_method_without_parameters(ask) -> None:
    """A JSON body that does not parse is no error: the list answers everything."""
    response = ask.raw("crm.deal.list", content=b'{"filter":', headers={"content-type": "application/json"})
    assert response.json()["total"] == 300


def test_envelope_has_the_documented_time(ask) -> None:
    """Every success carries `time` with portal-zone dates and the operating figures."""
    body = ask("server.time")[1]
    assert set(body["time"]) == {
        "start",
        "finish",
        "duration",
        "processing",
        "date_start",
        "date_finish",
        "operating",
        "operating_reset_at",
    }
    assert body["time"]["date_start"] == body["result"] == "2026-09-21T16:13:20+02:00"


def test_gzip_is_an_option(make) -> None:
    """A portal asked to compress does so for clients that accept it, and answers the same."""
    plain = make().raw("crm.deal.list", json={"start": -1})
    packed = make(gzip=True).raw("crm.deal.list", json={"start": -1}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json()["result"] == plain.json()["result"]
    assert gzip.decompress(gzip.compress(plain.content)) == plain.content


def test_json_is_ascii_with_escaped_slashes(ask) -> None:
    """Answers are ASCII, as PHP writes them: other scripts and slashes are escaped."""
    ask.portal.store.table("deals").update(21, {"TITLE": "Ж/😀"})
    content = ask.raw("crm.deal.get", json={"id": 21}).content
    assert content.isascii()
    assert b'"\\u0416\\/\\ud83d\\ude00"' in content
    assert json.loads(content)["result"]["TITLE"] == "Ж/😀"


def test_services_tell_about_the_webhook(ask, make) -> None:
    """profile, scope, method.get and app.info answer what the webhook is; app.info may refuse."""
    assert ask.result("profile")["ADMIN"] is True
    assert "crm" in ask.result("scope")
    assert len(ask.result("scope", {"full": True})) > len(ask.result("scope"))
    assert ask.result("method.get", {"name": "crm.deal.list"}) == {"isExisting": True, "isAvailable": True}
    assert ask.result("method.get", {"name": "crm.deal.List"}) == {"isExisting": False, "isAvailable": False}
    assert "crm.deal.list" in ask.result("methods")
    assert ask.result("app.info")["LICENSE"] == "de_pro100"
    status, body = make(app_info=False)("app.info")
    assert (status, body["error"]) == (400, "ACCESS_DENIED")
