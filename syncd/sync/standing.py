"""Planning an order that has a past: what was promised, sent and deleted for it before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from syncd.ledger.invoices import unread_invoice
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow
from syncd.ledger.steps import ADOPTIONS, UNSETTLED, StepRow, StepState
from syncd.orders.order import Order
from syncd.sync.executor import HARMLESS, Unsettled
from syncd.sync.existing import Adoption, Past
from syncd.sync.known import Knowledge
from syncd.sync.plan import InvoicePlan, PlanContext, plan_order


def plan_row(row: OrderRow, order: Order, context: PlanContext, ledger: Ledger, knowledge: Knowledge) -> InvoicePlan:
    """Plan a due order as both the dry run and the real run do. Raises Hold; Unsettled comes first."""
    if row.id is None:  # the ledger has never seen it
        return plan_order(row.key, row.name, order, context, knowledge, past=Past(doubtful=row.doubtful))
    steps = {step.identity: step for step in ledger.steps.of_order(row.id)}
    for step in steps.values():
        if step.state in UNSETTLED and step.kind not in HARMLESS:
            raise Unsettled(step)
    sale = steps.get(f"sale {row.key}#1")
    # A day is promised by a request that was, or may have been, carried out.
    promised = row.issue_date if sale is not None and (sale.doubted_at or sale.state is StepState.DONE) else None
    return plan_order(
        row.key,
        row.name,
        order,
        context,
        knowledge,
        issue_date=date.fromisoformat(promised) if promised else None,
        attempt=_attempt(row, steps),
        past=_past(row, steps, ledger),
    )


def past_of(row: OrderRow, ledger: Ledger) -> Past:
    """Whether an order has its invoice, and what is known of how it came to it."""
    steps = ledger.steps.of_order(row.id) if row.id is not None and row.invoice_id is not None else ()
    return _past(row, {step.identity: step for step in steps}, ledger)


def _past(row: OrderRow, steps: Mapping[str, StepRow], ledger: Ledger) -> Past:
    """Whether an order has its invoice, and what is known of how it came to it."""
    if row.invoice_id is None:
        return Past(doubtful=row.doubtful, released=row.released_at is not None)
    sale = steps.get(f"sale {row.key}#{_attempt(row, steps)}")
    if sale is None or sale.answer not in ADOPTIONS:
        return Past(made=True)
    day = date.fromisoformat(row.issue_date) if row.issue_date else None
    unread = unread_invoice(row.invoice_id, row.contact_id or "", day, row.payable or Decimal(0))
    return Past(adopts=Adoption(ledger.invoices.get(row.invoice_id) or unread, sale.answer))


def _attempt(row: OrderRow, steps: Mapping[str, StepRow]) -> int:
    deleted = steps.get(f"delete sale {row.key}#1")
    return 2 if deleted is not None and deleted.state is StepState.DONE else 1
