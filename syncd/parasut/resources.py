"""Paraşüt's records as plain data: money as `Decimal`, dates as `date`, text that is missing as "".

Paraşüt writes every money, quantity and rate as text with a point ("8400.0"). Every `parse_…` raises `ParasutError`
when a record is of another type or lacks a figure that it must have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from syncd.errors import ParasutError
from syncd.parasut.jsonapi import Resource


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer or supplier (cari)."""

    id: str
    name: str = field(repr=False)
    tax_number: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product or service."""

    id: str
    code: str
    name: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ItemCategory:
    """A category of invoices, contacts or products, as `category_type` says; names are unique below one parent only."""

    id: str
    name: str
    category_type: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A till or bank account that payments are booked to. `account_type` is `cash`, `bank` or `sys`."""

    id: str
    name: str
    currency: str
    account_type: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class SalesInvoiceLine:
    """A line as Paraşüt computed it. `discount` is the amount it took off; `net_total` includes VAT."""

    id: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    vat_rate: Decimal
    vat: Decimal
    net_total: Decimal


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """A payment of an invoice."""

    id: str
    date: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SalesInvoice:
    """An invoice as Paraşüt computed it.

    `net_total` is the payable, VAT included; `before_taxes_total` is after discounts and without VAT. `contact_id`,
    `lines` and `payments` are None when the request did not ask for them: unknown, not empty. `e_document_id` is that
    of its e-Fatura or e-Arşiv, None when it has none or the request did not ask.
    """

    id: str
    description: str
    order_no: str
    issue_date: date | None
    order_date: date | None
    item_type: str
    net_total: Decimal
    total_vat: Decimal
    before_taxes_total: Decimal
    remaining: Decimal
    payment_status: str
    currency: str
    contact_id: str | None = None
    lines: tuple[SalesInvoiceLine, ...] | None = None
    payments: tuple[InvoicePayment, ...] | None = None
    e_document_id: str | None = None


def parse_contact(resource: Resource) -> Contact:
    """Given a record of type contacts, return the contact."""
    _must_be(resource, "contacts")
    return Contact(
        id=resource.id,
        name=text(resource, "name"),
        tax_number=text(resource, "tax_number"),
        email=text(resource, "email"),
        archived=_flag(resource, "archived"),
    )


def parse_product(resource: Resource) -> Product:
    """Given a record of type products, return the product."""
    _must_be(resource, "products")
    return Product(
        id=resource.id,
        code=text(resource, "code"),
        name=text(resource, "name"),
        archived=_flag(resource, "archived"),
    )


def parse_item_category(resource: Resource) -> ItemCategory:
    """Given a record of type item_categories, return the category."""
    _must_be(resource, "item_categories")
    return ItemCategory(
        id=resource.id,
        name=text(resource, "name"),
        category_type=text(resource, "category_type"),
        parent_id=text(resource, "parent_id") or resource.related_id("parent_category"),
    )


def parse_account(resource: Resource) -> Account:
    """Given a record of type accounts, return the account."""
    _must_be(resource, "accounts")
    return Account(
        id=resource.id,
        name=text(resource, "name"),
        currency=text(resource, "currency"),
        account_type=text(resource, "account_type"),
        archived=_flag(resource, "archived"),
    )


def parse_sales_invoice(resource: Resource) -> SalesInvoice:
    """Given a record of type sales_invoices, return the invoice with the lines and payments that were included."""
    _must_be(resource, "sales_invoices")
    details = resource.related("details")
    payments = resource.related("payments")
    return SalesInvoice(
        id=resource.id,
        description=text(resource, "description"),
        order_no=text(resource, "order_no"),
        issue_date=optional_date(resource, "issue_date"),
        order_date=optional_date(resource, "order_date"),
        item_type=text(resource, "item_type"),
        net_total=_figure(resource, "net_total"),
        total_vat=_figure(resource, "total_vat"),
        before_taxes_total=_figure(resource, "before_taxes_total"),
        remaining=_optional_figure(resource, "remaining") or Decimal(0),
        payment_status=text(resource, "payment_status"),
        currency=text(resource, "currency"),
        contact_id=resource.related_id("contact"),
        lines=None if details is None else tuple(_line(detail) for detail in details),
        payments=None if payments is None else tuple(parse_payment(payment) for payment in payments),
        e_document_id=resource.related_id("active_e_document"),
    )


def parse_payment(resource: Resource) -> InvoicePayment:
    """Given a record of type payments, return the payment."""
    _must_be(resource, "payments")
    return InvoicePayment(
        id=resource.id,
        date=optional_date(resource, "date"),
        amount=_figure(resource, "amount"),
    )


def text(resource: Resource, name: str) -> str:
    """Return an attribute as text; "" when it is null or missing."""
    value = resource.attributes.get(name)
    return "" if value is None else str(value)


def optional_date(resource: Resource, name: str) -> date | None:
    """Return the day of a date or moment in ISO form; None when it is null, missing or unreadable."""
    try:
        return date.fromisoformat(text(resource, name)[:10])
    except ValueError:
        return None


def optional_int(resource: Resource, name: str) -> int | None:
    """Return a whole number, also from text like "100.0"; None when it is null, missing or unreadable."""
    figure = _optional_figure(resource, name)
    return None if figure is None else int(figure)


def _line(resource: Resource) -> SalesInvoiceLine:
    return SalesInvoiceLine(
        id=resource.id,
        quantity=_figure(resource, "quantity"),
        unit_price=_figure(resource, "unit_price"),
        discount=_optional_figure(resource, "discount") or Decimal(0),
        vat_rate=_figure(resource, "vat_rate"),
        vat=_figure(resource, "vat"),
        net_total=_figure(resource, "net_total"),
    )


def _must_be(resource: Resource, kind: str) -> None:
    if resource.type != kind:
        raise ParasutError(f"Paraşüt's answer holds {resource.type} where {kind} belong.")


def _flag(resource: Resource, name: str) -> bool:
    return resource.attributes.get(name) is True


def _figure(resource: Resource, name: str) -> Decimal:
    figure = _optional_figure(resource, name)
    if figure is None:
        raise ParasutError(f"Paraşüt's answer has no {name} in {resource.type} {resource.id}.")
    return figure


def _optional_figure(resource: Resource, name: str) -> Decimal | None:
    value = resource.attributes.get(name)
    if value is None or isinstance(value, bool) or value == "":
        return None
    try:
        figure = Decimal(value) if isinstance(value, int | Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        figure = Decimal("NaN")
    if not figure.is_finite():
        raise ParasutError(f"Paraşüt's answer has no readable {name} in {resource.type} {resource.id}.")
    return figure
