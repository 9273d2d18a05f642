"""What would be done for one order: a pure function of the order, its rule and what is known. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from syncd.config.settings import Categories, Rule
from syncd.errors import Hold, TemplateFailure
from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.order_row import OrderKey
from syncd.mapping.cuts import truncate_bytes
from syncd.mapping.document import RenderedDocument, RenderedLine, render_document
from syncd.mapping.template import Template
from syncd.orders.amounts import GrossLine, LineFigures, Solution, solve
from syncd.orders.invoiceable import invoiceable
from syncd.orders.order import Order
from syncd.problem import Position
from syncd.sync.categories import resolve_category
from syncd.sync.contacts import match_contact, usable_email, usable_tax_number
from syncd.sync.dates import choose_issue_date, last_legal_day
from syncd.sync.existing import NO_PAST, Adoption, Past, Sale, by_mark, without_mark
from syncd.sync.known import Knowledge, KnownContact
from syncd.sync.payments import resolve_payment
from syncd.sync.products import resolve_product
from syncd.sync.steps import (
    CreateContact,
    CreateInvoice,
    CreateProduct,
    InvoiceLine,
    Known,
    Made,
    Ref,
    Step,
    Unseen,
)
from syncd.words import sentence

CURRENCIES = {"TRY": "TRL", "TRL": "TRL", "USD": "USD", "EUR": "EUR", "GBP": "GBP"}
DESCRIPTION_BYTES = 255
TOLERANCE = Decimal("0.01")  # the most that an invoice may differ from its order where no exact one exists


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What all orders of a rule at one platform share. `platform` and `rule_variables` are what templates see."""

    rule: Rule
    platform: Mapping[str, Any]
    today: date
    zone: tzinfo

    @property
    def rule_variables(self) -> Mapping[str, Any]:
        """What templates see as `rule`."""
        return {"name": self.rule.name}


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line of the invoice beside the order line it comes from (amounts VAT included unless named net)."""

    code: str
    name: str
    product: Ref
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    vat_rate: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    order_gross: Decimal


@dataclass(frozen=True, slots=True)
class InvoicePlan:
    """Everything that would be done for one order, and why."""

    key: OrderKey
    name: str
    rule: str
    ordered_on: date
    issue_date: date
    due_date: str
    last_legal_day: date | None
    contact: Ref
    contact_name: str
    contact_match: str
    category: str
    payment: str
    currency: str
    total: Decimal
    payable: Decimal
    exact: bool
    certain: bool
    lines: tuple[PlannedLine, ...]
    steps: tuple[Step, ...]
    origins: Mapping[str, Position]
    document: RenderedDocument
    notes: tuple[str, ...] = ()
    adopts: Adoption | None = None

    @property
    def difference(self) -> Decimal:
        """Payable less total."""
        return self.payable - self.total

    @property
    def invoice(self) -> CreateInvoice:
        """The step that makes the invoice."""
        return next(step for step in self.steps if isinstance(step, CreateInvoice))

    @property
    def unseen(self) -> tuple[str, ...]:
        """What nobody has looked for yet; such a plan can be shown but not applied."""
        if self.adopts is not None:
            return ()  # an invoice that is there needs none of it
        found: list[str] = []
        invoice = self.invoice
        refs = [invoice.contact, invoice.category, *(line.product for line in invoice.lines)]
        refs += [invoice.payment.account] if invoice.payment else []
        for ref in refs:
            if isinstance(ref, Unseen):
                found.append(ref.label)
        return tuple(found)


def _no_doubts(name: str, order: Order) -> None:
    """Raise the hold of an order that must not be invoiced like any other."""
    for doubt in order.doubts:
        raise Hold(doubt.hold_code, sentence(f"Order {order.number}: {doubt.message}"), doubt.remedy)
    if order.export.micro or order.export.intermediated:
        what = "a micro-export" if order.export.micro else "a sale abroad through a company of the platform"
        raise Hold(
            "export-order",
            f"Order {order.number} is {what}; its invoice follows other rules.",
            f"Make its invoice in Paraşüt by hand, then `syncd orders ignore {name}`.",
        )


def plan_order(
    key: OrderKey,
    name: str,
    order: Order,
    context: PlanContext,
    knowledge: Knowledge,
    *,
    issue_date: date | None = None,
    attempt: int = 1,
    past: Past = NO_PAST,
) -> InvoicePlan:
    """Plan the invoice of one order that is due.

    `issue_date` is the day already promised to Paraşüt, if any; `attempt` counts the invoices made for the
    order, 2 after a wrong draft was deleted. An invoice of the order that is there already is adopted instead: nothing
    that it consists of is made. Raises Hold with a stable code when a person is needed.
    """
    rule = context.rule
    other = knowledge.claimed_by_another(key, order)
    if other is not None:
        raise Hold(
            "already-invoiced",
            f"A line of this order is already in the invoice of order {other}.",
            "Look at both; `syncd orders ignore` this one if it is the same sale.",
        )
    adopts = past.adopts
    if adopts is None and not past.made:
        adopts = by_mark(key, name, knowledge.invoices_by_mark(key))
    _no_doubts(name, order)
    payable_order = invoiceable(order, rule.refunded_before)
    if not payable_order.lines or payable_order.total <= 0:
        raise Hold(
            "nothing-to-invoice",
            f"The order's total is {payable_order.total}.",
            "`syncd orders ignore` it, or let the rule skip such orders with `if: order.total > 0`.",
        )
    currency = CURRENCIES.get(order.currency.upper())
    if currency is None:
        raise Hold(
            "currency-unsupported",
            f"Paraşüt has no invoices in {order.currency!r}.",
            "Invoice it by hand and `syncd orders ignore` it.",
        )
    try:
        document = render_document(rule.mapping, payable_order, context.platform, context.rule_variables)
        names = category_names(rule.categories, payable_order, context)
    except TemplateFailure as failure:
        raise Hold("template-failed", str(failure), "Correct the template, then retry the order.") from failure
    promised = issue_date or (adopts.invoice.issue_date if adopts is not None else None)
    day = promised or choose_issue_date(order, rule.issue_date, context.today, context.zone)
    notes: list[str] = []

    invoice_category: Ref | None = None
    category_steps: tuple[Step, ...] = ()
    contact_steps: tuple[Step, ...] = ()
    product_steps: tuple[Step, ...] = ()
    twins: Sequence[Ref] = ()
    if adopts is not None:
        contact, contact_match = _contact_of(adopts.invoice, document, knowledge)
        products = [_product_as_known(line, knowledge) for line in document.lines]
    else:
        invoice_category, category_steps = resolve_category(
            names["invoice"], "SalesInvoice", rule.categories.missing, knowledge
        )
        contact, contact_match, twins, contact_steps = _contact(
            key, document, names["contact"], payable_order, rule, knowledge, notes
        )
        products, product_steps = _products(document, names["product"], rule, knowledge)
    payment, payment_words = resolve_payment(order, rule.payment, currency, day, context.zone, knowledge)
    solution = solve(gross_lines(payable_order), knowledge.profiles, cautious=attempt > 1)
    _accept(solution, rule)
    if adopts is None and not past.made:
        sale = Sale(
            name=name,
            key=key,
            order_numbers={str(document.invoice.get("order_no") or ""), order.number},
            ordered_on=order.ordered_at.astimezone(context.zone).date(),
            payables={payable_order.total, solution.figures.payable},
            currency=currency,
            contacts={twin.id for twin in twins if isinstance(twin, Known)},
            buyer=KnownContact(
                contact,
                str(document.contact["name"]),
                usable_tax_number(str(document.contact.get("tax_number", ""))),
                usable_email(str(document.contact.get("email", ""))),
            ),
        )
        found = without_mark(sale, rule.adopt, past, context.today, knowledge)
        if found is not None:
            again = replace(past, adopts=found)
            return plan_order(key, name, order, context, knowledge, attempt=attempt, past=again)

    attributes = {
        "item_type": "invoice",
        "currency": currency,
        "issue_date": day.isoformat(),
        "due_date": day.isoformat(),
        **({"exchange_rate": order.exchange_rate} if currency != "TRL" and order.exchange_rate else {}),
        **document.invoice,
        "description": _with_marker(str(document.invoice.get("description", "")), key.marker),
    }
    invoice = CreateInvoice(
        identity=f"sale {key}#{attempt}",
        attributes=attributes,
        contact=contact,
        category=invoice_category,
        lines=tuple(
            InvoiceLine(products[priced.line], priced, str(document.lines[priced.line].fields.get("description", "")))
            for priced in solution.lines
        ),
        payment=payment,
        target=payable_order.total,
    )
    if payable_order.total != order.total:
        notes.append(f"{order.total - payable_order.total} was refunded before the invoice and is left out")
    return InvoicePlan(
        key=key,
        name=name,
        rule=rule.name,
        ordered_on=order.ordered_at.astimezone(context.zone).date(),
        issue_date=day,
        due_date=str(attributes["due_date"]),
        last_legal_day=last_legal_day(order, context.zone),
        contact=contact,
        contact_name=str(document.contact["name"]),
        contact_match=contact_match,
        category=names["invoice"],
        payment=payment_words,
        currency=currency,
        total=payable_order.total,
        payable=solution.figures.payable,
        exact=solution.exact,
        certain=solution.certain,
        lines=tuple(
            _planned_line(document.lines[priced.line], products[priced.line], solution, index, payable_order)
            for index, priced in enumerate(solution.lines)
        ),
        steps=(*category_steps, *contact_steps, *product_steps, invoice),
        origins=document.origins,
        document=document,
        notes=tuple(notes),
        adopts=adopts,
    )


def category_names(categories: Categories, order: Order, context: PlanContext) -> dict[str, str]:
    """The rule's categories of invoice, contact and product for an order, "" for none. Raises TemplateFailure."""
    variables = {"order": order, "platform": context.platform, "rule": context.rule_variables}

    def text(template: Template | None) -> str:
        return "" if template is None else str(template.render(variables) or "").strip()

    return {
        "invoice": text(categories.invoice),
        "contact": text(categories.contact),
        "product": text(categories.product),
    }


