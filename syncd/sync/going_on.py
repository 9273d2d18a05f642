"""Holding an order, and letting one that was held, or waited for an outcome, go on from where it stands by now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syncd.errors import Hold
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.orders.status import SIDE_EXITS
from syncd.sync.judge import Judgement, decide, held, undone


def held_values(hold: Hold) -> dict[str, str | None]:
    """The columns of an order that needs a person."""
    return {"state": State.HELD.value, "hold_code": hold.code, "reason": hold.message, "remedy": hold.remedy}


def hold_order(row: OrderRow, hold: Hold, ledger: Ledger, at: datetime) -> OrderRow:
    """Write down that an order needs a person, and why; it is not tried again by itself."""
    return ledger.orders.change(row, f"held ({hold.code}): {hold.message}", at, next_at=None, **held_values(hold))


def go_on(row: OrderRow, text: str, ledger: Ledger, judgement: Judgement, at: datetime) -> OrderRow:
    """Judge an order anew by what its platform says and by whether it has its invoice; `text` goes into its history."""
    row = ledger.orders.by_id(row.ledger_id) or row
    if row.document is None:
        return ledger.orders.change(row, text, at, next_at=None)
    order = ledger.orders.whole(row)
    if row.invoice_id is None:
        decided = decide(row, order, judgement)
    elif order.status in SIDE_EXITS:
        decided = held(row, undone(order.status, row.invoice_id))
    else:
        reason = "its invoice is to be compared and completed"
        decided = replace(row, state=State.DUE, reason=reason, hold_code=None, remedy="")
    return ledger.orders.change(
        row,
        text,
        at,
        state=decided.state.value,
        reason=decided.reason,
        rule=decided.rule,
        hold_code=decided.hold_code,
        remedy=decided.remedy,
        attempts=0,
        next_at=None,
    )
