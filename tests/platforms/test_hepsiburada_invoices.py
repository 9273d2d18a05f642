"""Hepsiburada's packages on their way into Paraşüt: each is invoiced once, whatever becomes of its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import a_rule
from hepsiburada_orders import settings as store_settings
from worlds import World

from syncd.config.settings import PlatformSettings, Secret, Settings
from syncd.ledger.order_row import State
from syncd.orders.status import Status
from syncd.sandbox.hepsiburada.state import HepsiburadaState, order_id
from syncd.sandbox.market.package import Kind, Package, Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

BEGIN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@dataclass
class Desk(World):
    """A world whose only platform is Hepsiburada; what the market does, it does by the world's clock."""

    def settings(self) -> Settings:
        settings = super().settings()
        keys = {"base_url": self.sandbox.hepsiburada_url, "service_key": Secret(self.state.service_key)}
        store: PlatformSettings = replace(store_settings(**keys), name="hb")
        return replace(settings, platforms={"hb": store})

    @property
    def state(self) -> HepsiburadaState:
        state: HepsiburadaState = self.sandbox.hepsiburada
        return state

    def package(self, kind: Kind) -> Package:
        return next(one for one in self.state.market.packages.values() if one.kind is kind)

    def holds(self) -> dict[str, str]:
        """Id → why it waits, of the orders that wait for a person."""
        return {row.package: row.hold_code for row in self.rows() if row.hold_code}

    def payables(self) -> list[Decimal]:
        return sorted(Decimal(str(invoice["payable"])) for invoice in self.invoices())


@contextmanager
def desk(folder: Path, trigger: Status, **options: Any) -> Iterator[Desk]:
    made: list[Desk] = []
    chosen: dict[str, Any] = {"orders": 0, "stands": frozenset({"parasut", "shop", "hepsiburada"}), "rate_requests": 0}
    chosen |= {"market_age_hours": 1, "market_spacing_seconds": 60, "market_pace": 1000.0, **options}

    def clock() -> float:
        return (made[0].now if made else BEGIN).timestamp()

    with Sandbox(SandboxOptions(**chosen), clock) as sandbox:
        rule = a_rule(name="pazaryeri", platforms=("hb",), status=trigger)
        del sandbox.parasut.products["300005"]  # the twin of a code
        made.append(Desk(sandbox, folder, rules=(rule,), now=BEGIN))
        yield made[0]


def test_each_package_that_was_shipped_is_invoiced_once_with_its_total_and_the_others_wait_or_never_are(
    tmp_path: Path,
) -> None:
    with desk(tmp_path, Status.SHIPPED, market_age_hours=0, market_pace=1.0) as shop:
        for _ in range(12):  # the last daily re-scan sees what was given back
            shop.apply()
            shop.later(hours=8)
        truths = [one for one in shop.state.market.truths() if one.due(Stage.SHIPPED) is not None]
        assert len(truths) > 15
        assert shop.payables() == sorted(truth.total for truth in truths)
        expected = {Reason.EXPORT: "export-order", Reason.REPLACEMENT: "replacement-order"}
        expected |= {Reason.CONTRADICTORY: "amount-unclear"}
        held = {
            order_id(shop.state.market.packages[truth.package_id]): expected[truth.reason]
            for truth in shop.state.market.truths()
            if truth.reason in expected
        }
        claimed = {order_id(shop.package(Kind.CLAIMED)): "returned-after-invoice"}
        assert shop.holds() == held | claimed


def test_two_orders_in_one_package_are_one_invoice_over_all_their_lines(tmp_path: Path) -> None:
    with desk(tmp_path, Status.PREPARING) as shop:
        package = shop.package(Kind.TWO_ORDERS)
        shop.apply()
        shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.later(minutes=5)
        shop.apply()
        assert shop.payables() == [shop.state.market.truth(package.package_id).total]
        own = {row.number: row.state for row in shop.rows() if row.number in package.order_numbers}
        assert own == dict(zip(package.order_numbers, (State.INVOICED, State.WAITING), strict=True))


def test_a_package_that_is_packed_again_after_its_invoice_gets_no_second_one(tmp_path: Path) -> None:
    with desk(tmp_path, Status.PREPARING) as shop:
        package = shop.package(Kind.COMPANY)
        shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.apply()
        shop.state.unpack(package.package_id)
        shop.later(minutes=5)
        shop.apply()
        shop.state.pack_again(package.package_id)
        shop.later(minutes=5)
        shop.apply()
        assert shop.payables() == [shop.state.market.truth(package.package_id).total]
        assert shop.holds() == {}


def test_a_part_that_was_split_off_an_invoiced_package_is_held_as_already_invoiced(tmp_path: Path) -> None:
    with desk(tmp_path, Status.PREPARING) as shop:
        package = shop.package(Kind.COMPANY)
        shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.apply()
        first, *others = package.lines
        groups = [{first.line_id: first.quantity}, {line.line_id: line.quantity for line in others}]
        parts = shop.state.market.split(package.package_id, groups)
        shop.later(minutes=5)
        shop.apply()
        assert len(shop.payables()) == 1
        (other,) = {order_id(part) for part in parts} - {order_id(package)}
        assert shop.holds() == {other: "already-invoiced", order_id(package): "order-changed"}


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=2)])
def test_orders_that_are_not_paid_open_or_broken_up_are_never_invoiced(tmp_path: Path, age: timedelta) -> None:
    with desk(tmp_path, Status.PREPARING) as shop:
        unpacked = shop.package(Kind.CONSUMER)
        shop.state.market.move(unpacked.package_id, Stage.PREPARING)
        shop.state.unpack(unpacked.package_id)
        shop.now += age
        shop.apply()
        assert shop.payables() == []
        assert shop.package(Kind.UNPAID).order_number not in {row.number for row in shop.rows()}
        assert {row.state for row in shop.rows()} == {State.WAITING}


def test_lists_that_are_suddenly_empty_raise_an_alarm_and_change_nothing(tmp_path: Path) -> None:
    with desk(tmp_path, Status.PREPARING, market_orders=8) as shop:
        for package in list(shop.state.market.packages.values()):
            if package.stage is Stage.CREATED:
                shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.apply()
        before = {row.package: row.status for row in shop.rows()}
        with shop.state.market.silenced():
            shop.later(minutes=5)
            (collected,) = shop.apply().collected
        assert collected.error is not None
        assert "outage" in collected.error.message
        assert {row.package: row.status for row in shop.rows()} == before
        shop.later(minutes=5)
        (collected,) = shop.apply().collected
        assert collected.error is None
