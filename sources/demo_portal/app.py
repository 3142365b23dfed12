"""The demo portal: an ASGI application that answers /rest/<user>/<token>/<method> as Bitrix24 does."""

import gzip as gzip_module
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from .answers import Answer, to_bytes
from .batch import batch_bytes, run_batch
from .clock import Clock, SystemClock
from .context import Context
from .control import handle_control
from .costs import CostModel
from .engine import Engine, Stats, Timing
from .errors import PortalError, no_auth, operating_limit, too_many_requests
from .faults import Fault, Faults
from .jsontext import encode
from .limits import OperatingBudget, RateLimit
from .methods import build_methods
from .params import normalise, read_params
from .seed import Size, make_seed, row_counts
from .store import Store
from .zone import DAY, Zone

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

DEFAULT_TOKEN = "demo0portal0token"  # noqa: S105  opens nothing but demo data
DEFAULT_SCOPES = ("crm", "user", "department", "task", "calendar", "disk", "im", "telephony")
ABORT = "demo_portal.abort"  # the server's way to reset a connection, in the scope's extensions
_JSON = "application/json; charset=utf-8"
_HTML = b"<html><head><title>%d</title></head><body><center><h1>%d</h1></center><hr>nginx</body></html>"
_GZIP_FROM = 1_024


