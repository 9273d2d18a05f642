"""Invoicing several orders at once: enough of them that the budget of requests is used while answers take seconds.

The thread of the run hands out the orders, in their turn, and takes the results back; it alone asks what keeps orders
waiting, and serves what a person asks for in between. The other threads only work on orders.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from syncd.config.settings import ParasutSettings, Rule
from syncd.errors import Hold, NotExecuted
from syncd.ledger.order_row import OrderRow, State
from syncd.sync.admission import Admission
from syncd.sync.clock import refuse_a_clock_set_back
from syncd.sync.executor import GaveWay
from syncd.sync.one_order import OneOrder
from syncd.sync.report import Report, Result, Verdict
from syncd.sync.workshop import Workshop

_MOST_EQUAL_HOLDS: Final = 5
_MOST_LOST_ANSWERS: Final = 5
_SECONDS_IN_HAND: Final = 6.0  # how long an order's request may take without the budget lying idle
_FEWEST, _MOST = 4, 32
_LOOK_UP_SECONDS: Final = 0.5
_CLOCK_SEEN_EVERY: Final = timedelta(seconds=1)


def orders_at_once(settings: ParasutSettings) -> int:
    """How many orders are worked on at once."""
    rate = settings.rate_requests / settings.rate_seconds
    return max(_FEWEST, min(_MOST, math.ceil(rate * _SECONDS_IN_HAND)))


@dataclass
class Dispatch:
    """The orders of one run on their way. A run that must end early lets those in hand finish their request."""

    workshop: Workshop
    one_order: OneOrder
    admission: Admission
    report: Report
    _in_hand: dict[Future[Result], tuple[Rule, OrderRow]] = field(default_factory=dict)
    _lost_answers: int = 0
    _rounding_is_known: bool = False
    _clock_seen: datetime | None = None

    def results(
        self, free: Sequence[tuple[Rule, OrderRow]], pool: ThreadPoolExecutor, at_once: int
    ) -> Iterator[Result]:
        """Work on these orders, with their rules, and yield what became of each as it is known.

        Raises what must end the run, after the orders in hand have come to their end.
        """
        queue = deque(free)
        streak = Streak()
        try:
            while queue or self._in_hand:
                while queue and len(self._in_hand) < at_once:
                    told = self._begin(queue, streak, pool)
                    if told is None:
                        break
                    yield from told
                if self._in_hand:
                    yield from self._done(streak)
        except Exception:
            self.one_order.end()
            yield from self._rest()
            raise
        finally:
            self.one_order.end()

    def _begin(
        self, queue: deque[tuple[Rule, OrderRow]], streak: Streak, pool: ThreadPoolExecutor
    ) -> list[Result] | None:
        """Hand out the next order, or say why it waits; None when it must wait for one that is in hand."""
        self.workshop.breathe()
        if self.workshop.gives_way():
            raise GaveWay("Made room for a command; goes on afterwards.")
        self._look_at_the_clock()
        rule, found = queue[0]
        row = replace(self.workshop.ledger.orders.by_id(found.ledger_id) or found, platform=found.platform)
        if row.state is not State.DUE:  # a person decided about it while the others were worked on
            queue.popleft()
            return []
        stopped = streak.verdict(rule.name)
        if stopped:
            self.report.stopped_rules[rule.name] = stopped
        waits = stopped or self.admission.refusal(rule, row)
        in_hand = sum(one.name == rule.name for one, _ in self._in_hand.values())
        if in_hand and (waits or in_hand >= streak.room(rule.name)):
            return None  # how those end decides whether it really waits
        if self._in_hand and not self._knows_the_rounding():
            return None  # the first invoice teaches it to the others
        queue.popleft()
        if waits:
            return [Result(row, Verdict.WAITS, waits)]
        self.admission.begin(rule, row)
        future = pool.submit(self.one_order, row, self.workshop.context(rule, row.platform))
        self._in_hand[future] = (rule, row)
        self.workshop.in_hand.add(row.ledger_id)
        return []

    def _look_at_the_clock(self) -> None:
        now = self.workshop.clock()
        if self._clock_seen is None or not timedelta(0) <= now - self._clock_seen < _CLOCK_SEEN_EVERY:
            refuse_a_clock_set_back(self.workshop.ledger, now)
            self._clock_seen = now

    def _knows_the_rounding(self) -> bool:
        self._rounding_is_known = self._rounding_is_known or bool(self.workshop.ledger.company.rounding())
        return self._rounding_is_known

    def _done(self, streak: Streak) -> Iterator[Result]:
        done, _ = wait(self._in_hand, timeout=_LOOK_UP_SECONDS, return_when=FIRST_COMPLETED)
        if not done:
            self.workshop.breathe()
        for future in done:
            rule, row = self._in_hand.pop(future)
            result = self._taken_back(future, rule, row)
            streak.note(rule.name, result)
            yield result
            self._lost_answers = self._lost_answers + 1 if result.lost_answer else 0
            if self._lost_answers >= _MOST_LOST_ANSWERS:
                raise NotExecuted(
                    f"There was no answer to {_MOST_LOST_ANSWERS} writes in a row; the run ends, the next goes on."
                )

    def _taken_back(self, future: Future[Result], rule: Rule, row: OrderRow) -> Result:
        self.workshop.in_hand.discard(row.ledger_id)
        try:
            result = future.result()
        except BaseException:
            self.admission.end(rule, row, made=self._may_be_made(row))
            raise
        invoiced = result.verdict is Verdict.INVOICED and row.invoice_id is None
        self.admission.end(rule, row, made=invoiced or self._may_be_made(row))
        return result

    def _may_be_made(self, row: OrderRow) -> bool:
        """Also when the order was held later, or its answer was lost, an invoice may be there."""
        return row.invoice_id is None and any(
            step.kind == "sale" and (step.doubted_at is not None or step.remote_id is not None)
            for step in self.workshop.ledger.steps.of_order(row.ledger_id)
        )

    def _rest(self) -> Iterator[Result]:
        """What became of the orders in hand when the run ends early; what they raise themselves adds nothing."""
        while self._in_hand:
            future = next(iter(self._in_hand))
            rule, row = self._in_hand.pop(future)
            try:
                yield self._taken_back(future, rule, row)
            except Exception:  # the error that ends the run is known already
                continue


@dataclass
class Streak:
    """Holds of one kind in a row mean that the rule, not the order, is wrong."""

    last: dict[str, tuple[str, int]] = field(default_factory=dict)
    proven: set[str] = field(default_factory=set)

    def room(self, rule: str) -> int:
        """How many orders of the rule may be in hand, so that no more are held than the streak takes."""
        _, count = self.last.get(rule, ("", 0))
        if count == 0 and rule in self.proven:
            return _MOST
        return max(_MOST_EQUAL_HOLDS - count, 1)

    def note(self, rule: str, result: Result) -> None:
        """Count a result."""
        code = result.hold.code if isinstance(result.hold, Hold) else ""
        before, count = self.last.get(rule, ("", 0))
        self.last[rule] = (code, (count + 1 if code == before else 1) if code else 0)
        if result.verdict is Verdict.INVOICED:
            self.proven.add(rule)

    def verdict(self, rule: str) -> str:
        """Why the rule's other orders wait, or ""."""
        code, count = self.last.get(rule, ("", 0))
        if not code or count < _MOST_EQUAL_HOLDS:
            return ""
        return f"the rule was stopped after {count} holds of one kind in a row ({code}); the next run tries again"
