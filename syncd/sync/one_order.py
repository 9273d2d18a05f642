"""One order of a run: its invoice, or what kept it; nothing that goes wrong with it ends the run, unless all would."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from loguru import logger

from syncd.errors import CompanyStopped, Hold, LedgerError, NotExecuted, ParasutError
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import StepRow
from syncd.logs import about
from syncd.sync.apply import apply_order
from syncd.sync.backoff import next_try
from syncd.sync.executor import HARMLESS, GivenUp, Stopped, Unsettled
from syncd.sync.going_on import hold_order
from syncd.sync.making import Work
from syncd.sync.plan import PlanContext
from syncd.sync.report import Result, Verdict
from syncd.sync.settling import outcome_unknown, wait_for

_TWINS: Final = {"product-code-ambiguous": "product"}


@dataclass
class OneOrder:
    """Called with an order and its context, by several threads at once.

    Raises CompanyStopped, NotExecuted, Stopped and LedgerError, which end the run.
    """

    work: Work
    _ending: threading.Event

    def end(self) -> None:
        """The run ends: nothing new is sent for the orders in hand."""
        self._ending.set()

    def is_ending(self) -> bool:
        """Whether the run ends."""
        return self._ending.is_set()

    def __call__(self, row: OrderRow, context: PlanContext) -> Result:
        """Make the order's invoice."""
        with about(rule=context.rule.name, platform=row.platform, order=row.name):
            return self._became(row, context)

    def _became(self, row: OrderRow, context: PlanContext) -> Result:
        try:
            return self._made(row, context)
        except Hold as hold:
            until = self._second_look_at(hold)
            return self.held(row, hold) if until is None else self._waits_until(row, until)
        except NotExecuted as error:
            if not self._wait_for_what_is_open(row) and not self.is_ending():
                self._put_off(row, error)
            raise
        except (CompanyStopped, Stopped):
            self._wait_for_what_is_open(row)
            raise
        except LedgerError:
            raise
        except ParasutError as error:
            return self.held(
                row, Hold("answer-unusable", error.message, "Look at the order in Paraşüt, then retry it.")
            )
        except Exception as error:
            logger.opt(exception=error).error("{}: unexpected {}", row.name, type(error).__name__)
            words = f"Something unexpected happened while the order was worked on ({type(error).__name__})."
            return self.held(row, Hold("unexpected", words, "See the log, report it, and retry the order."))

    def held(self, row: OrderRow, hold: Hold) -> Result:
        """A person is needed."""
        changed = hold_order(row, hold, self.work.ledger, self.work.clock())
        return Result(changed, Verdict.HELD, hold.message, hold=hold)

    def _made(self, row: OrderRow, context: PlanContext) -> Result:
        try:
            applied = apply_order(row, context, self.work)
        except Unsettled as error:
            return self._waits(row, error.step, error.just_now)
        except GivenUp as error:
            raise outcome_unknown(error.step, row) from error
        return Result(applied.row, Verdict.INVOICED, applied.row.reason, applied.plan, lost_answer=applied.lost_answer)

    def _waits(self, row: OrderRow, step: StepRow, lost_answer: bool) -> Result:
        if step.kind in HARMLESS:
            error = NotExecuted("its wrong draft is being deleted; the next run goes on")
            changed = self._put_off(row, error)
        else:
            changed = wait_for(step, row, self.work.ledger, self.work.clock())
        if lost_answer and step.order_id is None:  # the log has named no order yet
            logger.info("{}: waits, as do others of the rule {} that need it: {}", row.name, row.rule, changed.reason)
        return Result(changed, Verdict.WAITS, changed.reason, lost_answer=lost_answer)

    def _second_look_at(self, hold: Hold) -> datetime | None:
        """When the second look comes that may delete one of two that only look alike because an answer came late."""
        kind = _TWINS.get(hold.code)
        return None if kind is None else self.work.ledger.steps.next_second_look(kind)

    def _waits_until(self, row: OrderRow, until: datetime) -> Result:
        reason = "a record that it needs is there twice, perhaps since one came late; that is looked at first"
        changed = self._change(row, "", reason=reason, attempts=row.attempts + 1, next_at=until)
        return Result(changed, Verdict.WAITS, reason)

    def _wait_for_what_is_open(self, row: OrderRow) -> bool:
        """The run ends between a lost answer and looking for it: the order waits until that was done."""
        for step in self.work.ledger.steps.unsettled(row.ledger_id):
            if step.kind not in HARMLESS:
                wait_for(step, row, self.work.ledger, self.work.clock())
                return True
        return False

    def _put_off(self, row: OrderRow, error: ParasutError) -> OrderRow:
        attempts = row.attempts + 1
        now = self.work.clock()
        row = self.work.ledger.orders.by_id(row.ledger_id) or row
        if row.state is not State.DUE:
            return row
        return self._change(row, "", reason=error.message, attempts=attempts, next_at=next_try(error, attempts, now))

    def _change(self, row: OrderRow, text: str, **values: str | int | datetime | None) -> OrderRow:
        return self.work.ledger.orders.change(row, text, self.work.clock(), **values)
