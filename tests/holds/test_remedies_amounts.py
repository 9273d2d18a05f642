"""What the page about holds says to do where amounts, days or an earlier sale are the trouble, done."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from held_cases import Held, each_remedy, ignored, invoiced_by_hand
from hold_desk import Desk, Ending, Ignored, Invoiced, Remedy

from syncd.ledger.order_row import State

REFUNDED, WHOLE, REST = "site/17", Decimal("1797.90"), Decimal("1498.40")
THREE = {"orders": 3}
CHEAP = {"product": {"use": "KARGO"}}


def nothing(desk: Desk) -> None:
    """The shop's orders hold what it takes."""


def edited(order: str = "site/15", ending: Ending | None = None, **keys: Any) -> Remedy:
    """Change the rule in `syncd.yaml`, then `retry`."""

    def remedy(desk: Desk) -> Ending:
        desk.edit(**keys)
        desk.syncd(f"orders retry {order}")
        return ending or Invoiced()

    return remedy


def corrected(change: Callable[[Desk], object], ending: Ending | None = None) -> Remedy:
    """Correct the order in the shop, then `retry`."""

    def remedy(desk: Desk) -> Ending:
        change(desk)
        desk.sandbox.shop.touch(15)
        desk.syncd("orders retry site/15")
        return ending or Invoiced()

    return remedy


def one_line(net: str, vat: str, quantity: int = 1, percent: int = 20) -> Callable[[Desk], None]:
    """Leave the order a single line of these amounts, net and VAT."""

    def change(desk: Desk) -> None:
        order = desk.order()
        line = order["line_items"][0] | {"quantity": quantity}
        line |= {"subtotal": net, "subtotal_tax": vat, "total": net, "total_tax": vat}
        for rate in order["tax_lines"]:
            rate["rate_percent"] = percent
        desk.at_shop(line_items=[line], shipping_lines=[], total=str(Decimal(net) + Decimal(vat)))

    return change


def of_an_unknown_line(desk: Desk) -> None:
    desk.sandbox.shop.refunds[17][0]["line_items"][0]["meta_data"][0] |= {"value": "999", "display_value": "999"}


def back_before_it_was_invoiced(desk: Desk) -> None:
    desk.syncd("pause --rule satis")
    desk.apply()
    assert desk.row("site/15").state is State.DUE
    desk.later()
    desk.sandbox.shop.set_status(15, "refunded")
    desk.apply()
    desk.syncd("resume --rule satis")


def counts_as_delivered_again(desk: Desk) -> Ending:
    desk.sandbox.shop.set_status(15, "completed")
    desk.apply()
    desk.syncd("orders retry site/15")
    return Invoiced()


def wholly_refunded(desk: Desk) -> None:
    """Two refunds that come to all of it, while the order keeps its status."""
    shop = desk.sandbox.shop
    first = shop.refunds[17][0]
    rest = deepcopy(first) | {"id": 19, "amount": "1498.40", "line_items": [], "tax_lines": []}
    shop.refunds[17] = [first, rest]
    desk.order(17)["refunds"].append({"id": 19, "reason": "", "total": "-1498.40", "total_tax": "0.00"})


def a_discount(of: str, tax: str, rate: int, percent: int) -> dict[str, Any]:
    """A discount that is given as a fee, at one of the shop's rates."""
    return {
        "id": 90, "name": "Sadakat indirimi", "tax_class": "", "tax_status": "taxable", "amount": of, "total": of,
        "total_tax": tax, "taxes": [{"id": rate, "total": tax, "subtotal": ""}], "meta_data": [],
    }  # fmt: skip


def discounted_at(rate: int, of: str, tax: str, percent: int) -> Callable[[Desk], None]:
    """A discount of 505 lira, VAT included, at that rate: more than the goods of 1 % come to."""
    return lambda desk: desk.at_shop(fee_lines=[a_discount(of, tax, rate, percent)], total="1054.30")


def total_is(text: str) -> Callable[[Desk], None]:
    return lambda desk: desk.at_shop(total=text)


def for_nothing(desk: Desk) -> None:
    for kind in ("line_items", "shipping_lines"):
        for item in desk.order()[kind]:
            item |= {"subtotal": "0.00", "subtotal_tax": "0.00", "total": "0.00", "total_tax": "0.00", "price": 0}
            item["taxes"] = []
    desk.at_shop(total="0.00", total_tax="0.00")


def left_alone_from_now_on(desk: Desk) -> Ending:
    desk.edit(trigger={**desk.rule["trigger"], "if": "order.total > 0"})
    desk.copy(21)
    desk.apply()
    assert desk.row("site/21").state is State.LEFT
    desk.syncd("orders ignore site/15")
    return Ignored()


