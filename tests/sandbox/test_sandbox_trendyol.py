"""The stand-in for Trendyol's order services keeps to what is known of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sandbox_clients import Clock

from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Kind, Stage
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

OPTIONS = SandboxOptions(stands=frozenset({"trendyol"}), market_limits=False)
SELLER = OPTIONS.trendyol_seller_id
KEYS = (OPTIONS.trendyol_api_key, OPTIONS.trendyol_api_secret)
AGENT = {"User-Agent": f"{SELLER} - SelfIntegration"}
STREAM, LIST = "orders/stream", "v2/orders"
HOUR, DAY = 3_600_000, 86_400_000


class Seller:
    """Asks the stand-in as a seller's program does."""

    def __init__(self, sandbox: Sandbox, clock: Clock, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self._http = http
        self._root = f"{sandbox.trendyol_url}/integration/order/sellers"

    @property
    def market(self) -> Market:
        return self.sandbox.market("trendyol")

    @property
    def now(self) -> int:
        return int(self.clock() * 1000)

    def ask(
        self, path: str = STREAM, *, seller: int = SELLER, auth: Any = KEYS, headers: Any = None, **query: Any
    ) -> httpx.Response:
        url = f"{self._root}/{seller}/{path}"
        return self._http.get(url, params=query, auth=auth, headers=AGENT if headers is None else headers)

    def window(self, days: float = 14, **query: Any) -> dict[str, Any]:
        begin = self.now - int(days * DAY)
        return {"lastModifiedStartDate": begin, "lastModifiedEndDate": self.now, "size": 200, **query}

    def packages(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.ask(**self.window(**query))
        assert answer.status_code == 200, answer.text
        content: list[dict[str, Any]] = answer.json()["content"]
        return content


@contextmanager
def seller(**options: Any) -> Iterator[Seller]:
    clock = Clock()
    with Sandbox(replace(OPTIONS, **options), clock) as sandbox, httpx.Client(timeout=10) as http:
        yield Seller(sandbox, clock, http)


def of_kind(market: Market, kind: Kind) -> int:
    return next(number for number, package in market.packages.items() if package.kind is kind)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["errors"][0]
    return answer.status_code, error.get("key") or error["errorCode"]


def test_without_a_user_agent_of_the_right_form_everybody_is_blocked() -> None:
    with seller() as asking:
        for agent in ("", "python-httpx/0.28", "SelfIntegration", f"{SELLER}-Self", f"{SELLER} - {'x' * 31}"):
            answer = asking.ask(headers={"User-Agent": agent})
            assert answer.status_code == 403
            assert "<html>" in answer.text
        assert asking.ask(headers={"User-Agent": f"{SELLER} - Ornek1"}).status_code == 200


def test_a_wrong_key_and_a_strange_seller_are_told_apart() -> None:
    with seller() as asking:
        for auth in (None, (KEYS[0], "x"), ("x", KEYS[1])):
            answer = asking.ask(auth=auth)
            assert (answer.status_code, answer.json()["exception"]) == (401, "ClientApiAuthenticationException")
        assert refusal(asking.ask(seller=4711)) == (403, "seller.not.allowed")
        assert refusal(asking.ask(headers={"User-Agent": "4711 - SelfIntegration"})) == (403, "seller.not.allowed")


def test_the_retired_list_says_so_and_nothing_else_is_there() -> None:
    with seller() as asking:
        retired = asking.ask("orders")
        assert (retired.status_code, retired.json()["status"]) == (426, 426)
        assert asking.ask("claims").status_code == 404


def test_the_stream_shows_the_newest_change_first_page_by_page() -> None:
    with seller(market_orders=40) as asking:
        query = asking.window(size=15)
        shown: list[dict[str, Any]] = []
        answer = asking.ask(**query).json()
        while True:
            shown += answer["content"]
            if not answer["hasMore"]:
                break
            answer = asking.ask(**query, nextCursor=answer["nextCursor"]).json()
        stamps = [package["lastModifiedDate"] for package in shown]
        assert stamps == sorted(stamps, reverse=True)
        assert len(shown) == len(asking.market.packages)
        assert answer["nextCursor"] is None


def test_a_cursor_belongs_to_its_filters() -> None:
    with seller() as asking:
        query = asking.window(size=5)
        cursor = asking.ask(**query).json()["nextCursor"]
        for other in (
            query | {"lastModifiedEndDate": asking.now - 1},
            query | {"packageItemStatuses": "Created"},
            {"size": 5},
        ):
            assert refusal(asking.ask(**other, nextCursor=cursor)) == (400, "invalid.cursor")
        assert refusal(asking.ask(**query, nextCursor="x")) == (400, "invalid.cursor")
        assert asking.ask(**query, nextCursor=cursor).status_code == 200


def test_a_package_that_changes_leaves_the_pages_to_come() -> None:
    with seller() as asking:
        query = asking.window(days=13, size=5) | {"lastModifiedEndDate": asking.now + HOUR}
        first = asking.ask(**query).json()
        last = min(asking.market.packages.values(), key=lambda package: package.modified)
        asking.clock.now += 1
        asking.market.touch(last.package_id)
        rest = asking.ask(**query | {"size": 200}, nextCursor=first["nextCursor"]).json()
        numbers = [package["shipmentPackageId"] for package in first["content"] + rest["content"]]
        assert last.package_id not in numbers


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({"days": 14.1}, "invalid.date.range"),
        ({"days": -1}, "invalid.date.range"),
        ({"size": 201}, "invalid.parameter"),
        ({"size": 0}, "invalid.parameter"),
        ({"page": 1}, "invalid.parameter"),
        ({"packageItemStatuses": "Verschickt"}, "invalid.parameter"),
        ({"lastModifiedStartDate": "2026-11-01"}, "invalid.parameter"),
        ({"lastModifiedStartDate": 1_700_000_000}, "invalid.parameter"),
    ],
)
def test_bad_queries_are_refused(query: dict[str, Any], key: str) -> None:
    with seller() as asking:
        assert refusal(asking.ask(**asking.window(**query))) == (400, key)


