"""The sandbox as a whole: both stand-ins, each on a loopback port of its own, in one background thread."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from syncd.sandbox.exchange import Exchange, Recorder
from syncd.sandbox.faults import FaultScript
from syncd.sandbox.front import Front
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.parasut.app import parasut_app
from syncd.sandbox.parasut.seed import seeded_parasut
from syncd.sandbox.shop.app import shop_app
from syncd.sandbox.shop.seed import seeded_shop

_HOST = "127.0.0.1"

logging.getLogger("uvicorn").setLevel(logging.CRITICAL)


class Sandbox:
    """Stand-ins for Paraşüt and a WooCommerce shop over real HTTP, for the time of a `with` block.

    `parasut_url` and `shop_url` are base URLs without a slash at the end; `parasut` and `shop` are the states that they
    serve, readable and writable while they run; `traffic` and `shop_traffic` are the exchanges so far; `faults` takes
    more scripted faults. `clock` gives unix seconds (token lifetimes, rate windows, time stamps).
    """

    def __init__(self, options: SandboxOptions | None = None, clock: Callable[[], float] = time.time) -> None:
        self.options = options or SandboxOptions()
        self.parasut = seeded_parasut(self.options, clock)
        self.shop = seeded_shop(self.options, clock)
        self.faults = FaultScript(self.options.faults)
        self._recorder = Recorder(self.options.traffic)
        self._shop_recorder = Recorder(self.options.shop_traffic)
        self._parasut_socket = _listen(self.options.parasut_port)
        self._shop_socket = _listen(self.options.shop_port)
        self.parasut_url = f"http://{_HOST}:{self._parasut_socket.getsockname()[1]}"
        scheme = "https" if self.options.shop_certificate else "http"
        self.shop_url = f"{scheme}://{_HOST}:{self._shop_socket.getsockname()[1]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._connections: dict[Any, asyncio.Transport] = {}
        self._servers = [
            self._server(parasut_app(self.parasut), self._recorder, tls=False),
            self._server(shop_app(self.shop), self._shop_recorder, tls=True),
        ]
        self._thread = threading.Thread(target=self._run, name="syncd-sandbox", daemon=True)

    @property
    def traffic(self) -> list[Exchange]:
        """Paraşüt's exchanges so far."""
        return self._recorder.exchanges

    @property
    def shop_traffic(self) -> list[Exchange]:
        """The shop's exchanges so far."""
        return self._shop_recorder.exchanges

    def __enter__(self) -> Sandbox:
        self._thread.start()
        while not all(server.started for server in self._servers):
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox could not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        for listener in (self._parasut_socket, self._shop_socket):
            listener.close()
        self._recorder.close()
        self._shop_recorder.close()

    def _server(self, app: ASGIApp, recorder: Recorder, tls: bool) -> uvicorn.Server:
        connections = self._connections

        class Protocol(H11Protocol):
            """uvicorn's own, which also remembers the connections by their two ends, so that a fault can cut one."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[self.server, self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop((self.server, self.client), None)
                super().connection_lost(exc)

        def hang_up(scope: Scope) -> None:
            transport = connections.get((scope["server"], scope["client"]))
            if transport is not None:
                transport.close()

        front = Front(app, recorder, self.faults, self.options.latency_seconds, hang_up)
        certificate, key = self.options.shop_certificate, self.options.shop_certificate_key
        return uvicorn.Server(
            uvicorn.Config(
                front,
                http=Protocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ssl_certfile=str(certificate) if tls and certificate else None,
                ssl_keyfile=str(key) if tls and key else None,
            )
        )

    def _run(self) -> None:
        async def both() -> None:
            self._loop = asyncio.get_running_loop()
            self._stop = asyncio.Event()
            listeners = (self._parasut_socket, self._shop_socket)
            serving = [
                asyncio.create_task(server.serve(sockets=[listener]))
                for server, listener in zip(self._servers, listeners, strict=True)
            ]
            stop = asyncio.create_task(self._stop.wait())
            # not uvicorn's own way to stop, which waits in steps of a tenth of a second
            await asyncio.wait([stop, *serving], return_when=asyncio.FIRST_COMPLETED)
            for task in (stop, *serving):
                task.cancel()
            await asyncio.gather(stop, *serving, return_exceptions=True)
            for server in self._servers:
                for opened in getattr(server, "servers", ()):
                    opened.close()
            for transport in list(self._connections.values()):
                transport.abort()

        asyncio.run(both())


def serve(options: SandboxOptions, announce: Callable[[Sandbox], None] | None = None) -> None:
    """Run the sandbox until SIGINT or SIGTERM; `announce` is called once it answers. For the main thread."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(options) as sandbox:
            if announce is not None:
                announce(sandbox)
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(port: int) -> socket.socket:
    # with the protocol named, asyncio sends small answers at once; without it every answer waits 40 ms for an ACK
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"the sandbox can't use port {port} of {_HOST}: {error.strerror}") from error
    listener.listen(64)
    return listener
