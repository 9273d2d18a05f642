"""Drafts of ours that came out wrong, and their deletion: only while they are what we sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import simplejson

from syncd.errors import Hold, Refused
from syncd.ledger.order_row import OrderRow
from syncd.ledger.steps import StepRow, StepState
from syncd.parasut.bodies import delete_sales_invoice
from syncd.parasut.lookups import invoice as read_invoice
from syncd.parasut.resources import SalesInvoice
from syncd.sync.making import Work, run_step
from syncd.sync.plan import TOLERANCE


def finish_deletion(row: OrderRow, work: Work) -> OrderRow:
    """Delete a wrong draft whose deletion was interrupted. Asking twice does no harm: what is gone is gone.

    Unless somebody has taken it in hand meanwhile: then it is theirs, and the order is held. Raises as delete_draft.
    """
    step = work.ledger.steps.get(f"delete sale {row.key}#1")
    if step is None or step.state is StepState.DONE or step.state is StepState.REFUSED:
        return row
    draft_id = step.path.rsplit("/", 1)[-1]
    sale = work.ledger.steps.get(f"sale {row.key}#1")
    if sale is not None and not is_as_sent(draft_id, sale, work):
        raise Hold(
            "invoice-amount-differs",
            f"The invoice {draft_id} came out wrong and was to be deleted, but somebody has changed it since.",
            "Correct or delete the invoice in Paraşüt by hand, then `syncd orders ignore` the order.",
        )
    delete_draft(draft_id, row, work)
    return work.ledger.orders.by_id(row.ledger_id) or row


def is_as_sent(draft_id: str, sale: StepRow, work: Work) -> bool:
    """Whether a draft is still what its request said, as far as a person would change it; or gone."""
    try:
        draft = read_invoice(work.client, draft_id)
    except Refused as refusal:
        if refusal.is_gone:
            return True
        raise
    if draft.e_document_id is not None:
        return False
    data = simplejson.loads(sale.body, use_decimal=True)["data"]
    sent = data["attributes"]
    paid = len(draft.payments or ()) <= bool(sent.get("cash_sale"))
    same_buyer = draft.contact_id == str(data["relationships"]["contact"]["data"]["id"])
    day = draft.issue_date.isoformat() if draft.issue_date else ""
    kept = {"description": draft.description, "order_no": draft.order_no, "issue_date": day}
    same_head = all(str(sent.get(name) or "").strip() == value.strip() for name, value in kept.items() if value)
    lines = [line["attributes"] for line in data["relationships"]["details"]["data"]]
    return paid and same_buyer and same_head and _has_lines(draft, lines)


def _has_lines(draft: SalesInvoice, sent: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a draft has the lines that its request named.

    Paraşüt may have kept fewer decimals of a price, and may take a discount off each piece.
    """
    if draft.lines is None or len(sent) != len(draft.lines):
        return False
    names = ("vat_rate", "quantity", "unit_price", "discount_value")
    wanted = sorted(tuple(Decimal(str(line.get(name) or 0)) for name in names) for line in sent)
    kept = sorted((line.vat_rate, line.quantity, line.unit_price, line.discount) for line in draft.lines)
    return all(
        one[:2] == other[:2]
        and abs(one[2] - other[2]) <= TOLERANCE
        and min(abs(one[3] - other[3]), abs(one[3] * one[1] - other[3])) <= TOLERANCE
        for one, other in zip(wanted, kept, strict=True)
    )


def delete_draft(invoice_id: str, row: OrderRow, work: Work) -> None:
    """Delete the wrong draft of an order. Raises as the executor; Refused when Paraşüt does not let it go."""
    identity = f"delete sale {row.key}#1"
    try:
        run_step(work, identity, "delete", delete_sales_invoice(invoice_id), 0, row)
    except Refused as refusal:
        if not refusal.is_gone:
            raise
        work.ledger.steps.finish(identity, StepState.DONE, work.clock(), answer="gone already")
