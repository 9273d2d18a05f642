"""Which amount of a package is invoiced, and when a person has to look first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from trendyol_packages import constructed, package, read

from syncd.errors import Hold
from syncd.orders.invoiceable import invoiceable
from syncd.orders.order import Order
from syncd.orders.status import Status


def figures(order: Order) -> list[tuple[Decimal, ...]]:
    return [
        (line.quantity, line.unit_price, line.discount, line.platform_discount, line.total, line.vat_rate)
        for line in order.lines
    ]


def numbers(*values: Any) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


def held(order: Order) -> list[tuple[str, str]]:
    return [(doubt.hold_code, doubt.message) for doubt in order.doubts]


def priced(**changes: Any) -> dict[str, Any]:
    """A consumer's package of one piece: gross 1690, the seller gives 845, Trendyol 507."""
    one = {
        "quantity": 1,
        "lineGrossAmount": 1690,
        "lineSellerDiscount": 845,
        "lineTyDiscount": 507,
        "lineUnitPrice": 338,
        "discountDetails": [{"lineItemPrice": 338, "lineItemSellerDiscount": 845, "lineItemTyDiscount": 507}],
    }
    totals = {
        "packageGrossAmount": 1690,
        "packageSellerDiscount": 845,
        "packageTyDiscount": 0,
        "packageTotalDiscount": 845,
        "packageTotalPrice": 845,
    }
    return package(line=one, **(totals | changes))


def test_pieces_with_an_uneven_discount_add_up_where_the_averages_do_not() -> None:
    order = read(constructed()[9000000001])
    assert order.total == Decimal("25.99")
    assert figures(order) == [numbers(2, "25.99", "25.99", 0, "25.99", 20)]
    assert order.doubts == ()


def test_a_companys_invoice_is_less_trendyols_discount() -> None:
    order = read(constructed()[9000000002])
    assert order.total == Decimal(1050)
    assert figures(order) == [numbers(1, 1200, 100, 50, 1050, 20)]
    assert order.doubts == ()


def test_every_constructed_package_has_lines_that_make_its_total() -> None:
    expected = {
        9000000001: {"20": "25.99"},
        9000000002: {"20": "1050"},
        9000000003: {"10": "110", "20": "200"},
        9000000004: {"10": "110"},
        9000000005: {"20": "200"},
        9000000006: {"20": "120"},
        9000000007: {"20": "60"},
    }
    for number, record in constructed().items():
        order = invoiceable(read(record), "subtract")
        by_rate = {str(line.vat_rate): line.total for line in order.lines}
        assert by_rate == {rate: Decimal(total) for rate, total in expected[number].items()}
        assert sum(by_rate.values()) == order.total
        assert order.doubts == ()


def test_a_consumers_invoice_is_not_less_trendyols_discount() -> None:
    order = read(priced())
    assert order.total == Decimal(845)
    assert figures(order) == [numbers(1, 1690, 845, 507, 845, 20)]
    assert order.doubts == ()


def test_a_consumers_total_that_is_less_trendyols_discount_is_doubted() -> None:
    order = read(priced(packageTotalPrice=338))
    assert order.total == Decimal(338)
    assert held(order) == [("amount-unclear", "gross less discounts comes to 845.00, packageTotalPrice is 338.00")]
    assert "Faturalanacak Tutar" in order.doubts[0].remedy


def test_a_companys_total_without_trendyols_discount_taken_off_is_doubted() -> None:
    order = read(priced(commercial=True, packageTyDiscount=507, invoice={"taxNumber": "1234567890"}))
    assert held(order) == [
        ("amount-unclear", "its lines come to 338.00, packageTotalPrice is 845.00"),
        ("amount-unclear", "gross less discounts comes to 338.00, packageTotalPrice is 845.00"),
    ]


def test_lines_that_fit_the_total_in_no_way_are_doubted() -> None:
    order = read(package(packageTotalPrice=Decimal("469.90"), packageGrossAmount=None))
    assert held(order) == [("amount-unclear", "its lines come to 25.99, packageTotalPrice is 469.90")]


@pytest.mark.parametrize(("difference", "doubts"), [("0.02", 0), ("0.03", 2)])
def test_what_rounding_can_do_is_not_doubted(difference: str, doubts: int) -> None:
    order = read(package(packageTotalPrice=Decimal("25.99") + Decimal(difference)))
    assert len(order.doubts) == doubts


