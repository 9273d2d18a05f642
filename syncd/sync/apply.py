"""Doing what a plan says for one order, and checking what Paraşüt made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import simplejson
from loguru import logger

from syncd.errors import Hold, Refused
from syncd.ledger.mirror import Kind
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import StepState
from syncd.orders.amounts import solve
from syncd.orders.invoiceable import invoiceable
from syncd.orders.turkish import lower_tr
from syncd.parasut.bodies import payment_body
from syncd.parasut.resources import SalesInvoice
from syncd.sync.adoption import adopt
from syncd.sync.contacts import usable_email, usable_tax_number
from syncd.sync.drafts import delete_draft, finish_deletion, is_as_sent
from syncd.sync.executor import HARMLESS, Unsettled
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.making import (
    InvoiceMade,
    Work,
    make_category,
    make_contact,
    make_invoice,
    make_product,
    resolved,
    run_step,
)
from syncd.sync.plan import TOLERANCE, InvoicePlan, PlanContext, gross_lines
from syncd.sync.standing import plan_row
from syncd.sync.steps import CreateCategory, CreateContact, CreateInvoice, CreateProduct, Known, Made, Ref

_LOOKS_AT_ONCE: Final = 5  # each for another step of the order
_PLANS: Final = 20  # of one order until it holds the locks of everything that it needs
_LOOKS: Final = 20  # products of one order that are looked at again; more are left for the next run
_SMALL_LIST_HOLDS = frozenset({"account-missing", "category-missing", "account-ambiguous", "category-ambiguous"})
_PRODUCT_HOLDS = frozenset({"product-missing", "product-code-ambiguous"})


@dataclass(frozen=True, slots=True)
class Applied:
    """An order whose invoice is made. `lost_answer` says that one of its writes had no answer, and was looked for."""

    row: OrderRow
    plan: InvoicePlan
    lost_answer: bool = False


def apply_order(row: OrderRow, context: PlanContext, work: Work) -> Applied:
    """Make the invoice of one due order and everything it needs; the ledger knows every step before and after it.

    Raises Hold when a person is needed, Unsettled when the outcome of a step is not known; NotExecuted, CompanyStopped
    and Stopped when the whole run must end. Several orders may be worked on at once: what two of them could both make,
    or claim, is locked.
    """
    row = _finish_deletion(row, work)
    for _ in range(_PLANS):
        since = work.locks.moment()
        plan = _planned_afresh(row, context, work)
        held = _keys(plan, row)
        with work.locks.hold(held, since) as stale:
            if stale:  # others made something meanwhile that it may need, or found what it holds
                plan = _planned_afresh(row, context, work)
            plan = _looked_up(plan, row, context, work)
            if _keys(plan, row) <= held:
                return _apply_and_settle(plan, row, context, work)
    raise AssertionError("a plan that is made again needs no more than it did")


def _apply_and_settle(plan: InvoicePlan, row: OrderRow, context: PlanContext, work: Work) -> Applied:
    """Carry the plan out; a step whose answer was lost is looked for before anybody else can need what it made."""
    lost = False
    for _ in range(_LOOKS_AT_ONCE):
        try:
            return replace(_apply(plan, row, context, work), lost_answer=lost)
        except Unsettled as error:
            lost = lost or error.just_now
            if error.step.kind in HARMLESS or not work.settling.settle_now(error.step):
                raise
        row = work.ledger.orders.by_id(row.ledger_id) or row
        plan = _plan(row, context, work)
    raise Hold("unexpected", "Every request of the order lost its answer.", "Retry the order later.")


def _apply(plan: InvoicePlan, row: OrderRow, context: PlanContext, work: Work) -> Applied:
    made: dict[str, str] = {}
    try:
        return _carry_out(plan, row, context, made, work)
    except Refused as refusal:
        if not _forget_what_is_gone(plan, made, refusal, work):
            raise _refused(refusal) from refusal
    plan = _plan(row, context, work)
    try:
        return _carry_out(plan, row, context, {}, work)
    except Refused as refusal:
        raise _refused(refusal) from refusal


def _keys(plan: InvoicePlan, row: OrderRow) -> frozenset[str]:
    """The names of everything that must not be made, or claimed, by two orders at once."""
    account, order = f"{row.connector}/{row.account}", row.order
    keys = {f"order {account}/{row.number}", f"package {account}/{row.package}"}
    keys |= {f"package {account}/{origin}" for origin in order.origin_ids}
    keys |= {f"line {account}/{name}" for line in order.lines for name in (line.id, *line.pieces) if name}
    keys |= {f"invoice {plan.adopts.invoice.id}"} if plan.adopts is not None else set()
    for step in plan.steps:
        match step:
            case CreateContact():
                contact = plan.document.contact
                number = usable_tax_number(str(contact.get("tax_number", "")))
                email = usable_email(str(contact.get("email", "")))
                keys |= {f"tax number {number}"} if number else set()
                keys |= {f"e-mail {email}"} if email else set()
                keys |= {f"customer {account}/{row.customer}"} if row.customer else set()
                keys.add(f"contact {lower_tr(plan.contact_name)}")
            case CreateProduct() | CreateCategory():
                keys.add(step.identity)
            case CreateInvoice():
                pass
    return frozenset(keys)


def _plan(row: OrderRow, context: PlanContext, work: Work) -> InvoicePlan:
    """Plan with what the mirror knows; look up what it can't know; plan again."""
    return _looked_up(_planned_afresh(row, context, work), row, context, work)


