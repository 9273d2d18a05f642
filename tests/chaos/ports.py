"""Ports that nobody else takes: below those that the system gives away, one after the other."""

from __future__ import annotations

import itertools
import os
import socket
import threading

_FIRST, _LAST = 20_000, 31_000
_lock = threading.Lock()
_numbers = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """A port on loopback that is free now."""
    while True:
        with _lock:
            port = _FIRST + next(_numbers) % (_LAST - _FIRST)
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
