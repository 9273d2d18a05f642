"""The steps of a plan as requests, and what the mirror remembers of their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from syncd.errors import Hold, Refused
from syncd.ledger.ledger import Ledger
from syncd.ledger.mirror import Kind, Mirrored
from syncd.ledger.order_row import OrderRow
from syncd.ledger.steps import ADOPTED, ADOPTED_BY_HAND, FOUND, Promise, StepRow, StepState
from syncd.parasut.bodies import CashPayment, category_body, contact_body, product_body, sales_invoice_body
from syncd.parasut.client import ParasutClient
from syncd.parasut.jsonapi import Resource
from syncd.parasut.lookups import invoice as read_invoice
from syncd.parasut.request import Request
from syncd.parasut.resources import SalesInvoice, parse_contact, parse_sales_invoice
from syncd.sync.contacts import mirrored_contact, same_party, usable_tax_number
from syncd.sync.executor import Executor, Outcome, Unsettled
from syncd.sync.existing import Adoption, not_there
from syncd.sync.fences import Fences
from syncd.sync.known import KnownContact
from syncd.sync.learning import learn_from
from syncd.sync.locks import KeyLocks
from syncd.sync.looking import same_buyer, sells_the_same
from syncd.sync.plan import InvoicePlan
from syncd.sync.refresh import Refresher
from syncd.sync.settling import Settling
from syncd.sync.steps import CreateCategory, CreateContact, CreateInvoice, CreateProduct, Known, Made, Ref, Unseen

INVOICE_GONE: Final = "invoice-gone"
_SALES: Final = frozenset({"invoice", "export"})  # an estimate or a refund is no sale's invoice


@dataclass(frozen=True, slots=True)
class Work:
    """What applying needs, for one company and one run; the threads of the run share it."""

    client: ParasutClient
    ledger: Ledger
    executor: Executor
    refresher: Refresher
    clock: Callable[[], datetime]
    fences: Fences
    locks: KeyLocks
    settling: Settling


def make_category(step: CreateCategory, made: Mapping[str, str], work: Work) -> str:
    """Make a category and return its id. `made` holds the ids of earlier steps' records; raises as the executor."""
    known = _made_before(step.identity, "item_categories", lambda found: found.name == step.name, work)
    if known is not None:
        return known
    parent = None if step.parent is None else resolved(step.parent, made)
    request = category_body(step.name, step.type, parent)
    outcome = run_step(work, step.identity, "category", request, "item_categories", None)
    record = Mirrored(outcome.remote_id, step.name, step.type, document={"parent_id": parent or ""})
    work.ledger.mirror.store("item_categories", [record])
    return outcome.remote_id


def make_contact(step: CreateContact, row: OrderRow, made: Mapping[str, str], work: Work) -> str:
    """Make the order's contact and return its id; raises as the executor."""
    category = None if step.category is None else resolved(step.category, made)
    request = contact_body(step.attributes, category)
    identity = _unused(step.identity, request, work)
    for open_step in work.ledger.steps.unsettled():
        if open_step.kind == "contact" and open_step.identity != identity and same_buyer(open_step, step.attributes):
            raise Unsettled(open_step)  # another order of this buyer's may have made the contact
    outcome = run_step(work, identity, "contact", request, "contacts", row)
    attributes = step.attributes
    record = mirrored_contact(
        outcome.remote_id,
        str(attributes["name"]),
        str(attributes.get("tax_number", "")),
        str(attributes.get("email", "")),
    )
    work.ledger.mirror.store("contacts", [record])
    return outcome.remote_id


def _unused(identity: str, request: Request, work: Work) -> str:
    """The identity of this very contact: an earlier attempt may have made another, before the buyer was corrected."""
    body = (request.content or b"").decode()
    number = 1
    name = identity
    while (before := work.ledger.steps.get(name)) and _is_another(before, body):
        number += 1
        name = f"{identity}#{number}"
    return name


def _is_another(before: StepRow, body: str) -> bool:
    """Whether a step made, or may still have made, a contact with other data."""
    may_have_made = before.doubted_at is not None and before.state in (StepState.ABSENT, StepState.NOT_EXECUTED)
    return before.body != body and (before.state is StepState.DONE or may_have_made)


