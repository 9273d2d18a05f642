"""`/healthz`, `/readyz` and `/metrics` of the daemon, on a loopback port."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.daemon.readiness import Part
from syncd.daemon.vitals import SILENT_LIMIT_SECONDS, Vitals
from syncd.errors import SyncdError

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LONGEST_START_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 5
_NEVER_STORED = {"Cache-Control": "no-store"}

logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # a scrape every few seconds is no event


class Endpoints:
    """Answers for the length of a `with` block, in a thread of its own.

    `listen` is `host:port`; port 0 takes any free one, and `address` tells which. `ready` gives the parts of readiness
    and `metrics` the metrics' text; both are called from other threads. Raises SyncdError when the address is none, is
    taken, or can be reached from outside: nobody is asked who they are here.
    """

    def __init__(
        self,
        listen: str,
        *,
        vitals: Vitals,
        ready: Callable[[], list[Part]],
        metrics: Callable[[], bytes],
        silent_limit_seconds: float = SILENT_LIMIT_SECONDS,
    ) -> None:
        host, port = parse_listen(listen)
        self._listener = _bound(host, port)
        bound: tuple[Any, ...] = self._listener.getsockname()
        self.address = f"[{bound[0]}]:{bound[1]}" if ":" in bound[0] else f"{bound[0]}:{bound[1]}"
        app = _app(vitals, ready, metrics, silent_limit_seconds)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
                limit_concurrency=64,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="syncd-endpoints", daemon=True
        )

    def __enter__(self) -> Endpoints:
        self._thread.start()
        deadline = time.monotonic() + _LONGEST_START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._listener.close()
                raise SyncdError(f"The endpoints at {self.address} did not start.", "The log says why.")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self._listener.close()


def parse_listen(listen: str) -> tuple[str, int]:
    """`127.0.0.1:9464`, `[::1]:9464` or `localhost:9464` as an IP address and a port; raises SyncdError."""
    text, colon, number = listen.rpartition(":")
    if not colon or not number.isascii() or not number.isdigit() or int(number) > 65535:
        raise SyncdError(f"{listen!r} is no address to listen on.", "Write it like 127.0.0.1:9464.")
    name = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        host = ipaddress.ip_address("127.0.0.1" if name == "localhost" else name)
    except ValueError:
        raise SyncdError(
            f"{listen!r} is no address to listen on: {name!r} is no IP address.", "Write it like 127.0.0.1:9464."
        ) from None
    if not host.is_loopback:
        raise SyncdError(
            f"The endpoints would answer to everybody who reaches {listen}.",
            "Listen on 127.0.0.1, and let a web server with a login stand before it if others must see them.",
        )
    return str(host), int(number)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise SyncdError(
            f"The endpoints can't listen on {host} port {port}: {error.strerror or error}.",
            "Another program, or another syncd, may have it: give each an address of its own with `listen`.",
        ) from error
    return listener


def _app(
    vitals: Vitals, ready: Callable[[], list[Part]], metrics: Callable[[], bytes], silent_limit_seconds: float
) -> Starlette:
    # Plain functions: Starlette calls them in threads, for the ledger may let them wait.
    def healthz(_: Request) -> Response:
        silent = vitals.silent_for()
        answer: dict[str, Any] = {"alive": silent < silent_limit_seconds, "silent_seconds": round(silent, 1)}
        if answer["alive"]:
            return JSONResponse(answer, headers=_NEVER_STORED)
        words = f"nothing has moved for {silent:.0f} s, more than {silent_limit_seconds:.0f} s"
        answer |= {"why": f"{words}; last: {vitals.working_on}" if vitals.working_on else words}
        return JSONResponse(answer, 503, headers=_NEVER_STORED)

    def readyz(_: Request) -> Response:
        parts = ready()
        good = all(part.ok for part in parts) and not vitals.stopping
        answer = {"ready": good, "stopping": vitals.stopping, **{part.name: part.as_json() for part in parts}}
        return JSONResponse(answer, 200 if good else 503, headers=_NEVER_STORED)

    def exposition(_: Request) -> Response:
        return Response(metrics(), media_type=METRICS_TYPE, headers=_NEVER_STORED)

    routes = [
        Route(path, endpoint, methods=["GET"])  # and HEAD, which Starlette adds
        for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", exposition))
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False  # a redirect would repeat whatever the request calls this host
    return app
