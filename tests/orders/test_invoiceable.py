"""Which lines and amounts of an order an invoice is made of."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from syncd.errors import Hold
from syncd.orders.invoiceable import invoiceable
from syncd.orders.order import Line, LineKind, Order, Return, ReturnLine
from syncd.orders.status import Status

D = Decimal


def line(
    line_id: str, total: str, quantity: str = "1", rate: int = 20, unit_price: str | None = None, discount: str = "0"
) -> Line:
    price = D(unit_price) if unit_price is not None else D(total) / D(quantity)
    return Line(line_id, f"Ürün {line_id}", D(quantity), D(total), D(rate), unit_price=price, discount=D(discount))


def order(*lines: Line, total: str | None = None, returns: tuple[Return, ...] = ()) -> Order:
    return Order(
        id="9001",
        number="W-9001",
        status=Status.PREPARING,
        ordered_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        currency="TRY",
        total=sum((each.total for each in lines), D(0)) if total is None else D(total),
        lines=lines,
        returns=returns,
    )


def returned(total: str, *lines: tuple[str, str, str], return_id: str = "R1") -> Return:
    return Return(
        return_id, D(total), lines=tuple(ReturnLine(each, D(quantity), D(sum_)) for each, quantity, sum_ in lines)
    )


def totals(result: Order) -> dict[str, str]:
    assert sum((each.total for each in result.lines), D(0)) == result.total
    assert all(each.total > 0 and each.quantity > 0 for each in result.lines)
    return {each.id: str(each.total) for each in result.lines}


def hold_of(held: Order, refunded_before: str = "subtract") -> Hold:
    with pytest.raises(Hold) as caught:
        invoiceable(held, refunded_before)  # type: ignore[arg-type]
    assert "W-9001" in caught.value.message
    assert caught.value.remedy
    return caught.value


def test_an_order_in_order_stays_as_it_is() -> None:
    plain = order(line("a", "119.90", "2"), line("b", "49.90"))
    assert invoiceable(plain, "subtract") == plain


def test_empty_lines_are_dropped() -> None:
    assert totals(invoiceable(order(line("a", "10.00"), line("gift", "0.00")), "subtract")) == {"a": "10.00"}


def test_an_order_of_nothing_has_no_lines_and_total_zero() -> None:
    for nothing in (order(line("a", "0.00")), order(total="0.00")):
        result = invoiceable(nothing, "subtract")
        assert (result.lines, result.total) == ((), D(0))


def test_a_negative_line_is_spread_over_the_lines_of_its_rate_by_their_totals() -> None:
    discounted = order(
        line("a", "100.00"),
        line("b", "50.00"),
        line("c", "80.00", rate=10),
        replace(line("f", "-10.00"), kind=LineKind.FEE),
    )
    result = invoiceable(discounted, "subtract")
    assert totals(result) == {"a": "93.33", "b": "46.67", "c": "80.00"}
    assert [each.discount for each in result.lines] == [D("6.67"), D("3.33"), D(0)]


def test_a_negative_line_as_large_as_its_rate_leaves_the_other_rates() -> None:
    assert totals(invoiceable(order(line("a", "10.00"), line("b", "5.00", rate=1), line("f", "-10.00")), "full")) == {
        "b": "5.00"
    }


@pytest.mark.parametrize(
    "lines", [(line("a", "9.99"), line("f", "-10.00"), line("b", "50.00", rate=10)), (line("f", "-1.00"),)]
)
def test_a_negative_line_that_no_line_of_its_rate_can_take_holds_the_order(lines: tuple[Line, ...]) -> None:
    held = hold_of(order(*lines))
    assert held.code == "negative-line"
    assert "Ürün f" in held.message


def test_a_rounding_difference_goes_to_the_largest_line() -> None:
    assert totals(invoiceable(order(line("a", "10.00"), line("b", "50.00"), total="60.02"), "hold")) == {
        "a": "10.00",
        "b": "50.02",
    }
    assert totals(invoiceable(order(line("a", "10.00"), line("b", "50.00"), total="59.98"), "hold")) == {
        "a": "10.00",
        "b": "49.98",
    }


def test_a_larger_difference_holds_the_order_and_names_both_figures() -> None:
    held = hold_of(order(line("a", "10.00"), line("b", "50.00"), total="60.03"))
    assert held.code == "order-sums-differ"
    assert "60.00" in held.message
    assert "60.03" in held.message


def test_a_total_without_lines_holds_the_order() -> None:
    assert hold_of(order(total="10.00")).code == "order-sums-differ"


def test_fractions_of_a_kurus_are_rounded_so_that_the_sum_stays() -> None:
    thirds = order(*(line(str(number), "3.333333") for number in range(9)), total="30.00")
    result = invoiceable(thirds, "subtract")
    assert sorted(totals(result).values()) == ["3.33"] * 6 + ["3.34"] * 3
    assert result.total == D("30.00")


def test_a_returned_line_disappears_and_a_part_of_one_is_taken_off() -> None:
    sold = order(
        line("a", "300.00", "3"),
        line("b", "50.00"),
        returns=(returned("150.00", ("a", "1", "100.00"), ("b", "1", "50.00")),),
    )
    result = invoiceable(sold, "subtract")
    assert totals(result) == {"a": "200.00"}
    assert result.lines[0].quantity == D(2)
    assert (result.lines[0].unit_price, result.lines[0].discount) == (D(100), D(0))
    assert result.returns == ()


def test_several_returns_of_one_line_add_up() -> None:
    sold = order(
        line("a", "300.00", "3"),
        returns=(returned("100.00", ("a", "1", "100.00")), returned("100.00", ("a", "1", "100.00"), return_id="R2")),
    )
    result = invoiceable(sold, "subtract")
    assert (totals(result), result.lines[0].quantity) == ({"a": "100.00"}, D(1))


def test_a_return_without_quantity_reduces_the_amount_only() -> None:
    result = invoiceable(order(line("a", "300.00", "3"), returns=(returned("30.00", ("a", "0", "30.00")),)), "subtract")
    assert totals(result) == {"a": "270.00"}
    assert (result.lines[0].quantity, result.lines[0].unit_price, result.lines[0].discount) == (D(3), D(100), D(30))


def test_units_returned_for_less_than_their_price_leave_their_line_the_quantity() -> None:
    result = invoiceable(
        order(line("a", "300.00", "3"), returns=(returned("250.00", ("a", "3", "250.00")),)), "subtract"
    )
    assert (totals(result), result.lines[0].quantity) == ({"a": "50.00"}, D(3))


def test_an_amount_without_lines_is_spread_over_all_that_is_left() -> None:
    sold = order(
        line("a", "100.00"),
        line("b", "100.00", rate=10),
        line("c", "50.00", rate=1),
        returns=(returned("100.00", ("b", "1", "100.00")), returned("10.00", return_id="R2")),
    )
    assert totals(invoiceable(sold, "subtract")) == {"a": "93.33", "c": "46.67"}


def test_what_a_return_has_beyond_its_lines_is_spread_too() -> None:
    sold = order(line("a", "100.00"), line("b", "60.00"), returns=(returned("110.00", ("a", "1", "100.00")),))
    assert totals(invoiceable(sold, "subtract")) == {"b": "50.00"}


def test_a_discount_line_that_was_given_back_with_the_goods_is_taken_off_with_them() -> None:
    sold = order(
        line("a", "100.00"), line("b", "60.00"), line("f", "-10.00"), returns=(returned("90.00", ("a", "1", "90.00")),)
    )
    assert totals(invoiceable(sold, "subtract")) == {"a": "8.57", "b": "51.43"}


def test_returned_lines_that_come_to_more_than_the_return_hold_the_order() -> None:
    sold = order(line("a", "100.00"), line("b", "60.00"), returns=(returned("80.00", ("a", "1", "100.00")),))
    held = hold_of(sold)
    assert held.code == "order-sums-differ"
    assert "80.00 refunded" in held.message


def test_a_return_of_an_unknown_line_holds_the_order() -> None:
    held = hold_of(order(line("a", "100.00"), returns=(returned("10.00", ("z", "1", "10.00")),)))
    assert held.code == "refunded-before-invoice"


@pytest.mark.parametrize(
    "everything",
    [returned("150.00"), returned("150.00", ("a", "1", "100.00"), ("b", "1", "50.00")), returned("160.00")],
)
def test_an_order_refunded_in_full_is_held(everything: Return) -> None:
    assert hold_of(order(line("a", "100.00"), line("b", "50.00"), returns=(everything,))).code == "fully-refunded"


def test_a_rule_may_hold_every_refunded_order() -> None:
    held = hold_of(order(line("a", "100.00"), returns=(returned("10.00"),)), "hold")
    assert held.code == "refunded-before-invoice"
    assert "10.00" in held.message


def test_a_rule_may_invoice_in_full_whatever_was_refunded() -> None:
    sold = order(line("a", "100.00"), returns=(returned("100.00"),))
    assert invoiceable(sold, "full") == sold


def test_a_return_of_nothing_changes_nothing() -> None:
    sold = order(line("a", "100.00"), returns=(returned("0.00"),))
    assert invoiceable(sold, "hold") == sold


def test_a_line_without_a_unit_price_keeps_none() -> None:
    sold = order(line("a", "100.00", unit_price="0"), line("f", "-10.00", unit_price="0"))
    assert invoiceable(sold, "subtract").lines[0].unit_price == D(0)


def test_the_result_always_adds_up_and_is_invoiceable_again() -> None:
    rng = random.Random("invoiceable")
    done = 0
    for _ in range(3_000):
        lines = [
            line(str(number), str(D(rng.randint(0, 90_000)).scaleb(-2)), str(rng.randint(1, 5)), rng.choice((20, 10)))
            for number in range(rng.randint(1, 5))
        ]
        if rng.random() < 0.4:
            lines.append(line("f", str(-D(rng.randint(1, 3_000)).scaleb(-2))))
        paid = sum((each.total for each in lines), D(0))
        returns = []
        if rng.random() < 0.5:
            returns.append(returned(str(D(rng.randint(1, 20_000)).scaleb(-2))))
        if rng.random() < 0.5 and lines[0].total:
            returns.append(returned(str(lines[0].total), ("0", str(lines[0].quantity), str(lines[0].total))))
        sold = order(*lines, total=str(paid + D(rng.randint(-2, 2)).scaleb(-2)), returns=tuple(returns))
        try:
            result = invoiceable(sold, "subtract")
        except Hold as held:
            assert held.code in {"negative-line", "fully-refunded", "order-sums-differ"}
            continue
        done += 1
        totals(result)
        assert result.total == sold.total - sum((each.total for each in returns), D(0))
        assert invoiceable(result, "subtract") == result
        for each in result.lines:
            assert abs(each.unit_price * each.quantity - each.discount - each.total) <= D("0.01")
    assert done > 1_500
