"""The rate limit: so many requests in any so many seconds, token requests included."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable


class RateWindow:
    """A sliding window. Refused requests do not count against it; a limit of 0 refuses nothing."""

    def __init__(self, requests: int, seconds: float, clock: Callable[[], float]) -> None:
        self._requests = requests
        self._seconds = seconds
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> int | None:
        """Count one request; the whole seconds to wait when it is one too many."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        if self._requests and len(self._taken) >= self._requests:
            return max(1, math.ceil(self._taken[0] + self._seconds - now))
        self._taken.append(now)
        return None
