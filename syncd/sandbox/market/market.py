"""The state of one marketplace: its packages, and what happens to them as time goes by."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from syncd.sandbox.market.package import Kind, MarketLine, Package, Stage
from syncd.sandbox.market.truth import Billing, MarketTruth, truth_of


class Turn(StrEnum):
    """What can happen to a package besides moving to a stage."""

    SPLIT = "split"
    PART_CANCEL = "part_cancel"
    REPACK = "repack"
    CLAIM = "claim"


@dataclass(frozen=True)
class Event:
    """Something that happens at a moment (unix seconds) to every living package of a family."""

    at: int
    does: Stage | Turn


@dataclass(frozen=True)
class Plan:
    """An order to come: the package as it will first appear, and all that happens to it afterwards."""

    package: Package
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Traits:
    """How a marketplace differs from others. `kinds` are the orders that it knows, the most telling first."""

    name: str
    billing: Billing
    kinds: tuple[Kind, ...]
    first_package_id: int
    first_order_number: int
    keeps_line_ids: bool = True
    """Whether a line that goes into another package keeps its id."""


_ENDED = (Stage.CANCELLED, Stage.UNSUPPLIED, Stage.RETURNED, Stage.UNPACKED)


class Market:
    """Packages that appear, move and change by their plans as `clock()` (unix seconds) passes.

    Every reading first lets happen what is due, each change at its own moment (`modified` may lie before the reading).
    Safe for use by the serving thread and a test at the same time.
    """

    def __init__(self, traits: Traits, clock: Callable[[], float], plans: Iterable[Plan] = ()) -> None:
        self.traits = traits
        self.clock = clock
        self.silent_until = 0.0
        """Unix seconds; before it every list of the marketplace is empty, as in an outage. (Single look-ups work.)"""
        self._silenced = 0
        self._packages: dict[int, Package] = {}
        self._due: list[tuple[int, int, int, Plan | Event]] = []
        self._serial = 0
        self._next_id = traits.first_package_id - 1
        self._next_line_id = 0
        self._next_unit_id = 0
        self._lock = threading.RLock()
        for plan in plans:
            self.plan(plan)

    # reading

    def now(self) -> int:
        return int(self.clock())

    def listed(self) -> list[Package]:
        """Every package there is by now, dead ones too, the oldest change first; nothing while the market is silent."""
        with self._lock:
            self.settle()
            if self.silent:
                return []
            return sorted(self._packages.values(), key=lambda package: (package.modified, package.package_id))

    def find(self, *, package_id: int | None = None, order_number: str | None = None) -> list[Package]:
        """The packages of that id, or all that hold lines of that order, the oldest first; also while it is silent."""
        with self._lock:
            self.settle()
            if package_id is not None:
                return [self._packages[package_id]] if package_id in self._packages else []
            return [one for one in self._packages.values() if order_number in one.order_numbers]

    @property
    def packages(self) -> dict[int, Package]:
        """Package id → package as it is now, dead ones too, also while it is silent."""
        with self._lock:
            self.settle()
            return dict(self._packages)

    @property
    def waiting(self) -> int:
        """How many events are still to come."""
        with self._lock:
            self.settle()
            return len(self._due)

    @property
    def ends_at(self) -> int:
        """The moment of the last event that is still to come, or now."""
        with self._lock:
            return max((at for at, *_ in self._due), default=self.now())

    def truth(self, package_id: int) -> MarketTruth:
        """What is known about a package. KeyError when there is none (yet)."""
        return truth_of(self.packages[package_id], self.traits.billing)

    def truths(self) -> list[MarketTruth]:
        """The truth about every package there is by now."""
        return [truth_of(package, self.traits.billing) for package in self.packages.values()]

    @property
    def silent(self) -> bool:
        return self._silenced > 0 or self.clock() < self.silent_until

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """Every list is empty meanwhile."""
        self._silenced += 1
        try:
            yield
        finally:
            self._silenced -= 1

    # planning

    def plan(self, plan: Plan) -> None:
        """Let an order come in at its moment (at once if that has passed) and live as planned."""
        with self._lock:
            package = plan.package
            self._next_id = max(self._next_id, package.package_id)
            self._next_line_id = max([self._next_line_id, *(line.line_id for line in package.lines)])
            units = (unit.unit_id for line in package.lines for unit in line.units)
            self._next_unit_id = max(self._next_unit_id, *units)
            self._push(package.ordered_at, package.root_id, plan)

    def settle(self) -> None:
        """Let everything happen whose moment has come."""
        now = self.now()
        while self._due and self._due[0][0] <= now:
            at, _, root_id, what = heapq.heappop(self._due)
            if isinstance(what, Plan):
                self._packages[what.package.package_id] = what.package
                for event in what.events:
                    self._push(event.at, root_id, event)
                continue
            for package in self._living(root_id):
                self._happen(package, what.does, at)

    # what happens at once

    def move(self, package_id: int, stage: Stage, by: str = "") -> Package:
        """Put a package into a stage now; `by` is who cancels it (`customer` or `seller`)."""
        with self._lock:
            self.settle()
            return self._move(self._packages[package_id], stage, self.now(), by)

    def touch(self, package_id: int) -> Package:
        """A change that nobody can see but by its moment."""
        with self._lock:
            self.settle()
            return self._put(replace(self._packages[package_id], modified=self.now()))

    def split(self, package_id: int, groups: Sequence[Mapping[int, int]]) -> list[Package]:
        """Make one package of each group (line id → pieces) now; the parent dies. All pieces must be given out."""
        with self._lock:
            self.settle()
            return self._divide(self._packages[package_id], groups, "split", self.now())

    def part_cancel(self, package_id: int, cancelled: Mapping[int, int]) -> Package:
        """Cancel pieces (line id → how many) now: the package is cancelled, a new one holds the rest."""
        with self._lock:
            self.settle()
            return self._part_cancel(self._packages[package_id], cancelled, self.now())

    def repack(self, package_id: int) -> Package:
        """The same lines (and line ids) under a new package number, now."""
        with self._lock:
            self.settle()
            return self._repack(self._packages[package_id], self.now())

    # inner workings

    def _push(self, at: int, root_id: int, what: Plan | Event) -> None:
        self._serial += 1
        heapq.heappush(self._due, (at, self._serial, root_id, what))

    def _living(self, root_id: int) -> list[Package]:
        return [one for one in self._packages.values() if one.root_id == root_id and one.stage not in _ENDED]

    def _happen(self, package: Package, does: Stage | Turn, at: int) -> None:
        if isinstance(does, Stage):
            self._move(package, does, at)
        elif does is Turn.CLAIM:
            self._put(replace(package, claimed=True, modified=at))
        elif does is Turn.REPACK:
            self._repack(package, at)
        elif does is Turn.PART_CANCEL:
            line = max(package.lines, key=lambda one: one.quantity)
            self._part_cancel(package, {line.line_id: max(1, line.quantity // 2)}, at)
        else:
            self._divide(package, _halves(package), "split", at)

    def _put(self, package: Package) -> Package:
        self._packages[package.package_id] = package
        return package

    def _move(self, package: Package, stage: Stage, at: int, by: str = "") -> Package:
        if stage is Stage.CANCELLED:
            by = by or ("customer" if package.package_id % 2 else "seller")
        elif stage is Stage.UNSUPPLIED:
            by = "seller"
        tracking = package.tracking or (package.package_id if stage in (Stage.SHIPPED, Stage.DELIVERED) else 0)
        history = (*package.history, (stage, at))
        return self._put(
            replace(package, stage=stage, modified=at, history=history, cancelled_by=by, tracking=tracking)
        )

    def _child(self, parent: Package, lines: tuple[MarketLine, ...], created_by: str, at: int) -> Package:
        self._next_id += 1
        return self._put(
            replace(
                parent,
                package_id=self._next_id,
                lines=lines,
                modified=at,
                origin_ids=(*parent.origin_ids, parent.package_id),
                created_by=created_by,
                shipment_number=self._next_id % 1_000_000_000,
            )
        )

    def _divide(self, parent: Package, groups: Sequence[Mapping[int, int]], created_by: str, at: int) -> list[Package]:
        left = {line.line_id: list(line.units) for line in parent.lines}
        children = []
        for group in groups:
            lines = []
            for line in parent.lines:
                wanted = group.get(line.line_id, 0)
                units, left[line.line_id] = left[line.line_id][:wanted], left[line.line_id][wanted:]
                if len(units) != wanted:
                    raise ValueError(f"line {line.line_id} has no {wanted} pieces left")
                if units:
                    lines.append(replace(line, line_id=self._line_id(line), units=tuple(units)))
            children.append(tuple(lines))
        if any(left.values()):
            raise ValueError("a split gives out every piece")
        self._move(parent, Stage.UNPACKED, at)
        return [self._child(parent, lines, created_by, at) for lines in children]

    def _part_cancel(self, parent: Package, cancelled: Mapping[int, int], at: int) -> Package:
        kept = []
        for line in parent.lines:
            units = line.units[cancelled.get(line.line_id, 0) :]
            if units:
                kept.append(replace(line, line_id=self._line_id(line), units=units))
        if not kept:
            raise ValueError("a part cancel leaves something")
        self._put(replace(parent, cancelled_units=tuple(cancelled.items())))
        dead = self._move(self._packages[parent.package_id], Stage.CANCELLED, at)
        return self._child(replace(parent, cancelled_by=""), tuple(kept), "cancel", dead.modified)

    def _repack(self, parent: Package, at: int) -> Package:
        self._move(parent, Stage.UNPACKED, at)
        return self._child(parent, parent.lines, "repack", at)

    def _line_id(self, line: MarketLine) -> int:
        if self.traits.keeps_line_ids:
            return line.line_id
        self._next_line_id += 1
        return self._next_line_id


def _halves(package: Package) -> list[dict[int, int]]:
    """Two groups that give out every piece: by lines if there are several, else by pieces."""
    if len(package.lines) > 1:
        first, *others = package.lines
        return [{first.line_id: first.quantity}, {line.line_id: line.quantity for line in others}]
    line = package.lines[0]
    some = line.quantity // 2
    return [{line.line_id: some}, {line.line_id: line.quantity - some}] if some else [{line.line_id: line.quantity}]