def _contact(
    key: OrderKey,
    document: RenderedDocument,
    category_name: str,
    order: Order,
    rule: Rule,
    knowledge: Knowledge,
    notes: list[str],
) -> tuple[Ref, str, tuple[Ref, ...], tuple[Step, ...]]:
    """The buyer's contact, how it was found, all that were found so, and what makes it if there is none."""
    attributes = dict(document.contact)
    match = match_contact(attributes, rule.contact.match, key, order.customer_id, knowledge)
    if match is not None:
        if match.note:
            notes.append(match.note)
        if match.contact.archived:
            notes.append("the contact is archived in Paraşüt")
        twins = tuple(contact.ref for contact in match.all)
        return match.contact.ref, f"found by {match.by.replace('_', ' ')}", twins, ()
    category, steps = resolve_category(category_name, "Contact", rule.categories.missing, knowledge)
    create = CreateContact(f"contact {key}", {"account_type": "customer", **attributes}, category)
    matched = "new" if knowledge.complete("contacts") else "looked up when applied, else new"
    return Made(create.identity), matched, (), (*steps, create)


def _contact_of(invoice: SeenInvoice, document: RenderedDocument, knowledge: Knowledge) -> tuple[Ref, str]:
    """The contact that an adopted invoice names. Raises Hold when it surely is somebody else."""
    known = knowledge.contact(invoice.contact_id)
    number = usable_tax_number(str(document.contact.get("tax_number", "")))
    if known is not None and known.tax_number and number and known.tax_number != number:
        raise Hold(
            "contact-changed",
            f"The invoice {invoice.id} that is to be adopted names a contact with another tax number than the buyer's.",
            "Look at it in Paraşüt, then `syncd orders ignore` the order.",
        )
    if not invoice.contact_id:
        return Unseen(f"the contact of the invoice {invoice.id}"), "as in the invoice"
    return Known(invoice.contact_id), "as in the invoice"


