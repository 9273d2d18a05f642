"""What a run was asked for, and what it saw and did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from syncd.errors import UNREACHABLE, Hold, SyncdError
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
    """One order of a run. `plan` is missing when the order was held before it could be planned.

    `lost_answer` says that Paraşüt gave no answer to one of its writes.
    """

    row: OrderRow
    verdict: Verdict
    message: str
    plan: InvoicePlan | None = None
    hold: Hold | None = None
    lost_answer: bool = False


def as_held(row: OrderRow) -> Result:
    """A held row as a result."""
    return Result(row, Verdict.HELD, row.reason, hold=Hold(row.hold_code or "", row.reason, row.remedy))


@dataclass
class Report:
    """What a run saw and did. `stopped` is what ended it early, `stopped_rules` why single rules were left off.

    `notes` tell of orders that their rules keep though these would not take them any more.
    `calls` are its requests to Paraşüt: `throttled` of them were answered 429, `answers` by a Paraşüt that works.

    With `keeps` False the results are counted, and not kept: a daemon's run over thousands of orders needs no more.
    """

    collected: list[Collected] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    stopped: SyncdError | None = None
    stopped_rules: dict[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    calls: int = 0
    throttled: int = 0
    answers: int = 0
    keeps: bool = True
    counts: Counter[Verdict] = field(default_factory=Counter)

    def add(self, results: Iterable[Result]) -> None:
        """Note what became of orders."""
        for result in results:
            self.counts[result.verdict] += 1
            if self.keeps:
                self.results.append(result)

    def count(self, verdict: Verdict) -> int:
        """How many orders ended so."""
        return self.counts[verdict]

    @property
    def unreachable(self) -> bool:
        """Whether Paraşüt or a platform could not be reached."""
        errors = [self.stopped, *(collected.error for collected in self.collected)]
        return any(isinstance(error, UNREACHABLE) for error in errors)

    @property
    def failed(self) -> bool:
        """Whether a person should look: something was held or could not be reached."""
        errors = any(collected.error is not None for collected in self.collected)
        return errors or self.stopped is not None or self.count(Verdict.HELD) > 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the work is asked for."""

    rules: frozenset[str] | None = None  # None: all of them
    order: tuple[str, str] | None = None  # platform, number or package id
    strays: bool = False  # with `rules`: also orders whose rule is no longer in the configuration
