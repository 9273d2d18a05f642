"""The statuses of an order, ours for all platforms."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where an order stands. The panel's words: Onay Bekleyen, Hazırlanan, Kargolanan."""

    UNPAID = "unpaid"
    AWAITING_APPROVAL = "awaiting_approval"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    OTHER = "other"


MAIN_WAY = (Status.AWAITING_APPROVAL, Status.PREPARING, Status.SHIPPED, Status.DELIVERED)
SIDE_EXITS = frozenset({Status.CANCELLED, Status.RETURNED})


def has_reached(status: Status, trigger: Status) -> bool:
    """Whether an order in `status` stands at `trigger` or later on the main way.

    Unpaid, other and the side exits have reached nothing.
    """
    return status in MAIN_WAY and MAIN_WAY.index(status) >= MAIN_WAY.index(trigger)