def test_a_package_without_a_total_is_doubted() -> None:
    record = package()
    del record["packageTotalPrice"]
    assert held(read(record)) == [("amount-unclear", "the package has no packageTotalPrice")]


@pytest.mark.parametrize("status", ["Cancelled", "UNSUPPLIED", "UnPacked", "UN_PACKED"])
def test_a_cancelled_packages_amounts_are_nobodys_concern(status: str) -> None:
    assert read(package(status=status, packageTotalPrice=0)).doubts == ()
    assert read(package(status=None, shipmentPackageStatus=status, packageTotalPrice=0)).doubts == ()


@pytest.mark.parametrize("status", ["Cancelled", "UnSupplied", "UN_PACKED"])
@pytest.mark.parametrize(
    "line",
    [
        {"quantity": 0},
        {"quantity": None},
        {"lineGrossAmount": None},
        {"lineGrossAmount": "yok"},
        {"vatRate": None},
        {"discountDetails": [{"lineItemPrice": "yok"}, {"lineItemPrice": 1}]},
        {"quantity": 0, "discountDetails": []},
    ],
)
def test_a_dead_package_is_read_whatever_its_amounts_are(status: str, line: dict[str, Any]) -> None:
    order = read(package(status=status, line=line))
    assert (order.status, order.lines[0].id, order.doubts) == (Status.CANCELLED, "8000000001", ())


def test_a_dead_package_keeps_its_pieces_and_what_it_does_tell() -> None:
    whole, emptied = read(package(status="Cancelled")), read(package(status="Cancelled", line={"quantity": 0}))
    assert whole.lines[0].quantity == 2
    assert emptied.lines[0].pieces == whole.lines[0].pieces
    assert (emptied.lines[0].quantity, emptied.lines[0].total) == (0, 0)


@pytest.mark.parametrize("lines", [None, "", ["line"]])
def test_a_dead_package_may_have_lost_its_lines(lines: Any) -> None:
    assert read(package(status="Cancelled") | {"lines": lines}).lines == ()


def test_a_cancelled_line_in_a_living_package_is_doubted() -> None:
    order = read(package(line={"orderLineItemStatusName": "Cancelled"}))
    assert held(order) == [("amount-unclear", "line 8000000001 is cancelled, the package is not")]


@pytest.mark.parametrize("details", [None, [], [{"lineItemPrice": 12.99}], "x"])
def test_without_an_entry_for_every_piece_the_averages_count(details: Any) -> None:
    order = read(package(line={"discountDetails": details}))
    assert figures(order) == [numbers(2, "25.99", "26.00", 0, "25.98", 20)]
    assert order.doubts == ()  # a kuruş: rounding


def test_a_piece_without_a_price_of_its_own_is_gross_less_both_discounts() -> None:
    details = [{"lineItemSellerDiscount": 100, "lineItemTyDiscount": 50}]
    order = read(package(9000000002, line={"discountDetails": details}))
    assert [line.total for line in order.lines] == [Decimal(1050)]


def test_amounts_and_quantities_may_come_as_text_and_rates_with_decimals() -> None:
    record = package(line={"quantity": "2", "lineGrossAmount": "25.99", "vatRate": "1.00"}, packageTotalPrice="25.99")
    order = read(record)
    assert (order.total, order.lines[0].total, order.lines[0].vat_rate) == numbers("25.99", "25.99", 1)


@pytest.mark.parametrize("missing", ["lineGrossAmount", "quantity"])
def test_a_line_without_price_or_quantity_can_not_be_read(missing: str) -> None:
    for nothing in (None, "", "yok"):
        with pytest.raises(Hold) as caught:
            read(package(line={missing: nothing}))
        assert caught.value.code == "record-unreadable"


def test_a_line_without_a_vat_rate_is_held_and_never_taken_for_untaxed() -> None:
    with pytest.raises(Hold) as caught:
        read(package(line={"vatRate": None}))
    assert caught.value.code == "vat-rate-unclear"
    assert "8000000001" in caught.value.message
    assert read(package(line={"vatRate": 0})).lines[0].vat_rate == 0


@pytest.mark.parametrize("lines", [None, "", {"0": {}}, ["line"]])
def test_lines_of_another_shape_can_not_be_read(lines: Any) -> None:
    with pytest.raises(Hold) as caught:
        read(package() | {"lines": lines})
    assert caught.value.code == "record-unreadable"
