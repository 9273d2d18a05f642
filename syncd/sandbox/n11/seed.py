"""What the store at N11 has at the start."""

from __future__ import annotations

import time
from collections.abc import Callable

from syncd.sandbox.market.seed import TRAITS, seeded_market
from syncd.sandbox.n11.state import N11State
from syncd.sandbox.options import SandboxOptions


def seeded(options: SandboxOptions, clock: Callable[[], float] = time.time) -> N11State:
    """The store that the options ask for."""
    return N11State(
        seeded_market(TRAITS["n11"], options, clock),
        seller_id=options.n11_seller_id,
        app_key=options.n11_app_key,
        app_secret=options.n11_app_secret,
        limits=options.market_limits,
    )