def make_product(step: CreateProduct, made: Mapping[str, str], work: Work) -> str:
    """Make a product and return its id; raises as the executor."""
    known = _made_before(step.identity, "products", lambda found: found.key == step.attributes["code"], work)
    if known is not None:
        return known
    category = None if step.category is None else resolved(step.category, made)
    request = product_body(step.attributes, category)
    outcome = run_step(work, step.identity, "product", request, "products", None)
    record = Mirrored(outcome.remote_id, str(step.attributes["name"]), str(step.attributes["code"]))
    work.ledger.mirror.store("products", [record])
    return outcome.remote_id


def _made_before(identity: str, kind: Kind, is_same: Callable[[Mirrored], bool], work: Work) -> str | None:
    """The record that an earlier order made meanwhile, if the mirror has it.

    Else it was looked for and not found: an earlier one is gone, and its step is set aside for a new one.
    """
    before = work.ledger.steps.get(identity)
    if before is None or before.state is not StepState.DONE or before.remote_id is None:
        return None
    mirrored = work.ledger.mirror.by_id(kind, before.remote_id)
    if mirrored is not None and is_same(mirrored):
        return mirrored.remote_id
    work.ledger.steps.retire_identity(identity)
    return None


@dataclass(frozen=True, slots=True)
class InvoiceMade:
    """An invoice as Paraşüt computed it; `fresh` when this order made it just now.

    `amended` says that the order was changed while its request had no outcome: the invoice sells what it was before.
    """

    invoice: SalesInvoice
    fresh: bool
    amended: bool = False


def make_invoice(
    step: CreateInvoice, plan: InvoicePlan, row: OrderRow, made: Mapping[str, str], work: Work
) -> InvoiceMade:
    """Make the invoice. Raises as the executor.

    An invoice that an earlier run has made is read instead; it counts as made just now when its answer was lost, and it
    was found. The figures of a new one teach how the account rounds.
    """
    if plan.adopts is not None:  # what it consists of was never looked for
        return InvoiceMade(_adopted(step, plan.adopts, row, work), fresh=False)
    contact_id = resolved(step.contact, made)
    lines = [
        (
            resolved(line.product, made),
            line.priced.quantity,
            line.priced.unit_price,
            line.priced.discount,
            line.priced.vat_rate,
            line.description,
        )
        for line in step.lines
    ]
    payment = None
    if step.payment is not None:
        payment = CashPayment(resolved(step.payment.account, made), step.payment.day, step.payment.description)
    request = sales_invoice_body(
        step.attributes, contact_id, lines, None if step.category is None else resolved(step.category, made), payment
    )
    promise = Promise(plan.issue_date.isoformat(), plan.rule, contact_id)
    outcome = run_step(work, step.identity, "sale", request, "sales_invoices", row, promise)
    before = work.ledger.steps.get(step.identity) if outcome.as_before or outcome.answer is None else None
    amended = before is not None and before.doubted_at is not None and not sells_the_same(before, request)
    if outcome.answer is None:
        return InvoiceMade(*_read_again(step.identity, outcome.remote_id, row, contact_id, work), amended)
    invoice = parse_sales_invoice(outcome.answer.resource)
    if invoice.contact_id is not None and invoice.contact_id != contact_id:
        raise _other_buyer(invoice, contact_id)
    _same_buyer(outcome.answer.resource, step, plan, work)
    if not outcome.as_before:  # else the figures are those of other lines, perhaps
        with work.locks.hold(["rounding"], 0):
            learn_from([line.priced for line in step.lines], invoice, work.ledger, work.clock())
    return InvoiceMade(invoice, True, amended)


def _adopted(step: CreateInvoice, adopts: Adoption, row: OrderRow, work: Work) -> SalesInvoice:
    """An invoice that this ledger didn't make, as it is by now. Raises Hold when it is none, or somebody else's."""
    buyer = step.contact.id if isinstance(step.contact, Known) and adopts.how != ADOPTED_BY_HAND else None
    invoice: SalesInvoice | None
    try:
        invoice, _ = _read_again(step.identity, adopts.invoice.id, row, buyer, work)
    except Hold as hold:
        if hold.code != INVOICE_GONE:
            raise
        invoice = None
    if invoice is None or invoice.item_type not in _SALES:
        work.ledger.invoices.forget(adopts.invoice.id)
        work.ledger.steps.retract(step.identity, work.clock(), "it is no invoice")
        raise not_there(row.name, adopts)
    return invoice