def test_one_end_of_a_window_alone_and_one_too_long_ago_are_refused() -> None:
    with seller() as asking:
        assert refusal(asking.ask(lastModifiedStartDate=asking.now - DAY)) == (400, "invalid.date.range")
        old = {"lastModifiedStartDate": asking.now - 91 * DAY, "lastModifiedEndDate": asking.now - 80 * DAY}
        assert refusal(asking.ask(**old)) == (400, "invalid.date.range")
        assert asking.ask(**old | {"lastModifiedStartDate": asking.now - 90 * DAY}).status_code == 200


def test_a_stream_that_is_asked_too_often_is_refused() -> None:
    with seller(market_limits=True) as asking:
        assert asking.ask().status_code == 200
        assert refusal(asking.ask()) == (429, "too.many.requests")
        asking.clock.now += 5
        assert asking.ask().status_code == 200


def test_the_list_takes_thirty_requests_a_minute() -> None:
    with seller(market_limits=True) as asking:
        assert [asking.ask(LIST).status_code for _ in range(31)] == [200] * 30 + [429]
        asking.clock.now += 60
        assert asking.ask(LIST).status_code == 200


def test_the_list_has_pages_from_zero_and_an_end_that_can_not_be_passed() -> None:
    with seller() as asking:
        window = {"startDate": asking.now - 13 * DAY, "endDate": asking.now}
        whole = asking.ask(LIST, **window, size=200, orderByField="PackageLastModifiedDate", orderByDirection="ASC")
        body = whole.json()
        assert (body["totalElements"], body["totalPages"], body["page"]) == (len(asking.market.packages), 1, 0)
        pages = [asking.ask(LIST, **window, size=20, page=page, orderByDirection="ASC").json() for page in (0, 1, 2)]
        assert [package for page in pages for package in page["content"]] == body["content"]
        assert refusal(asking.ask(LIST, size=200, page=50)) == (400, "max.query.window")
        assert refusal(asking.ask(LIST, orderByField="CreatedDate")) == (400, "invalid.parameter")
        assert refusal(asking.ask(LIST, startDate=asking.now - 31 * DAY, endDate=asking.now - 20 * DAY))[0] == 400


def test_the_list_finds_an_orders_packages() -> None:
    with seller() as asking:
        parent = asking.market.packages[of_kind(asking.market, Kind.SPLIT)]
        found = asking.ask(LIST, orderNumber=parent.order_number).json()["content"]
        assert len(found) == 3
        numbers = [package["shipmentPackageId"] for package in found]
        assert [one["shipmentPackageId"] for one in asking.ask(LIST, shipmentPackageIds=numbers[0]).json()["content"]]
        assert asking.ask(LIST, status="UnPacked", orderNumber=parent.order_number).json()["totalElements"] == 1


def test_whoever_has_not_paid_is_hidden() -> None:
    with seller(market_age_hours=1, market_spacing_seconds=1) as asking:
        hidden = [package for package in asking.packages() if package["customerFirstName"] == "***"]
        assert len(hidden) == 2
        for package in hidden:
            assert (package["shipmentPackageId"], package["customerId"], package["cargoTrackingNumber"]) == (0, 0, 0)
            assert package.get("status", "Awaiting") == "Awaiting"
            assert package["packageHistories"] == [{"createdDate": 0, "status": "Awaiting"}]


