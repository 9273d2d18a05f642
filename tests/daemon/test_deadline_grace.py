"""Orders that have just come are not told as late: their turn is about to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from syncd.daemon.noticing import Due, Orders, deadlines_noticed

CHANGED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def known(stage: str | None = None) -> Orders:
    orders = Orders(due={7: Due(TODAY, "site/15", Decimal("10.00"), "TRY")}, read={7: CHANGED})
    if stage is not None:
        orders.stages[7] = "near" if stage == "near" else "past"
    return orders


def test_an_order_that_has_just_come_is_told_only_when_it_still_waits_ten_minutes_later() -> None:
    orders = known()
    assert deadlines_noticed(orders, TODAY, CHANGED + timedelta(minutes=9)).saved == []
    (notice,) = deadlines_noticed(orders, TODAY, CHANGED + timedelta(minutes=10)).saved
    assert (notice.document["order"], notice.document["stage"]) == ("site/15", "near")


def test_an_order_that_was_told_as_near_is_told_as_past_whatever_changed_just_now() -> None:
    (notice,) = deadlines_noticed(known("near"), TODAY + timedelta(days=1), CHANGED).saved
    assert notice.document["stage"] == "past"
