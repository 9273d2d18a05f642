"""What each marketplace has at the start, and in which ways the three differ."""

from __future__ import annotations

import time
from collections.abc import Callable

from syncd.sandbox.market.generate import market_orders
from syncd.sandbox.market.market import Market, Traits
from syncd.sandbox.market.package import Kind
from syncd.sandbox.market.truth import Billing
from syncd.sandbox.options import SandboxOptions


def _without(*kinds: Kind) -> tuple[Kind, ...]:
    return tuple(kind for kind in Kind if kind not in kinds)


TRAITS = {
    "trendyol": Traits(
        "trendyol",
        Billing.BY_BUYER,
        _without(Kind.DECIMALS, Kind.TWO_ORDERS, Kind.REPLACEMENT, Kind.NO_PACKAGE_ID, Kind.REPACKED),
        first_package_id=3_330_000_001,
        first_order_number=10_500_000_001,
    ),
    "hepsiburada": Traits(
        "hepsiburada",
        Billing.BUYER_PAYS,
        _without(Kind.INTERMEDIATED, Kind.TRANSFERRED, Kind.UNSUPPLIED, Kind.PART_CANCELLED, Kind.NO_PACKAGE_ID),
        first_package_id=5_099_000_001,
        first_order_number=4_099_000_001,
    ),
    "n11": Traits(
        "n11",
        Billing.SELLER_PRICE,
        _without(
            Kind.UNPAID,
            Kind.LATE_PAID,
            Kind.INTERMEDIATED,
            Kind.TRANSFERRED,
            Kind.DECIMALS,
            Kind.TWO_ORDERS,
            Kind.REPLACEMENT,
            Kind.REPACKED,
        ),
        first_package_id=110_000_000_001,
        first_order_number=204_000_000_001,
        keeps_line_ids=False,
    ),
}


def seeded_market(traits: Traits, options: SandboxOptions, clock: Callable[[], float] = time.time) -> Market:
    """The marketplace that the options ask for."""
    count = len(traits.kinds) if options.market_orders is None else options.market_orders
    age = options.market_age_hours
    seconds = 3600 + (count - 1) * options.market_spacing_seconds if age is None else age * 3600
    begin = int(clock() - seconds)
    plans = market_orders(count, options.seed, begin, options.market_spacing_seconds, traits, options.market_pace)
    return Market(traits, clock, plans)
