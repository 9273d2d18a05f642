"""Knowledge out of the ledger: the mirror, and what plans before this one will have made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.ledger import Ledger
from syncd.ledger.mirror import Kind, Mirrored
from syncd.ledger.order_row import OrderKey
from syncd.ledger.steps import StepState
from syncd.orders.amounts import ALL_PROFILES, RoundingProfile
from syncd.orders.order import Order
from syncd.sync.contacts import mirrored_contact
from syncd.sync.known import KnownAccount, KnownCategory, KnownContact, KnownProduct
from syncd.sync.steps import CreateCategory, CreateContact, CreateProduct, Known, Made, Ref, Step

_PROFILES: Final = {profile.key: profile for profile in ALL_PROFILES}


class LedgerKnowledge:
    """Knowledge from the ledger, plus what `assume` adds in a dry run: the records earlier plans would make."""

    def __init__(self, ledger: Ledger, *, looked_up: bool = True) -> None:
        self._ledger = ledger
        self._looked_up = looked_up
        self._contacts: list[KnownContact] = []
        self._products: list[KnownProduct] = []
        self._categories: list[KnownCategory] = []
        self._adopted: set[str] = set()
        self._read: dict[tuple[Kind, str], list[Mirrored]] = {}
        self._profiles: tuple[RoundingProfile, ...] = ()

    @property
    def profiles(self) -> Sequence[RoundingProfile]:
        """The rounding profiles the account may have, most plausible first."""
        if not self._profiles:
            kept = (_PROFILES[key] for key in self._ledger.company.rounding() if key in _PROFILES)
            self._profiles = tuple(kept) or ALL_PROFILES
        return self._profiles

    def complete(self, kind: Kind) -> bool:
        """Whether every record of the kind is known."""
        return self._looked_up or self._ledger.mirror.state(kind).complete

    def contacts_by_tax_number(self, tax_number: str) -> list[KnownContact]:
        """Contacts with exactly that tax number."""
        found = [_contact(record) for record in self._ledger.mirror.by_key("contacts", tax_number)]
        return found + [contact for contact in self._contacts if contact.tax_number == tax_number]

    def contacts_by_email(self, email: str) -> list[KnownContact]:
        """Contacts with that e-mail."""
        found = [_contact(record) for record in self._ledger.mirror.by_email(email)]
        return found + [contact for contact in self._contacts if contact.email == email]

    def contact_of_customer(self, key: OrderKey, customer: str) -> KnownContact | None:
        """The contact the platform's customer was invoiced to before."""
        contact_id = self._ledger.orders.contact_of_customer(key.connector, key.account, customer)
        record = self._ledger.mirror.by_id("contacts", contact_id) if contact_id else None
        return None if record is None else _contact(record)

    def products_by_code(self, code: str) -> list[KnownProduct]:
        """Products with exactly that code, archived ones too."""
        found = [
            KnownProduct(Known(record.remote_id), record.name, record.key, record.archived)
            for record in self._mirrored("products", code)
        ]
        return found + [product for product in self._products if product.code == code]

    def categories(self, category_type: str) -> list[KnownCategory]:
        """Categories of a type."""
        records = {record.remote_id: record for record in self._mirrored("item_categories")}
        found = [
            KnownCategory(Known(record.remote_id), record.key, _path(record, records))
            for record in records.values()
            if record.key == category_type
        ]
        return found + [category for category in self._categories if category.type == category_type]

    def made(self, identity: str) -> Ref | None:
        """The record that the step of that identity made, if it is done."""
        step = self._ledger.steps.get(identity)
        return None if step is None or step.state is not StepState.DONE else Known(step.remote_id or "")

    def accounts(self) -> list[KnownAccount]:
        """Accounts that are not archived."""
        return [
            KnownAccount(Known(record.remote_id), record.name, record.key)
            for record in self._mirrored("accounts")
            if not record.archived
        ]

    def claimed_by_another(self, key: OrderKey, order: Order) -> str | None:
        """What another order whose invoice holds a line of this one is called."""
        if not self._ledger.steps.any_sale():
            return None
        return self._ledger.orders.claimed_by_another(key, order)

    def contact(self, contact_id: str) -> KnownContact | None:
        """The contact of that id, if the mirror has it."""
        record = self._ledger.mirror.by_id("contacts", contact_id)
        return None if record is None else _contact(record)

    def invoices_by_mark(self, key: OrderKey) -> list[SeenInvoice]:
        """Invoices that bear the order's mark and that no order has."""
        return self._free(self._ledger.invoices.by_marker(key.marker))

    def invoices_by_number(
        self, order_no: str, order_date: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]:
        """Invoices without a mark that no order has, by order number, its day, payable and currency."""
        return self._free(self._ledger.invoices.by_order_no(order_no, order_date, payables, currency))

    def invoices_of_buyer(
        self, contact_ids: Collection[str], first: date, last: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]:
        """Invoices without a mark that no order has, of these contacts, issued from one day to another."""
        if not contact_ids:
            return []
        return self._free(self._ledger.invoices.candidates(contact_ids, first, last, payables, currency))

    def assume_adopted(self, invoice_id: str) -> None:
        """Count an invoice as an order's, so that the next plan of a dry run doesn't give it to another."""
        self._adopted.add(invoice_id)

    def _free(self, found: list[SeenInvoice]) -> list[SeenInvoice]:
        return [one for one in found if one.id not in self._adopted]

    def _mirrored(self, kind: Kind, key: str | None = None) -> list[Mirrored]:
        """Records of a kind, read once: many orders of a plan ask for the same."""
        wanted = (kind, key or "")
        if wanted not in self._read:
            mirror = self._ledger.mirror
            self._read[wanted] = mirror.all(kind) if key is None else mirror.by_key(kind, key)
        return self._read[wanted]

    def assume(self, steps: Sequence[Step]) -> None:
        """Count the records that a plan makes as known, so that the next plan of a dry run finds them."""
        for step in steps:
            match step:
                case CreateContact():
                    self._contacts.append(contact_to_be(step))
                case CreateProduct():
                    attributes = step.attributes
                    self._products.append(
                        KnownProduct(Made(step.identity), str(attributes["name"]), str(attributes.get("code", "")))
                    )
                case CreateCategory():
                    parents = [known.path for known in self.categories(step.type) if known.ref == step.parent]
                    path = (*(parents[0] if parents else ()), step.name)
                    self._categories.append(KnownCategory(Made(step.identity), step.type, path))
                case _:
                    pass


def contact_to_be(step: CreateContact) -> KnownContact:
    """The contact that a step makes, as the matcher will see it."""
    record = mirrored_contact(
        "",
        str(step.attributes["name"]),
        str(step.attributes.get("tax_number", "")),
        str(step.attributes.get("email", "")),
    )
    return KnownContact(Made(step.identity), record.name, record.key, record.email)


def _contact(record: Mirrored) -> KnownContact:
    return KnownContact(Known(record.remote_id), record.name, record.key, record.email, record.archived)


def _path(record: Mirrored, records: dict[str, Mirrored]) -> tuple[str, ...]:
    path: list[str] = []
    current: Mirrored | None = record
    while current is not None and len(path) < 20:  # a loop of parents would be Paraşüt's bug, but must not hang us
        path.insert(0, current.name)
        parent = str((current.document or {}).get("parent_id") or "")
        current = records.get(parent)
    return tuple(path)
