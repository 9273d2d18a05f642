"""What Paraşüt makes of lines, worked out by hand; profiles as text; learning and probing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import combinations

import pytest

from syncd.orders.amounts import (
    ALL_PROFILES,
    Answer,
    AnsweredLine,
    Figures,
    LineFigures,
    PricedLine,
    RoundingProfile,
    compute,
    learn,
    probe_lines,
)

D = Decimal


def priced(price: str, quantity: str | int = 1, discount: str = "0", rate: int = 20, line: int = 0) -> PricedLine:
    return PricedLine(line, D(quantity), D(price), D(discount), D(rate))


def figures_under(key: str, *lines: PricedLine) -> Figures:
    return compute(lines, RoundingProfile.from_key(key))


def answer_of(figures: Figures) -> Answer:
    return Answer(
        figures.payable,
        figures.before_taxes,
        figures.vat,
        tuple(AnsweredLine(net_total=line.gross, vat=line.vat) for line in figures.lines),
    )


def test_there_are_36_profiles_and_the_likeliest_comes_first() -> None:
    assert len(set(ALL_PROFILES)) == 36
    assert ALL_PROFILES[0] == RoundingProfile("line", "rounded", 6, "line")


def test_a_profile_survives_the_way_through_text() -> None:
    assert [RoundingProfile.from_key(str(profile)) for profile in ALL_PROFILES] == list(ALL_PROFILES)
    assert ALL_PROFILES[0].key == "line-rounded-6-line"
    with pytest.raises(ValueError, match="line-rounded-6-line"):
        RoundingProfile.from_key("line-rounded-3-line")


def test_the_figures_of_an_invoice_of_two_rates() -> None:
    assert figures_under("line-rounded-6-line", priced("10.00", 3, "0.05"), priced("5.55", 1, rate=10)) == Figures(
        payable=D("42.05"),
        before_taxes=D("35.50"),
        vat=D("6.55"),
        lines=(LineFigures(D("29.95"), D("5.99"), D("35.94")), LineFigures(D("5.55"), D("0.56"), D("6.11"))),
        vat_by_rate={D(20): D("5.99"), D(10): D("0.56")},
    )


def test_vat_is_rounded_per_line_per_rate_or_once() -> None:
    # VAT of 0.006 + 0.008 at 20 %, 0.006 + 0.008 at 10 %
    lines = (priced("0.03"), priced("0.04"), priced("0.06", rate=10), priced("0.08", rate=10))
    assert figures_under("line-rounded-2-line", *lines).vat == D("0.04")
    assert figures_under("rate-rounded-2-line", *lines).vat == D("0.02")
    assert figures_under("invoice-rounded-2-line", *lines).vat == D("0.03")


def test_halves_are_rounded_up() -> None:
    assert figures_under("line-rounded-6-line", priced("0.05", rate=10)).vat == D("0.01")
    assert figures_under("line-rounded-6-line", priced("0.005", rate=0)).before_taxes == D("0.01")
    assert figures_under("line-rounded-2-line", priced("0.015", 10, rate=0)).before_taxes == D("0.20")


def test_line_nets_are_rounded_or_stay_exact() -> None:
    lines = (priced("2.01", "0.5", rate=0), priced("2.01", "0.5", rate=0))
    assert figures_under("line-rounded-2-line", *lines).before_taxes == D("2.02")
    assert figures_under("line-exact-2-line", *lines).before_taxes == D("2.01")


def test_prices_are_kept_with_the_profiles_decimals() -> None:
    line = priced("1.234567", 1000, rate=0)
    assert figures_under("line-rounded-6-line", line).payable == D("1234.57")
    assert figures_under("line-rounded-4-line", line).payable == D("1234.60")
    assert figures_under("line-rounded-2-line", line).payable == D("1230.00")


def test_a_discount_counts_once_or_for_every_unit() -> None:
    line = priced("10.00", 3, "0.25", rate=0)
    assert figures_under("line-rounded-6-line", line).payable == D("29.75")
    assert figures_under("line-rounded-6-unit", line).payable == D("29.25")


def test_figures_do_not_depend_on_the_callers_decimal_context() -> None:
    lines = (priced("9876543.210987", 1000),)
    expected = figures_under("line-exact-6-line", *lines)
    with localcontext() as context:
        context.prec = 6
        assert figures_under("line-exact-6-line", *lines) == expected


def test_the_totals_of_the_probe_tell_any_two_profiles_apart() -> None:
    lines = probe_lines()
    assert len(lines) <= 7
    for one, other in combinations(ALL_PROFILES, 2):
        ours, theirs = compute(lines, one), compute(lines, other)
        assert (ours.before_taxes, ours.vat) != (theirs.before_taxes, theirs.vat)


@pytest.mark.parametrize("profile", ALL_PROFILES, ids=str)
def test_the_probes_answer_leaves_one_profile(profile: RoundingProfile) -> None:
    lines = probe_lines()
    answer = answer_of(compute(lines, profile))
    assert learn(ALL_PROFILES, lines, answer) == (profile,)
    assert learn(ALL_PROFILES, lines, replace(answer, lines=())) == (profile,)


@pytest.mark.parametrize("profile", ALL_PROFILES, ids=str)
def test_an_invoices_answer_keeps_the_true_profile_and_the_order_of_the_others(profile: RoundingProfile) -> None:
    lines = (priced("27.777", 3), priced("41.58"), priced("10.87", "2.5", rate=10))
    left = learn(ALL_PROFILES, lines, answer_of(compute(lines, profile)))
    assert profile in left
    assert list(left) == [each for each in ALL_PROFILES if each in left]


def test_an_answer_that_no_profile_explains_leaves_none() -> None:
    lines = (priced("10.00"),)
    answer = answer_of(figures_under("line-rounded-6-line", *lines))
    assert learn(ALL_PROFILES, lines, replace(answer, payable=answer.payable + 1)) == ()


def test_the_stored_price_and_the_counted_discount_narrow_the_choice() -> None:
    lines = (priced("27.7767", 3, "0.03"),)
    totals = Answer(D("99.96"), D("83.30"), D("16.66"))
    left = learn(ALL_PROFILES, lines, replace(totals, lines=(AnsweredLine(unit_price=D("27.7767")),)))
    assert {(profile.price_decimals, profile.discount) for profile in left} == {(4, "line"), (6, "line")}
    assert learn(ALL_PROFILES, lines, replace(totals, lines=(AnsweredLine(unit_price=D("27.78")),))) == ()
    assert learn(ALL_PROFILES, lines, replace(totals, lines=(AnsweredLine(discount=D("0.09")),))) == ()


def test_a_line_shown_in_an_unknown_way_does_not_spoil_what_the_totals_tell() -> None:
    lines = (priced("0.03"), priced("0.04"))
    answer = Answer(D("0.08"), D("0.07"), D("0.01"), (AnsweredLine(vat=D("0.006")), AnsweredLine(vat=D("0.008"))))
    assert {profile.vat for profile in learn(ALL_PROFILES, lines, answer)} == {"rate", "invoice"}


def test_an_answer_with_other_lines_than_were_sent_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 lines were sent, 2 came back"):
        learn(ALL_PROFILES, (priced("1.00"),), Answer(D(1), D(1), D(0), (AnsweredLine(), AnsweredLine())))
