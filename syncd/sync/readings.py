"""Platforms being read, each in a thread of its own, so that one that hangs or has a lot to tell holds up nobody.

A run waits for its platforms as long as its patience lasts. What is not read by then goes on in the background; the
next run finds it there, begins no second one and does not wait, and the run after its end is told what came of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from loguru import logger

from syncd.errors import PlatformError, SyncdError
from syncd.sync.collect import Collected
from syncd.sync.executor import asked_to_stop
from syncd.sync.progress import Progress

PATIENCE_SECONDS: Final = 20.0
THREAD_PREFIX: Final = "syncd-reads-"

_LOOK_EVERY_SECONDS: Final = 0.5
_FRESH_SECONDS: Final = 300.0  # what was read longer ago is read again before anything is made of it
_GRACE_SECONDS: Final = 1.0

Between = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Task:
    """How a platform is read: `read` calls what it is given between its pages, and passes on what that raises."""

    progress: Progress
    read: Callable[[Between], Collected]


class Reading:
    """One platform, and the thread that reads it."""

    def __init__(self, name: str, task: Task, ended: Callable[[], None]) -> None:
        self.name = name
        self.progress = task.progress
        self.in_background = False
        self._read = task.read
        self._ended = ended
        self._end = threading.Event()
        self._then: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._outcome: Collected | SyncdError | None = None
        self._ended_at = 0.0
        # A request that hangs must not keep the program: the thread is left behind then, and has only read.
        self._thread = threading.Thread(target=self._work, name=f"{THREAD_PREFIX}{name}", daemon=True)
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        """Whether the thread still works."""
        return self._outcome is None

    @property
    def is_off(self) -> bool:
        """Whether it was asked to end: nobody wants to know any more what it found."""
        return self._end.is_set()

    @property
    def is_fresh(self) -> bool:
        """Whether it ended so lately that what it found may be worked with."""
        return time.monotonic() - self._ended_at <= _FRESH_SECONDS

    def end(self) -> None:
        """Read no further page."""
        self._end.set()

    def then(self, action: Callable[[], None]) -> None:
        """Do something as soon as the thread works no more; at once if it doesn't."""
        with self._lock:
            if self.goes_on:
                self._then = action
                return
        action()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(max(seconds, 0))

    def collected(self) -> Collected:
        """What it found; also what the platform has failed with. Raises LedgerError, and Stopped."""
        assert self._outcome is not None
        if isinstance(self._outcome, SyncdError):
            raise self._outcome
        return self._outcome

    def _between(self) -> None:
        if self.is_off:
            raise asked_to_stop()

    def _work(self) -> None:
        outcome: Collected | SyncdError = asked_to_stop()
        try:
            outcome = self._read(self._between)
        except SyncdError as error:
            outcome = error
        except Exception as error:
            if not self.is_off:  # else its connections may have been closed while it used them
                logger.opt(exception=error).error("{}: unexpected {}", self.name, type(error).__name__)
                words = f"something unexpected happened while it was read ({type(error).__name__})."
                outcome = Collected(self.name, error=PlatformError(self.name, words, "See the log and report it."))
        finally:
            with self._lock:
                self._ended_at = time.monotonic()
                self._outcome = outcome
            self._then()
            self._ended()


class Readings:
    """The readings of a process. All but `begun` is for the one thread that works.

    `patience_seconds` None waits until everything is read.
    """

    def __init__(self, patience_seconds: float | None = None) -> None:
        self._patience_seconds = patience_seconds
        self._under_way: dict[str, Reading] = {}
        self._given_up: set[str] = set()
        self._bell = threading.Event()

    def read(self, tasks: Mapping[str, Task], between: Between) -> list[Collected]:
        """What came from each of these platforms, and how far the others are (`pending`).

        `between` is called while it waits; what it raises ends the wait and the readings that were begun here. Raises
        LedgerError, and Stopped, as the readings do.
        """
        found: list[Collected] = []
        begun: list[Reading] = []
        for name, task in tasks.items():
            before = self._under_way.get(name)
            if before is not None and before.goes_on:
                found.append(self._pending(before))
                continue
            if before is not None:
                del self._under_way[name]
                if not before.is_off:
                    found.append(before.collected())
                    if before.is_fresh:
                        continue
                    found[-1] = replace(found[-1], error=None)  # what is read now tells how it is now
            begun.append(Reading(name, task, self._bell.set))
            self._under_way[name] = begun[-1]
        try:
            self._wait(begun, between)
        except BaseException:
            self._leave_off(begun)
            raise
        for reading in begun:
            if reading.goes_on:
                found.append(self._pending(reading))
                continue
            del self._under_way[reading.name]
            found.append(reading.collected())
        names = list(tasks)
        return sorted(found, key=lambda collected: names.index(collected.platform))

    def ended(self) -> frozenset[str]:
        """The platforms that can be asked for again: read in the background, to the end by now, or given up."""
        gone, self._given_up = self._given_up, set()
        return frozenset({name for name, one in self._under_way.items() if not one.goes_on} | gone)

    def begun(self) -> dict[str, float]:
        """By platform: for how many seconds it is being read; without those that are not. For any thread."""
        return {name: one.progress.seconds for name, one in list(self._under_way.items()) if one.goes_on}

    def end(self) -> None:
        """What is being read is of no use any more: the rules are others now. Each is read anew when it has ended."""
        for reading in self._under_way.values():
            reading.end()

    def give_up(self, name: str, then: Callable[[], None]) -> None:
        """Nothing more is wanted of the platform of that name as it was; `then` is done when nobody uses it."""
        reading = self._under_way.pop(name, None)
        if reading is None:
            then()
            return
        self._given_up.add(name)
        reading.end()
        reading.then(then)

    def close(self) -> None:
        """End everything; waits for what ends within a second."""
        self._leave_off(self._under_way.values())

    def _leave_off(self, readings: Iterable[Reading]) -> None:
        several, until = list(readings), time.monotonic() + _GRACE_SECONDS
        for reading in several:
            reading.end()
        for reading in several:
            reading.join(until - time.monotonic())

    def _pending(self, reading: Reading) -> Collected:
        if not reading.in_background:
            reading.in_background = True
            logger.info(
                "{}: not read to its end after {:.0f} s; it goes on in the background, and only its own orders wait",
                reading.name,
                reading.progress.seconds,
            )
        return Collected(reading.name, pending=reading.progress.words)

    def _wait(self, readings: list[Reading], between: Between) -> None:
        patience = self._patience_seconds
        until = None if patience is None else time.monotonic() + patience
        while True:
            self._bell.clear()
            left = _LOOK_EVERY_SECONDS if until is None else min(until - time.monotonic(), _LOOK_EVERY_SECONDS)
            if left <= 0 or not any(reading.goes_on for reading in readings):
                return
            self._bell.wait(left)
            between()
