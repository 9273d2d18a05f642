"""A shop that accepts connections and does not answer, until it is let."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_SECONDS = 60.0


@dataclass
class SilentShop:
    """Where it is, and what it was asked. `status` and `body` are what it answers when it does."""

    address: str = ""
    status: int = 200
    body: str = "[]"
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    requests: list[str] = field(default_factory=list)
    _speaks: threading.Event = field(default_factory=threading.Event)

    def speak(self) -> None:
        """Answer everything, also what waits."""
        self._speaks.set()

    def was_asked(self) -> None:
        """Wait until a request is there."""
        assert self.asked.acquire(timeout=LONGEST_SECONDS)


@contextmanager
def silent_shop() -> Iterator[SilentShop]:
    """A shop on loopback that is silent."""
    shop = SilentShop()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.requests.append(self.path)
            shop.asked.release()
            shop._speaks.wait(LONGEST_SECONDS)
            self.send_response(shop.status)
            self.send_header("Content-Length", str(len(shop.body)))
            self.end_headers()
            self.wfile.write(shop.body.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        server.daemon_threads = True
        shop.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        try:
            yield shop
        finally:
            shop.speak()
            server.shutdown()
