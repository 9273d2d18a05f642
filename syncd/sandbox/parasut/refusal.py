"""Paraşüt's refusals: an exception that carries the answer."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer other than success, in the envelope `{"errors": [{"title", "detail"}]}`."""

    def __init__(self, status: int, *details: str, title: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {title}: {'; '.join(details)}")
        self.status = status
        self.body: dict[str, Any] = {"errors": [{"title": title, "detail": detail} for detail in details]}
        self.headers = headers or {}


def bad_request(*details: str) -> Refusal:
    return Refusal(400, *details, title="Bad Request")


def unprocessable(*details: str) -> Refusal:
    return Refusal(422, *details, title="Geçersiz kayıt")


def no_route() -> Refusal:
    return Refusal(404, "No route matches.", title="Not Found")


_MODELS = {
    "contacts": "Contact",
    "products": "Product",
    "item_categories": "ItemCategory",
    "accounts": "Account",
    "sales_invoices": "SalesInvoice",
    "sales_invoice_details": "SalesInvoiceDetail",
    "payments": "Payment",
    "transactions": "Transaction",
    "tags": "Tag",
    "warehouses": "Warehouse",
    "sales_offers": "SalesOffer",
    "contact_people": "ContactPerson",
    "inventory_levels": "InventoryLevel",
}


def not_found(kind: str, identity: object) -> Refusal:
    """404 for a record: the detail is the model's name and the id, as in `Contact-123`."""
    return Refusal(404, f"{_MODELS[kind]}-{identity}", title="Record was not found")
