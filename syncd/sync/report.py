"""What a run was asked for, and what it saw and did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from syncd.errors import Hold, SyncdError
from syncd.ledger.order_row import OrderRow
from syncd.sync.collect import Collected
from syncd.sync.plan import InvoicePlan


class Verdict(StrEnum):
    """What happened, or would happen, to an order."""

    INVOICED = "invoiced"
    HELD = "held"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Result:
    """One order of a run. `plan` is missing when the order was held before it could be planned."""

    row: OrderRow
    verdict: Verdict
    message: str
    plan: InvoicePlan | None = None
    hold: Hold | None = None


def as_held(row: OrderRow) -> Result:
    """A held row as a result."""
    return Result(row, Verdict.HELD, row.reason, hold=Hold(row.hold_code or "", row.reason, row.remedy))


@dataclass
class Report:
    """What a run saw and did. `stopped` is what ended it early."""

    collected: list[Collected] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    stopped: SyncdError | None = None
    calls: int = 0
    throttled: int = 0

    def count(self, verdict: Verdict) -> int:
        """How many orders ended so."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def failed(self) -> bool:
        """Whether a person should look: something was held or could not be reached."""
        errors = any(collected.error is not None for collected in self.collected)
        return errors or self.stopped is not None or self.count(Verdict.HELD) > 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the work a command asked for."""

    rule: str | None = None
    order: tuple[str, str] | None = None  # platform, number or package id
