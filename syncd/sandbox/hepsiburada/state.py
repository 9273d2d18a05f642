"""A store at Hepsiburada: its packages, its key, and the switches for what is not known of the real service."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from syncd.sandbox.hepsiburada.refusal import too_many
from syncd.sandbox.market.ids import guid
from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import MarketLine, Package, Stage

_MINUTE = 60.0


@dataclass
class HepsiburadaState:
    """What the stand-in serves. The key is invented and guards nothing.

    `user_agent` is the only one that is let in. `unpacked` holds the packages (by id) that were broken up and wait to
    be packed again, `invoiced` those that have an invoice link.
    """

    market: Market
    merchant_id: str = "0a0a0a0a-0000-4000-8000-00000000a001"
    service_key: str = "Sandbox12Key"
    user_agent: str = "ornek_dev"
    unpacked: set[int] = field(default_factory=set)
    invoiced: set[int] = field(default_factory=set)

    automatic_packaging: bool = False
    """Hepsiburada packs by itself: no line is ever seen open."""
    cancelled_lines_keep_package: bool = False
    """Whether a line that was cancelled after packing still names its package."""
    packages_by: Literal["packed", "ordered"] = "packed"
    """Which moment the window of the list of packages goes by."""
    unpaid_status: int = 404
    """What the detail of an order answers that is not paid; only its text is documented."""
    requests_per_minute: int = 0
    """More are answered 429; 0 lets everybody read as fast as they like."""
    _calls: deque[float] = field(default_factory=deque)

    def count_request(self) -> None:
        """Raises a 429 when the minute is full."""
        now = self.market.clock()
        while self._calls and now - self._calls[0] >= _MINUTE:
            self._calls.popleft()
        if self.requests_per_minute and len(self._calls) >= self.requests_per_minute:
            raise too_many(self.requests_per_minute, max(1, int(_MINUTE - (now - self._calls[0])) + 1))
        self._calls.append(now)

    def unpack(self, package_id: int) -> Package:
        """Break a package up, now: its lines go back to the open ones, its number is dead."""
        package = self.market.move(package_id, Stage.CREATED)
        self.unpacked.add(package_id)
        return package

    def pack_again(self, package_id: int) -> Package:
        """Pack what was broken up, now: the same lines under a new number."""
        package = self.market.repack(package_id)
        self.unpacked.discard(package_id)
        return self.market.move(package.package_id, Stage.PREPARING)

    def is_packed(self, package: Package) -> bool:
        """Whether the lines of the package stand in one with a number."""
        open_ = package.stage is Stage.CREATED and not (self.automatic_packaging and not self.is_unpacked(package))
        return not open_ and package.stage not in (Stage.UNPAID, Stage.CANCELLED, Stage.UNSUPPLIED)

    def is_unpacked(self, package: Package) -> bool:
        """Whether the package was broken up and waits to be packed again."""
        return package.package_id in self.unpacked and package.stage is Stage.CREATED


def line_id(line: MarketLine) -> str:
    """The line's GUID. When pieces of a line go elsewhere, those that stay behind keep it; the others get one anew."""
    return guid("20000000", line.units[-1].unit_id)


def order_id(package: Package) -> str:
    """The smallest line id of a package: what it can be told by, whatever number it has."""
    return min(map(line_id, package.lines))


def cancelled_part(package: Package) -> Package:
    """A cancelled package with the lines that were cancelled: of one whose other pieces live on, just those pieces."""
    if not package.cancelled_units:
        return package
    pieces = dict(package.cancelled_units)
    lines = tuple(
        replace(line, units=line.units[: pieces[line.line_id]]) for line in package.lines if pieces.get(line.line_id)
    )
    return replace(package, lines=lines)
