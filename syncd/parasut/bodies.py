"""The requests that change something at Paraşüt, made from plain values. Nothing is sent here.

Every number leaves as a JSON number with exactly the digits of its `Decimal`. Totals can't be sent: Paraşüt computes
them from quantity, unit price, discount and VAT rate of the lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from syncd.parasut.request import Request


class InvoiceLine(NamedTuple):
    """A line to be written. `unit_price` and `discount` exclude VAT; `discount` is an amount, 0 is none.

    A product is required: without one Paraşüt answers "Ürün/hizmet doldurulmalı".
    """

    product_id: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    vat_rate: Decimal
    description: str = ""


class CashPayment(NamedTuple):
    """The payment of an invoice that is written as paid at once (peşin satış)."""

    account_id: str
    date: date
    description: str = ""


def contact_body(attributes: Mapping[str, Any], category_id: str | None = None) -> Request:
    """The request that creates a contact; `account_type` is `customer` unless the attributes say otherwise."""
    filled = {"account_type": "customer", **attributes}
    return _create("contacts", "contacts", filled, _category(category_id), include="category")


def product_body(attributes: Mapping[str, Any], category_id: str | None = None) -> Request:
    """The request that creates a product; the attributes hold at least `name`."""
    return _create("products", "products", attributes, _category(category_id), include="category")


def category_body(name: str, category_type: str, parent_id: str | None = None) -> Request:
    """The request that creates an item category of type `SalesInvoice`, `Contact`, `Product` …"""
    attributes: dict[str, Any] = {"name": name, "category_type": category_type}
    if parent_id is not None:
        attributes["parent_id"] = int(parent_id)
    return _create("item_categories", "item_categories", attributes, {}, include="parent_category")


def sales_invoice_body(
    attributes: Mapping[str, Any],
    contact_id: str,
    lines: Sequence[tuple[str, Decimal, Decimal, Decimal, Decimal, str]],
    category_id: str | None = None,
    payment: tuple[str, date, str] | None = None,
) -> Request:
    """The request that creates a sales invoice; with a payment it is paid from the start, in the same call.

    `lines` are `InvoiceLine`s, `payment` a `CashPayment`. `item_type` is `invoice` unless the attributes say otherwise
    (`estimate` has no payment). The answer carries contact, lines and payments.
    """
    filled: dict[str, Any] = {"item_type": "invoice", **attributes}
    if payment is not None:
        account_id, day, description = payment
        filled |= {"cash_sale": True, "payment_account_id": int(account_id), "payment_date": day}
        filled |= {"payment_description": description} if description else {}
    relationships = {
        "contact": {"data": _reference("contacts", contact_id)},
        # Lines carry no id: Paraşüt takes one for the id of a line that exists, and answers 404.
        "details": {"data": [_line(InvoiceLine(*line)) for line in lines]},
        **_category(category_id),
    }
    return _create("sales_invoices", "sales_invoices", filled, relationships, include="contact,details,payments")


def payment_body(invoice_id: str, account_id: str, day: date, amount: Decimal, description: str = "") -> Request:
    """The request that books a payment of an invoice; the account is in the invoice's currency."""
    attributes: dict[str, Any] = {"account_id": int(account_id), "date": day, "amount": amount}
    attributes |= {"description": description} if description else {}
    return _create(f"sales_invoices/{int(invoice_id)}/payments", "payments", attributes, {}, include="transaction")


def delete_sales_invoice(invoice_id: str) -> Request:
    """The request that deletes a sales invoice; its answer has no body."""
    return Request("DELETE", f"sales_invoices/{int(invoice_id)}")


def delete_record(resource: str, record_id: str) -> Request:
    """The request that deletes a record of a list (`contacts`, `products`, `item_categories`)."""
    return Request("DELETE", f"{resource}/{int(record_id)}")


def _create(
    path: str, kind: str, attributes: Mapping[str, Any], relationships: Mapping[str, Any], *, include: str
) -> Request:
    data: dict[str, Any] = {"type": kind, "attributes": {name: _plain(value) for name, value in attributes.items()}}
    if relationships:
        data["relationships"] = dict(relationships)
    return Request("POST", path, (("include", include),), {"data": data})


def _line(line: InvoiceLine) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "vat_rate": line.vat_rate,
    }
    if line.discount:
        attributes |= {"discount_type": "amount", "discount_value": line.discount}
    if line.description:
        attributes["description"] = line.description
    return {
        "type": "sales_invoice_details",
        "attributes": attributes,
        "relationships": {"product": {"data": _reference("products", line.product_id)}},
    }


def _category(category_id: str | None) -> dict[str, Any]:
    return {} if category_id is None else {"category": {"data": _reference("item_categories", category_id)}}


def _reference(kind: str, record_id: str) -> dict[str, str]:
    return {"id": str(record_id), "type": kind}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
