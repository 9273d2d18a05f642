"""The connector against the sandbox's Trendyol: other code, real HTTP, a market that goes on living."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from trendyol_packages import settings

from syncd.config.settings import Secret
from syncd.errors import PlatformError
from syncd.orders.identity import is_filler
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.platforms.platform import Page, Platform, open_platform
from syncd.sandbox.faults import Fault
from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Kind, Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

OPTIONS = SandboxOptions(stands=frozenset({"trendyol"}), market_limits=False)
HOUR, DAY = 3600, 86_400
STATUSES = {
    Stage.CREATED: Status.AWAITING_APPROVAL,
    Stage.PREPARING: Status.PREPARING,
    Stage.SHIPPED: Status.SHIPPED,
    Stage.UNDELIVERED: Status.SHIPPED,
    Stage.DELIVERED: Status.DELIVERED,
    Stage.RETURNED: Status.RETURNED,
    Stage.CANCELLED: Status.CANCELLED,
    Stage.UNSUPPLIED: Status.CANCELLED,
    Stage.UNPACKED: Status.CANCELLED,
}


class World:
    """A sandbox, its clock, and a connected platform whose clock is the same and whose sleep moves it."""

    def __init__(self, sandbox: Sandbox, clock: list[float]) -> None:
        self.sandbox = sandbox
        self._clock = clock
        self.begin = self.now

    @property
    def market(self) -> Market:
        return self.sandbox.market("trendyol")

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock[0], UTC)

    def wait(self, seconds: float) -> None:
        self._clock[0] += math.ceil(seconds)

    def platform(self, **options: Any) -> Platform:
        known = self.sandbox.options
        keys = {
            "seller_id": known.trendyol_seller_id,
            "api_key": Secret(known.trendyol_api_key),
            "api_secret": Secret(known.trendyol_api_secret),
            "base_url": self.sandbox.trendyol_url,
            "spacing": "0s",
        }
        return open_platform(settings(**keys | options), clock=lambda: self.now, sleep=self.wait)

    def statuses(self) -> list[int]:
        return [exchange.status for exchange in self.sandbox.traffic_of("trendyol")]

    def queries(self) -> list[dict[str, Any]]:
        return [exchange.query for exchange in self.sandbox.traffic_of("trendyol")]


@contextmanager
def world(filter_clock: Literal["utc", "turkey"] = "utc", **options: Any) -> Iterator[World]:
    clock = [datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp()]
    with Sandbox(replace(OPTIONS, **options), lambda: clock[0]) as sandbox:
        sandbox.trendyol.filter_clock = filter_clock
        yield World(sandbox, clock)


def everything(platform: Platform, since: datetime) -> list[Order]:
    found = [record for page in platform.changes(since) for record in page.records]
    assert [record.problem for record in found if record.problem is not None] == []
    return [record.order for record in found if record.order is not None]


def mark_of(pages: list[Page]) -> datetime:
    assert pages[-1].mark is not None
    return pages[-1].mark


def test_every_package_agrees_with_what_is_known_about_it() -> None:
    with world(market_orders=120, market_spacing_seconds=HOUR, market_age_hours=120, seed=3) as here:
        orders = {int(order.id): order for order in everything(here.platform(), datetime(2026, 11, 1, tzinfo=UTC))}
        known = here.market.packages
        assert set(orders) == {number for number, package in known.items() if not package.masked}
        assert {package.kind for package in known.values()} == set(here.market.traits.kinds)
        for number, order in orders.items():
            package, truth = known[number], here.market.truth(number)
            assert order.status is STATUSES[package.stage], truth.telling
            assert {int(line.id): line.total for line in order.lines} == truth.by_line, truth.telling
            by_rate: dict[int, Decimal] = {}
            for line in order.lines:
                by_rate[int(line.vat_rate)] = by_rate.get(int(line.vat_rate), Decimal(0)) + line.total
            assert by_rate == truth.by_rate, truth.telling
            contradictory = truth.reason is Reason.CONTRADICTORY or package.contradictory
            assert order.total == truth.total + (5 if contradictory else 0), truth.telling
            dead = order.status is Status.CANCELLED
            assert bool(order.doubts) is (contradictory and not dead), truth.telling
            assert order.buyer.tax_number == ("" if is_filler(truth.tax_number) else truth.tax_number), truth.telling
            assert bool(order.buyer.company) is truth.company
            assert order.buyer.e_invoice is (package.buyer.e_invoice if truth.company else None)
            assert order.origin_ids == tuple(map(str, package.origin_ids))
            assert order.number == truth.order_number
            assert order.export.micro is package.micro_export
            assert order.export.intermediated is package.intermediated
            assert order.ordered_at.timestamp() == package.ordered_at
            assert order.updated_at is not None
            assert order.updated_at.timestamp() == package.modified
            for moment, stage in ((order.shipped_at, Stage.SHIPPED), (order.delivered_at, Stage.DELIVERED)):
                assert (moment.timestamp() if moment is not None else None) == package.reached(stage)
            assert order.billing.city == package.buyer.address.city
            assert order.payment.method == package.payment_method


@pytest.mark.parametrize("filter_clock", ["utc", "turkey"])
def test_polling_sees_every_version_once_in_a_market_that_goes_on(filter_clock: Literal["utc", "turkey"]) -> None:
    with world(filter_clock, market_orders=60, market_age_hours=0, market_spacing_seconds=600) as here:
        platform, since = here.platform(), here.now
        seen: dict[str, datetime | None] = {}
        while here.market.waiting:
            pages = list(platform.changes(since))
            since = mark_of(pages)
            for order in (record.order for page in pages for record in page.records):
                assert order is not None
                seen[order.id] = order.updated_at
            alive = {str(n): one for n, one in here.market.packages.items() if not one.masked}
            assert {n: one.modified for n, one in alive.items()} == {
                n: int(moment.timestamp()) for n, moment in seen.items() if moment is not None and n in alive
            }
            assert set(seen) == set(alive)
            here.wait(3 * HOUR)


@pytest.mark.parametrize("filter_clock", ["utc", "turkey"])
def test_the_newest_change_is_in_the_window_whatever_clock_the_filter_counts_in(
    filter_clock: Literal["utc", "turkey"],
) -> None:
    with world(filter_clock) as here:
        number = max(n for n, one in here.market.packages.items() if not one.masked)
        here.market.touch(number)
        first = next(iter(here.platform().changes(here.now)))
        assert first.records[0].id == str(number)


def test_pages_are_read_by_cursor_to_the_end_and_only_then_the_mark_rises() -> None:
    with world(market_orders=450, market_spacing_seconds=30, market_age_hours=3.9) as here:
        pages = list(here.platform().changes(here.now))
        shown = [record.id for page in pages for record in page.records]
        assert len(shown) == len(set(shown))
        changed = [n for n, one in here.market.packages.items() if one.modified >= here.now.timestamp() - 4 * HOUR]
        masked = [n for n, one in here.market.packages.items() if one.masked]
        assert set(map(int, shown)) == set(changed) - set(masked)
        assert len(changed) > 200
        queries = here.queries()
        assert len(queries) == -(-len(changed) // 200)
        assert "nextCursor" not in queries[0]
        assert all("nextCursor" in query for query in queries[1:])
        assert [page.mark for page in pages[:-1]] == [None] * (len(pages) - 1)
        assert mark_of(pages) == here.begin


def test_a_package_that_changes_while_the_list_is_read_is_not_lost() -> None:
    with world(market_orders=450, market_spacing_seconds=30, market_age_hours=3.9) as here:
        platform = here.platform()
        changing = iter(platform.changes(here.now))
        first = next(changing)
        unseen = sorted(set(here.market.packages) - {int(record.id) for record in first.records if record.id})
        number = next(n for n in unseen if here.market.packages[n].stage is Stage.CREATED)
        here.wait(1)
        here.market.move(number, Stage.PREPARING)
        pages = [first, *changing]
        again = [record.id for page in platform.changes(mark_of(pages)) for record in page.records]
        assert again[0] == str(number)


def test_a_split_is_seen_as_a_dead_parent_and_living_children() -> None:
    with world() as here:
        since = here.now
        number = next(
            n
            for n, one in here.market.packages.items()
            if one.kind is Kind.COMPANY and len(one.lines) > 1 and one.stage is not Stage.CANCELLED
        )
        first, *rest = here.market.packages[number].lines
        children = here.market.split(
            number, [{first.line_id: first.quantity}, {line.line_id: line.quantity for line in rest}]
        )
        orders = {order.id: order for order in everything(here.platform(), since)}
        parent = orders[str(number)]
        assert (parent.status, parent.status_text) == (Status.CANCELLED, "UnPacked")
        assert {child.package_id for child in children} <= set(map(int, orders))
        parts = [orders[str(child.package_id)] for child in children]
        assert all(part.origin_ids == (str(number),) and part.number == parent.number for part in parts)
        assert sum(part.total for part in parts) == parent.total


def test_an_outage_shows_an_empty_list_and_is_read_again_in_the_rescan() -> None:
    with world() as here:
        platform = here.platform()
        with here.market.silenced():
            pages = list(platform.changes(datetime(2026, 11, 20, tzinfo=UTC)))
            assert [record for page in pages for record in page.records] == []
        assert platform.rescan is not None
        assert len(everything(platform, here.now - platform.rescan)) == len(
            [one for one in here.market.packages.values() if not one.masked]
        )


def test_a_months_backlog_is_read_in_windows_that_trendyol_takes() -> None:
    with world(market_orders=40, market_age_hours=80 * 24, market_spacing_seconds=2 * DAY) as here:
        orders = everything(here.platform(), datetime(2025, 1, 1, tzinfo=UTC))
        assert len({order.id for order in orders}) == len(orders)
        assert {int(order.id) for order in orders} == {n for n, one in here.market.packages.items() if not one.masked}
        assert len(here.queries()) == 7
        assert set(here.statuses()) == {200}


def test_five_seconds_lie_between_two_requests_and_keep_trendyol_from_refusing() -> None:
    with world(market_limits=True, market_orders=0) as here:
        list(here.platform(spacing="5s").changes(datetime(2025, 1, 1, tzinfo=UTC)))
        assert here.statuses() == [200] * 7
        here.wait(5)
        begin = len(here.statuses())
        list(here.platform(spacing="0s").changes(datetime(2025, 1, 1, tzinfo=UTC)))
        assert 429 in here.statuses()[begin:]


@pytest.mark.parametrize("kind", ["500", "502html", "429", "close_after", "truncate"])
def test_a_fault_in_the_middle_is_overcome(kind: str) -> None:
    with world(market_orders=300, market_spacing_seconds=30, market_age_hours=2) as here:
        here.sandbox.faults.add(Fault(kind, path="/orders/stream", nth=2))
        platform, since = here.platform(), here.now
        orders = everything(platform, since)
        known = [number for number, package in here.market.packages.items() if not package.masked]
        assert sorted(int(order.id) for order in orders) == sorted(known)


def refused(here: World, **options: Any) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        list(here.platform(**options).changes(here.now))
    return caught.value


def test_refusals_of_the_service_come_with_their_remedies() -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"api_secret": Secret("falsch")}, 401, "master user"),
        ({"seller_id": 4711}, 403, '"4711 - SelfIntegration"'),
        ({"integrator": "Falsch-1"}, 403, "blocks the address"),
    ]
    with world() as here:
        for options, status, advice in cases:
            error = refused(here, **options)
            assert f"HTTP {status}" in error.message
            assert advice in error.remedy
        assert here.statuses() == [status for _, status, _ in cases]


def test_the_connection_test_passes() -> None:
    with world() as here:
        orders, seller = here.platform().check()
        assert (orders.ok, seller.ok) == (True, True)
        assert f"of seller {OPTIONS.trendyol_seller_id}" in seller.message
        (failed,) = here.platform(api_key=Secret("falsch")).check()
        assert not failed.ok
