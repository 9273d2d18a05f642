"""What the stand-in remembers: the market, who may read it, its open streams, and when it was asked."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from syncd.sandbox.market.market import Market
from syncd.sandbox.trendyol.refusal import too_many

_MINUTE = 60.0

Place = tuple[int, int]
"""Where a stream stands: moment of the last change (unix seconds) and number of the package that was shown last."""


@dataclass(frozen=True)
class Cursor:
    """An open stream: the filters that it was begun with, and the last package that it has shown."""

    filters: Mapping[str, str]
    place: Place


@dataclass
class TrendyolState:
    """One seller's account. Credentials are invented and guard nothing.

    `spacing_seconds`: two stream requests closer together than this give a 429; 0 lets everybody read as fast as they
    like. `requests_per_minute` is the limit of `v2/orders`, 0 none. `filter_clock` says how the filters by time of
    change count: it is not known whether the real ones take UTC, or UTC shifted by the three hours of Türkiye.
    """

    market: Market
    seller_id: int = 107703
    api_key: str = "sandbox-trendyol-key"
    api_secret: str = "sandbox-trendyol-secret"
    spacing_seconds: float = 0.0
    requests_per_minute: int = 0
    filter_clock: Literal["utc", "turkey"] = "utc"
    cursors: dict[str, Cursor] = field(default_factory=dict)
    _last_stream: float | None = None
    _list_calls: deque[float] = field(default_factory=deque)

    def now(self) -> int:
        return self.market.now()

    def count_stream(self) -> None:
        """Raises a 429 when the last stream request is not long enough ago."""
        now, last = self.market.clock(), self._last_stream
        if last is not None and now - last < self.spacing_seconds:
            raise too_many()
        self._last_stream = now

    def count_list(self) -> None:
        """Raises a 429 for a request of `v2/orders` beyond its limit."""
        now = self.market.clock()
        while self._list_calls and now - self._list_calls[0] >= _MINUTE:
            self._list_calls.popleft()
        if 0 < self.requests_per_minute <= len(self._list_calls):
            raise too_many()
        self._list_calls.append(now)

    def new_cursor(self, cursor: Cursor) -> str:
        name = str(uuid.uuid4())
        self.cursors[name] = cursor
        return name
