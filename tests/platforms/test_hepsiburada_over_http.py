"""The connector against the stand-in: other code, real HTTP, a market that moves while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hepsiburada_orders import settings

from syncd.config.settings import Secret
from syncd.errors import PlatformError
from syncd.orders.order import Order
from syncd.orders.status import Status, has_reached
from syncd.platforms.platform import Platform, open_platform
from syncd.sandbox.hepsiburada.state import HepsiburadaState, order_id
from syncd.sandbox.market.package import Kind, Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
PAID = (Status.AWAITING_APPROVAL, Status.PREPARING, Status.SHIPPED, Status.DELIVERED)


@dataclass
class World:
    """A store, a clock that stands still until it is moved, and the newest version of every order seen."""

    sandbox: Sandbox
    moment: list[datetime]
    mark: datetime = START - timedelta(minutes=30)
    orders: dict[str, Order] = field(default_factory=dict)
    seen: list[Order] = field(default_factory=list)

    @property
    def state(self) -> HepsiburadaState:
        state: HepsiburadaState = self.sandbox.hepsiburada
        return state

    @property
    def requests(self) -> list[tuple[str, dict[str, Any]]]:
        traffic = self.sandbox.traffic_of("hepsiburada")
        return [(one.path.removeprefix("/"), one.query) for one in traffic]

    def platform(self, **options: Any) -> Platform:
        keys = {"base_url": self.sandbox.hepsiburada_url, "service_key": Secret(self.state.service_key)}
        waits: list[float] = []
        return open_platform(settings(**{**keys, **options}), clock=lambda: self.moment[0], sleep=waits.append)

    def pass_by(self, **span: float) -> None:
        self.moment[0] += timedelta(**span)

    def poll(self, platform: Platform, *, rescan: bool = False) -> list[Order]:
        found = []
        for page in platform.changes(self.mark, rescan=rescan):
            for record in page.records:
                assert record.order is not None, record.problem
                found.append(record.order)
            self.mark = page.mark or self.mark
        self.orders |= {order.id: order for order in found}
        self.seen += found
        return found


@contextmanager
def world(**options: Any) -> Iterator[World]:
    chosen = {"orders": 0, "stands": frozenset({"hepsiburada"}), "market_age_hours": 0, "market_spacing_seconds": 60}
    moment = [START]
    with Sandbox(SandboxOptions(**{**chosen, **options}), lambda: moment[0].timestamp()) as sandbox:
        yield World(sandbox, moment)


def one(shop: World, kind: Kind) -> Any:
    """The first package of that kind."""
    shop.state.market.settle()
    return next(package for package in shop.state.market.packages.values() if package.kind is kind)


@pytest.mark.parametrize(
    "switches",
    [{}, {"cancelled_lines_keep_package": True}, {"packages_by": "ordered"}, {"automatic_packaging": True}],
)
def test_every_kind_of_order_comes_at_its_time_with_the_amount_to_invoice(switches: dict[str, Any]) -> None:
    with world() as shop:
        for name, choice in switches.items():
            setattr(shop.state, name, choice)
        platform, early = shop.platform(), []
        while shop.moment[0] < START + timedelta(days=5):
            for order in shop.poll(platform):
                if has_reached(order.status, Status.SHIPPED):
                    early += [
                        truth.telling
                        for truth in shop.state.market.truths()
                        if order_id(shop.state.market.packages[truth.package_id]) == order.id
                        and truth.stage is not Stage.UNPACKED
                        and Stage.SHIPPED not in truth.reached
                    ]
            shop.pass_by(hours=2)
        assert early == []
        by_id = {
            order_id(package): package
            for package in shop.state.market.packages.values()
            if package.stage is not Stage.UNPACKED
        }
        for id_, package in by_id.items():
            truth = shop.state.market.truth(package.package_id)
            if truth.reason is Reason.UNPAID or package.kind is Kind.UNPAID:
                assert id_ not in shop.orders
                continue
            order = shop.orders[id_]
            assert order.total == truth.total, truth.telling
            assert {line.vat_rate for line in order.lines} == set(truth.by_rate)
            wanted = truth.tax_number if package.kind is not Kind.PLACEHOLDER else ""
            assert order.buyer.tax_number == ("" if wanted == "11111111111" else wanted), truth.telling
            assert bool(order.buyer.company) is truth.company, truth.telling
            assert order.number in package.order_numbers
            if truth.reason is Reason.CANCELLED:
                assert order.status is Status.CANCELLED
                continue
            assert any(one.id == id_ and has_reached(one.status, Status.SHIPPED) for one in shop.seen), truth.telling
            held = {"amount-unclear"} if truth.reason is Reason.CONTRADICTORY else set()
            held |= {"replacement-order"} if truth.reason is Reason.REPLACEMENT else set()
            assert {doubt.hold_code for doubt in order.doubts} == held, truth.telling
            assert order.export.micro is (truth.reason is Reason.EXPORT)
        others = {id_: order for id_, order in shop.orders.items() if id_ not in by_id}
        assert {order.status_text for order in others.values()} <= {"MergedInto", "Packaged", "CancelledByMerchant"}
        assert not any(has_reached(order.status, Status.SHIPPED) for order in others.values())


def test_after_a_pause_of_days_everything_that_was_shipped_is_found() -> None:
    with world() as shop:
        platform = shop.platform()
        shop.poll(platform)
        shop.pass_by(days=6)
        shop.poll(platform, rescan=True)
        due = [truth for truth in shop.state.market.truths() if truth.due(Stage.SHIPPED)]
        assert due
        for truth in due:
            order = shop.orders[order_id(shop.state.market.packages[truth.package_id])]
            # what the buyer gives back has been delivered, but is no order to invoice any more
            assert order.status in (Status.SHIPPED, Status.DELIVERED, Status.RETURNED), truth.telling
            assert order.total == truth.total, truth.telling


def test_when_every_list_was_read_to_its_end_the_mark_is_now_however_many_windows_one_of_them_took() -> None:
    with world(market_orders=1) as shop:
        shop.pass_by(days=4)
        shop.poll(shop.platform())
        assert shop.mark == shop.moment[0]


def test_an_order_that_is_not_paid_is_no_order() -> None:
    with world() as shop:
        shop.pass_by(minutes=10)
        package = one(shop, Kind.UNPAID)
        found = shop.poll(shop.platform())
        assert found
        assert not [order for order in found if order.number == package.order_number]
        assert not [path for path, _ in shop.requests if "paymentawaiting" in path]


@pytest.mark.parametrize("status", [400, 404])
def test_a_detail_that_is_refused_stops_nothing(status: int) -> None:
    with world() as shop:
        shop.pass_by(hours=1)
        package = one(shop, Kind.CONSUMER)
        shop.state.unpaid_status = status
        find = shop.state.market.find
        shop.state.market.find = lambda **which: (  # type: ignore[method-assign]
            [] if which.get("order_number") == package.order_number else find(**which)
        )
        found = shop.poll(shop.platform())
        assert found
        assert shop.mark == shop.moment[0]
        assert package.order_number not in {order.number for order in found}


def test_a_package_that_is_broken_up_and_packed_again_stays_the_same_order() -> None:
    with world(market_orders=1) as shop:
        platform = shop.platform()
        package = one(shop, Kind.CONSUMER)
        story = []

        def look() -> None:
            shop.pass_by(minutes=5)
            shop.poll(platform)
            order = shop.orders[order_id(package)]
            story.append((order.status_text, order.raw["packageNumber"], order.total))

        shop.state.market.move(package.package_id, Stage.PREPARING)
        look()
        shop.state.unpack(package.package_id)
        look()
        shop.state.pack_again(package.package_id)
        look()
        total = order_total(shop, package)
        numbers = str(package.package_id), str(package.package_id + 1)
        assert story == [("Packaged", numbers[0], total), ("Unpacked", "", total), ("Packaged", numbers[1], total)]


def order_total(shop: World, package: Any) -> Any:
    return shop.state.market.truth(package.package_id).total


def test_of_a_split_package_the_part_that_stays_keeps_its_id_and_no_line_is_lost() -> None:
    with world(market_orders=2) as shop:
        platform = shop.platform()
        shop.pass_by(minutes=2)
        package = one(shop, Kind.COMPANY)
        shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.poll(platform)
        first, *others = package.lines
        shop.state.market.split(
            package.package_id,
            [{first.line_id: first.quantity}, {line.line_id: line.quantity for line in others}],
        )
        shop.pass_by(minutes=5)
        shop.poll(platform)
        parts = [order for order in shop.orders.values() if order.number == package.order_number]
        assert len(parts) == 2
        assert order_id(package) in {order.id for order in parts}
        assert sum(order.total for order in parts) == order_total(shop, package)


def test_a_package_of_two_orders_is_one_order_from_when_it_is_packed() -> None:
    with world() as shop:
        platform = shop.platform()
        shop.pass_by(minutes=40)
        package = one(shop, Kind.TWO_ORDERS)
        shop.poll(platform)
        open_ = [order for order in shop.orders.values() if order.number in package.order_numbers]
        assert {order.status for order in open_} == {Status.AWAITING_APPROVAL}
        assert len(open_) == 2
        shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.pass_by(minutes=5)
        shop.poll(platform)
        packed, stub = sorted(
            (order for order in shop.orders.values() if order.number in package.order_numbers),
            key=lambda order: order.status_text,
            reverse=True,
        )
        assert (packed.status_text, packed.total) == ("Packaged", order_total(shop, package))
        assert (stub.status_text, stub.status, stub.lines) == ("MergedInto", Status.OTHER, ())


def test_pieces_that_are_cancelled_leave_the_amount() -> None:
    with world(market_orders=2) as shop:
        platform = shop.platform()
        shop.pass_by(minutes=2)
        package = one(shop, Kind.COMPANY)
        shop.state.market.move(package.package_id, Stage.PREPARING)
        shop.poll(platform)
        first = package.lines[0]
        shop.state.market.part_cancel(package.package_id, {first.line_id: first.quantity})
        shop.pass_by(minutes=5)
        shop.poll(platform)
        rest = shop.state.market.truth(package.package_id + 1)
        live = [one for one in shop.orders.values() if one.status is Status.PREPARING]
        assert [order.total for order in live] == [rest.total]
        assert [one.status for one in shop.orders.values() if one.status is Status.CANCELLED] == [Status.CANCELLED]


def test_with_automatic_packaging_no_order_is_missed() -> None:
    with world() as shop:
        shop.state.automatic_packaging = True
        platform = shop.platform()
        shop.pass_by(hours=1)
        shop.poll(platform)
        alive = [one for one in shop.state.market.packages.values() if one.stage is Stage.CREATED]
        assert len(alive) > 20
        for package in alive:
            assert shop.orders[order_id(package)].status is Status.PREPARING


def test_offset_and_limit_always_go_together_and_nothing_wider_than_a_day_is_asked_of_packages() -> None:
    with world() as shop:
        shop.pass_by(days=4)
        shop.poll(shop.platform(), rescan=True)
        lists = [(path, query) for path, query in shop.requests if "ordernumber" not in path]
        assert {path.split("/", 3)[3] if path.count("/") > 2 else path.split("/")[0] for path, _ in lists} == {
            "orders", "packages", "shipped", "delivered", "undelivered", "cancelled", "missing-invoice",
        }  # fmt: skip
        for path, query in lists:
            assert "limit" in query
            assert ("Offset" if path.count("/") == 2 and path.startswith("packages") else "offset") in query
        windows = [query for path, query in lists if path.startswith("packages") and path.count("/") == 2]
        for query in windows:
            begin, end = (datetime.fromisoformat(query[name]) for name in ("begindate", "enddate"))
            assert end - begin <= timedelta(hours=24)
        assert len({query["begindate"] for query in windows}) >= 5


def test_the_list_of_packages_without_an_invoice_is_only_read_once_a_day() -> None:
    with world() as shop:
        platform = shop.platform()
        shop.poll(platform)
        assert not [path for path, _ in shop.requests if path.endswith("missing-invoice")]
        shop.poll(platform, rescan=True)
        assert [path for path, _ in shop.requests if path.endswith("missing-invoice")]


def test_an_old_package_that_no_list_of_changes_shows_is_found_by_its_missing_invoice() -> None:
    with world(market_orders=1, market_pace=1000) as shop:
        shop.state.packages_by = "ordered"
        platform = shop.platform()
        package = one(shop, Kind.CONSUMER)
        shop.poll(platform)
        shop.pass_by(days=3)
        shop.poll(platform)
        shop.state.market.move(package.package_id, Stage.PREPARING)
        assert shop.poll(platform) == []
        shop.poll(platform, rescan=True)
        assert shop.orders[order_id(package)].status is Status.PREPARING


def test_what_did_not_change_is_not_looked_up_again() -> None:
    with world() as shop:
        platform = shop.platform()
        shop.pass_by(hours=1)
        shop.poll(platform)
        before = len([path for path, _ in shop.requests if "ordernumber" in path])
        assert shop.poll(platform) == []
        assert len([path for path, _ in shop.requests if "ordernumber" in path]) == before


def test_while_the_lists_are_empty_nothing_is_reported_as_gone() -> None:
    with world() as shop:
        platform = shop.platform()
        shop.pass_by(hours=1)
        shop.poll(platform)
        with shop.state.market.silenced():
            shop.pass_by(minutes=5)
            assert shop.poll(platform) == []


def test_the_connection_test_passes() -> None:
    with world() as shop:
        (finding,) = shop.platform().check()
        assert (finding.ok, finding.message) == (True, "orders can be read")


@pytest.mark.parametrize(
    ("options", "status", "remedy"),
    [
        ({"service_key": Secret("wrong")}, "HTTP 401: Unauthorized", "service_key"),
        ({"integrator": "somebody_else"}, "HTTP 403", "User-Agent"),
        ({"integrator": "0a0a0a0a-0000-4000-8000-00000000a001"}, "HTTP 401", "not the merchant id"),
    ],
)
def test_a_refusal_comes_with_its_remedy(options: dict[str, Any], status: str, remedy: str) -> None:
    with world() as shop:
        (finding,) = shop.platform(**options).check()
        assert not finding.ok
        assert status in finding.message
        assert remedy in finding.remedy
        assert "two hours" in finding.remedy
        with pytest.raises(PlatformError, match=status):
            shop.poll(shop.platform(**options))


def test_the_wait_that_hepsiburada_asks_for_is_kept() -> None:
    with world() as shop:
        shop.state.requests_per_minute = 1
        waits: list[float] = []
        keys = {"base_url": shop.sandbox.hepsiburada_url, "service_key": Secret(shop.state.service_key)}

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            shop.pass_by(seconds=seconds)

        platform = open_platform(settings(**keys), clock=lambda: shop.moment[0], sleep=sleep)
        assert platform.check()[0].ok
        shop.pass_by(seconds=20)
        assert platform.check()[0].ok
        assert waits == [41]