def _looked_up(plan: InvoicePlan, row: OrderRow, context: PlanContext, work: Work) -> InvoicePlan:
    """The plan after everything that it would make was looked for in Paraşüt."""
    if plan.adopts is not None:
        return plan  # it makes nothing
    codes = {line.code for line in plan.lines if not isinstance(line.product, Known)} | set(plan.unseen)
    if len(plan.steps) == 1 and isinstance(plan.contact, Known) and not codes:
        return plan  # it only makes its invoice, of what is known
    if any(isinstance(step, CreateCategory) for step in plan.steps):
        work.refresher.small_lists(at_once=True)
    document = plan.document
    if not isinstance(plan.contact, Known):
        news = work.refresher.look_up_contact(
            usable_tax_number(str(document.contact.get("tax_number", ""))),
            usable_email(str(document.contact.get("email", ""))),
        )
        makes_more = any(not isinstance(step, CreateContact | CreateInvoice) for step in plan.steps)
        if not news and not codes and not makes_more:
            return plan  # it was made with all of Paraşüt's contacts and products known, and nothing came to light
    for code in sorted(codes - {""}):
        work.refresher.look_up_product(code)  # also with all mirrored: a code may have been given to an old product
    return _planned(row, context, work, looked_up=True)


def _planned_afresh(row: OrderRow, context: PlanContext, work: Work) -> InvoicePlan:
    """Plan; what a person may just have put right in Paraşüt is looked at again before the order is held for it."""
    looked: set[str] = set()  # by this order: another may have looked at the same just now
    for _ in range(_LOOKS):
        try:
            return _planned(row, context, work, looked_up=False)
        except Hold as hold:
            about = f"product {hold.subject}" if hold.code in _PRODUCT_HOLDS else "small lists"
            if about in looked or hold.code not in _PRODUCT_HOLDS | _SMALL_LIST_HOLDS:
                raise
            looked.add(about)
            if hold.code in _PRODUCT_HOLDS:
                work.refresher.look_up_product(hold.subject)
            else:
                work.refresher.small_lists(at_once=True)
    return _planned(row, context, work, looked_up=False)


def _planned(row: OrderRow, context: PlanContext, work: Work, *, looked_up: bool) -> InvoicePlan:
    knowledge = LedgerKnowledge(work.ledger, looked_up=looked_up)
    with work.ledger.snapshot():
        return plan_row(row, work.ledger.orders.whole(row), context, work.ledger, knowledge)


