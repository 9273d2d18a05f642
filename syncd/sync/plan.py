"""What would be done for one order: a pure function of the order, its rule and what is known. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from syncd.config.settings import Categories, Rule
from syncd.errors import Hold, TemplateFailure
from syncd.ledger.order_row import OrderKey
from syncd.mapping.cuts import truncate_bytes
from syncd.mapping.document import RenderedDocument, RenderedLine, render_document
from syncd.mapping.template import Template
from syncd.orders.amounts import GrossLine, LineFigures, Solution, solve
from syncd.orders.invoiceable import invoiceable
from syncd.orders.order import Order
from syncd.problem import Position
from syncd.sync.categories import resolve_category
from syncd.sync.contacts import match_contact
from syncd.sync.dates import choose_issue_date, last_legal_day
from syncd.sync.known import Knowledge
from syncd.sync.payments import resolve_payment
from syncd.sync.products import resolve_product
from syncd.sync.steps import (
    CreateContact,
    CreateInvoice,
    CreateProduct,
    InvoiceLine,
    Made,
    Ref,
    Step,
    Unseen,
)

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
        raise Hold(doubt.hold_code, f"Order {order.number}: {doubt.message}.", doubt.remedy)
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
) -> InvoicePlan:
    """Plan the invoice of one order that is due.

    `issue_date` is the day already promised to Paraşüt, if any; `attempt` counts the invoices made for the
    order, 2 after a wrong draft was deleted. Raises Hold with a stable code when a person is needed.
    """
    rule = context.rule
    other = knowledge.claimed_by_another(key, order)
    if other is not None:
        raise Hold(
            "already-invoiced",
            f"A line of this order is already in the invoice of order {other}.",
            "Look at both; `syncd orders ignore` this one if it is the same sale.",
        )
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
    day = issue_date or choose_issue_date(order, rule.issue_date, context.today, context.zone)
    notes: list[str] = []

    invoice_category, category_steps = resolve_category(
        names["invoice"], "SalesInvoice", rule.categories.missing, knowledge
    )
    contact, contact_match, contact_steps = _contact(
        key, document, names["contact"], payable_order, rule, knowledge, notes
    )
    products, product_steps = _products(document, names["product"], rule, knowledge)
    payment, payment_words = resolve_payment(order, rule.payment, currency, day, context.zone, knowledge)
    solution = solve(gross_lines(payable_order), knowledge.profiles, cautious=attempt > 1)
    _accept(solution, rule)

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
) -> tuple[Ref, str, tuple[Step, ...]]:
    attributes = dict(document.contact)
    match = match_contact(attributes, rule.contact.match, key, order.customer_id, knowledge)
    if match is not None:
        if match.note:
            notes.append(match.note)
        if match.contact.archived:
            notes.append("the contact is archived in Paraşüt")
        return match.contact.ref, f"found by {match.by.replace('_', ' ')}", ()
    category, steps = resolve_category(category_name, "Contact", rule.categories.missing, knowledge)
    create = CreateContact(f"contact {key}", {"account_type": "customer", **attributes}, category)
    matched = "new" if knowledge.complete("contacts") else "looked up when applied, else new"
    return Made(create.identity), matched, (*steps, create)


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
