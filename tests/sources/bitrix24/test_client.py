import asyncio
import gc
import io
import logging
import pickle
import traceback

import httpx
import pytest

from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.errors import (
    AuthError,
    BatchLengthError,
    Bitrix24Error,
    ConfigurationError,
    ConnectError,
    HttpsRequiredError,
    MalformedReplyError,
    MethodError,
    MethodNotFoundError,
    OperatingLimitError,
    PlanError,
    PortalBlockedError,
    PortalMovedError,
    RateLimitError,
    ScopeError,
    ServerError,
    TransportError,
)
from sources.bitrix24.limits import Limits
from sources.demo_portal.virtual_time import START
from tests.sources.bitrix24.scripted_portal import (
    HOST,
    TOKEN,
    WEBHOOK,
    Answer,
    Call,
    ScriptedPortal,
    gzipped,
    ok,
    refuse,
)

RATE = refuse(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
REQUEST = httpx.Request("POST", f"{WEBHOOK}profile")


def fails(
    portal: ScriptedPortal, method: str = "crm.deal.list", *, write: bool = False, **settings: object
) -> Bitrix24Error:
    """Return the error that a call ends with."""

    async def call(client: Bitrix24Client) -> None:
        await client.call(method, write=write)

    with pytest.raises(Bitrix24Error) as caught:
        portal.use(call, **settings)
    return caught.value


def test_a_call_is_a_json_post_and_its_answer_has_all_parts() -> None:
    """Parameters go as JSON to the method's address; result, total, next and time come back."""
    time = {
        "duration": 0.2,
        "processing": 0.1,
        "operating": 1.5,
        "operating_reset_at": START + 60,
        "finish": START + 3,
    }
    portal = ScriptedPortal(ok([{"ID": "1"}], total=51, next=50, time=time))

    async def use(client: Bitrix24Client) -> None:
        reply = await client.call("crm.deal.list", {"filter": {">ID": 5}, "select": []})
        assert (reply.result, reply.total, reply.next) == ([{"ID": "1"}], 51, 50)
        assert reply.time is not None
        assert reply.time.operating == 1.5
        assert client.portal_ahead == pytest.approx(3.0)
        assert client.stats.operating_seconds == {"crm.deal.list": 0.2}

    portal.use(use)
    call = portal.calls[0]
    assert (call.http_method, call.url) == ("POST", f"{WEBHOOK}crm.deal.list")
    assert call.body == {"filter": {">ID": 5}, "select": []}
    assert call.headers["content-type"] == call.headers["accept"] == "application/json"
    assert call.headers["accept-encoding"] == "gzip"


def test_packed_answers_are_unpacked() -> None:
    """A gzip body is read like another."""

    async def use(client: Bitrix24Client) -> object:
        return (await client.call("profile")).result

    assert ScriptedPortal(gzipped({"result": {"ID": "1"}})).use(use) == {"ID": "1"}


def test_a_session_cookie_is_not_sent_back() -> None:
    """PHP would answer requests of one session one after another."""
    portal = ScriptedPortal(Answer({"result": 1}, headers={"Set-Cookie": "PHPSESSID=abc; path=/"}))

    async def use(client: Bitrix24Client) -> None:
        await client.call("profile")
        await client.call("profile")

    portal.use(use)
    assert "cookie" not in portal.calls[1].headers


EVERY_ERROR = [
    (refuse(401, "NO_AUTH_FOUND"), AuthError, 1),
    (refuse(403, "insufficient_scope"), ScopeError, 1),
    (refuse(403, "ACCESS_DENIED"), PlanError, 1),
    (refuse(400, "INVALID_REQUEST", "Https required."), HttpsRequiredError, 1),
    (refuse(503, "OVERLOAD_LIMIT"), PortalBlockedError, 1),
    (refuse(500, "PORTAL_DELETED"), PortalBlockedError, 1),
    (refuse(400, "", "Not found"), MethodError, 1),
    (refuse(200, "", "Not found"), MethodError, 1),
    (refuse(404, "ERROR_METHOD_NOT_FOUND"), MethodNotFoundError, 1),
    (Answer(raw=b"<html>413</html>", status=413), MethodError, 1),
    (refuse(400, "ERROR_BATCH_LENGTH_EXCEEDED"), BatchLengthError, 4),
    (refuse(500, "INTERNAL_SERVER_ERROR"), ServerError, 4),
    (Answer(raw=b"<html>502</html>", status=502), ServerError, 4),
    (Answer(raw=b"<html>429</html>", status=429), ServerError, 4),
    (Answer({"result": 1}, status=500), ServerError, 4),
    (Answer(raises=httpx.ReadTimeout("", request=REQUEST)), TransportError, 4),
    (Answer(raises=httpx.ReadError("reset", request=REQUEST)), TransportError, 4),
    (Answer(raises=httpx.RemoteProtocolError("cut", request=REQUEST)), TransportError, 4),
    (Answer(raises=ConnectionResetError("reset")), TransportError, 4),
    (Answer(raw=b"no gzip", headers={"Content-Encoding": "gzip"}), TransportError, 4),
    (Answer(raises=httpx.ConnectError("refused", request=REQUEST)), ConnectError, 4),
    (Answer(raises=httpx.ConnectTimeout("", request=REQUEST)), ConnectError, 4),
    (Answer(raw=b'{"result": [1, 2'), MalformedReplyError, 4),
    (Answer(raw=b"<html>login</html>"), MalformedReplyError, 3),
    (Answer(raw=b"<html>404</html>", status=404), MalformedReplyError, 3),
    (Answer(raw=b""), MalformedReplyError, 3),
    (Answer({"something": 1}), MalformedReplyError, 4),
    (Answer(status=302, headers={}, raw=b""), MalformedReplyError, 3),
    (Answer(status=302, headers={"Location": "http://["}, raw=b""), MalformedReplyError, 3),
    (Answer(status=302, headers={"Location": "mailto:x@y"}, raw=b""), ConfigurationError, 1),
]


@pytest.mark.parametrize(("answer", "kind", "tries"), EVERY_ERROR)
def test_every_failure_is_its_own_error(answer: Answer, kind: type[Bitrix24Error], tries: int) -> None:
    """What a portal or a network does ends in one error class, after as many tries as it deserves."""
    portal = ScriptedPortal()
    portal.otherwise = answer
    error = fails(portal)
    assert type(error) is kind
    assert len(portal.calls) == tries
    assert error.method == "crm.deal.list"
    assert TOKEN not in everything_about(error)


@pytest.mark.parametrize(("answer", "kind", "tries"), EVERY_ERROR)
def test_a_write_that_may_have_run_is_never_sent_again(
    answer: Answer, kind: type[Bitrix24Error], tries: int
) -> None:
    """Only what surely did not run is repeated when writing."""
    portal = ScriptedPortal()
    portal.otherwise = answer
    assert type(fails(portal, "crm.deal.add", write=True)) is kind
    assert len(portal.calls) == (tries if kind in (ConnectError, BatchLengthError) else 1)


@pytest.mark.parametrize("write", [False, True])
def test_refusals_for_a_limit_end_by_waiting(*, write: bool) -> None:
    """Rate and operating refusals are waited out beyond the number of attempts, writes included."""
    blocked = refuse(
        429, "OPERATION_TIME_LIMIT", "Method is blocked", time={"operating_reset_at": START + 300}
    )
    portal = ScriptedPortal(RATE, RATE, RATE, RATE, RATE, RATE, blocked, ok("done"))

    async def use(client: Bitrix24Client) -> None:
        assert (await client.call("crm.deal.update", write=write)).result == "done"
        stats = client.stats
        assert (stats.requests, stats.retries, stats.refused_503, stats.refused_429) == (8, 7, 6, 1)

    portal.use(use, limits=Limits(), attempts=2)
    assert START + 300 <= portal.clock.now <= START + 310


def test_patience_has_an_end() -> None:
    """A portal that refuses for ever is given up with its last refusal."""
    portal = ScriptedPortal()
    portal.otherwise = RATE
    error = fails(portal, policy=None, patience=120.0)
    assert isinstance(error, RateLimitError)
    assert 120 <= portal.clock.now - START <= 200


def test_an_operating_refusal_tells_when_the_method_is_free() -> None:
    """The time of the release is on the error that leaves."""
    answer = refuse(429, "OPERATION_TIME_LIMIT", time={"operating_reset_at": START + 30, "operating": 481})
    error = fails(ScriptedPortal(answer), policy=None, patience=0.0)
    assert isinstance(error, OperatingLimitError)
    assert error.reset_at == START + 30


def test_a_web_page_says_that_this_is_no_portal() -> None:
    """A wrong address is told apart from a portal that stumbles."""
    page = Answer(raw=b"<!doctype html><title>Log in</title>")
    assert "does not look like a Bitrix24 portal" in str(fails(ScriptedPortal(page, page, page)))

    async def use(client: Bitrix24Client) -> object:
        await client.call("profile")
        return (await client.call("profile")).result

    assert ScriptedPortal(ok(1), page, page, page, ok(2)).use(use) == 2


def moved(location: str, status: int = 302) -> Answer:
    return Answer(raw=b"", status=status, headers={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", [f"{WEBHOOK}crm.deal.list?again=1", f"/rest/1/{TOKEN}/crm.deal.list?again=1"]
)
def test_a_redirect_on_the_same_host_is_posted_again(location: str, status: int) -> None:
    """Method and body are kept, whatever the status says about them."""
    portal = ScriptedPortal(moved(location, status))

    async def use(client: Bitrix24Client) -> None:
        await client.call("crm.deal.list", {"start": 50}, write=True)
        assert client.stats.requests == 2

    portal.use(use)
    first, second = portal.calls
    assert (second.http_method, second.body) == (first.http_method, first.body) == ("POST", {"start": 50})
    assert second.url.endswith("?again=1")


def test_http_may_become_https_on_the_same_host() -> None:
    """An upgrade of the same host is followed."""
    portal = ScriptedPortal(moved(f"{WEBHOOK}profile"))
    portal.use(lambda client: client.call("profile"), url=WEBHOOK.replace("https", "http"), allow_http=True)
    assert [call.url[:8] for call in portal.calls] == ["http://p", "https://"]


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (f"https://new.example/rest/1/{TOKEN}/crm.deal.list", "new.example"),
        (f"//new.example/rest/1/{TOKEN}/crm.deal.list", "new.example"),
        (f"https://{HOST}.evil.example/rest/1/{TOKEN}/", f"{HOST}.evil.example"),
        (f"https://{HOST}@evil.example/rest/1/{TOKEN}/", "evil.example"),
        (f"https://{HOST}:8443/rest/1/{TOKEN}/", f"{HOST}:8443"),
        (f"http://{HOST}/rest/1/{TOKEN}/crm.deal.list", HOST),
    ],
)
def test_a_redirect_elsewhere_sends_nothing_and_names_the_address(location: str, host: str) -> None:
    """The token goes to no host, port or scheme that the user did not configure."""
    portal = ScriptedPortal(moved(location))
    error = fails(portal)
    assert isinstance(error, PortalMovedError)
    assert error.new_host == host
    assert host in str(error)
    assert len(portal.calls) == 1
    assert TOKEN not in everything_about(error)


