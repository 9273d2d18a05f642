"""Every switch of the stand-in's arithmetic, with figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from syncd.sandbox.parasut.arithmetic import Line, Rounding, reckon

# three lines of 0.13 net at 20 %: 0.026 VAT each
SMALL = [Line(D(1), D("0.13"), D(20))] * 3
# 0.026 twice at 20 % and 0.013 once at 10 %: 0.03 + 0.03 + 0.01 by line, 0.05 + 0.01 by rate, 0.065 → 0.07 at once
MIXED = [Line(D(1), D("0.13"), D(20)), Line(D(1), D("0.13"), D(20)), Line(D(1), D("0.13"), D(10))]


@pytest.mark.parametrize(("vat", "expected"), [("line", "0.09"), ("rate", "0.08"), ("invoice", "0.08")])
def test_vat_is_rounded_where_the_switch_says(vat: str, expected: str) -> None:
    _, totals = reckon(SMALL, Rounding(vat=vat))
    assert (totals.total_vat, totals.net_total) == (D(expected), D("0.39") + D(expected))


@pytest.mark.parametrize(("vat", "expected"), [("line", "0.07"), ("rate", "0.06"), ("invoice", "0.07")])
def test_rates_are_kept_apart_only_by_the_rate_switch(vat: str, expected: str) -> None:
    assert reckon(MIXED, Rounding(vat=vat))[1].total_vat == D(expected)


@pytest.mark.parametrize(("line_net", "net", "vat"), [("rounded", "1.02", "0.20"), ("exact", "1.01", "0.20")])
def test_line_nets_are_rounded_or_kept(line_net: str, net: str, vat: str) -> None:
    # 0.505 twice: 0.51 + 0.51, or 1.010 at once; VAT 0.102 or 0.101 a line
    _, totals = reckon([Line(D(1), D("0.505"), D(20))] * 2, Rounding(line_net=line_net))
    assert (totals.before_taxes_total, totals.total_vat) == (D(net), D(vat))


@pytest.mark.parametrize(
    ("decimals", "price", "net"), [(2, "0.33", "33.00"), (4, "0.3333", "33.33"), (6, "0.333333", "33.33")]
)
def test_a_price_keeps_the_decimals_of_the_switch(decimals: int, price: str, net: str) -> None:
    figures, totals = reckon([Line(D(100), D("0.333333"), D(20))], Rounding(price_decimals=decimals))
    assert (figures[0].unit_price, totals.before_taxes_total) == (D(price), D(net))


@pytest.mark.parametrize(("discount", "net"), [("line", "29.50"), ("unit", "28.50")])
def test_an_amount_discount_counts_once_or_per_unit(discount: str, net: str) -> None:
    line = Line(D(3), D(10), D(0), "amount", D("0.50"))
    _, totals = reckon([line], Rounding(discount=discount))
    assert (totals.gross_total, totals.total_discount, totals.net_total) == (D(30), D(30) - D(net), D(net))


def test_a_percentage_discount_comes_off_before_vat() -> None:
    # 2 × 12.35 = 24.70; 15 % is 3.705; 20.995 → 21.00 (half up); VAT 4.20
    figures, totals = reckon([Line(D(2), D("12.35"), D(20), "percentage", D(15))], Rounding())
    assert (figures[0].discount, figures[0].vat, figures[0].net_total) == (D("3.71"), D("4.20"), D("25.20"))
    assert (totals.gross_total, totals.before_taxes_total, totals.net_total) == (D("24.70"), D("21.00"), D("25.20"))


def test_a_half_kurus_of_vat_is_rounded_up() -> None:
    # 0.025 → 0.03, where rounding halves to even would give 0.02
    assert reckon([Line(D(1), D("0.25"), D(10))], Rounding())[1].total_vat == D("0.03")
