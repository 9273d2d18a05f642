"""`syncd run` as a real process beside a sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import SIGTERM
from typing import Any

from places import Done, Place

from syncd.sandbox.faults import Fault

PATIENCE_SECONDS = 30.0


@dataclass
class Running:
    """A process whose log is read as it comes."""

    place: Place
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def says(self, pattern: str, times: int = 1) -> None:
        """Wait until the log says that, so many times."""

        def said() -> bool:
            ended = self.process.poll() is not None and not self._reader.is_alive()
            found = len(re.findall(pattern, self.log)) >= times
            assert found or not ended, f"no {pattern!r} in:\n{self.log}"
            return found

        until(said, lambda: f"no {pattern!r} in:\n{self.log}")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(5)
        return code

    def stopped(self, number: int = SIGTERM) -> tuple[int, float]:
        """Ask it to stop; the exit code and the seconds that it took."""
        begun = time.monotonic()
        self.signal(number)
        return self.ended(), time.monotonic() - begun


def until(true: Any, words: Any) -> None:
    """Wait until something is true; fails with `words()` when that takes too long."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, words()
        time.sleep(0.02)


@contextmanager
def started(place: Place, *words: str) -> Iterator[Running]:
    """A command that runs beside the test; killed at the end if need be."""
    process = subprocess.Popen(
        [sys.executable, "-m", "syncd", *words],
        cwd=place.folder,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        yield Running(place, process)
    finally:
        process.kill()
        process.wait(10)


def finished(running: Running) -> Done:
    """A command's exit code and output, when it has ended."""
    code = running.ended()
    assert running.process.stdout is not None
    return Done(code, running.process.stdout.read(), running.log)


class SlowSale:
    """The first invoice that is asked for takes until `release`, or so many seconds. (Nothing else is answered.)"""

    def __init__(self, place: Place, seconds: float = PATIENCE_SECONDS) -> None:
        self.begun = threading.Event()
        self._released = threading.Event()
        self._seconds = seconds
        self._due = place.sandbox.faults.due
        place.sandbox.faults.due = self._slow  # type: ignore[method-assign]

    def _slow(self, method: str, path: str, *more: Any) -> Fault | None:
        if method == "POST" and path.endswith("/sales_invoices") and not self.begun.is_set():
            self.begun.set()
            self._released.wait(self._seconds)
        return self._due(method, path, *more)

    def is_under_way(self) -> None:
        assert self.begun.wait(PATIENCE_SECONDS)

    def release(self) -> None:
        self._released.set()
