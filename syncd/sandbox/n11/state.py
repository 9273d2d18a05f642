"""A store at N11: its packages, its keys, and the switches for what is not known of the real service."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Package

REQUESTS_PER_MINUTE = 1000
_WALL_CLOCK_MS = 3 * 3600 * 1000


@dataclass
class N11State:
    """What the stand-in serves. Keys are invented and guard nothing.

    `depot` holds the packages (by id) that N11 sends from its own warehouse; the others are the seller's.
    """

    market: Market
    seller_id: int = 2000001
    app_key: str = "sandbox-n11-key"
    app_secret: str = "sandbox-n11-secret"
    limits: bool = False
    """Whether more than 1,000 requests in a minute of the market's clock are refused."""
    depot: set[int] = field(default_factory=set)

    wall_clock: bool = False
    """Whether startDate and endDate count the Turkish wall clock as if it were UTC; the documentation says "GMT+3"."""
    without_status: Literal["all", "none"] = "all"
    """What a request without a status finds: packages of every status, or none."""
    refuses_in: Literal["json", "text"] = "json"
    """How wrong keys are refused; both were seen."""

    _asked: deque[float] = field(default_factory=lambda: deque(maxlen=REQUESTS_PER_MINUTE), repr=False)

    def counts(self) -> bool:
        """Whether one more request is within the limit; if so it is counted."""
        now = self.market.clock()
        if self.limits and len(self._asked) == REQUESTS_PER_MINUTE and now - self._asked[0] < 60:
            return False
        self._asked.append(now)
        return True

    @property
    def shift_ms(self) -> int:
        """How far the service's clock is ahead of the true one."""
        return _WALL_CLOCK_MS if self.wall_clock else 0

    def sender_of(self, package: Package) -> str:
        return "N11" if package.package_id in self.depot else "SELLER"
