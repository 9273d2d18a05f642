"""The steps of a plan as requests, and what the mirror remembers of their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.errors import Hold, Refused
from syncd.ledger.ledger import Ledger
from syncd.ledger.mirror import Kind, Mirrored
from syncd.ledger.orders import OrderRow
from syncd.ledger.steps import Promise
from syncd.parasut.bodies import CashPayment, category_body, contact_body, product_body, sales_invoice_body
from syncd.parasut.client import ParasutClient
from syncd.parasut.lookups import invoice as read_invoice
from syncd.parasut.request import Request
from syncd.parasut.resources import SalesInvoice, parse_sales_invoice
from syncd.sync.contacts import mirrored_contact
from syncd.sync.executor import Executor, Outcome
from syncd.sync.learning import learn_from
from syncd.sync.plan import InvoicePlan
from syncd.sync.refresh import Refresher
from syncd.sync.steps import CreateCategory, CreateContact, CreateInvoice, CreateProduct, Known, Made, Ref, Unseen

_FENCE_SETTING = "highest sales_invoices"


@dataclass(frozen=True, slots=True)
class Work:
    """What applying needs, for one company and one run."""

    client: ParasutClient
    ledger: Ledger
    executor: Executor
    refresher: Refresher
    clock: Callable[[], datetime]


def make_category(step: CreateCategory, made: Mapping[str, str], work: Work) -> str:
    """Make a category and return its id. `made` holds the ids of earlier steps' records; raises as the executor."""
    work.ledger.steps.retire_identity(step.identity)  # it was looked for and not found: an earlier one is gone
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
    outcome = run_step(work, step.identity, "contact", request, "contacts", row)
    attributes = step.attributes
    record = mirrored_contact(
        outcome.remote_id,
        str(attributes["name"]),
        str(attributes.get("tax_number", "")),
        str(attributes.get("email", "")),
    )
    work.ledger.mirror.store("contacts", [record])
    return outcome.remote_id


def make_product(step: CreateProduct, made: Mapping[str, str], work: Work) -> str:
    """Make a product and return its id; raises as the executor."""
    work.ledger.steps.retire_identity(step.identity)  # its code was looked for and not found: an earlier one is gone
    category = None if step.category is None else resolved(step.category, made)
    request = product_body(step.attributes, category)
    outcome = run_step(work, step.identity, "product", request, "products", None)
    record = Mirrored(outcome.remote_id, str(step.attributes["name"]), str(step.attributes["code"]))
    work.ledger.mirror.store("products", [record])
    return outcome.remote_id


def make_invoice(
    step: CreateInvoice, plan: InvoicePlan, row: OrderRow, made: Mapping[str, str], work: Work
) -> tuple[SalesInvoice, bool]:
    """Make the invoice; return it as Paraşüt computed it, and whether it was made just now. Raises as the executor.

    An invoice that an earlier run has made is read instead. The figures of a new one teach how the account rounds.
    """
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
    promise = Promise(plan.issue_date.isoformat(), plan.rule)
    outcome = run_step(work, step.identity, "sale", request, "sales_invoices", row, promise)
    work.ledger.orders.change(
        row,
        f"invoice {outcome.remote_id} made" if outcome.answer else "",
        work.clock(),
        invoice_id=outcome.remote_id,
        contact_id=contact_id,
    )
    if outcome.answer is None:
        return _read_again(outcome.remote_id, work), False
    work.ledger.set_setting(_FENCE_SETTING, str(max(_fence("sales_invoices", work), int(outcome.remote_id))))
    invoice = parse_sales_invoice(outcome.answer.resource)
    learn_from([line.priced for line in step.lines], invoice, work.ledger, work.clock())
    return invoice, True


def _read_again(invoice_id: str, work: Work) -> SalesInvoice:
    try:
        invoice = read_invoice(work.client, invoice_id)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        invoice = None
    if invoice is None or invoice.item_type == "cancelled":
        raise Hold(
            "invoice-gone",
            f"The invoice {invoice_id} that syncd made was deleted or cancelled in Paraşüt.",
            "`syncd orders ignore` the order, or make its invoice by hand.",
        )
    return invoice


def run_step(
    work: Work,
    identity: str,
    kind: str,
    request: Request,
    fenced: Kind | str,
    row: OrderRow | None,
    promise: Promise | None = None,
) -> Outcome:
    """Run one step through the executor, fenced by the highest id of its kind; raises as the executor."""
    return work.executor.run(
        identity,
        kind,
        request,
        order_id=None if row is None else row.ledger_id,
        fence=_fence(fenced, work),
        promise=promise,
    )


def _fence(kind: Kind | str, work: Work) -> int:
    if kind == "sales_invoices":
        return int(work.ledger.setting(_FENCE_SETTING) or 0)
    return work.ledger.mirror.highest(kind)  # type: ignore[arg-type]


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