def _carry_out(plan: InvoicePlan, row: OrderRow, context: PlanContext, made: dict[str, str], work: Work) -> Applied:
    """Run the plan's steps; `made` collects the ids of their records by the steps' identities."""
    if plan.adopts is not None and row.invoice_id is None:
        row = adopt(row, plan.adopts, work.ledger, (context.rule,), work.clock())
    for step in plan.steps:
        match step:
            case CreateCategory():
                made[step.identity] = make_category(step, made, work)
            case CreateContact():
                made[step.identity] = make_contact(step, row, made, work)
            case CreateProduct():
                made[step.identity] = make_product(step, made, work)
            case CreateInvoice():
                return _settle(make_invoice(step, plan, row, made, work), plan, row, context, made, work)
    raise AssertionError("a plan ends with its invoice")


def _settle(
    sale: InvoiceMade,
    plan: InvoicePlan,
    row: OrderRow,
    context: PlanContext,
    made: dict[str, str],
    work: Work,
) -> Applied:
    """Compare the payable, repair a wrong draft once, book the payment that is missing, and close the order."""
    step, invoice = plan.invoice, sale.invoice
    wrong = invoice.net_total != plan.total and not _acceptable(invoice, plan, row, context, work)
    if wrong or sale.amended:
        return _repair(sale, plan, row, context, work)
    if step.payment is not None and invoice.payment_status != "paid" and invoice.remaining > 0:
        request = payment_body(
            invoice.id,
            resolved(step.payment.account, made),
            step.payment.day,
            invoice.remaining,
            step.payment.description,
        )
        identity = f"payment {step.identity}"
        _refuse_to_overpay(identity, invoice, work)
        try:
            known = max((int(payment.id) for payment in invoice.payments or ()), default=0)
            outcome = run_step(work, identity, "payment", request, known, row)
        except Refused as refusal:
            raise Hold(
                "payment-refused",
                f"The invoice {invoice.id} is made, but Paraşüt refused its payment: {refusal.message}",
                "Book the payment in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
            ) from refusal
        if outcome.answer is None:  # it was booked before, and yet something is open
            raise Hold(
                "payment-refused",
                f"The payment of the invoice {invoice.id} is booked, but {invoice.remaining:.2f} of it is still open.",
                "Look at its payments in Paraşüt, book what is missing, then `syncd orders ignore` the order; its "
                "invoice stays.",
            )
    return Applied(_close(invoice, plan, row, work), plan)


def _refuse_to_overpay(identity: str, invoice: SalesInvoice, work: Work) -> None:
    """A payment whose answer was lost is sent with the amount of then: not when somebody has paid a part since."""
    before = work.ledger.steps.get(identity)
    if before is None or before.doubted_at is None or before.state is StepState.DONE:
        return
    amount = Decimal(str(simplejson.loads(before.body, use_decimal=True)["data"]["attributes"]["amount"]))
    if amount != invoice.remaining:
        raise Hold(
            "paid-twice",
            f"Of the invoice {invoice.id} {invoice.remaining:.2f} is open; a payment of {amount:.2f} was sent whose "
            "outcome is not known, and somebody has paid a part since.",
            "Book in Paraşüt what is missing, then `syncd orders ignore` the order; its invoice stays.",
        )


def _acceptable(invoice: SalesInvoice, plan: InvoicePlan, row: OrderRow, context: PlanContext, work: Work) -> bool:
    """Whether a payable that differs from the total is the best there is, and the rule takes that."""
    if abs(invoice.net_total - plan.total) > TOLERANCE or context.rule.inexact == "hold":
        return False
    best = _solve_again(row, context, work)
    return abs(best - plan.total) >= abs(invoice.net_total - plan.total)


def _solve_again(row: OrderRow, context: PlanContext, work: Work) -> Decimal:
    order = invoiceable(row.order, context.rule.refunded_before)
    return solve(gross_lines(order), LedgerKnowledge(work.ledger).profiles).figures.payable


