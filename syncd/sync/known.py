"""What a plan may know of Paraşüt, and how it asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.mirror import Kind
from syncd.ledger.order_row import OrderKey
from syncd.orders.amounts import RoundingProfile
from syncd.orders.order import Order
from syncd.sync.steps import Ref


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact; tax number and e-mail normalised, fillers and unusable ones empty."""

    ref: Ref
    name: str
    tax_number: str
    email: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product with its code."""

    ref: Ref
    name: str
    code: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class KnownCategory:
    """A category with the names from the top down to itself."""

    ref: Ref
    type: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """A cash or bank account."""

    ref: Ref
    name: str
    currency: str


class Knowledge(Protocol):
    """What the planner asks. `complete(kind)` False means: nothing found proves nothing."""

    @property
    def profiles(self) -> Sequence[RoundingProfile]: ...
    def complete(self, kind: Kind) -> bool: ...
    def contacts_by_tax_number(self, tax_number: str) -> list[KnownContact]: ...
    def contacts_by_email(self, email: str) -> list[KnownContact]: ...
    def contact_of_customer(self, key: OrderKey, customer: str) -> KnownContact | None: ...
    def products_by_code(self, code: str) -> list[KnownProduct]: ...
    def categories(self, category_type: str) -> list[KnownCategory]: ...
    def made(self, identity: str) -> Ref | None: ...
    def accounts(self) -> list[KnownAccount]: ...
    def claimed_by_another(self, key: OrderKey, order: Order) -> str | None: ...
    def contact(self, contact_id: str) -> KnownContact | None: ...
    def invoices_by_mark(self, key: OrderKey) -> list[SeenInvoice]: ...
    def invoices_by_number(
        self, order_no: str, order_date: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]: ...
    def invoices_of_buyer(
        self, contact_ids: Collection[str], first: date, last: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]: ...