def in_francs(desk: Desk) -> None:
    desk.at_shop(currency="CHF")


def quantity_is(quantity: int) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.order()["line_items"][0]["quantity"] = quantity
        desk.at_shop()

    return change


def given_out_again(desk: Desk) -> None:
    """A shop that was restored from a backup gives the lines of an invoiced order to another one."""
    desk.apply()
    desk.copy(21, lines_too=True)


def shipped_now(desk: Desk) -> Ending:
    desk.sandbox.shop.set_status(15, "completed")
    desk.apply()
    desk.syncd("orders retry site/15")
    return Invoiced()


def ahead_of_time(desk: Desk) -> None:
    desk.at_shop(status="completed", date_completed="2026-12-01T12:00:00", date_completed_gmt="2026-12-01T09:00:00")


def right_again(desk: Desk) -> None:
    desk.at_shop(date_completed="2026-11-25T11:00:00", date_completed_gmt="2026-11-25T08:00:00")


BY_SHIPMENT = {"issue_date": "shipped_at"}

CASES = (
    Held(
        "refunded-before-invoice",
        nothing,
        {
            "subtract": edited(REFUNDED, Invoiced(REST), refunded_before="subtract"),
            "full": edited(REFUNDED, Invoiced(WHOLE), refunded_before="full"),
        },
        REFUNDED,
        {"refunded_before": "hold"},
        THREE,
    ),
    Held(
        "refunded-before-invoice",
        of_an_unknown_line,
        {
            "full, of an unknown line": edited(REFUNDED, Invoiced(WHOLE), refunded_before="full"),
            "by hand": invoiced_by_hand(REFUNDED),
        },
        REFUNDED,
        {"refunded_before": "subtract"},
        THREE,
    ),
    Held(
        "returned-before-invoice",
        back_before_it_was_invoiced,
        {"by hand": invoiced_by_hand(), "the return is refused": counts_as_delivered_again},
    ),
    Held(
        "fully-refunded",
        wholly_refunded,
        {"ignore": ignored(REFUNDED), "full": edited(REFUNDED, Invoiced(WHOLE), refunded_before="full")},
        REFUNDED,
        {},
        THREE,
    ),
    Held(
        "negative-line",
        discounted_at(3, "-500.00", "-5.00", 1),
        {
            "give it the rate of the goods": corrected(
                discounted_at(1, "-420.83", "-84.17", 20), Invoiced(Decimal("1054.30"))
            ),
            "by hand": invoiced_by_hand(),
        },
    ),
    Held(
        "order-sums-differ",
        total_is("1500.00"),
        {"correct it in the shop": corrected(total_is("1559.30")), "by hand": invoiced_by_hand()},
    ),
    Held("nothing-to-invoice", for_nothing, {"ignore": ignored(), "and the next ones": left_alone_from_now_on}),
    Held("currency-unsupported", in_francs, {"by hand": invoiced_by_hand()}),
    Held(
        "quantity-not-positive",
        quantity_is(-2),
        {"correct it in the shop": corrected(quantity_is(2)), "by hand": invoiced_by_hand()},
    ),
    Held(
        "already-invoiced",
        given_out_again,
        {"the same sale": ignored("site/21"), "another sale": invoiced_by_hand("site/21")},
        "site/21",
    ),
    Held(
        "issue-date-missing",
        nothing,
        {"the shop knows it": shipped_now, "today": edited(issue_date="today")},
        rule=BY_SHIPMENT,
    ),
    Held(
        "issue-date-in-future",
        ahead_of_time,
        {"correct the clock": corrected(right_again)},
        rule=BY_SHIPMENT,
    ),
    Held(
        "totals-differ",
        one_line("1.00", "3.02", percent=300),
        {
            "by hand": invoiced_by_hand(),
            "correct the rate in the shop": corrected(one_line("3.35", "0.67"), Invoiced(Decimal("4.02"))),
        },
        rule=CHEAP,
    ),
    Held(
        "totals-inexact",
        one_line("83.38", "16.67"),
        {
            "accept": edited(ending=Invoiced(Decimal("100.04")), totals={"inexact": "accept"}),
            "by hand": invoiced_by_hand(),
        },
        rule={**CHEAP, "totals": {"inexact": "hold"}},
    ),
)  # fmt: skip


@pytest.mark.parametrize(("case", "remedy"), each_remedy(CASES))
def test_what_the_page_says_to_do_about_amounts_and_days_works(
    case: Held, remedy: Remedy, played: Callable[[Held, Remedy], None]
) -> None:
    played(case, remedy)
