"""A portal that answers what a test tells it to."""

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import httpx

from sources.bitrix24.client import Bitrix24Client, Limits
from sources.bitrix24.retry import RetryPolicy
from sources.demo_portal.virtual_time import START, VirtualClock

T = TypeVar("T")

TOKEN = "s3cr3tt0k3n0123"
HOST = "portal.example"
WEBHOOK = f"https://{HOST}/rest/1/{TOKEN}/"


@dataclass
class Call:
    """A request as the portal saw it."""

    url: str
    method: str
    http_method: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float


@dataclass
class Answer:
    """What the portal answers; `wait` seconds pass before it."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    raises: BaseException | None = None
    raw: bytes | None = None


Responder = Callable[[Call], Answer | Awaitable[Answer]]


class ScriptedPortal(httpx.AsyncBaseTransport):
    """Answers from a queue of prepared answers, then from a default; remembers what it was asked."""

    def __init__(self, *answers: Answer | Responder, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.calls: list[Call] = []
        self.script: list[Answer | Responder] = list(answers)
        self.otherwise: Answer | Responder = run_batch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the script says."""
        body = json.loads(await request.aread() or b"{}")
        call = Call(
            str(request.url),
            request.url.path.rsplit("/", 1)[-1],
            request.method,
            body,
            dict(request.headers),
            self.clock.time(),
        )
        self.calls.append(call)
        step = self.script.pop(0) if self.script else self.otherwise
        if not isinstance(step, Answer):
            made = step(call)
            step = made if isinstance(made, Answer) else await made
        if step.wait:
            await self.clock.sleep(step.wait)
        if step.raises is not None:
            raise step.raises
        content = step.raw if step.raw is not None else json.dumps(step.body).encode()
        return httpx.Response(step.status, headers=step.headers, stream=_Stream(content), request=request)

    def client(self, **settings: Any) -> Bitrix24Client:  # noqa: ANN401 - the client's own
        """Return a client of this portal, without a rate limit unless one is given."""
        settings.setdefault("limits", Limits(requests_per_second=0, operating_seconds=0))
        settings.setdefault("policy", RetryPolicy(attempts=settings.pop("attempts", 4), random=Random(7)))  # noqa: S311 - spreads waits
        return Bitrix24Client(settings.pop("url", WEBHOOK), transport=self, clock=self.clock, **settings)

    def use(self, what: Callable[[Bitrix24Client], Coroutine[Any, Any, T]], **settings: Any) -> T:  # noqa: ANN401 - the client's own
        """Open a client, do this with it under virtual time, and close it."""

        async def main() -> T:
            async with self.client(**settings) as client:
                return await what(client)

        return self.clock.run(main())

    def batches(self) -> list[dict[str, str]]:
        """Return the commands of every batch that came in."""
        return [call.body["cmd"] for call in self.calls if call.method == "batch"]


class _Stream(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def ok(result: object = None, **more: object) -> Answer:
    """Return a good answer to a single call."""
    return Answer({"result": result, **more})


def refuse(status: int, code: object, description: str = "", **more: object) -> Answer:
    """Return a refusal as a portal words it."""
    return Answer({"error": code, "error_description": description, **more}, status)


def batch_answer(
    results: object,
    errors: object = (),
    totals: object = (),
    nexts: object = (),
    times: object = (),
) -> Answer:
    """Return an answer to a batch; an empty map is a list, as PHP has it."""
    inner = {
        "result": results,
        "result_error": errors or [],
        "result_total": totals or [],
        "result_next": nexts or [],
        "result_time": times or [],
    }
    return Answer({"result": inner, "time": {"start": 1, "finish": START, "duration": 0.1}})


def run_batch(call: Call) -> Answer:
    """Answer every command, and every single call, with what it was asked."""
    if "cmd" not in call.body:
        return ok({"method": call.method, "params": call.body})
    return batch_answer({key: {"command": line} for key, line in call.body["cmd"].items()} or [])


def php_query(query: str) -> dict[str, Any]:
    """Return what PHP's parse_str makes of a query, for names with brackets that are closed."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = [head, *(part.removesuffix("]") for part in rest.split("[") if rest)]
        level = result
        for step in path[:-1]:
            level = level.setdefault(step, {})
        level[path[-1]] = value
    return result


def gzipped(body: object) -> Answer:
    """Return an answer packed with gzip."""
    return Answer(raw=gzip.compress(json.dumps(body).encode()), headers={"Content-Encoding": "gzip"})
