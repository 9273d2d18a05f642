"""A store at N11: its packages, its keys, and the switches for what is not known of the real service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Package

_WALL_CLOCK_MS = 3 * 3600 * 1000


@dataclass
class N11State:
    """What the stand-in serves. Keys are invented and guard nothing.

    `depot` holds the packages (by id) that N11 sends from its own warehouse; the others are the seller's.
    """

    market: Market
    seller_id: int = 2000001
    app_key: str = "00000000-5a5a-4000-8000-000000000011"
    app_secret: str = "n11SandboxSecret"
    depot: set[int] = field(default_factory=set)

    wall_clock: bool = False
    """Whether startDate and endDate count the Turkish wall clock as if it were UTC; the documentation says "GMT+3"."""
    without_status: Literal["all", "none"] = "all"
    """What a request without a status finds: packages of every status, or none."""
    refuses_in: Literal["json", "text"] = "json"
    """How wrong keys are refused; both were seen."""

    @property
    def shift_ms(self) -> int:
        """How far the service's clock is ahead of the true one."""
        return _WALL_CLOCK_MS if self.wall_clock else 0

    def sender_of(self, package: Package) -> str:
        return "N11" if package.package_id in self.depot else "SELLER"
