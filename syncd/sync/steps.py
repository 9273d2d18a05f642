"""What a plan consists of: steps as data, and references between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from syncd.orders.amounts import PricedLine


@dataclass(frozen=True, slots=True)
class Known:
    """A record that Paraşüt has, by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Made:
    """A record that an earlier step makes, by that step's identity."""

    identity: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """A record nobody has looked for yet (offline, or an account too large to mirror); only plans hold it."""

    label: str


Ref = Known | Made | Unseen


@dataclass(frozen=True, slots=True)
class CreateCategory:
    """A category of `type` (Paraşüt's `category_type`), under `parent` or at the top."""

    identity: str
    type: str
    name: str
    parent: Ref | None


@dataclass(frozen=True, slots=True)
class CreateContact:
    """A new contact with Paraşüt's attributes."""

    identity: str
    attributes: Mapping[str, Any]
    category: Ref | None


@dataclass(frozen=True, slots=True)
class CreateProduct:
    """A new product with Paraşüt's attributes."""

    identity: str
    attributes: Mapping[str, Any]
    category: Ref | None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line as it is sent; `priced.line` is the index of the order line it belongs to."""

    product: Ref
    priced: PricedLine
    description: str


@dataclass(frozen=True, slots=True)
class PaidFrom:
    """The account an order's payment is booked to, on `day`."""

    account: Ref
    day: date
    description: str


@dataclass(frozen=True, slots=True)
class CreateInvoice:
    """The sales invoice; with `payment` it is created paid."""

    identity: str
    attributes: Mapping[str, Any]
    contact: Ref
    category: Ref | None
    lines: tuple[InvoiceLine, ...]
    payment: PaidFrom | None
    target: Decimal


Step = CreateCategory | CreateContact | CreateProduct | CreateInvoice
