from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import simplejson
from sandbox_clients import Clock

from syncd.sandbox.hepsiburada.state import HepsiburadaState, line_id
from syncd.sandbox.market.package import Kind, Package, Stage
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

HOUR, DAY = 3600, 86400


@dataclass
class Store:
    """A store whose orders came in a minute apart, and don't move by themselves."""

    sandbox: Sandbox
    clock: Clock
    client: httpx.Client

    @property
    def state(self) -> HepsiburadaState:
        state: HepsiburadaState = self.sandbox.hepsiburada
        return state

    def get(self, path: str, **query: Any) -> httpx.Response:
        room, _, rest = path.partition("/")
        return self.client.get(f"/{room}/merchantid/{self.state.merchant_id}/{rest}".rstrip("/"), params=query or None)

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        body = simplejson.loads(self.get(path, **query).text, use_decimal=True)
        found: list[dict[str, Any]] = body if isinstance(body, list) else body["items"]
        return found

    def package(self, kind: Kind = Kind.CONSUMER, stage: Stage | None = None) -> Package:
        package = next(one for one in self.state.market.packages.values() if one.kind is kind)
        return self.state.market.move(package.package_id, stage) if stage else package

    def local(self, seconds: float = 0) -> str:
        return datetime.fromtimestamp(self.clock.now + seconds + 3 * HOUR, UTC).strftime("%Y-%m-%d %H:%M")


@contextmanager
def store(**options: Any) -> Iterator[Store]:
    clock = Clock()
    chosen = {"orders": 0, "stands": frozenset({"hepsiburada"}), "market_age_hours": 1, "market_spacing_seconds": 60}
    with Sandbox(SandboxOptions(**{**chosen, "market_pace": 1000.0, **options}), clock) as sandbox:
        state = sandbox.hepsiburada
        with httpx.Client(
            base_url=sandbox.hepsiburada_url,
            auth=(state.merchant_id, state.service_key),
            headers={"User-Agent": state.user_agent},
        ) as client:
            yield Store(sandbox, clock, client)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["content-type"].split(";")[0]


def test_without_the_integrators_user_agent_there_is_a_page() -> None:
    with store() as shop:
        for agent in ("", "somebody_else"):
            shop.client.headers["User-Agent"] = agent
            assert refusal(shop.get("orders")) == (403, "text/html")
        shop.client.headers["User-Agent"] = shop.state.merchant_id
        assert refusal(shop.get("orders")) == (401, "text/plain")


def test_a_wrong_key_is_refused_in_words_and_another_store_in_json() -> None:
    with store() as shop:
        assert refusal(shop.client.get(f"/orders/merchantid/{shop.state.merchant_id[:-1]}2")) == (
            403,
            "application/json",
        )
        shop.client.auth = httpx.BasicAuth(shop.state.merchant_id, "wrong")
        answer = shop.get("orders")
        assert (answer.status_code, answer.text) == (401, "Unauthorized")


def test_paths_are_the_same_in_capitals() -> None:
    with store() as shop:
        assert shop.client.get(f"/Orders/MerchantId/{shop.state.merchant_id.upper()}").status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("orders", {"offset": 0}),
        ("orders", {"limit": 10}),
        ("orders", {"offset": 0, "limit": 101}),
        ("orders/cancelled", {"offset": 0, "limit": 51}),
        ("packages", {"Offset": 0, "limit": 11}),
        ("packages", {"offset": 0, "limit": 10}),
        ("packages/shipped", {"offset": 0, "limit": 0}),
        ("orders", {"status": "Open"}),
        ("orders", {"begindate": "2026-11-20"}),
        ("packages/missing-invoice", {"begindate": "2026-11-20 10:00"}),
    ],
)
def test_parameters_that_the_service_does_not_take_are_refused(path: str, query: dict[str, Any]) -> None:
    with store() as shop:
        assert refusal(shop.get(path, **query)) == (400, "application/json")


def test_a_window_of_packages_wider_than_a_day_is_cut_without_a_word() -> None:
    with store() as shop:
        first = shop.package(Kind.CONSUMER, Stage.PREPARING)
        shop.clock.now += 2 * DAY
        second = shop.package(Kind.COMPANY, Stage.PREPARING)
        wide = shop.items("packages", begindate=shop.local(-2 * DAY - HOUR), enddate=shop.local(HOUR))
        assert [one["packageNumber"] for one in wide] == [str(first.package_id)]
        narrow = shop.items("packages", begindate=shop.local(-HOUR), enddate=shop.local(HOUR))
        assert [one["packageNumber"] for one in narrow] == [str(second.package_id)]


