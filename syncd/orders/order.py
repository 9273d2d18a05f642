"""The order as every platform's connector delivers it.

Every money is a `Decimal` in the order's currency, VAT included unless the name says `net`; every moment is an aware
datetime in UTC; text that the platform left out is "". `schemas/order.schema.json` says the same to people and to the
check of templates; a test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from syncd.orders.status import Status


class LineKind(StrEnum):
    """What a line is: goods, or a service around them."""

    PRODUCT = "product"
    SHIPPING = "shipping"
    FEE = "fee"
    GIFT_WRAP = "gift_wrap"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who the invoice is made out to."""

    name: str = ""
    company: str = ""
    tax_number: str = ""
    tax_office: str = ""
    email: str = ""
    phone: str = ""
    e_invoice: bool | None = None
    """Whether the platform says that the buyer takes e-Fatura; None when it doesn't say."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `city` is the province (il), `district` the ilçe, `country` an ISO 3166 code of two letters."""

    name: str = ""
    address: str = ""
    district: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `total` is what the buyer pays for all of it after `discount` (the seller's share, whole line).

    `pieces` are ids of the single pieces, where a platform may split a line and leave both parts its id.
    """

    id: str
    name: str
    quantity: Decimal
    total: Decimal
    vat_rate: Decimal
    code: str = ""
    barcode: str = ""
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    platform_discount: Decimal = Decimal(0)
    kind: LineKind = LineKind.PRODUCT
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """How it was paid. `method` is the platform's own id (`bacs`, `cod`, `iyzico`), `title` what the buyer saw."""

    method: str = ""
    title: str = ""
    paid_at: datetime | None = None
    platform: str = ""
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Who carried it."""

    carrier: str = ""
    carrier_tax_number: str = ""
    tracking_number: str = ""
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Export marks: micro-export (ETGB), or sold abroad through the platform's own company (`intermediated`)."""

    micro: bool = False
    intermediated: bool = False
    etgb: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a person must look at an order before it is invoiced; `hold_code` is the code that it is held with."""

    hold_code: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A returned part of a line; `quantity` and `total` (VAT included) are positive."""

    line_id: str
    quantity: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Return:
    """Something given back. `total` is positive, VAT included; no `lines` means: an amount without a split."""

    id: str
    total: Decimal
    reason: str = ""
    created_at: datetime | None = None
    lines: tuple[ReturnLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What one invoice is made for. `id` is the package's id at the platform, `number` what people read."""

    id: str
    number: str
    status: Status
    ordered_at: datetime
    currency: str
    total: Decimal
    lines: tuple[Line, ...]
    status_text: str = ""
    origin_ids: tuple[str, ...] = ()
    updated_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    exchange_rate: Decimal | None = None
    customer_id: str = ""
    buyer: Buyer = Buyer()
    billing: Address = Address()
    shipping: Address = Address()
    payment: Payment = Payment()
    shipment: Shipment = Shipment()
    export: Export = Export()
    coupons: tuple[str, ...] = ()
    returns: tuple[Return, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    note: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
