"""Serves a portal on a real socket."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .app import ABORT, DemoPortal, Receive, Scope, Send

_START_SECONDS = 30.0


class _Connections:
    """Knows the transport of each client, so that a fault can reset a connection."""

    def __init__(self, portal: DemoPortal) -> None:
        self._portal = portal
        self._transports: dict[object, asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """Make the protocol class that registers its transports here."""
        transports = self._transports

        class Registered(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
            def connection_made(self, transport: asyncio.Transport) -> None:
                transports[transport.get_extra_info("peername")[:2]] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                for client, known in list(transports.items()):
                    if known is self.transport:
                        del transports[client]
                super().connection_lost(exc)

        return Registered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a way to reset its connection."""
        client = tuple(scope.get("client") or ())

        def abort() -> None:
            transport = self._transports.get(client)
            if transport is not None:
                transport.abort()

        scope.setdefault("extensions", {})[ABORT] = abort
        await self._portal(scope, receive, send)


def bind(port: int) -> socket.socket:
    """Take a loopback port; 0 takes any free one."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    return taken


def make_server(portal: DemoPortal) -> uvicorn.Server:
    """Make a silent uvicorn server for the portal."""
    connections = _Connections(portal)
    config = uvicorn.Config(
        connections,
        http=connections.protocol(),
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level=logging.CRITICAL,
        timeout_keep_alive=75,
    )
    return uvicorn.Server(config)


def url_of(portal: DemoPortal, taken: socket.socket) -> str:
    """Give the webhook URL of a portal on a socket."""
    return f"http://127.0.0.1:{taken.getsockname()[1]}{portal.path}"


@contextlib.contextmanager
def serve(portal: DemoPortal, port: int = 0) -> Iterator[str]:
    """Serve the portal in a thread while the block runs and give its webhook URL."""
    with contextlib.closing(bind(port)) as taken:
        server = make_server(portal)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [taken]}, daemon=True, name="demo-portal"
        )
        thread.start()
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.01)):
            if server.started or not thread.is_alive():
                break
            waited.wait(0.01)
        if not server.started:
            raise RuntimeError("the demo portal did not start")
        try:
            yield url_of(portal, taken)
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join(timeout=10)
