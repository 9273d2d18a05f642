"""What the page about holds says to do where a platform's record is the trouble, done."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from held_cases import Held, each_remedy, ignored, invoiced_by_hand
from hold_desk import HEPSIBURADA, N11, PACKAGE, Desk, Ending, Invoiced, Remedy, StillHeld

from syncd.errors import UsageError
from syncd.sandbox.market.goods import ARTICLES
from syncd.sandbox.market.package import Kind, MarketLine, Unit


def sold(change: Callable[[dict[str, Any]], object] | None = None, **fields: Any) -> Callable[[Desk], None]:
    """A package comes in, shown by the marketplace with that change for as long as `desk.mend()` is not called."""

    def arises(desk: Desk) -> None:
        desk.sell(**fields)
        desk.mend = desk.shows(change) if change is not None else desk.mend

    return arises


def company_without_number(record: dict[str, Any]) -> None:
    record["billingAddress"] |= {"invoiceType": 2, "taxId": "1000000019", "taxHouse": "Çankaya"}
    record["taxId"] = record["tcIdentityNumber"] = None


def nameless(record: dict[str, Any]) -> None:
    record["id"] = None
    for line in record["lines"]:
        line["orderLineId"] = None


def undated(record: dict[str, Any]) -> None:
    for entry in record["packageHistories"]:
        if entry["status"] == "Created":
            del entry["createdDate"]


def with_two_taxes(desk: Desk) -> None:
    first = desk.order()["line_items"][0]
    taxes = list(first["taxes"])
    first["taxes"] = [*taxes, {"id": 2, "total": "10.00", "subtotal": "10.00"}]
    desk.at_shop()
    desk.mend = lambda: first.update(taxes=taxes)


def one_tax_again(desk: Desk) -> Ending:
    desk.mend()
    desk.at_shop()
    return Invoiced()


def total_in_words(desk: Desk) -> None:
    desk.at_shop(total="çok")


def total_in_figures(desk: Desk) -> Ending:
    with pytest.raises(UsageError, match="nothing to retry"):
        desk.syncd("orders retry site/15")
    desk.at_shop(total="1559.30")
    return Invoiced()


def the_date_is_told(desk: Desk) -> Ending:
    desk.mend()
    desk.market.touch(1)
    desk.apply()
    desk.syncd(f"orders retry {N11}")
    return Invoiced(PACKAGE)


def of_two_buyers(desk: Desk) -> None:
    def lines() -> tuple[MarketLine, ...]:
        return tuple(
            MarketLine(10 * number, str(2_040_000_000_000 + number), ARTICLES[0], ARTICLES[0].price, (Unit(number),))
            for number in (1, 2)
        )

    def another_buyer(record: dict[str, Any]) -> None:
        for item in record["items"]:
            if item["orderNumber"] == "2040000000002":
                item["invoice"] |= {"turkishIdentityNumber": "10000000146"}

    desk.sell(kind=Kind.TWO_ORDERS, lines=lines())
    desk.shows(another_buyer, "routes.order_detail")


def set_what_is_billed(desk: Desk) -> Ending:
    """It says who pays for Hepsiburada's discounts, not which of two figures is right: by hand, after all."""
    desk.platform_keys["invoice_amount"] = "merchant_total_price"
    desk.syncd(f"orders retry {HB}")
    return StillHeld("amount-unclear")


def the_figures_are_corrected(desk: Desk) -> Ending:
    desk.mend()
    desk.market.touch(1)
    desk.syncd(f"orders retry {N11}")
    return Invoiced(PACKAGE)


def under_a_wrong_number(desk: Desk) -> None:
    desk.platform_keys["seller_id"] = 2000009
    desk.sell()


def correct_the_number(desk: Desk) -> Ending:
    desk.platform_keys["seller_id"] = 2000001
    (n11,) = desk.apply()["report"]["platforms"]
    assert "add `account: 2000009`" in n11["error"]
    desk.platform_keys["account"] = "2000009"
    desk.apply()
    desk.syncd(f"orders retry {N11}")
    return Invoiced(PACKAGE)


HB = f"{HEPSIBURADA}/2040000000001"

CASES = (
    Held(
        "record-unreadable",
        total_in_words,
        {"correct it in the shop": total_in_figures, "by hand": invoiced_by_hand()},
    ),
    Held(
        "vat-rate-unclear",
        with_two_taxes,
        {"correct the taxes in the shop": one_tax_again, "by hand": invoiced_by_hand()},
    ),
    Held(
        "vat-rate-unclear",
        sold(lambda record: record["lines"][0].update(vatRate=None)),
        {"by hand, on a marketplace": invoiced_by_hand(N11)},
        N11,
    ),
    Held(
        "identity-unclear",
        sold(nameless),
        {"by hand": invoiced_by_hand("n11/2040000000001")},
        "n11/2040000000001",
    ),
    Held(
        "order-date-unclear",
        sold(undated),
        {
            "it is old": ignored(N11),
            "it is new": invoiced_by_hand(N11),
            "N11 tells the date": the_date_is_told,
        },
        N11,
    ),
    Held(
        "amount-unclear",
        sold(lambda record: record["lines"][0].update(sellerInvoiceAmount=Decimal("1.00"))),
        {"by hand": invoiced_by_hand(N11), "N11 corrects its figures": the_figures_are_corrected},
        N11,
    ),
    Held(
        "amount-unclear",
        sold(kind=Kind.CONTRADICTORY),
        {"by hand, at Hepsiburada": invoiced_by_hand(HB), "invoice_amount": set_what_is_billed},
        HB,
    ),
    Held("wrong-account", under_a_wrong_number, {"correct the number": correct_the_number}, N11),
    Held("tax-number-unclear", sold(company_without_number), {"by hand": invoiced_by_hand(N11)}, N11),
    Held("buyers-differ", of_two_buyers, {"by hand": invoiced_by_hand(HB)}, HB),
    Held("replacement-order", sold(kind=Kind.REPLACEMENT), {"ignore": ignored(HB)}, HB),
    Held("export-order", sold(kind=Kind.EXPORT), {"by hand": invoiced_by_hand(N11)}, N11),
)


@pytest.mark.parametrize(("case", "remedy"), each_remedy(CASES))
def test_what_the_page_says_to_do_about_a_record_works(
    case: Held, remedy: Remedy, played: Callable[[Held, Remedy], None]
) -> None:
    played(case, remedy)
