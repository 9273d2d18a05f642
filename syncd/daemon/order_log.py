"""What the daemon's log says of orders: each hold once, and once why a whole rule, or how much of it, waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from loguru import logger

from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.sync.report import Result, Verdict
from syncd.sync.step_words import NOT_KNOWN
from syncd.words import counted

_LATE_WRITERS: Final = timedelta(minutes=2)  # a row may be committed that much later than it says
_OF_THE_RULE: Final = "the rule"  # how the reason begins for which all orders of a rule wait


class OrderLog:
    """Logs the results of runs.

    A hold is new when its code is another, or when the order was released since (its history has gone on, or it was
    not held for a while). A platform may show a held order again and again: then it is told at DEBUG only.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._holds: dict[int, tuple[str, int]] = {}  # by order: code, and the last line of its history
        self._waits: dict[str, str] = {}  # by rule: why all of its orders wait
        self._lost: set[tuple[str, str]] = set()  # rules, and for which lost answer their orders wait
        self._looked_at = datetime.fromtimestamp(0, UTC)
        self.new_holds = 0

    def begin(self, at: datetime) -> None:
        """Before the first run: what is held by now was told by the process before. Raises LedgerError."""
        held = {row.id: row.hold_code or "" for row in self._ledger.notices.open_orders() if row.state is State.HELD}
        episodes = self._ledger.notices.last_words(held)
        self._holds = {number: (code, episodes.get(number, 0)) for number, code in held.items()}
        self._looked_at = at

    def run_begins(self, at: datetime) -> None:
        """Forget the holds that have ended since the run before. Raises LedgerError."""
        self.new_holds = 0
        if self._holds:
            for row in self._ledger.notices.changed_orders(self._looked_at - _LATE_WRITERS):
                if row.state is not State.HELD:
                    self._holds.pop(row.id, None)
        self._looked_at = at

    def run_ends(self, at: datetime, zone: tzinfo) -> None:
        """Say once of each rule how many of its orders wait for an answer that was lost, and until when.

        `zone` is that of the moments told. Raises LedgerError.
        """
        waiting = [one for one in self._ledger.overview.put_off(at) if one.reason.startswith(NOT_KNOWN)]
        for one in waiting:
            if (one.rule, one.reason) not in self._lost:
                orders = counted(one.orders, "order waits", "orders wait")
                until = f"{one.until.astimezone(zone):%Y-%m-%d %H:%M:%S}"
                logger.bind(rule=one.rule).info("rule {}: {} until {}: {}", one.rule, orders, until, one.reason)
        self._lost = {(one.rule, one.reason) for one in waiting}

    def tell(self, result: Result) -> None:
        """One order of a run; without its buyer."""
        row = result.row
        bound = logger.bind(**{"order": row.name, "platform": row.platform, **({"rule": row.rule} if row.rule else {})})
        match result.verdict:
            case Verdict.INVOICED:
                self._waits.pop(row.rule or "", None)
                bound.info("{}: invoiced, id {}, {:.2f} {}", row.name, row.invoice_id, row.payable or 0, row.currency)
            case Verdict.HELD:
                level = "WARNING" if self._is_new(row) else "DEBUG"
                bound.log(level, "{}: held ({}): {}", row.name, row.hold_code, result.message)
            case Verdict.WAITS:
                self._tell_once_why_all_wait(row, result.message)
                bound.debug("{}: waits: {}", row.name, result.message)

    def _is_new(self, row: OrderRow) -> bool:
        known = row if row.id is not None else self._ledger.orders.get(row.key)
        if known is None or known.id is None:
            return True
        hold = (row.hold_code or "", self._ledger.notices.last_words([known.id]).get(known.id, 0))
        if self._holds.get(known.id) == hold:
            return False
        self._holds[known.id] = hold
        self.new_holds += 1
        return True

    def _tell_once_why_all_wait(self, row: OrderRow, why: str) -> None:
        rule = row.rule or ""
        if why.startswith(_OF_THE_RULE) and self._waits.get(rule) != why:
            self._waits[rule] = why
            logger.bind(rule=rule).info("rule {}: its orders wait: {}", rule, why)
