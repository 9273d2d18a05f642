"""Every order for which an exact choice of prices exists gets one, whatever way the account rounds."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from second_arithmetic import a_choice_exists, a_net_exists, invoice, kurus, rounded

from syncd.orders.amounts import ALL_PROFILES, GrossLine, PricedLine, RoundingProfile, Solution, compute, solve

CENT = Decimal("0.01")
ORDERS_PER_PROFILE = 2_800
WITH_WHOLE_NETS = [profile for profile in ALL_PROFILES if profile.line_net == "rounded"]


def gross(total: str | Decimal, quantity: str | int = 1, rate: str | int = 20) -> GrossLine:
    return GrossLine(Decimal(total), Decimal(quantity), Decimal(rate))


def profile(key: str) -> RoundingProfile:
    return RoundingProfile.from_key(key)


def random_order(rng: random.Random, longest: int = 6) -> list[GrossLine]:
    """Mostly short orders of small quantities; amounts from 0.01 to millions; some of one VAT rate, some mixed."""
    rates = rng.choice(([20], [10], [1], [0], [20, 20, 10], [20, 10, 1], [20, 0], [18, 8, 1]))
    return [
        gross(
            Decimal(rng.choice((rng.randint(1, 40), rng.randint(1, 5_000), rng.randint(1, 200_000), 10**9 - 7))).scaleb(
                -2
            ),
            rng.choice((1, 1, 1, 1, 2, 2, 3, 6, 7, 12, 1000, "2.5", "0.75", "1.125")),
            rng.choice(rates),
        )
        for _ in range(min(rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 6)), longest))
    ]


def check_promises(order: list[GrossLine], candidates: list[RoundingProfile], solution: Solution) -> None:
    """What holds for every solution: its figures are true, every gross line is there, with its quantity and rate."""
    target = sum(kurus(line.total) for line in order)
    before_taxes, vat = invoice(solution.lines, candidates[0])
    assert kurus(solution.figures.before_taxes) == before_taxes
    assert kurus(solution.figures.payable) == before_taxes + vat
    assert kurus(solution.target) == target
    assert kurus(solution.difference) == before_taxes + vat - target
    assert solution.exact == (before_taxes + vat == target)
    for number, line in enumerate(order):
        parts = [part for part in solution.lines if part.line == number]
        assert sum(part.quantity for part in parts) == line.quantity
        assert all(part.vat_rate == line.vat_rate and part.quantity > 0 for part in parts)
        assert all(part.unit_price >= 0 and 0 <= part.discount <= part.unit_price * part.quantity for part in parts)


@pytest.mark.parametrize("known", ALL_PROFILES, ids=str)
def test_every_order_with_an_exact_choice_gets_it(known: RoundingProfile) -> None:
    rng = random.Random(f"orders for {known}")
    for _ in range(ORDERS_PER_PROFILE):
        order = random_order(rng)
        solution = solve(order, [known])
        check_promises(order, [known], solution)
        assert solution.certain
        if not solution.exact:
            assert abs(solution.difference) == CENT, order
            assert not a_choice_exists(order, [known]), order


def test_without_a_known_profile_single_units_come_out_right_under_all_profiles_wherever_that_is_possible() -> None:
    rng = random.Random("single units")
    everywhere = [profile(f"{vat}-rounded-2-unit") for vat in ("line", "rate", "invoice")]
    inexact = 0
    for _ in range(3_000):
        order = [gross(line.total, 1, line.vat_rate) for line in random_order(rng, longest=4)]
        solution = solve(order, ALL_PROFILES)
        check_promises(order, list(ALL_PROFILES), solution)
        if solution.exact and solution.certain:
            assert {sum(invoice(solution.lines, each)) for each in ALL_PROFILES} == {kurus(solution.target)}
        else:
            inexact += 1
            assert not a_choice_exists(order, everywhere), order
    assert inexact > 100


def test_without_a_known_profile_any_order_is_exact_under_the_likeliest_wherever_that_is_possible() -> None:
    rng = random.Random("any order")
    for _ in range(3_000):
        order = random_order(rng)
        solution = solve(order, ALL_PROFILES)
        check_promises(order, list(ALL_PROFILES), solution)
        payables = {sum(invoice(solution.lines, each)) for each in ALL_PROFILES}
        assert solution.certain == (len(payables) == 1)
        if not solution.exact:
            assert abs(solution.difference) == CENT
            assert not a_choice_exists(order, [ALL_PROFILES[0]]), order


@given(
    lines=st.lists(
        st.builds(
            gross,
            st.integers(1, 10**7).map(lambda number: Decimal(number).scaleb(-2)),
            st.integers(1, 20),
            st.sampled_from([0, 1, 8, 10, 18, 20]),
        ),
        min_size=1,
        max_size=4,
    ),
    known=st.sampled_from(ALL_PROFILES),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_solution_is_exact_or_nothing_is(lines: list[GrossLine], known: RoundingProfile) -> None:
    solution = solve(lines, [known])
    check_promises(lines, [known], solution)
    assert solution.exact or not a_choice_exists(lines, [known])


@pytest.mark.parametrize(("rate", "period", "gap"), [(20, 6, 3), (10, 11, 5), (1, 101, 50)])
def test_with_whole_kurus_nets_one_total_in_every_period_has_no_net(rate: int, period: int, gap: int) -> None:
    totals = {net + rounded(net * Fraction(rate, 100)) for net in range(30_000)}
    for total in range(30_000):
        assert (total in totals) == (total % period != gap)


@pytest.mark.parametrize(("rate", "period", "gap"), [(20, 6, 3), (10, 11, 5), (1, 101, 50)])
@pytest.mark.parametrize("vat", ["line", "rate", "invoice"])
def test_a_single_unit_is_inexact_at_those_totals_and_only_there(vat: str, rate: int, period: int, gap: int) -> None:
    for decimals in (2, 4, 6):
        known = profile(f"{vat}-rounded-{decimals}-line")
        for total in range(1, 7 * period):
            solution = solve([gross(Decimal(total).scaleb(-2), 1, rate)], [known])
            assert solution.exact == (total % period != gap)
            assert abs(kurus(solution.difference)) == (total % period == gap)


@pytest.mark.parametrize("vat", ["line", "rate", "invoice"])
def test_nets_between_the_kurus_open_the_gaps_except_at_20_percent(vat: str) -> None:
    for decimals in (4, 6):
        known = profile(f"{vat}-exact-{decimals}-line")
        for rate in (20, 18, 10, 8, 1):
            for total in range(1, 450):
                solution = solve([gross(Decimal(total).scaleb(-2), 1, rate)], [known])
                assert solution.exact == a_net_exists(total, Fraction(rate, 100), exact=True)
                assert solution.exact == (rate != 20 or total % 6 != 3)


def test_the_value_with_the_fewest_decimals_is_taken() -> None:
    five_kurus = solve([gross("0.05", 1, 10)], [profile("rate-exact-6-line")])
    assert five_kurus.lines == (PricedLine(0, Decimal(1), Decimal("0.045"), Decimal(0), Decimal(10)),)
    third = solve([gross("100.00", 3)], [profile("line-rounded-6-line")])
    assert [line.unit_price for line in third.lines] == [Decimal("27.777")]


def test_an_unknown_discount_is_avoided_where_the_quantity_divides_the_net() -> None:
    # 299.88 = 249.90 + 49.98, and 3 × 83.30 = 249.90
    solution = solve([gross("299.88", 3)], ALL_PROFILES)
    assert [(line.unit_price, line.discount) for line in solution.lines] == [(Decimal("83.30"), Decimal(0))]
    assert solution.exact
    assert solution.certain


def test_another_line_makes_up_for_a_net_that_divides() -> None:
    # 83.33 net has no third of whole kuruş: a kuruş moves between the lines; a discount would be of unknown meaning.
    solution = solve([gross("100.00", 3), gross("59.97", 1)], ALL_PROFILES)
    assert solution.exact
    assert solution.certain
    assert not any(line.discount for line in solution.lines)


def test_a_net_that_does_not_divide_gets_a_discount_per_line_while_the_profile_is_unknown() -> None:
    solution = solve([gross("100.00", 3)], ALL_PROFILES)
    assert [(line.unit_price, line.discount) for line in solution.lines] == [(Decimal("27.78"), CENT)]
    assert solution.exact
    assert not solution.certain


def test_a_line_is_split_only_where_discounts_count_per_unit_and_prices_are_short() -> None:
    split = solve([gross("250.00", 3)], [profile("rate-rounded-2-unit")])
    assert [(line.line, line.quantity, line.unit_price) for line in split.lines] == [
        (0, Decimal(2), Decimal("69.44")),
        (0, Decimal(1), Decimal("69.45")),
    ]
    assert split.exact
    for known in ALL_PROFILES:
        if known.price_decimals > 2 or known.discount == "line":
            assert len(solve([gross("250.00", 3)], [known]).lines) == 1


def test_no_line_is_split_where_the_total_stays_inexact_anyway() -> None:
    # Neither total has a net at 20 %. 50.07 = 3 × 16.69 leads to 60.08 and 50.13 = 3 × 16.71 to 60.16.
    for total, difference in (("60.09", -CENT), ("60.15", CENT)):
        solution = solve([gross(total, 3)], [profile("rate-rounded-2-unit")])
        assert (len(solution.lines), solution.difference) == (1, difference)


def test_one_rate_makes_up_for_another_that_can_not_be_reached() -> None:
    # 0.09 has no net at 20 %; the other rate gives or takes the kuruş.
    order = [gross("0.09", 1, 20), gross("10.00", 1, 10)]
    for known in ALL_PROFILES:
        solution = solve(order, [known])
        assert solution.exact
        for line, figures in zip(order, solution.figures.lines, strict=True):
            assert abs(figures.gross - line.total) <= CENT


def test_lines_and_rates_stay_within_a_kurus_of_the_order() -> None:
    rng = random.Random("within a kuruş")
    for known in ALL_PROFILES:
        for _ in range(60):
            order = [gross(line.total, rng.choice((1, 2, 3)), line.vat_rate) for line in random_order(rng)]
            solution = solve(order, [known])
            by_line = [Decimal(0)] * len(order)
            for part, figures in zip(solution.lines, solution.figures.lines, strict=True):
                by_line[part.line] += figures.gross
            for line, total in zip(order, by_line, strict=True):
                assert abs(total - line.total) <= CENT


@pytest.mark.parametrize("known", ALL_PROFILES, ids=str)
def test_long_orders_are_exact_too(known: RoundingProfile) -> None:
    rng = random.Random(f"long orders for {known}")
    for length, rates in ((120, [20, 10, 1]), (200, [20, 10]), (60, [10])):
        order = [
            gross(Decimal(rng.randint(100, 90_000)).scaleb(-2), rng.choice((1, 1, 2, 3, 5)), rng.choice(rates))
            for _ in range(length)
        ]
        if kurus(sum((line.total for line in order), Decimal(0))) % 11 == 5:
            order[0] = gross(order[0].total + CENT, order[0].quantity, order[0].vat_rate)
        solution = solve(order, [known])
        check_promises(order, [known], solution)
        assert solution.exact


def test_a_thousand_pieces_and_millions_of_lira_are_exact() -> None:
    for known in ALL_PROFILES:
        for order in ([gross("9876543.21", 7)], [gross("1234.56", 1000)], [gross("7654321.09", "2.5"), gross("0.01")]):
            assert solve(order, [known]).exact or not a_choice_exists(order, [known])


def test_lines_of_nothing_stay_at_nothing() -> None:
    for known in ALL_PROFILES:
        solution = solve([gross("0.00", 2), gross("0.09", 1), gross("12.00", 1)], [known])
        assert solution.lines[0] == PricedLine(0, Decimal(2), Decimal(0), Decimal(0), Decimal(20))


def test_an_order_without_lines_comes_to_nothing() -> None:
    solution = solve([], ALL_PROFILES)
    assert (solution.lines, solution.target, solution.exact, solution.certain) == ((), Decimal(0), True, True)


@pytest.mark.parametrize(
    "line", [gross("1.005"), gross("-1.00"), gross("1.00", 0), gross("1.00", -1), gross("1.00", 1, -20)]
)
def test_amounts_that_can_not_be_priced_are_refused(line: GrossLine) -> None:
    with pytest.raises(ValueError, match="line 1"):
        solve([line], ALL_PROFILES)


def test_no_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="rounding profile"):
        solve([gross("1.00")], [])


def test_figures_agree_with_the_second_arithmetic_on_lines_of_any_kind() -> None:
    rng = random.Random("figures")
    for _ in range(4_000):
        lines = [
            PricedLine(
                number,
                Decimal(rng.choice(("1", "2", "3", "12", "1000", "0.5", "2.5", "0.125"))),
                Decimal(rng.randint(1_000_000, 90_000_000)).scaleb(-6),
                Decimal(rng.choice((0, 0, 1, 25))).scaleb(-2),
                Decimal(rng.choice((0, 1, 8, 10, 18, 20))),
            )
            for number in range(rng.randint(1, 5))
        ]
        known = rng.choice(ALL_PROFILES)
        figures = compute(lines, known)
        assert (kurus(figures.before_taxes), kurus(figures.vat)) == invoice(lines, known)
        assert figures.payable == figures.before_taxes + figures.vat
