"""What the shop has at the start: three orders as a real WooCommerce gave them, then generated ones; or a file's."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.shop.generate import generate
from syncd.sandbox.shop.state import ShopState, Truth

_SHOP = Path(__file__).with_name("shop.json")

_REAL_TRUTH = {
    15: Truth(
        total=Decimal("1559.30"),
        by_rate={20: Decimal("1259.80"), 1: Decimal("299.50")},
        company=False,
        tax_number="10000000146",
        email="ayse@ornek.test",
        telling="a person, two rates, shipping",
    ),
    16: Truth(
        total=Decimal("226.47"),
        by_rate={10: Decimal("202.47"), 20: Decimal("24.00")},
        company=True,
        tax_number="1234567890",
        email="muhasebe@demir.test",
        telling="a company, a coupon, a fee for payment at the door",
    ),
    17: Truth(
        total=Decimal("1797.90"),
        by_rate={20: Decimal("599.90"), 1: Decimal("1198.00")},
        company=False,
        tax_number=None,
        email="ayse@ornek.test",
        telling="partly refunded, another person with a known e-mail",
        refunded=Decimal("299.50"),
    ),
}


def seeded_shop(options: SandboxOptions, clock: Callable[[], float] = time.time) -> ShopState:
    """The shop that the options ask for. Raises OSError or ValueError for a seed file that can't be read."""
    data = _load(_SHOP)
    state = ShopState(options, clock, products=data["products"], taxes=data["taxes"], tax_classes=data["tax_classes"])
    state.taxes.append({**state.taxes[0], "id": 4, "rate": "0.0000", "name": "KDV %0", "class": "zero-rate"})
    if options.seed_file is not None:
        refunds = _load(options.refunds_file) if options.refunds_file is not None else {}
        for order in _load(options.seed_file):
            state.add(order, refunds.get(str(order["id"])))
        state.plugin_statuses += tuple(
            sorted({order["status"] for order in state.orders.values()} - set(state.plugin_statuses))
        )
        return state
    for order in data["orders"][: options.orders]:
        state.add(order, data["refunds"].get(str(order["id"])), _REAL_TRUTH[order["id"]])
    for order, refunds, truth in generate(max(0, options.orders - len(data["orders"])), options.seed):
        state.add(order, refunds, truth)
    return state


def _load(path: Path) -> Any:
    return simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True)