def _same_buyer(resource: Resource, step: CreateInvoice, plan: InvoicePlan, work: Work) -> None:
    """The answer shows the contact as it is: a mirrored one may have been given to somebody else since."""
    contacts = resource.related("contact")
    if not contacts or not isinstance(step.contact, Known):
        return
    contact = parse_contact(contacts[0])
    record = mirrored_contact(contact.id, contact.name, contact.tax_number, contact.email, contact.archived)
    if work.ledger.mirror.by_id("contacts", contact.id) != replace(record, document={}):
        work.ledger.mirror.store("contacts", [record])
    number = usable_tax_number(str(plan.document.contact.get("tax_number", "")))
    known = KnownContact(step.contact, record.name, record.key, record.email, record.archived)
    if not same_party(known, number, plan.contact_name):
        raise Hold(
            "contact-changed",
            f"The contact {contact.id} that the order was matched with has another tax number in Paraşüt by now.",
            "Correct the invoice's contact in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
        )


def _read_again(
    identity: str, invoice_id: str, row: OrderRow, contact_id: str | None, work: Work
) -> tuple[SalesInvoice, bool]:
    """An invoice that an earlier run made, or that was adopted. Raises Hold when it is not what it should be.

    `contact_id` None: whom it names is nobody's to compare.
    """
    try:
        invoice = read_invoice(work.client, invoice_id)
    except Refused as refusal:
        if not refusal.is_gone:
            raise
        invoice = None
    step = work.ledger.steps.get(identity)
    if (
        step is not None
        and step.answer == ADOPTED
        and (invoice is None or not invoice.description.endswith(row.key.marker))
    ):
        work.ledger.steps.doubt(identity, work.clock())
        raise Hold(
            "adopted-not-ours",
            f"The invoice {invoice_id} that was adopted does not end with {row.key.marker}: it is not this order's.",
            f"`syncd orders resolve {row.name}` again with the right id, or with --send-again.",
        )
    if invoice is None or invoice.item_type == "cancelled":
        raise Hold(
            INVOICE_GONE,
            f"The invoice {invoice_id} that syncd made was deleted or cancelled in Paraşüt.",
            "`syncd orders ignore` the order, or make its invoice by hand.",
        )
    if contact_id is not None and invoice.contact_id is not None and invoice.contact_id != contact_id:
        raise _other_buyer(invoice, contact_id)
    # It counts as made just now until the order has been compared with it once.
    return invoice, step is not None and step.answer == FOUND and row.invoiced_at is None


def _other_buyer(invoice: SalesInvoice, contact_id: str) -> Hold:
    return Hold(
        "contact-changed",
        f"The invoice {invoice.id} names the contact {invoice.contact_id}; the order's buyer is {contact_id} now.",
        "Look at it in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
    )


def run_step(
    work: Work,
    identity: str,
    kind: str,
    request: Request,
    fenced: Kind | str | int,
    row: OrderRow | None,
    promise: Promise | None = None,
) -> Outcome:
    """Run one step through the executor, fenced by the highest id of its kind, or by a given one; raises as it does."""
    outcome = work.executor.run(
        identity,
        kind,
        request,
        order_id=None if row is None else row.ledger_id,
        fence=fenced if isinstance(fenced, int) else work.fences.of(fenced),
        promise=promise,
    )
    if outcome.remote_id.isdigit() and not isinstance(fenced, int):
        work.fences.rise(fenced, int(outcome.remote_id))
    return outcome


def resolved(ref: Ref, made: Mapping[str, str]) -> str:
    """The id of a record; raises Hold `not-looked-up` for one that nobody has looked for."""
    match ref:
        case Known():
            return ref.id
        case Made():
            return made[ref.identity]
        case Unseen():
            raise Hold(
                "not-looked-up",
                f"{ref.label} was not looked up in Paraşüt.",
                "`syncd orders retry` it; the next run looks again.",
            )
