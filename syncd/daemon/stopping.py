"""Being asked to stop, and waits that end when it happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from syncd.sync.executor import asked_to_stop

_PIECE_SECONDS: Final = 1.0


class Stopping:
    """Whether the daemon was asked to stop; asked from any thread."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        """Stop, please."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait, at most until it is asked."""
        self._asked.wait(seconds)


class Sleep:
    """The waits of clients (before they ask again, for their place in the budget): in pieces, each a sign of life.

    Raises Stopped when the daemon was asked to stop: nothing was sent, for who waits has no request under way.
    """

    def __init__(
        self, stopping: Stopping, beat: Callable[[], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stopping = stopping
        self._beat = beat
        self._monotonic = monotonic

    def __call__(self, seconds: float) -> None:
        until = self._monotonic() + seconds
        while True:
            self._beat()
            if self._stopping():
                raise asked_to_stop()
            left = until - self._monotonic()
            if left <= 0:
                return
            self._stopping.wait(min(left, _PIECE_SECONDS))
