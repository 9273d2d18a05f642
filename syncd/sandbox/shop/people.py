"""What people do by hand in the stand-in shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.sandbox.shop.state import ShopState


def act(state: ShopState, given: Mapping[str, Any]) -> None:
    """`set_status` of an order, or `touch` it. Raises ValueError or KeyError for what can't be understood."""
    name, identity = str(given.get("act", "")), int(given.get("order", 0))
    if name not in ("set_status", "touch"):
        raise ValueError(f"nobody can {name!r}; people can set_status and touch")
    if identity not in state.orders:
        raise ValueError(f"there is no order {identity}")
    if name == "set_status":
        state.set_status(identity, str(given["status"]))
    else:
        state.touch(identity)