def test_a_split_names_its_origin_and_keeps_the_order_number() -> None:
    with seller() as asking:
        parent = asking.market.packages[of_kind(asking.market, Kind.SPLIT)]
        family = [package for package in asking.packages() if package["orderNumber"] == parent.order_number]
        assert sorted(package["createdBy"] for package in family) == ["order-creation", "split", "split"]
        for package in family:
            child = package["createdBy"] == "split"
            assert package["originPackageIds"] == ([parent.package_id] if child else package["originPackageIds"])
            assert (package["status"] == "UnPacked") is not child


def test_the_order_date_is_three_hours_ahead_and_the_history_is_not() -> None:
    with seller() as asking:
        for package in asking.packages():
            known = asking.market.packages.get(package["shipmentPackageId"])
            assert known is None or package["orderDate"] == known.ordered_at * 1000 + 3 * HOUR
            moments = {entry["createdDate"] for entry in package["packageHistories"]}
            assert known is None or moments == {at * 1000 for _, at in known.history}


def test_what_trendyol_gives_a_consumer_is_in_the_lines_and_not_in_the_package() -> None:
    with seller() as asking:
        shown = {package["shipmentPackageId"]: package for package in asking.packages()}
        consumer = shown[of_kind(asking.market, Kind.PLATFORM_DISCOUNT)]
        company = shown[of_kind(asking.market, Kind.COMPANY_DISCOUNT)]
        for package in (consumer, company):
            given = sum(one["lineItemTyDiscount"] for line in package["lines"] for one in line["discountDetails"])
            assert given > 0
            assert all(len(line["discountDetails"]) == line["quantity"] for line in package["lines"])
            less = round(package["packageGrossAmount"] - package["packageTotalPrice"], 2)
            corporate = package["commercial"]
            assert package["packageTyDiscount"] == less == (round(given, 2) if corporate else 0)


def test_types_and_names_differ_from_package_to_package() -> None:
    with seller(market_orders=60) as asking:
        shown = [package for package in asking.packages() if package["shipmentPackageId"]]
        phones = {type(package["invoiceAddress"]["phone"]) for package in shown}
        assert phones == {int, str, type(None)}
        assert {type(line["vatRate"]) for package in shown for line in package["lines"]} == {int, float}
        assert {type(package["originPackageIds"]) for package in shown} == {list, str, type(None)}
        addresses = [package["invoiceAddress"] for package in shown if package["commercial"]]
        assert {name for address in addresses for name in address if "nvoiceAvailable" in name} == {
            "eInvoiceAvailable",
            "isEInvoiceAvailable",
        }
        assert all("taxNumber" not in one["invoiceAddress"] for one in shown if not one["commercial"])
        assert any(one["invoiceAddress"]["city"] != one["invoiceAddress"]["city"].strip() for one in shown)


def test_sales_abroad_and_pick_up_points_carry_their_marks() -> None:
    with seller() as asking:
        shown = {package["shipmentPackageId"]: package for package in asking.packages()}
        assert shown[of_kind(asking.market, Kind.EXPORT)]["micro"]
        abroad = shown[of_kind(asking.market, Kind.INTERMEDIATED)]
        assert abroad["is4P"] != abroad["3pByTrendyol"]
        assert not abroad["micro"]
        number = of_kind(asking.market, Kind.PICK_UP)
        assert shown[number]["deliveryAddressType"] == "CollectionPoint"
        asking.market.move(number, Stage.SHIPPED)
        again = {package["shipmentPackageId"]: package for package in asking.packages()}
        assert again[number]["status"] == "AtCollectionPoint"


def test_a_silent_market_is_an_empty_page() -> None:
    with seller() as asking, asking.market.silenced():
        answer = asking.ask(**asking.window())
        assert answer.json() == {"content": [], "size": 200, "hasMore": False, "nextCursor": None}
        assert asking.ask(LIST).json()["totalElements"] == 0


def test_the_filter_may_count_in_turkish_time() -> None:
    with seller() as asking:
        number = of_kind(asking.market, Kind.COMPANY)
        asking.market.touch(number)
        ahead = {"lastModifiedStartDate": asking.now + 2 * HOUR, "lastModifiedEndDate": asking.now + 4 * HOUR}
        assert asking.ask(**ahead).json()["content"] == []
        asking.sandbox.trendyol.filter_clock = "turkey"
        assert [one["shipmentPackageId"] for one in asking.ask(**ahead).json()["content"]] == [number]