def test_a_circle_of_redirects_ends() -> None:
    """Redirects are followed a few times only."""
    portal = ScriptedPortal()
    portal.otherwise = moved(f"{WEBHOOK}crm.deal.list")
    error = fails(portal, write=True)
    assert isinstance(error, MalformedReplyError)
    assert len(portal.calls) == 6


def everything_about(error: BaseException) -> str:
    """Return all text that an error, its causes and its traceback give away, pickled form included."""
    texts = []
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        texts += [str(each), repr(each), repr(vars(each)), repr(each.args)]
        texts += traceback.format_exception(each)
        queue += [each.__cause__, each.__context__]
    return "\n".join(texts) + repr(pickle.dumps(error))


@pytest.mark.parametrize(
    "broken",
    [httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError, httpx.DecodingError],
)
def test_no_error_carries_the_exception_that_holds_the_request(broken: type[httpx.RequestError]) -> None:
    """Neither cause nor context of what leaves is an exception of httpx, whose request has the address."""
    portal = ScriptedPortal()
    portal.otherwise = Answer(raises=broken(f"at {WEBHOOK}", request=REQUEST))
    error = fails(portal)
    assert (error.__cause__, error.__context__) == (None, None)
    assert TOKEN not in everything_about(error)


def test_no_log_at_any_level_holds_the_secret() -> None:
    """With every logger at DEBUG, a good call, a retry, a redirect and a failure log no secret."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        portal = ScriptedPortal(
            ok(1), RATE, moved(f"{WEBHOOK}profile"), ok(1), refuse(400, "", f"no {WEBHOOK}")
        )

        async def use(client: Bitrix24Client) -> None:
            for _ in range(2):
                await client.call("profile")
            with pytest.raises(MethodError):
                await client.call("profile")

        portal.use(use, limits=Limits())
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    assert "HTTP Request: POST https://portal.example/rest/1/***/profile" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_showing_a_client_shows_no_secret() -> None:
    """The repr names the portal."""
    assert repr(ScriptedPortal().client()) == "Bitrix24Client(Webhook(https://portal.example/rest/1/***/))"


@pytest.mark.parametrize("method", ["", "a/b", "a?b=1", "../x", "crm deal", "crm.deal.list#x", "метод"])
def test_a_method_that_would_change_the_address_is_refused(method: str) -> None:
    """Only names of methods get into an address."""
    portal = ScriptedPortal()
    assert isinstance(fails(portal, method), ConfigurationError)
    assert portal.calls == []


def test_a_client_works_only_inside_its_block_and_again_in_another_loop() -> None:
    """Outside it says so; a second block in another event loop works like the first."""
    portal = ScriptedPortal()
    client = portal.client()

    async def use() -> object:
        async with client:
            return (await client.call("profile")).result

    with pytest.raises(ConfigurationError, match="async with"):
        portal.clock.run(client.call("profile"))
    assert portal.clock.run(use()) == portal.clock.run(use())


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    """Tasks beyond the limit wait for a free connection."""
    most = now = 0

    async def slow(_: Call) -> Answer:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await portal.clock.sleep(1)
        now -= 1
        return ok(1)

    portal = ScriptedPortal()
    portal.otherwise = slow

    async def use(client: Bitrix24Client) -> None:
        await asyncio.gather(*(client.call("profile") for _ in range(10)))

    portal.use(use, limits=Limits(requests_per_second=0, max_in_flight=3))
    assert most == 3


def test_pages_follow_next_to_the_end() -> None:
    """Paging starts at 0, follows `next` while the key exists, and finds the rows inside the result."""
    portal = ScriptedPortal(
        ok({"items": [1, 2]}, next=50), ok({"items": []}, next=100), ok({"items": [3]}, total=3)
    )

    async def use(client: Bitrix24Client) -> list[list[object]]:
        return [page async for page in client.pages("crm.item.list", {"entityTypeId": 2})]

    assert portal.use(use) == [[1, 2], [], [3]]
    assert [call.body["start"] for call in portal.calls] == [0, 50, 100]


def test_pages_that_turn_in_a_circle_end_with_an_error() -> None:
    """A `next` that does not move on would never end."""
    portal = ScriptedPortal(ok([1], next=50), ok([1], next=50))

    async def use(client: Bitrix24Client) -> None:
        async for _ in client.pages("crm.deal.list"):
            pass

    with pytest.raises(MalformedReplyError, match="never end"):
        portal.use(use)


def test_limits_can_be_changed_while_open() -> None:
    """An Enterprise portal's limits hold from the moment they are known."""
    portal = ScriptedPortal()

    async def use(client: Bitrix24Client) -> None:
        client.use_limits(Limits(5.0, 250))
        for _ in range(249):
            await client.call("profile")

    portal.use(use, limits=Limits())
    assert portal.clock.now == START


def test_stats_tell_what_something_cost() -> None:
    """The difference of two snapshots is what happened in between, in all and by method."""
    portal = ScriptedPortal(ok(1), ok(2, time={"processing": 1.5}))

    async def use(client: Bitrix24Client) -> None:
        await client.call("profile")
        before = client.stats.snapshot()
        await client.call("crm.deal.list")
        cost = client.stats.since(before)
        assert (cost.requests, cost.commands, before.requests) == (1, 1, 1)
        assert cost.methods["crm.deal.list"].operating == 1.5
        assert cost.methods["profile"].requests == 0

    portal.use(use)


def test_nothing_is_left_open() -> None:
    """Closing the client closes its connections."""
    ScriptedPortal().use(lambda client: client.call("profile"))
    gc.collect()
