"""Keeping a platform's limits: how many requests in what time, and the least time between two."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in any span of that many seconds."""

    requests: int
    seconds: float


class Pace:
    """Waits before a request where the limits ask for it. Kept by this process alone."""

    def __init__(
        self,
        limits: Sequence[Limit],
        spacing: float,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._limits = [*limits, *([Limit(1, spacing)] if spacing > 0 else [])]
        self._monotonic = monotonic
        self._sleep = sleep
        self._sent: deque[float] = deque(maxlen=max((limit.requests for limit in self._limits), default=0))

    def wait(self) -> None:
        """Wait until a request may go, and count it. The moment is the planned one: a fake clock need not move."""
        now = self._monotonic()
        due = now
        for limit in self._limits:
            if len(self._sent) >= limit.requests:
                due = max(due, self._sent[-limit.requests] + limit.seconds)
        if due > now:
            self._sleep(due - now)
        self._sent.append(due)
