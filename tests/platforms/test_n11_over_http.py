"""The connector against the stand-in for N11: paging, windows, packages that move while they are read, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from n11_served import DAY, NOON, Store, served
from n11_store import platform as with_transport
from n11_store import settings

from syncd.config.settings import Secret
from syncd.errors import PlatformError
from syncd.masking import mask
from syncd.orders.identity import is_filler
from syncd.orders.order import Order
from syncd.orders.status import SIDE_EXITS, Status, has_reached
from syncd.platforms.platform import Platform, open_platform
from syncd.sandbox.market.package import MAIN_WAY, Kind, Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

WORDS = ["Created", "Picking", "Shipped", "Delivered", "Cancelled", "UnSupplied", "Unpacked"]
TRIGGERS = {
    Stage.CREATED: Status.AWAITING_APPROVAL,
    Stage.PREPARING: Status.PREPARING,
    Stage.SHIPPED: Status.SHIPPED,
    Stage.DELIVERED: Status.DELIVERED,
}


@pytest.fixture
def store() -> Iterator[Store]:
    with served() as store:
        yield store


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def connected(store: Store, **options: Any) -> Platform:
    keys = {"app_key": Secret(store.state.app_key), "app_secret": Secret(store.state.app_secret)}
    chosen = settings(**{"seller_id": store.state.seller_id, "base_url": store.url, **keys, **options})
    return open_platform(chosen, clock=lambda: at(store.now), sleep=lambda seconds: None)


class Poll:
    """One reading of the changes: the orders by id, as they were shown last, and the new mark."""

    def __init__(self, platform: Platform, since: datetime) -> None:
        self.orders: dict[str, Order] = {}
        self.mark = since
        for page in platform.changes(since):
            for record in page.records:
                assert record.order is not None, record.problem
                self.orders[record.id] = record.order
            self.mark = page.mark or self.mark

    @property
    def statuses(self) -> dict[str, Status]:
        return {id_: order.status for id_, order in self.orders.items()}


def lists(store: Store) -> list[dict[str, str]]:
    """The queries of the lists, without the look-ups of single orders."""
    return [query for query in store.queries if "status" in query]


def test_every_package_of_seven_weeks_is_read_by_windows_and_pages_that_n11_takes(store: Store) -> None:
    for number in range(1, 121):
        store.sell(number, NOON - 3600 - number, stage=Stage.SHIPPED)
    for number in range(121, 131):
        store.sell(number, NOON - (number - 120) * 5 * DAY, stage=Stage.DELIVERED)
    poll = Poll(connected(store), at(NOON - 51 * DAY))
    assert set(poll.orders) == {str(number) for number in range(1, 131)}
    for query in lists(store):
        width = int(query["endDate"]) - int(query["startDate"])
        assert width <= 14 * DAY * 1000
        assert (query["size"], query["orderByField"], query["sender"]) == ("100", "true", "SELLER")
    assert {query["page"] for query in lists(store)} == {"0", "1"}
    assert list(dict.fromkeys(query["status"] for query in lists(store))) == WORDS
    assert int(lists(store)[-1]["endDate"]) > NOON * 1000


def test_after_windows_of_seven_weeks_the_mark_is_now(store: Store) -> None:
    assert Poll(connected(store), at(NOON - 51 * DAY)).mark == at(NOON)


def test_a_package_is_read_anew_in_each_status_that_it_comes_to(store: Store) -> None:
    package = store.sell(1, NOON - 60)
    platform = connected(store)
    poll = Poll(platform, at(NOON - DAY))
    assert poll.statuses == {"1": Status.AWAITING_APPROVAL}
    for stage, status in (
        (Stage.PREPARING, Status.PREPARING),
        (Stage.SHIPPED, Status.SHIPPED),
        (Stage.DELIVERED, Status.DELIVERED),
    ):
        store.now += 600
        store.market.move(1, stage)
        poll = Poll(platform, poll.mark)
        assert poll.statuses == {"1": status}
        assert poll.mark == at(store.now)
    order = poll.orders["1"]
    assert (order.shipped_at, order.delivered_at) == (at(NOON + 1200), at(NOON + 1800))
    assert order.total == sum(line.total for line in order.lines) == package.lines[0].gross


def test_what_did_not_change_is_not_looked_up_again(store: Store) -> None:
    store.sell(1, NOON - 60)
    platform = connected(store)
    poll = Poll(platform, at(NOON - DAY))
    asked = len(store.queries)
    again = Poll(platform, poll.mark)
    assert again.orders == {}
    assert len(store.queries) - asked == len(WORDS)


def test_a_split_package_is_dead_in_the_same_poll_that_shows_its_children(store: Store) -> None:
    parent = store.sell(1, NOON - 60, stage=Stage.PREPARING, pieces=3)
    platform = connected(store)
    poll = Poll(platform, at(NOON - DAY))
    store.now += 60
    children = store.market.split(1, [{10: 1}, {10: 2}])
    poll = Poll(platform, poll.mark)
    names = {str(child.package_id) for child in children}
    assert poll.statuses == {"1": Status.CANCELLED} | dict.fromkeys(names, Status.PREPARING)
    assert {poll.orders[name].origin_ids for name in names} == {("1",)}
    assert sum(poll.orders[name].total for name in names) == parent.lines[0].gross


@pytest.mark.parametrize("word", WORDS)
def test_a_split_in_the_middle_of_a_poll_never_shows_children_beside_a_living_parent(store: Store, word: str) -> None:
    store.sell(1, NOON - 60, stage=Stage.PREPARING, pieces=3)

    def split_at(query: dict[str, str]) -> None:
        if query.get("status") == word and len(store.market.packages) == 1:
            store.market.split(1, [{10: 1}, {10: 2}])

    store.before_answer = split_at
    poll = Poll(connected(store), at(NOON - DAY))
    assert sorted(poll.statuses.values()) == [Status.CANCELLED, Status.PREPARING, Status.PREPARING]
    assert poll.statuses["1"] is Status.CANCELLED


def test_the_rest_of_a_package_of_which_some_was_cancelled_names_it(store: Store) -> None:
    store.sell(1, NOON - 60, stage=Stage.PREPARING, pieces=3)
    platform = connected(store)
    poll = Poll(platform, at(NOON - DAY))
    rest = store.market.part_cancel(1, {10: 2})
    poll = Poll(platform, poll.mark)
    assert poll.statuses == {"1": Status.CANCELLED, str(rest.package_id): Status.PREPARING}
    assert poll.orders[str(rest.package_id)].origin_ids == ("1",)


def test_packages_are_read_when_n11_finds_nothing_without_a_status(store: Store) -> None:
    store.state.without_status = "none"
    store.sell(1, NOON - 60)
    store.sell(2, NOON - 60, kind=Kind.NO_PACKAGE_ID)
    assert set(Poll(connected(store), at(NOON - DAY)).orders) == {"1", "2040000000002-20"}


@pytest.mark.parametrize("wall_clock", [False, True])
def test_no_change_is_missed_whichever_clock_n11_counts_by(store: Store, wall_clock: bool) -> None:
    store.state.wall_clock = wall_clock
    platform = connected(store)
    mark = at(NOON - 3600)
    met: set[str] = set()
    for number in range(1, 25):
        store.now = NOON + number * 1800
        store.sell(number, store.now - 1)
        poll = Poll(platform, mark)
        met |= set(poll.orders)
        mark = poll.mark
    assert met == {str(number) for number in range(1, 25)}


def test_what_is_unpaid_is_not_shown_and_what_n11_sends_only_on_demand(store: Store) -> None:
    for number, stage in ((1, Stage.CREATED), (2, Stage.UNPAID), (3, Stage.CREATED)):
        store.sell(number, NOON - 60, stage=stage)
    store.state.depot.add(3)
    since = at(NOON - DAY)
    assert [set(Poll(connected(store, sender=who), since).orders) for who in ("SELLER", "N11", "ALL")] == [
        {"1"},
        {"3"},
        {"1", "3"},
    ]


def test_packages_are_read_by_what_is_known_about_them(store: Store) -> None:
    for number, kind in enumerate((Kind.CONSUMER, Kind.EXPORT, Kind.CONTRADICTORY, Kind.NO_PACKAGE_ID), start=1):
        store.sell(number, NOON - number, kind=kind)
    orders = Poll(connected(store), at(NOON - DAY)).orders
    truths = {truth.package_id: truth for truth in store.market.truths()}
    assert orders["1"].total == truths[1].total
    assert orders["1"].buyer.tax_number == truths[1].tax_number
    assert orders["2"].export.micro
    assert [doubt.hold_code for doubt in orders["3"].doubts] == ["amount-unclear"]
    assert orders["2040000000004-40"].total == truths[4].total


def test_an_empty_answer_is_no_error(store: Store) -> None:
    store.sell(1, NOON - 60)
    with store.market.silenced():
        assert Poll(connected(store), at(NOON - DAY)).orders == {}


# The connection test, and refusals


def test_the_connection_test_tells_whose_orders_they_are(store: Store) -> None:
    assert [(one.what, one.ok) for one in connected(store).check()] == [("orders", True), ("seller", True)]
    store.sell(1, NOON - 60, stage=Stage.DELIVERED)
    assert connected(store).check()[1].message == "the orders belong to store 2000001"
    other = connected(store, seller_id=2000009).check()[1]
    assert (other.ok, "seller_id" in other.remedy) == (False, True)


@pytest.mark.parametrize(("refuses_in", "status"), [("json", 400), ("text", 403)])
def test_a_wrong_secret_is_told_in_n11s_words_with_what_to_do(store: Store, refuses_in: Any, status: int) -> None:
    store.state.refuses_in = refuses_in
    platform = connected(store, app_secret=Secret("wrong-secret"))
    with pytest.raises(PlatformError) as caught:
        Poll(platform, at(NOON - DAY))
    words = {
        "json": "Mağaza bilgileri doğrulanamadı (SELLER_API.authenticationFailed)",
        "text": "Authentication failed",
    }
    assert f"HTTP {status}: {words[refuses_in]}." in caught.value.message
    assert "so.n11.com" in caught.value.remedy
    assert "ask N11's integration support for it (docs/n11.md has its address)" in caught.value.remedy
    assert mask(caught.value.remedy) == caught.value.remedy  # the log and the commands show it whole
    assert not platform.check()[0].ok
    assert "wrong-secret" not in str(caught.value)
    assert store.state.app_key not in str(caught.value)


def test_a_wrong_address_is_told_apart_from_wrong_keys(store: Store) -> None:
    with pytest.raises(PlatformError) as caught:
        Poll(connected(store, base_url=f"{store.url}/n11"), at(NOON - DAY))
    assert "HTTP 503" in caught.value.message
    assert "base_url" in caught.value.remedy


@pytest.mark.parametrize(
    "response",
    [httpx.Response(400, html="<html>(header missing)</html>"), httpx.Response(200, html="<html>Hoş geldiniz</html>")],
)
def test_a_page_in_the_place_of_json_is_not_shown_but_explained(response: httpx.Response) -> None:
    with pytest.raises(PlatformError) as caught:
        Poll(with_transport(lambda request: response), at(NOON - DAY))
    assert f"answered HTTP {response.status_code} without JSON." in caught.value.message
    assert "proxy" in caught.value.remedy


@pytest.mark.parametrize("body", [{"pageCount": 0, "totalPages": 0}, [], {"content": "none", "totalPages": 0}])
def test_an_answer_without_packages_in_it_is_no_empty_list(body: Any) -> None:
    with pytest.raises(PlatformError):
        Poll(with_transport(lambda request: httpx.Response(200, json=body)), at(NOON - DAY))


def test_what_is_no_package_holds_nothing_but_itself(store: Store) -> None:
    package = store.sell(1, NOON - 60)
    strange = ["?", {"orderNumber": None, "id": "77", "lines": []}, {"orderNumber": package.order_number, "lines": 3}]
    real = httpx.Client(
        base_url=store.url, headers={"appKey": store.state.app_key, "appSecret": store.state.app_secret}
    )

    def handler(request: httpx.Request) -> httpx.Response:
        body = real.get(request.url.raw_path.decode()).json()
        if request.url.params.get("status") == "Created":
            body["content"] += strange
        return httpx.Response(200, json=body)

    platform = with_transport(handler, clock=lambda: at(NOON))
    records = [record for page in platform.changes(at(NOON - DAY)) for record in page.records]
    assert [record.id for record in records if record.order is not None] == ["1"]
    assert {record.problem.code for record in records if record.problem is not None} == {"record-unreadable"}
    assert len(records) == 1 + len(strange)


def test_keys_go_in_n11s_own_headers_and_nowhere_else() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"content": [], "totalPages": 0})

    platform = with_transport(handler)
    list(platform.changes(at(NOON) - timedelta(days=1)))
    assert {(one.headers["appKey"], one.headers["appSecret"]) for one in seen} == {("key_invented", "secret_invented")}
    assert all("authorization" not in one.headers for one in seen)
    assert all("invented" not in str(one.url) for one in seen)


def test_every_kind_of_order_is_read_and_agrees_with_what_is_known_about_it() -> None:
    now = float(NOON)
    options = SandboxOptions(stands=frozenset({"n11"}), market_orders=60, market_age_hours=60 * 3, market_limits=False)
    with Sandbox(options, lambda: now) as sandbox:
        keys = {"app_key": Secret(options.n11_app_key), "app_secret": Secret(options.n11_app_secret)}
        chosen = settings(seller_id=options.n11_seller_id, base_url=sandbox.n11_url, **keys)
        platform = open_platform(chosen, clock=lambda: at(now), sleep=lambda seconds: None)
        poll = Poll(platform, at(now - 10 * DAY))
        packages, market = sandbox.n11.market.packages, sandbox.market("n11")
        assert len(poll.orders) == len(packages)
        for number, package in packages.items():
            truth = market.truth(number)
            smallest = min(line.line_id for line in package.lines)
            order = poll.orders[f"{package.order_number}-{smallest}" if package.id_hidden else str(number)]
            codes = [doubt.hold_code for doubt in order.doubts]
            assert codes == (["amount-unclear"] if truth.reason is Reason.CONTRADICTORY else []), truth.telling
            assert order.export.micro is (package.kind is Kind.EXPORT)
            if truth.reason is Reason.CONTRADICTORY:
                continue
            assert (order.total, {line.id: line.total for line in order.lines}) == (
                truth.total,
                {str(line): total for line, total in truth.by_line.items()},
            ), truth.telling
            assert order.buyer.tax_number == ("" if is_filler(truth.tax_number) else truth.tax_number), truth.telling
            assert bool(order.buyer.company) is truth.company
            assert (order.status in SIDE_EXITS) is (
                truth.reason in (Reason.CANCELLED, Reason.UNSUPPLIED, Reason.UNPACKED)
            ), truth.telling
            if order.status not in SIDE_EXITS:
                assert {stage for stage in MAIN_WAY[1:] if has_reached(order.status, TRIGGERS[stage])} == set(
                    truth.reached
                ), truth.telling
            parents = {str(origin) for origin in package.origin_ids}
            assert parents <= set(order.origin_ids) or package.id_hidden
        kinds = {package.kind for package in packages.values()}
        assert kinds == set(market.traits.kinds)
