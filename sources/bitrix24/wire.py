"""One HTTP exchange with a portal: a slot before it, redirects by our rules, failures as our own errors."""

import asyncio
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from .clock import Clock
from .errors import (
    Bitrix24Error,
    ConfigurationError,
    ConnectError,
    MalformedReplyError,
    PortalMovedError,
    TransportError,
)
from .limits import RequestGate
from .redaction import guard_http_loggers, redact
from .stats import ClientStats
from .webhook import Webhook, is_loopback

_CONNECT_SECONDS: Final = 10.0
# Shorter than any server keeps an idle connection: a write must not meet one that the server is just closing.
_KEEPALIVE_SECONDS: Final = 3.0
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_NOTHING_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# httpx.ASGITransport passes on what an app raises, and asserts that the app has finished its answer.
_BROKEN_OFF: Final = (httpx.TransportError, httpx.DecodingError, OSError, AssertionError)


@dataclass(frozen=True)
class HttpAnswer:
    """What came back: a status and the bytes of the body, unpacked."""

    status: int
    body: bytes
    location: str = ""


@dataclass(frozen=True)
class WireSettings:
    """How connections are made."""

    timeout: float
    max_in_flight: int
    user_agent: str
    verify: bool | str = True
    transport: httpx.AsyncBaseTransport | None = None


class Wire:
    """Open connections to one portal; lives inside one event loop."""

    def __init__(
        self, webhook: Webhook, settings: WireSettings, gate: RequestGate, stats: ClientStats, clock: Clock
    ) -> None:
        guard_http_loggers()
        self._webhook = webhook
        self._gate = gate
        self._stats = stats
        self._clock = clock
        self._room = asyncio.Semaphore(settings.max_in_flight)
        self._http = httpx.AsyncClient(
            transport=settings.transport,
            verify=settings.verify,
            # A proxy from the environment cannot reach a portal on this machine.
            trust_env=not is_loopback(urlsplit(webhook.base_url).hostname or ""),
            timeout=httpx.Timeout(settings.timeout, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=settings.max_in_flight,
                max_keepalive_connections=settings.max_in_flight,
                keepalive_expiry=_KEEPALIVE_SECONDS,
            ),
            follow_redirects=False,
            # A session cookie sent back would make PHP answer this client's requests one after another.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": settings.user_agent,
            },
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def post(self, method: str, body: bytes) -> HttpAnswer | Bitrix24Error:
        """Post the body and return the answer, or the error that a portal or network made of it."""
        url = self._webhook.url(method)
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._post_once(method, url, body)
            if isinstance(answer, Bitrix24Error) or answer.status not in _REDIRECTS or not answer.location:
                return answer
            try:
                target = urljoin(url, answer.location)
            except ValueError:  # an address that is none, such as http://[
                return answer
            moved = _moved(method, url, target, answer.status)
            if moved is not None:
                return moved
            url = target
        return MalformedReplyError(
            f"{method}: the portal redirects in a circle; open its address in a browser",
            method=method,
        )

    async def _post_once(self, method: str, url: str, body: bytes) -> HttpAnswer | Bitrix24Error:
        async with self._room:
            slot = await self._gate.slot()
            self._stats.waited_seconds += slot.waited
            self._stats.requests += 1
            try:
                response = await self._http.post(url, content=body)
            except _NOTHING_SENT as error:
                return _no_connection(method, self._webhook.host, error)
            except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                return ConfigurationError(f"{method}: the address cannot be used ({error})", method=method)
            except _BROKEN_OFF as error:
                return _broken_off(method, error)
            finally:
                slot.answered()
        self._stats.bytes += response.num_bytes_downloaded
        return HttpAnswer(response.status_code, response.content, response.headers.get("location", ""))


def _moved(method: str, url: str, target: str, status: int) -> PortalMovedError | None:
    """Return the error for a redirect that may not be followed: the webhook's secret stays on its host."""
    here, there = urlsplit(url), urlsplit(target)
    try:
        same_port = _port(here.scheme, here.port) == _port(there.scheme, there.port)
        default_ports = _is_default(here.scheme, here.port) and _is_default(there.scheme, there.port)
    except ValueError:
        same_port = default_ports = False
    same_scheme = here.scheme == there.scheme
    upgraded = here.scheme == "http" and there.scheme == "https"
    if here.hostname == there.hostname and (
        (same_scheme and same_port) or (upgraded and (same_port or default_ports))
    ):
        return None
    new_host = redact(there.netloc.rsplit("@", 1)[-1]) or "an address without a host"
    what = (
        f"redirects to plain http on {new_host}"
        if here.hostname == there.hostname and not same_scheme
        else f"has moved to {new_host}"
    )
    return PortalMovedError(
        f"{method}: the portal {here.netloc} {what}; nothing was sent there. "
        "If that address is yours, take the webhook's new URL from the portal and set it.",
        new_host=new_host,
        method=method,
        status=status,
    )


def _no_connection(method: str, host: str, error: Exception) -> ConnectError:
    return ConnectError(
        f"{method}: no connection to {host} ({_cause(error)}); check the address and the network",
        method=method,
    )


def _broken_off(method: str, error: Exception) -> TransportError:
    what = (
        "the answer did not come in time"
        if isinstance(error, httpx.TimeoutException)
        else "the exchange broke off"
    )
    return TransportError(
        f"{method}: {what} ({_cause(error)}); whether the call ran on the portal is unknown", method=method
    )


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _port(scheme: str, port: int | None) -> int | None:
    return port or _DEFAULT_PORTS.get(scheme)


def _is_default(scheme: str, port: int | None) -> bool:
    return _port(scheme, port) == _DEFAULT_PORTS.get(scheme)
