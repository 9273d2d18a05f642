"""The seller's account as the options ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from syncd.sandbox.market.seed import TRAITS, seeded_market
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.trendyol.state import TrendyolState

_SPACING_SECONDS = 5.0
_LIST_REQUESTS = 30


def seeded(options: SandboxOptions, clock: Callable[[], float] = time.time) -> TrendyolState:
    """An account with one package of each kind, or as many as the options name."""
    return TrendyolState(
        market=seeded_market(TRAITS["trendyol"], options, clock),
        seller_id=options.trendyol_seller_id,
        api_key=options.trendyol_api_key,
        api_secret=options.trendyol_api_secret,
        spacing_seconds=_SPACING_SECONDS if options.market_limits else 0.0,
        requests_per_minute=_LIST_REQUESTS if options.market_limits else 0,
    )
