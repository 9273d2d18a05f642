"""What Paraşüt is to know in a case, as the planner asks for it. No ledger, no network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.mirror import Kind
from syncd.ledger.order_row import OrderKey
from syncd.orders.amounts import ALL_PROFILES, RoundingProfile
from syncd.orders.order import Order
from syncd.sync.categories import SEPARATOR
from syncd.sync.contacts import mirrored_contact
from syncd.sync.known import KnownAccount, KnownCategory, KnownContact, KnownProduct
from syncd.sync.steps import Known, Ref

CATEGORY_TYPES = {"invoice": "SalesInvoice", "contact": "Contact", "product": "Product"}
_KEYS: Mapping[Kind, str] = {
    "contacts": "contacts",
    "products": "products",
    "item_categories": "categories",
    "accounts": "accounts",
}


class Books:
    """Knowledge out of the `knows` of a case. A kind that it names is known completely, any other not at all."""

    def __init__(self, knows: Mapping[str, Any]) -> None:
        self._knows = knows
        self._contacts = [_contact(number, entry) for number, entry in enumerate(knows.get("contacts", ()), 1)]
        self._products = [_product(number, entry) for number, entry in enumerate(knows.get("products", ()), 1)]
        self._categories = _categories(knows.get("categories", {}))
        self._accounts = [_account(number, entry) for number, entry in enumerate(knows.get("accounts", ()), 1)]
        self._customers = {
            entry["customer"]: contact
            for entry, contact in zip(knows.get("contacts", ()), self._contacts, strict=True)
            if "customer" in entry
        }
        rounding = knows.get("rounding")
        self._profiles = ALL_PROFILES if rounding is None else (RoundingProfile.from_key(rounding),)

    @property
    def profiles(self) -> Sequence[RoundingProfile]:
        """The rounding profiles the account may have, most plausible first."""
        return self._profiles

    def complete(self, kind: Kind) -> bool:
        """Whether every record of the kind is known."""
        return _KEYS[kind] in self._knows

    def contacts_by_tax_number(self, tax_number: str) -> list[KnownContact]:
        """Contacts with exactly that tax number."""
        return [contact for contact in self._contacts if contact.tax_number == tax_number]

    def contacts_by_email(self, email: str) -> list[KnownContact]:
        """Contacts with that e-mail."""
        return [contact for contact in self._contacts if contact.email == email]

    def contact_of_customer(self, _key: OrderKey, customer: str) -> KnownContact | None:
        """The contact the platform's customer was invoiced to before."""
        return self._customers.get(customer)

    def products_by_code(self, code: str) -> list[KnownProduct]:
        """Products with exactly that code, archived ones too."""
        return [product for product in self._products if product.code == code]

    def categories(self, category_type: str) -> list[KnownCategory]:
        """Categories of a type."""
        return [category for category in self._categories if category.type == category_type]

    def accounts(self) -> list[KnownAccount]:
        """Accounts that are not archived."""
        return self._accounts

    def made(self, _identity: str) -> Ref | None:
        """Nothing was made before."""
        return None

    def claimed_by_another(self, _key: OrderKey, order: Order) -> str | None:
        """The number of another order whose invoice holds a line or an origin package of this one."""
        lines = {line.id for line in order.lines}
        for other in self._knows.get("invoiced", ()):
            if lines & set(other.get("lines", ())) or set(order.origin_ids) & set(other.get("packages", ())):
                return str(other["order"])
        return None

    def contact(self, contact_id: str) -> KnownContact | None:
        """The contact of that id."""
        return next((contact for contact in self._contacts if contact.ref == Known(contact_id)), None)

    def invoices_by_mark(self, _key: OrderKey) -> list[SeenInvoice]:
        """None: a case is about an order that has no invoice yet."""
        return []

    def invoices_by_number(
        self, _order_no: str, _order_date: date, _payables: Collection[Decimal], _currency: str
    ) -> list[SeenInvoice]:
        """None either."""
        return []

    def invoices_of_buyer(
        self, _contact_ids: Collection[str], _first: date, _last: date, _payables: Collection[Decimal], _currency: str
    ) -> list[SeenInvoice]:
        """None either."""
        return []


def _contact(number: int, entry: Mapping[str, Any]) -> KnownContact:
    id_, archived = str(entry.get("id", number)), bool(entry.get("archived", False))
    seen = mirrored_contact(id_, entry["name"], entry.get("tax_number", ""), entry.get("email", ""), archived)
    return KnownContact(Known(id_), seen.name, seen.key, seen.email, archived)


def _product(number: int, entry: str | Mapping[str, Any]) -> KnownProduct:
    if isinstance(entry, str):
        return KnownProduct(Known(str(number)), entry, entry)
    id_ = str(entry.get("id", number))
    return KnownProduct(Known(id_), entry.get("name", entry["code"]), entry["code"], bool(entry.get("archived", False)))


def _categories(entries: Mapping[str, Any]) -> list[KnownCategory]:
    paths: dict[tuple[str, tuple[str, ...]], None] = {}
    for key, names in entries.items():
        for name in names:
            path = tuple(part.strip() for part in name.split(SEPARATOR))
            for depth in range(1, len(path) + 1):
                paths[CATEGORY_TYPES[key], path[:depth]] = None
    return [KnownCategory(Known(str(number)), kind, path) for number, (kind, path) in enumerate(paths, 1)]


def _account(number: int, entry: str | Mapping[str, Any]) -> KnownAccount:
    if isinstance(entry, str):
        return KnownAccount(Known(str(number)), entry, "TRL")
    return KnownAccount(Known(str(entry.get("id", number))), entry["name"], entry.get("currency", "TRL"))
