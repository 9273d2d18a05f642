"""Signals, one after the other, for the main thread."""

from __future__ import annotations

import os
import queue
import signal
from types import FrameType


class Signals:
    """Signals as a queue; a second one that asks to stop ends the program at once, wherever it is.

    A handler may only touch what needs no lock: it runs in the midst of anything that the main thread does.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._before: dict[int, object] = {}
        self._stops = 0

    def __enter__(self) -> Signals:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave

    def next(self, timeout_seconds: float) -> int | None:
        """The next signal; None when there was none in that time."""
        try:
            return self._queue.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._stops += 1
            if self._stops > 1:
                os.write(2, b"syncd: stopped at once; what was intended is in the ledger\n")
                os._exit(1)
        self._queue.put(number)
