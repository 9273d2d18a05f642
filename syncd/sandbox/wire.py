"""A port on loopback, what is served there, and the ways to be rude to those who connect."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

HOST = "127.0.0.1"
_RESET = struct.pack("ii", 1, 0)

logging.getLogger("uvicorn").setLevel(logging.CRITICAL)


class Wire:
    """One port (0: any free one) with TLS or without. `serve` says what answers there; `run` does it."""

    def __init__(self, port: int, certificate: Path | None = None, key: Path | None = None) -> None:
        self._certificate = certificate
        self._key = key
        self._connections: dict[Any, asyncio.Transport] = {}
        self._listener = _listen(port)
        self._listener.listen(128)
        self._raised: asyncio.TimerHandle | None = None
        self._server: uvicorn.Server | None = None
        self.is_down = False
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://{HOST}:{self.port}"

    def serve(self, app: ASGIApp) -> None:
        """Let `app` answer here."""
        connections = self._connections

        class Protocol(H11Protocol):
            """uvicorn's own, which also remembers the connections by their two ends, so that a fault can cut one."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[self.server, self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop((self.server, self.client), None)
                super().connection_lost(exc)

        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=Protocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ssl_certfile=str(self._certificate) if self._certificate else None,
                ssl_keyfile=str(self._key) if self._key else None,
            )
        )

    @property
    def started(self) -> bool:
        return self._server is not None and self._server.started

    async def run(self) -> None:
        """Answer until cancelled."""
        assert self._server is not None
        await self._server.serve(sockets=[self._listener])

    def hang_up(self, scope: Scope, reset: bool = False) -> None:
        """Close the connection that a request came by, without a word; `reset`: rudely."""
        transport = self._connections.get((scope["server"], scope["client"]))
        if transport is not None:
            _abort(transport) if reset else transport.close()

    def down(self, seconds: float | None = None) -> None:
        """Cut every connection and refuse new ones, for so many seconds or until `up`. For the serving thread."""
        if self._raised is not None:
            self._raised.cancel()
        if not self.is_down:
            self._stop_listening()
            # bound and not listening: refused by the system, and nobody else gets the port
            self._listener = _listen(self.port)
            self.is_down = True
        self.cut()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._raised = loop.call_later(seconds, lambda: loop.create_task(self.up()))

    async def up(self) -> None:
        """Take connections again."""
        if not self.is_down or self._server is None:
            return
        self.is_down = False
        server, config = self._server, self._server.config
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=server.server_state, app_state={}, _loop=loop
            )
            return made

        opened = await loop.create_server(protocol, sock=self._listener, ssl=config.ssl, backlog=128)
        server.servers.append(opened)

    def cut(self) -> None:
        """Cut every connection."""
        for transport in list(self._connections.values()):
            _abort(transport)

    def end(self) -> None:
        """Stop serving: no more connections, and none left. For the serving thread."""
        self._stop_listening()
        for transport in list(self._connections.values()):
            transport.abort()

    def close(self) -> None:
        self._listener.close()

    def _stop_listening(self) -> None:
        for opened in getattr(self._server, "servers", ()):
            opened.close()
        if self._server is not None:
            self._server.servers = []
        self._listener.close()


def _abort(transport: asyncio.Transport) -> None:
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def _listen(port: int) -> socket.socket:
    # with the protocol named, asyncio sends small answers at once; without it every answer waits 40 ms for an ACK
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"the sandbox can't use port {port} of {HOST}: {error.strerror}") from error
    return listener
