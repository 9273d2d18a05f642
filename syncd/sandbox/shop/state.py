"""The shop: its orders, refunds, notes and products, as WooCommerce keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from syncd.sandbox.audit import note
from syncd.sandbox.options import SandboxOptions

STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")
PAID = ("processing", "completed", "refunded", "kargoda")

Order = dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """What is known about a generated order without reading it.

    `total` is what the customer paid in lira, VAT included; `by_rate` splits it by VAT percent; `refunded` was given
    back since; `telling` says what the order is there to show.
    """

    total: Decimal
    by_rate: dict[int, Decimal]
    company: bool
    tax_number: str | None
    email: str
    telling: str
    refunded: Decimal = Decimal(0)


@dataclass
class ShopState:
    """Orders map id → order as JSON objects (money as text, times in both forms); refunds map order id → list."""

    options: SandboxOptions
    clock: Callable[[], float] = time.time
    orders: dict[int, Order] = field(default_factory=dict)
    refunds: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    products: list[dict[str, Any]] = field(default_factory=list)
    taxes: list[dict[str, Any]] = field(default_factory=list)
    tax_classes: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, str] = field(
        default_factory=lambda: {
            "general/woocommerce_currency": "TRY",
            "general/woocommerce_calc_taxes": "yes",
            "general/woocommerce_default_country": "TR",
            "tax/woocommerce_prices_include_tax": "yes",
            "tax/woocommerce_tax_round_at_subtotal": "no",
        }
    )
    truth: dict[int, Truth] = field(default_factory=dict)
    plugin_statuses: tuple[str, ...] = ("kargoda",)
    nonces: set[str] = field(default_factory=set)
    _last_id: int = 5000

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.options.shop_timezone)

    def new_id(self) -> int:
        """An id that nothing in the shop has."""
        self._last_id += 1
        return self._last_id

    def add(self, order: Order, refunds: list[dict[str, Any]] | None = None, truth: Truth | None = None) -> None:
        """Put an order in the shop as it is."""
        self.orders[int(order["id"])] = order
        if refunds:
            self.refunds[int(order["id"])] = refunds
        if truth is not None:
            self.truth[int(order["id"])] = truth

    def set_status(self, order_id: int, status: str) -> None:
        """Move an order to another status, as a shop's clerk does: it counts as modified now."""
        order = self.orders[order_id]
        order["status"] = status
        self.touch(order_id)
        if status in PAID and order.get("date_paid") is None and order.get("payment_method") != "cod":
            self._stamp(order, "date_paid")
        if status == "completed" and order.get("date_completed") is None:
            self._stamp(order, "date_completed")

    def touch(self, order_id: int) -> None:
        """Mark an order as modified now."""
        note("updated", "orders", order_id)
        self._stamp(self.orders[order_id], "date_modified")

    def now(self) -> tuple[str, str]:
        """Now in the shop's zone and in UTC, both without an offset."""
        moment = datetime.fromtimestamp(int(self.clock()), UTC)
        return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S"), moment.strftime("%Y-%m-%dT%H:%M:%S")

    def _stamp(self, order: Order, name: str) -> None:
        order[name], order[f"{name}_gmt"] = self.now()
