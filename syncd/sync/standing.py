"""Planning an order that has a past: what was promised, sent and deleted for it before."""

from __future__ import annotations

from datetime import date, datetime

from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import UNSETTLED, StepState
from syncd.orders.order import Order
from syncd.sync.executor import is_harmless, outcome_unknown
from syncd.sync.known import Knowledge
from syncd.sync.plan import InvoicePlan, PlanContext, plan_order


def plan_row(row: OrderRow, order: Order, context: PlanContext, ledger: Ledger, knowledge: Knowledge) -> InvoicePlan:
    """Plan a due order as both the dry run and the real run do. Raises Hold; `outcome-unknown` comes first."""
    if row.id is None:  # the ledger has never seen it
        return plan_order(row.key, row.name, order, context, knowledge)
    unsettled = [step for step in ledger.steps.unsettled(row.id) if not is_harmless(step)]
    if unsettled:
        raise outcome_unknown(unsettled[0])
    deleted = ledger.steps.get(f"delete sale {row.key}#1")
    sale = ledger.steps.get(f"sale {row.key}#1")
    # A day is promised by a request that was, or may have been, carried out.
    promised = row.issue_date if sale is not None and sale.state in {*UNSETTLED, StepState.DONE} else None
    return plan_order(
        row.key,
        row.name,
        order,
        context,
        knowledge,
        issue_date=date.fromisoformat(promised) if promised else None,
        attempt=2 if deleted is not None and deleted.state is StepState.DONE else 1,
    )


def hold_unsettled(ledger: Ledger, at: datetime) -> list[OrderRow]:
    """Hold every order one of whose steps has no known outcome: an earlier run was killed, or lost an answer.

    Called before anything is read from a platform, by the only process that works on the ledger: whatever a platform
    says of such an order since, a person must look first. Returns the orders that were held.
    """
    held: list[OrderRow] = []
    for step in ledger.steps.unsettled():
        row = None if step.order_id is None else ledger.orders.by_id(step.order_id)
        if row is None or is_harmless(step) or row.state in (State.HELD, State.IGNORED, State.INVOICED):
            continue
        hold = outcome_unknown(step)
        changed = ledger.orders.change(
            row,
            f"held ({hold.code}): {hold.message}",
            at,
            state=State.HELD.value,
            hold_code=hold.code,
            reason=hold.message,
            remedy=hold.remedy,
        )
        held.append(changed)
    return held