def _product_as_known(line: RenderedLine, knowledge: Knowledge) -> Ref:
    code = str(line.fields.get("code", ""))
    found = knowledge.products_by_code(code) if code else []
    return found[0].ref if found else Unseen(code)


def _products(
    document: RenderedDocument, category_name: str, rule: Rule, knowledge: Knowledge
) -> tuple[list[Ref], tuple[Step, ...]]:
    refs: list[Ref] = []
    steps: dict[str, CreateProduct] = {}
    for line in document.lines:
        ref, step = resolve_product(str(line.fields.get("code", "")), line.product, rule.product, knowledge)
        refs.append(ref)
        if step is not None:
            steps.setdefault(step.identity, step)
    if not steps:
        return refs, ()
    category, category_steps = resolve_category(category_name, "Product", rule.categories.missing, knowledge)
    return refs, (*category_steps, *(replace(step, category=category) for step in steps.values()))


def gross_lines(order: Order) -> list[GrossLine]:
    """The order's lines as the amounts are solved for."""
    return [GrossLine(total=line.total, quantity=line.quantity, vat_rate=line.vat_rate) for line in order.lines]


def _accept(solution: Solution, rule: Rule) -> None:
    if solution.exact:
        return
    off = f"The nearest payable to {solution.target} that Paraşüt can compute is {solution.figures.payable}."
    if abs(solution.difference) > TOLERANCE:
        raise Hold("totals-differ", off, "Invoice it by hand and `syncd orders ignore` it.")
    if rule.inexact == "hold":
        raise Hold(
            "totals-inexact",
            off,
            "Set `totals: {inexact: accept}` in the rule to take a difference of 0.01, or ignore it.",
        )


def _with_marker(text: str, marker: str) -> str:
    room = DESCRIPTION_BYTES - len(marker.encode()) - 1
    return f"{truncate_bytes(text, room).rstrip()} {marker}".strip()


def _planned_line(line: RenderedLine, product: Ref, solution: Solution, index: int, order: Order) -> PlannedLine:
    priced = solution.lines[index]
    figures: LineFigures = solution.figures.lines[index]
    return PlannedLine(
        code=str(line.fields.get("code", "")),
        name=str(line.fields.get("name", "")),
        product=product,
        quantity=priced.quantity,
        unit_price=priced.unit_price,
        discount=priced.discount,
        vat_rate=priced.vat_rate,
        net=figures.net,
        vat=figures.vat,
        gross=figures.gross,
        order_gross=order.lines[priced.line].total,
    )
