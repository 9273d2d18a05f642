"""The days that an invoice carries, as Istanbul counts them."""

from __future__ import annotations

from datetime import date, timedelta, tzinfo
from typing import Final, Literal

from syncd.errors import Hold
from syncd.orders.order import Order

LEGAL_DAYS: Final = 7  # an invoice is due within seven days after delivery; where that is unknown, after shipment
NEAR_DAYS: Final = 2  # so many days before its last legal day an order without an invoice is at risk

Stage = Literal["near", "past"]


def choose_issue_date(
    order: Order, choice: Literal["today", "shipped_at", "delivered_at"], today: date, zone: tzinfo
) -> date:
    """The day of issue that the rule asks for. Raises Hold `issue-date-missing` or `issue-date-in-future`."""
    if choice == "today":
        return today
    moment = (order.shipped_at or order.shipment.shipped_at) if choice == "shipped_at" else order.delivered_at
    if moment is None:
        raise Hold(
            "issue-date-missing",
            f"The rule dates the invoice by {choice}, which the platform does not tell for this order.",
            "Wait until the platform knows it and retry the order, or set `issue_date: today` in the rule.",
        )
    day = moment.astimezone(zone).date()
    if day > today:
        raise Hold(
            "issue-date-in-future",
            f"The platform says {choice} is {day}, which is in the future.",
            "Check the clocks of the shop and of this machine, then retry the order.",
        )
    return day


def last_legal_day(order: Order, zone: tzinfo) -> date | None:
    """The last day on which the order may be invoiced, or None while it is neither delivered nor shipped."""
    moment = order.delivered_at or order.shipped_at or order.shipment.shipped_at
    return None if moment is None else moment.astimezone(zone).date() + timedelta(days=LEGAL_DAYS)


def stage_of(last_day: date, today: date) -> Stage | None:
    """Whether the last legal day is past, near, or neither."""
    if today > last_day:
        return "past"
    return "near" if (last_day - today).days <= NEAR_DAYS else None
