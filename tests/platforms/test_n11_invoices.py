"""N11's packages on their way into Paraşüt: which become invoices, which wait for a person, and which never do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import HERE, a_rule
from n11_served import DAY, NOON, Store
from worlds import World

from syncd.config.settings import PlatformSettings, Secret, Settings
from syncd.orders.status import Status
from syncd.resources import MAPPINGS
from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Package, Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

AMBIGUOUS = "300005"  # a second product with the code of another


@dataclasses.dataclass
class Desk(World):
    """A world whose only platform is N11."""

    def settings(self) -> Settings:
        options = self.sandbox.options
        keys = {
            "seller_id": options.n11_seller_id,
            "app_key": Secret(options.n11_app_key),
            "app_secret": Secret(options.n11_app_secret),
            "base_url": self.sandbox.n11_url,
        }
        file = MAPPINGS / "platforms" / "n11.yaml"
        platform = PlatformSettings("n11", "n11", "N11", keys, HERE, connector_file=file)
        return dataclasses.replace(super().settings(), platforms={"n11": platform})

    @property
    def market(self) -> Market:
        return self.sandbox.market("n11")

    def holds(self) -> dict[str, str]:
        """Package → why it waits, of those that wait for a person."""
        return {row.package: row.hold_code for row in self.rows() if row.hold_code}

    def payables(self) -> list[Decimal]:
        return sorted(invoice["payable"] for invoice in self.invoices())


Make = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Make]:
    """Makes desks: `desk(Status.SHIPPED, market_orders=0)`; the trigger, and options of the sandbox."""
    with ExitStack() as stack:

        def make(trigger: Status, **options: Any) -> Desk:
            now = datetime.fromtimestamp(NOON, UTC)
            made: list[Desk] = []
            chosen = {"rate_requests": 0, "orders": 0, "stands": frozenset({"parasut", "shop", "n11"})} | options
            clock = lambda: made[0].now.timestamp() if made else now.timestamp()  # noqa: E731
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**chosen), clock))
            rule = a_rule(platforms=("n11",), status=trigger, since=date(2026, 10, 1))
            made.append(Desk(sandbox, tmp_path, (rule,), now))
            return made[0]

        yield make


def sold(desk: Desk, number: int, **fields: Any) -> Package:
    """A package of three pieces in Picking."""
    store = Store()
    store.market = desk.market
    return store.sell(number, NOON - DAY, pieces=3, stage=Stage.PREPARING, **fields)


def test_a_package_that_is_split_after_its_invoice_is_not_invoiced_again(desk: Make) -> None:
    here = desk(Status.PREPARING, market_orders=0)
    package = sold(here, 1)
    here.apply()
    assert here.payables() == [package.lines[0].gross]
    here.later(minutes=10)
    children = here.market.split(1, [{10: 1}, {10: 2}])
    here.later(minutes=10)
    here.apply()
    assert here.payables() == [package.lines[0].gross]
    assert here.holds() == {"1": "cancelled-after-invoice"} | {
        str(child.package_id): "already-invoiced" for child in children
    }


def test_the_rest_of_an_invoiced_package_of_which_some_was_cancelled_waits(desk: Make) -> None:
    here = desk(Status.PREPARING, market_orders=0)
    sold(here, 1)
    here.apply()
    here.later(minutes=10)
    rest = here.market.part_cancel(1, {10: 1})
    here.apply()
    assert len(here.invoices()) == 1
    assert here.holds() == {"1": "cancelled-after-invoice", str(rest.package_id): "already-invoiced"}


def test_children_of_a_package_that_was_split_before_its_trigger_are_invoiced_each(desk: Make) -> None:
    here = desk(Status.SHIPPED, market_orders=0)
    package = sold(here, 1)
    here.apply()
    assert here.invoices() == []
    children = here.market.split(1, [{10: 1}, {10: 2}])
    here.later(minutes=10)
    here.apply()
    for child in children:
        here.market.move(child.package_id, Stage.SHIPPED)
    here.later(minutes=10)
    here.apply()
    assert here.payables() == sorted(child.lines[0].gross for child in children)
    assert sum(here.payables()) == package.lines[0].gross
    assert here.holds() == {}


def test_every_kind_of_order_ends_as_it_must(desk: Make) -> None:
    here = desk(Status.SHIPPED, market_age_hours=30 * 24, market_orders=44, market_limits=False)
    del here.sandbox.parasut.products[AMBIGUOUS]
    here.apply()
    truths = here.market.truths()
    due = [truth for truth in truths if truth.due(Stage.SHIPPED) is not None]
    made = sorted((invoice["order"], invoice["payable"]) for invoice in here.invoices())
    wanted = sorted((truth.order_number, truth.total) for truth in due)
    assert [number for number, _ in made] == [number for number, _ in wanted]
    # A total for which Paraşüt has no exact net is a kuruş away.
    assert max(abs(one[1] - other[1]) for one, other in zip(made, wanted, strict=True)) <= Decimal("0.01")
    waiting = [truth for truth in truths if truth.reason in (Reason.EXPORT, Reason.CONTRADICTORY)]
    codes = {Reason.EXPORT: "export-order", Reason.CONTRADICTORY: "amount-unclear"}
    assert here.holds() == {
        str(truth.package_id): codes[truth.reason] for truth in waiting if Stage.SHIPPED in truth.reached
    }
    assert {truth.reason for truth in truths} >= {Reason.CANCELLED, Reason.UNSUPPLIED, Reason.UNPACKED, Reason.EXPORT}
    here.later(hours=1)
    here.apply()
    assert len(here.invoices()) == len(due)
