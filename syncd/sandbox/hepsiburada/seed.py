"""What the store has at the start."""

from __future__ import annotations

import time
from collections.abc import Callable

from syncd.sandbox.hepsiburada.state import HepsiburadaState
from syncd.sandbox.market.seed import TRAITS, seeded_market
from syncd.sandbox.options import SandboxOptions


def seeded(options: SandboxOptions, clock: Callable[[], float] = time.time) -> HepsiburadaState:
    """The store that the options ask for."""
    return HepsiburadaState(
        seeded_market(TRAITS["hepsiburada"], options, clock),
        merchant_id=options.hepsiburada_merchant_id,
        service_key=options.hepsiburada_service_key,
        user_agent=options.hepsiburada_user_agent,
    )