def test_packages_are_a_bare_array_with_their_totals_in_headers() -> None:
    with store() as shop:
        for package in list(shop.state.market.packages.values()):
            if package.stage is Stage.CREATED:
                shop.state.market.move(package.package_id, Stage.PREPARING)
        answer = shop.get("packages", Offset=10, limit=10)
        assert len(answer.json()) == 10
        told = {name: int(answer.headers[name]) for name in ("limit", "offset", "pagecount", "totalcount")}
        assert told["offset"] == told["limit"] == 10
        assert told["pagecount"] == -(-told["totalcount"] // 10) == 3


@pytest.mark.parametrize(
    ("stage", "path", "date"),
    [
        (Stage.SHIPPED, "packages/shipped", "ShippedDate"),
        (Stage.DELIVERED, "packages/delivered", "DeliveredDate"),
        (Stage.UNDELIVERED, "packages/undelivered", "UndeliveredDate"),
    ],
)
def test_each_state_has_a_list_in_capitals_by_its_own_date_and_a_month_long(stage: Stage, path: str, date: str) -> None:
    with store() as shop:
        package = shop.package(Kind.CONSUMER, stage)
        (entry,) = shop.items(path, offset=0, limit=50)
        assert (entry["PackageNumber"], entry["OrderNumbers"]) == (str(package.package_id), [package.order_number])
        assert entry[date] == shop.local().replace(" ", "T") + entry[date][16:]
        assert shop.items(path, begindate=shop.local(-DAY), enddate=shop.local(-HOUR), offset=0, limit=50) == []
        shop.clock.now += 31 * DAY
        assert shop.items(path, offset=0, limit=50) == []
        assert shop.get(f"orders/ordernumber/{package.order_number}").json()["items"][0]["status"] != "Open"


def test_what_is_not_paid_has_no_detail_and_no_price() -> None:
    with store() as shop:
        package = shop.package(Kind.UNPAID)
        entries = shop.items("orders/paymentawaiting", offset=0, limit=50)
        own = [entry for entry in entries if entry["OrderNumber"] == package.order_number]
        assert {entry["Id"] for entry in own} == {line_id(line) for line in package.lines}
        assert not any("rice" in name for entry in own for name in entry)
        answer = shop.get(f"orders/ordernumber/{package.order_number}")
        assert (answer.status_code, isinstance(answer.json(), str)) == (404, True)
        assert package.order_number not in {entry["orderNumber"] for entry in shop.items("orders")}


def test_open_lines_go_into_a_package_and_come_back_unpacked_under_another_number() -> None:
    with store() as shop:
        package = shop.package()

        def line() -> tuple[str, str, str]:
            item = shop.get(f"orders/ordernumber/{package.order_number}").json()["items"][0]
            return item["id"], item["status"], item["packageNumber"]

        id_ = line_id(package.lines[0])
        assert line() == (id_, "Open", "")
        shop.state.market.move(package.package_id, Stage.PREPARING)
        assert line() == (id_, "Packaged", str(package.package_id))
        shop.state.unpack(package.package_id)
        assert line() == (id_, "Unpacked", "")
        assert [one["packageNumber"] for one in shop.items("packages/status/unpacked")] == [str(package.package_id)]
        assert refusal(shop.get(f"packages/packagenumber/{package.package_id}")) == (404, "application/json")
        again = shop.state.pack_again(package.package_id)
        assert again.package_id != package.package_id
        assert line() == (id_, "Packaged", str(again.package_id))


def test_of_a_line_whose_pieces_are_split_the_rest_keeps_the_id() -> None:
    with store() as shop:
        package = shop.package(Kind.SPLIT, Stage.PREPARING)
        line = package.lines[0]
        others = {one.line_id: one.quantity for one in package.lines[1:]}
        shop.state.market.split(package.package_id, [{line.line_id: 1}, {line.line_id: line.quantity - 1, **others}])
        items = shop.get(f"orders/ordernumber/{package.order_number}").json()["items"]
        pieces = {item["id"]: item["quantity"] for item in items}
        assert pieces[line_id(line)] == line.quantity - 1
        assert len(items) == len(package.lines) + 1
        assert len({item["packageNumber"] for item in items}) == 2


def test_a_package_of_two_orders_names_both_and_each_detail_has_its_own_lines() -> None:
    with store() as shop:
        package = shop.package(Kind.TWO_ORDERS, Stage.PREPARING)
        (entry,) = (one for one in shop.items("packages") if one["packageNumber"] == str(package.package_id))
        assert {item["orderNumber"] for item in entry["items"]} == set(package.order_numbers)
        missing = shop.items("packages/missing-invoice", offset=0, limit=50)
        assert [one["orderNumbers"] for one in missing] == [list(package.order_numbers)]
        for number in package.order_numbers:
            items = shop.get(f"orders/ordernumber/{number}").json()["items"]
            assert {item["orderNumber"] for item in items} == {number}
            assert {item["packageNumber"] for item in items} == {str(package.package_id)}


def test_cancelled_pieces_are_lines_of_their_own_without_a_package() -> None:
    with store() as shop:
        package = shop.package(Kind.COMPANY, Stage.PREPARING)
        line = package.lines[0]
        shop.state.market.part_cancel(package.package_id, {line.line_id: line.quantity})
        (entry,) = shop.items("orders/cancelled", offset=0, limit=50)
        assert (entry["lineItemId"], entry["quantity"]) == (line_id(line), line.quantity)
        items = shop.get(f"orders/ordernumber/{package.order_number}").json()["items"]
        gone = [item for item in items if item["status"].startswith("Cancelled")]
        assert [(item["id"], item["packageNumber"]) for item in gone] == [(line_id(line), "")]
        assert len(items) == len(package.lines)


def test_amounts_agree_with_what_is_known_in_both_shapes() -> None:
    with store() as shop:
        for package in list(shop.state.market.packages.values()):
            if package.stage is not Stage.CREATED or package.contradictory:
                continue
            shop.state.market.move(package.package_id, Stage.PREPARING)
            truth = shop.state.market.truth(package.package_id)
            listed = [one for page in range(3) for one in shop.items("packages", Offset=10 * page, limit=10)]
            (entry,) = (one for one in listed if one["packageNumber"] == str(package.package_id))
            details = [
                item
                for number in package.order_numbers
                for item in simplejson.loads(shop.get(f"orders/ordernumber/{number}").text, use_decimal=True)["items"]
            ]
            for items in (entry["items"], details):
                totals = [item["totalPrice"]["amount"].quantize(Decimal("0.01")) for item in items]
                assert sum(totals) == truth.total, truth.telling
            for item in entry["items"]:
                assert abs(item["price"]["amount"] * item["quantity"] - item["totalPrice"]["amount"]) < Decimal("0.01")
                own = item["merchantTotalPrice"]["amount"] - item["totalHBDiscount"]["amount"]
                assert own == item["totalPrice"]["amount"]


def test_with_automatic_packaging_no_line_is_ever_open() -> None:
    with store() as shop:
        shop.state.automatic_packaging = True
        assert shop.items("orders") == []
        assert shop.items("packages")


def test_while_the_market_is_silent_all_lists_are_empty() -> None:
    with store() as shop:
        package = shop.package(Kind.CONSUMER, Stage.PREPARING)
        with shop.state.market.silenced():
            for path in ("orders", "packages", "orders/cancelled", "packages/missing-invoice"):
                assert shop.items(path) == []
            assert shop.get(f"orders/ordernumber/{package.order_number}").status_code == 200


def test_over_the_limit_the_headers_tell_when_it_ends() -> None:
    with store() as shop:
        shop.state.requests_per_minute = 2
        assert [shop.get("orders").status_code for _ in range(2)] == [200, 200]
        answer = shop.get("orders")
        assert (answer.status_code, answer.headers["X-RateLimit-Limit"]) == (429, "2")
        shop.clock.now += int(answer.headers["X-RateLimit-Reset"])
        assert shop.get("orders").status_code == 200


def test_tracking_tells_the_carriers_code_once_the_package_is_on_its_way() -> None:
    with store() as shop:
        package = shop.package(Kind.CONSUMER, Stage.PREPARING)
        path = f"packages/packagenumber/{package.package_id}"
        assert (shop.get(path).json()["status"], shop.get(path).json()["trackingInfoCode"]) == ("Open", "")
        shop.state.market.move(package.package_id, Stage.SHIPPED)
        assert (shop.get(path).json()["status"], bool(shop.get(path).json()["trackingInfoCode"])) == ("InTransit", True)
