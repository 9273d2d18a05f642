"""The life of marketplace packages, and the truth about them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from syncd.sandbox.market.generate import market_orders
from syncd.sandbox.market.ids import ean13, guid
from syncd.sandbox.market.market import Event, Market, Plan, Traits, Turn
from syncd.sandbox.market.package import Address, Article, Kind, MarketBuyer, MarketLine, Package, Stage, Unit
from syncd.sandbox.market.seed import TRAITS, seeded_market
from syncd.sandbox.market.truth import Billing, Reason
from syncd.sandbox.options import SandboxOptions

BEGIN = 1_790_000_000
HOME = Address("Papatya Sk. No:1", "Caferağa Mah.", "Kadıköy", "İstanbul", 34, "34710")
AYSE = MarketBuyer(1, "Ayşe", "Örnek", HOME, identity_number="10000000146")
ORNEK = MarketBuyer(2, "Ali", "Örnek", HOME, company="Örnek A.Ş.", tax_number="1234567890")
CUP = Article(1, "KUPA", "Kupa", ean13(1), 20, Decimal("100.00"))
HONEY = Article(2, "BAL", "Bal", ean13(2), 1, Decimal("33.33"))


class Clock:
    def __init__(self) -> None:
        self.now = float(BEGIN)

    def __call__(self) -> float:
        return self.now


def a_line(line_id: int, article: Article, *units: tuple[str, str]) -> MarketLine:
    pieces = tuple(Unit(line_id * 100 + n, Decimal(mine), Decimal(theirs)) for n, (mine, theirs) in enumerate(units))
    return MarketLine(line_id, "77", article, article.price, pieces)


def a_package(kind: Kind = Kind.CONSUMER, buyer: MarketBuyer = AYSE, stage: Stage = Stage.CREATED) -> Package:
    lines = (
        a_line(5, CUP, ("10.01", "1.00"), ("10.00", "1.00"), ("10.00", "1.00")),
        a_line(6, HONEY, ("0.00", "0.00")),
    )
    return Package(9, 9, "77", kind, buyer, lines, BEGIN, stage, BEGIN, ((stage, BEGIN),))


def a_market(clock: Clock, *events: Event, package: Package | None = None, **traits: object) -> Market:
    chosen = {"billing": Billing.BY_BUYER, "kinds": tuple(Kind), "first_package_id": 9, "first_order_number": 77}
    return Market(Traits("pazar", **{**chosen, **traits}), clock, [Plan(package or a_package(), events)])  # type: ignore[arg-type]


def stages(market: Market) -> dict[int, Stage]:
    return {package.package_id: package.stage for package in market.listed()}


def test_an_order_appears_and_moves_when_the_clock_has_passed_its_moments() -> None:
    clock = Clock()
    market = a_market(clock, Event(BEGIN + 10, Stage.PREPARING), Event(BEGIN + 20, Stage.SHIPPED))
    clock.now = BEGIN - 1
    assert market.listed() == []
    clock.now = BEGIN + 9.9
    assert stages(market) == {9: Stage.CREATED}
    clock.now = BEGIN + 500
    (package,) = market.listed()
    assert (package.stage, package.modified) == (Stage.SHIPPED, BEGIN + 20)
    assert package.history == ((Stage.CREATED, BEGIN), (Stage.PREPARING, BEGIN + 10), (Stage.SHIPPED, BEGIN + 20))


def test_a_split_kills_the_parent_and_gives_every_piece_to_a_child() -> None:
    clock = Clock()
    market = a_market(clock)
    clock.now += 60
    first, second = market.split(9, [{5: 1}, {5: 2, 6: 1}])
    assert stages(market) == {9: Stage.UNPACKED, 10: Stage.CREATED, 11: Stage.CREATED}
    assert (first.origin_ids, first.created_by, first.order_number, first.modified) == ((9,), "split", "77", BEGIN + 60)
    assert [(line.line_id, line.quantity) for line in second.lines] == [(5, 2), (6, 1)]
    before = a_package().lines[0].units
    assert (*first.lines[0].units, *second.lines[0].units) == before
    assert market.truth(9).reason is Reason.UNPACKED
    assert market.truth(10).total + market.truth(11).total == Decimal("303.32")


def test_a_split_that_leaves_pieces_behind_is_refused_and_changes_nothing() -> None:
    market = a_market(Clock())
    with pytest.raises(ValueError, match="every piece"):
        market.split(9, [{5: 1}, {6: 1}])
    with pytest.raises(ValueError, match="pieces left"):
        market.split(9, [{5: 4}, {6: 1}])
    assert stages(market) == {9: Stage.CREATED}


def test_where_a_market_gives_new_line_ids_a_child_has_them() -> None:
    market = a_market(Clock(), keeps_line_ids=False)
    first, second = market.split(9, [{5: 3}, {6: 1}])
    assert {line.line_id for line in (*first.lines, *second.lines)} == {7, 8}


def test_a_part_cancel_leaves_a_new_package_with_the_rest() -> None:
    market = a_market(Clock())
    rest = market.part_cancel(9, {5: 2})
    assert (rest.package_id, rest.created_by, rest.origin_ids, rest.cancelled_by) == (10, "cancel", (9,), "")
    assert market.truth(10).by_line == {5: Decimal("90.00"), 6: Decimal("33.33")}
    parent = market.packages[9]
    assert (parent.stage, parent.cancelled_units) == (Stage.CANCELLED, ((5, 2),))
    with pytest.raises(ValueError, match="leaves something"):
        market.part_cancel(10, {5: 1, 6: 1})


def test_a_repacked_package_has_a_new_number_and_the_same_lines() -> None:
    market = a_market(Clock(), keeps_line_ids=False)
    again = market.repack(9)
    assert again.lines == a_package().lines
    assert stages(market) == {9: Stage.UNPACKED, 10: Stage.CREATED}


def test_what_was_planned_happens_to_the_children_too() -> None:
    clock = Clock()
    market = a_market(clock, Event(BEGIN + 10, Turn.SPLIT), Event(BEGIN + 20, Stage.SHIPPED))
    clock.now += 30
    assert stages(market) == {9: Stage.UNPACKED, 10: Stage.SHIPPED, 11: Stage.SHIPPED}
    assert market.packages[9].modified == BEGIN + 10
    assert market.find(order_number="77") == list(market.packages.values())


@pytest.mark.parametrize(
    ("billing", "buyer", "total"),
    [
        (Billing.SELLER_PRICE, AYSE, "303.32"),
        (Billing.BUYER_PAYS, AYSE, "300.32"),
        (Billing.BY_BUYER, AYSE, "303.32"),
        (Billing.BY_BUYER, ORNEK, "300.32"),
    ],
)
def test_whose_discount_the_invoice_leaves_out(billing: Billing, buyer: MarketBuyer, total: str) -> None:
    truth = a_market(Clock(), package=a_package(buyer=buyer), billing=billing).truth(9)
    assert (truth.total, truth.buyer_pays) == (Decimal(total), Decimal("300.32"))
    assert truth.by_rate == {20: Decimal(total) - Decimal("33.33"), 1: Decimal("33.33")}


def test_an_invoice_is_due_from_the_moment_of_its_trigger_also_when_the_stage_was_jumped_over() -> None:
    clock = Clock()
    market = a_market(clock, Event(BEGIN + 50, Stage.DELIVERED))
    assert market.truth(9).due(Stage.SHIPPED) is None
    clock.now += 60
    assert market.truth(9).due(Stage.SHIPPED) == BEGIN + 50
    assert market.truth(9).due(Stage.CREATED) == BEGIN


@pytest.mark.parametrize(
    ("kind", "stage", "reason"),
    [
        (Kind.CONSUMER, Stage.UNPAID, Reason.UNPAID),
        (Kind.CONSUMER, Stage.CANCELLED, Reason.CANCELLED),
        (Kind.CONSUMER, Stage.UNSUPPLIED, Reason.UNSUPPLIED),
        (Kind.EXPORT, Stage.SHIPPED, Reason.EXPORT),
        (Kind.INTERMEDIATED, Stage.SHIPPED, Reason.EXPORT),
        (Kind.REPLACEMENT, Stage.SHIPPED, Reason.REPLACEMENT),
        (Kind.CONTRADICTORY, Stage.SHIPPED, Reason.CONTRADICTORY),
        (Kind.CONSUMER, Stage.RETURNED, Reason.NONE),
    ],
)
def test_why_a_package_is_not_invoiced_by_itself(kind: Kind, stage: Stage, reason: Reason) -> None:
    market = a_market(Clock(), package=a_package(kind))
    market.move(9, Stage.SHIPPED)
    market.move(9, stage)
    truth = market.truth(9)
    assert truth.reason is reason
    assert (truth.due(Stage.SHIPPED) is None) == (reason is not Reason.NONE)


def test_a_silent_market_lists_nothing_and_still_answers_for_one_order() -> None:
    clock = Clock()
    market = a_market(clock)
    market.silent_until = BEGIN + 100
    assert market.listed() == []
    assert [package.package_id for package in market.find(package_id=9)] == [9]
    clock.now += 100
    assert len(market.listed()) == 1
    with market.silenced():
        assert market.listed() == []
    assert len(market.listed()) == 1


def test_the_same_seed_makes_the_same_orders_and_another_seed_others() -> None:
    traits = TRAITS["trendyol"]
    assert market_orders(60, 3, BEGIN, 60, traits) == market_orders(60, 3, BEGIN, 60, traits)
    assert market_orders(60, 3, BEGIN, 60, traits) != market_orders(60, 4, BEGIN, 60, traits)


@pytest.mark.parametrize("name", list(TRAITS))
def test_generated_orders_have_every_kind_and_lives_that_end(name: str) -> None:
    clock = Clock()
    options = SandboxOptions(market_orders=200, market_age_hours=0, market_spacing_seconds=600)
    market = seeded_market(TRAITS[name], options, clock)
    while market.waiting:
        clock.now = market.ends_at
    packages = market.packages.values()
    assert {package.kind for package in packages} == set(TRAITS[name].kinds)
    assert {package.stage for package in packages} <= {
        Stage.DELIVERED, Stage.RETURNED, Stage.CANCELLED, Stage.UNSUPPLIED, Stage.UNPACKED,
    }  # fmt: skip
    lines = [line for package in packages for line in package.lines]
    assert {line.vat_rate for line in lines} == {1, 10, 20}
    assert {1, 12} <= {line.quantity for line in lines} <= set(range(1, 13))
    families = {package.root_id for package in packages}
    assert len(families) == 200
    buyers = [market.packages[root].buyer.customer_id for root in families]
    assert 100 < len(set(buyers)) < 200
    assert sum(1 for truth in market.truths() if truth.due(Stage.SHIPPED)) > 140
    assert all(truth.total > 0 for truth in market.truths())


@pytest.mark.parametrize("name", list(TRAITS))
def test_the_first_orders_are_one_of_each_kind(name: str) -> None:
    traits = TRAITS[name]
    plans = market_orders(len(traits.kinds), 1, BEGIN, 60, traits)
    assert tuple(plan.package.kind for plan in plans) == traits.kinds


def test_uneven_discounts_differ_by_a_kurus_between_the_pieces_of_a_line() -> None:
    plans = market_orders(300, 1, BEGIN, 60, TRAITS["n11"])
    lines = [plan.package.lines[0] for plan in plans if plan.package.kind is Kind.UNEVEN]
    assert len(lines) > 10
    assert {max(line.seller_discounts) - min(line.seller_discounts) for line in lines} == {Decimal("0.01")}


def test_tax_numbers_have_the_right_length_for_who_buys() -> None:
    plans = market_orders(300, 1, BEGIN, 60, TRAITS["trendyol"])
    lengths = {(plan.package.kind, len(plan.package.buyer.tax_number)) for plan in plans}
    assert {(Kind.COMPANY, 10), (Kind.SOLE_TRADER, 11), (Kind.CONSUMER, 0)} <= lengths
    assert any(plan.package.buyer.tax_number.startswith("0") for plan in plans)


def test_a_guid_is_made_of_a_family_and_a_number() -> None:
    assert guid("2a", 5_099_000_001) == "0000002a-0000-4000-8000-00012fec90c1"


def test_a_barcode_has_its_check_digit() -> None:
    assert ean13(1) == "8690000000012"
