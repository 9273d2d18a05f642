"""How the daemon is: written by the thread that works, read by the watchdog, the endpoints and the notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

# A working thread that is silent for this long hangs: the longest it waits without a word is one answer of Paraşüt
# (60 seconds unless `timeout` says more).
SILENT_LIMIT_SECONDS: Final = 180.0


@dataclass
class Vitals:
    """The signs of life. Every field is replaced as a whole, so that other threads may read it at any time.

    Moments are aware (UTC). `beat` is called by the working thread whenever it gets ahead: before and after a request,
    between orders, while it waits. Of platforms also the threads that read them tell.
    """

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    configured_at: datetime | None = None
    configuration_problems: int = 0  # of the last reload that was refused; 0 when the newest files are in force
    working_on: str = ""  # what the working thread does now, in words; "" while it waits for its next turn
    worked_at: datetime | None = None  # when the last run over rules ended
    parasut_trouble: str = ""  # why the last request to Paraşüt had no answer, "" when it had one
    parasut_error: str = ""  # why the company can't work, "" when its last answer was fine
    parasut_answered_at: datetime | None = None
    platform_errors: dict[str, str] = field(default_factory=dict)  # by platform: why it could not be read last time
    platform_troubles: dict[str, str] = field(default_factory=dict)  # … why the last request had no answer
    stopped_rules: dict[str, str] = field(default_factory=dict)  # by rule: why its last run was stopped
    runs: dict[str, int] = field(default_factory=dict)  # by rule: how many runs it has had
    missed_turns: int = 0  # turns that fell together with one that was still waiting
    calls: int = 0  # requests to Paraşüt since the start
    throttled: int = 0  # … of which were answered 429
    stopping: bool = False
    _beat_at: float = field(default_factory=time.monotonic)
    _platforms: threading.Lock = field(default_factory=threading.Lock)

    def beat(self) -> None:
        """The working thread got ahead."""
        self._beat_at = self.monotonic()

    def silent_for(self) -> float:
        """Seconds since the working thread got ahead last."""
        return max(self.monotonic() - self._beat_at, 0.0)

    def parasut_in_trouble(self, words: str) -> None:
        """A request to Paraşüt had no answer; or, with "", one had again."""
        self.parasut_trouble = words

    def platform_in_trouble(self, name: str, words: str) -> None:
        """A request to a platform had no answer that can be used; or, with "", it had one again."""
        with self._platforms:
            others = {other: why for other, why in self.platform_troubles.items() if other != name}
            self.platform_troubles = others | ({name: words} if words else {})

    def platform_read(self, name: str) -> None:
        """A window of a platform was read to its end, and believed."""
        with self._platforms:
            self.platform_errors = {other: why for other, why in self.platform_errors.items() if other != name}

    def platforms_read(self, errors: Mapping[str, str | None]) -> None:
        """What became of the readings that have ended: by platform why one failed, or None."""
        with self._platforms:
            others = {name: why for name, why in self.platform_errors.items() if name not in errors}
            self.platform_errors = others | {name: why for name, why in errors.items() if why is not None}

    def platforms_are(self, names: Container[str]) -> None:
        """Forget those that are no longer in the configuration."""
        with self._platforms:
            self.platform_errors = {name: why for name, why in self.platform_errors.items() if name in names}
            self.platform_troubles = {name: why for name, why in self.platform_troubles.items() if name in names}