def _repair(sale: InvoiceMade, plan: InvoicePlan, row: OrderRow, context: PlanContext, work: Work) -> Applied:
    """Delete a draft that came out wrong and make it anew with what its figures taught; once.

    Only one that was made just now: any other may carry a person's corrections.
    """
    invoice = sale.invoice
    if sale.amended:
        wrong = Hold(
            "order-changed",
            f"The order was changed while the outcome of its invoice {invoice.id} was not known: it sells what the "
            "order was before.",
            "Correct the invoice in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
        )
    else:
        wrong = Hold(
            "invoice-amount-differs",
            f"Paraşüt made {invoice.net_total:.2f} of the invoice {invoice.id}; the order's total is {plan.total}.",
            "Correct or delete the invoice in Paraşüt by hand, then `syncd orders ignore` the order.",
        )
    better = sale.amended or (abs(_solve_again(row, context, work) - plan.total) < abs(invoice.net_total - plan.total))
    if not sale.fresh or not better or not plan.invoice.identity.endswith("#1"):
        raise wrong
    sent = work.ledger.steps.get(plan.invoice.identity)
    if sent is not None and sent.doubted_at is not None and not is_as_sent(invoice.id, sent, work):
        raise wrong  # it was found later, perhaps hours: somebody has taken it in hand
    try:
        delete_draft(invoice.id, row, work)
    except Refused as refusal:
        raise wrong from refusal
    row = work.ledger.orders.by_id(row.ledger_id) or row
    return _carry_out(_plan(row, context, work), row, context, {}, work)


def _finish_deletion(row: OrderRow, work: Work) -> OrderRow:
    try:
        return finish_deletion(row, work)
    except Refused as refusal:
        raise _refused(refusal) from refusal


def _close(invoice: SalesInvoice, plan: InvoicePlan, row: OrderRow, work: Work) -> OrderRow:
    words = f"invoiced: {invoice.net_total:.2f} {plan.currency}, {plan.payment}"
    return work.ledger.orders.change(
        row,
        words,
        work.clock(),
        state=State.INVOICED.value,
        reason=words,
        hold_code=None,
        remedy="",
        payable=invoice.net_total,
        difference=(invoice.net_total - plan.total) or None,
        invoiced_at=work.clock(),
        attempts=0,
        next_at=None,
    )


def _forget_what_is_gone(plan: InvoicePlan, made: Mapping[str, str], refusal: Refused, work: Work) -> bool:
    """Drop records that a refusal names as not found, mirrored ones and those of done steps; whether there was any."""
    words = " ".join(refusal.details)
    invoice = plan.invoice
    known: list[tuple[Kind, str, Ref | None]] = [("contacts", "Contact", invoice.contact)]
    known += [("products", "Product", line.product) for line in invoice.lines]
    known.append(("item_categories", "ItemCategory", invoice.category))
    for step in plan.steps:
        if isinstance(step, CreateContact | CreateProduct):
            known.append(("item_categories", "ItemCategory", step.category))
        if isinstance(step, CreateCategory):
            known.append(("item_categories", "ItemCategory", step.parent))
    if invoice.payment is not None:
        known.append(("accounts", "Account", invoice.payment.account))
    ids = [
        (kind, model, ref.id if isinstance(ref, Known) else made.get(ref.identity, "") if isinstance(ref, Made) else "")
        for kind, model, ref in known
    ]
    gone = {(kind, remote_id) for kind, model, remote_id in ids if f"{model}-{remote_id}" in words.split()}
    for kind, remote_id in sorted(gone):
        logger.info("Paraşüt no longer has {} {}; looking afresh", kind, remote_id)
        work.refresher.look_again(kind, remote_id)
    return bool(gone)


def _refused(refusal: Refused) -> Hold:
    if refusal.status == 403:
        return Hold(
            "refused",
            f"Paraşüt refused: {refusal.message}",
            "Give syncd's user the right to edit sales (Satışlar) in Paraşüt; `syncd check --connect` tells whether it "
            "has it. Then `syncd orders retry --hold refused`.",
        )
    return Hold(
        "refused",
        f"Paraşüt refused: {refusal.message}",
        "Correct what it names (mapping, product, contact or account), then `syncd orders retry` the order.",
    )