class DemoPortal:
    """A Bitrix24 portal in memory: same rows for the same seed, same limits, same quirks, failures on demand.

    Args:
        seed: number that the data is made from.
        size: small (2,000 deals), medium (30,000) or large (300,000).
        deals: number of deals instead of the size's; other tables in proportion.
        counts: rows of single tables, by their names.
        clock: where time comes from.
        rate: requests a second that leak out of the bucket; 0 for no limit.
        bucket: requests the bucket holds.
        operating_limit: seconds a method may run in ten minutes; 0 for no limit.
        cost: what calls cost; measured run time by default.
        user_id: owner of the webhook.
        token: secret of the webhook.
        scopes: scopes of the webhook.
        timezone: zone of all times in answers.
        page_size: rows a page.
        license: licence as app.info tells it.
        epoch: unix second that the data ends at; the clock's present day by default.
        gzip: whether answers are compressed for clients that accept it.
        app_info: False makes app.info refuse, as its documentation says.
        calendar_instances: True answers a series as its occurrences inside the window, False as one row.
    """

    def __init__(  # noqa: PLR0913  a portal is described by its options
        self,
        seed: int = 42,
        size: Size = "small",
        *,
        deals: int | None = None,
        counts: Mapping[str, int] | None = None,
        custom_fields: int | None = None,
        clock: Clock | None = None,
        rate: float = 2.0,
        bucket: int = 50,
        operating_limit: float = 480.0,
        cost: CostModel | None = None,
        user_id: int = 1,
        token: str = DEFAULT_TOKEN,
        scopes: tuple[str, ...] = DEFAULT_SCOPES,
        timezone: str = "Europe/Berlin",
        page_size: int = 50,
        license: str = "de_pro100",  # noqa: A002  the name in the answer
        epoch: float | None = None,
        gzip: bool = False,
        app_info: bool = True,
        calendar_instances: bool = False,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.zone = Zone(timezone)
        self.epoch = int(self.clock.time() // DAY * DAY if epoch is None else epoch)
        made = make_seed(seed, row_counts(size, deals, counts), self.epoch, self.zone, custom_fields)
        self.store = Store(made, self.clock, self.zone)
        self.path = f"/rest/{user_id}/{token}/"
        self.faults = Faults()
        methods = build_methods()
        names = {"batch": "", **{name: method.scope for name, method in methods.items()}}
        context = Context(
            self.store,
            self.clock,
            self.zone,
            user_id,
            scopes,
            license,
            app_info,
            page_size,
            names,
            calendar_instances,
        )
        self._rate = RateLimit(rate, bucket, self.clock)
        self._engine = Engine(methods, context, OperatingBudget(operating_limit, self.clock), cost)
        self._gzip = gzip
        self._before: dict[int, list[Callable[[Store], object]]] = {}
        self._rewrites: dict[str, list[Callable[[bytes], bytes]]] = {}

    @property
    def stats(self) -> Stats:
        """Give the figures of all requests so far."""
        return self._engine.stats

    def before(self, n: int, change: Callable[[Store], object]) -> None:
        """Run `change(store)` just before the n-th HTTP request (from 1) is executed."""
        self._before.setdefault(n, []).append(change)

    def before_each(self, method: str, change: Callable[[Store], object]) -> None:
        """Run `change(store)` just before every call of a method, inside batches too."""
        found = self._engine.find(method)
        self._engine.watchers.append(lambda name: change(self.store) if name == found else None)

    def rewrite(self, method: str, change: Callable[[bytes], bytes]) -> None:
        """Pass the JSON of every result of a method through `change`, inside batches too.

        What it gives is sent as it is: rows that no store would hold, broken JSON, bytes that are no UTF-8.
        References between the commands of a batch see the result as it was.
        """
        self._rewrites.setdefault(self._engine.find(method), []).append(change)

    def _rewritten(self, method: str, result: bytes) -> bytes:
        for change in self._rewrites.get(self._engine.find(method), ()):
            result = change(result)
        return result

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        if scope["path"].startswith("/_control/"):
            status, answer = handle_control(self, str(scope["path"]), body)
            await _send(send, status, answer)
            return
        await self._answer(scope, body, send)

    async def _answer(self, scope: Scope, body: bytes, send: Send) -> None:
        self.stats.requests += 1
        number = self.stats.requests
        for change in self._before.pop(number, ()):
            change(self.store)
        token_path, _, name = str(scope["path"]).rpartition("/")
        name = self._engine.find(name.removesuffix(".json"))
        fault = self.faults.for_request(number, name)
        if fault is not None and await self._fails_unexecuted(fault, scope, send):
            return
        start = self.clock.time()
        try:
            if not self._rate.allows():
                raise too_many_requests()
            if f"{token_path}/" != self.path:
                raise no_auth()
            if fault is not None:
                _refuse(fault)
            headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
            query = scope["query_string"].decode("latin-1")
            params = read_params(query, headers.get("content-type", ""), body)
            if fault is not None and fault.kind == "late":
                _abort(scope)
                await self.clock.sleep(fault.seconds)
            payload = await self._run(number, name, params, start)
            status = 200
        except PortalError as error:
            self.stats.refused_503 += error.code == "QUERY_LIMIT_EXCEEDED"
            status = error.status
            payload = encode({"error": error.code, "error_description": error.description}).encode()
        if fault is not None and await self._fails_executed(fault, scope, send, status, payload):
            return
        compress = self._gzip and "gzip" in _header(scope, b"accept-encoding")
        await _send(send, status, payload, compress=compress)

    async def _run(self, number: int, name: str, params: dict[str, object], start: float) -> bytes:
        params = {key: normalise(value) for key, value in params.items()}
        if name.lower() == "batch":
            began = self.clock.monotonic()
            parts = await run_batch(self._engine, self.faults, number, params)
            timing = Timing(start, self.clock.time(), self.clock.monotonic() - began)
            result = batch_bytes(parts, self.zone, self._rewritten)
            return b'{"result":' + result + b',"time":' + timing.text(self.zone).encode() + b"}"
        answer, timing = await self._engine.run(name, params)
        return _envelope(answer, self._rewritten(name, to_bytes(answer.result)), timing, self.zone)

    async def _fails_unexecuted(self, fault: Fault, scope: Scope, send: Send) -> bool:
        if fault.kind == "reset":
            _abort(scope)
            return True
        if fault.kind in ("server", "html"):
            status = 200 if fault.kind == "html" else fault.status
            await _send(send, status, _HTML % (status, status), content_type="text/html")
            return True
        if fault.kind == "redirect":
            target = fault.location or str(scope["path"])
            await _send(send, 302, b"", content_type="text/html", location=target)
            return True
        return False

    async def _fails_executed(
        self, fault: Fault, scope: Scope, send: Send, status: int, payload: bytes
    ) -> bool:
        if fault.kind == "slow":
            await self.clock.sleep(fault.seconds)
        if fault.kind == "write_then_drop":
            _abort(scope)
        elif fault.kind == "write_then_error":
            await _send(send, fault.status, _HTML % (fault.status, fault.status), content_type="text/html")
        elif fault.kind == "cut":
            await _send(send, status, payload[: len(payload) // 2])
        return fault.kind in ("write_then_drop", "write_then_error", "cut", "late")


def _refuse(fault: Fault) -> None:
    if fault.kind == "rate":
        raise too_many_requests()
    if fault.kind == "operating":
        raise operating_limit()
    if fault.kind == "error":
        raise PortalError(fault.code, fault.description, fault.status)


def _envelope(answer: Answer, result: bytes, timing: Timing, zone: Zone) -> bytes:
    pieces = [b'{"result":', result]
    if answer.next is not None:
        pieces.append(b',"next":%d' % answer.next)
    if answer.total is not None:
        pieces.append(b',"total":%d' % answer.total)
    return b"".join((*pieces, b',"time":', timing.text(zone).encode(), b"}"))


def _abort(scope: Scope) -> None:
    """Reset the connection; in process, where there is none, fail the way a socket does."""
    abort = (scope.get("extensions") or {}).get(ABORT)
    if abort is None:
        raise ConnectionResetError("the demo portal dropped the connection")
    abort()


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


async def _read_body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(pieces)


async def _send(
    send: Send,
    status: int,
    payload: bytes,
    *,
    content_type: str = _JSON,
    location: str | None = None,
    compress: bool = False,
) -> None:
    headers = [(b"content-type", content_type.encode())]
    if location is not None:
        headers.append((b"location", location.encode()))
    if compress and len(payload) >= _GZIP_FROM:
        payload = gzip_module.compress(payload, compresslevel=1)
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", b"%d" % len(payload)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})
