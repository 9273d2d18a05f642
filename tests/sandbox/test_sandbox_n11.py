"""The stand-in for N11 keeps N11's habits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any

import httpx
import pytest
import simplejson
from n11_served import DAY, NOON, Store, served

from syncd.sandbox.market.package import Kind, Stage
from syncd.sandbox.market.people import PICK_UP_POINT

PATH = "/rest/delivery/v1/shipmentPackages"


@pytest.fixture
def store() -> Iterator[Store]:
    with served() as store:
        yield store


def answer(store: Store, path: str = PATH, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
    keys = {"appKey": store.state.app_key, "appSecret": store.state.app_secret}
    return httpx.get(store.url + path, params=query, headers=keys if headers is None else headers)


def page(store: Store, **query: Any) -> dict[str, Any]:
    response = answer(store, **query)
    assert response.status_code == 200, response.text
    return simplejson.loads(response.text, use_decimal=True)  # type: ignore[no-any-return]


def ids(store: Store, **query: Any) -> list[str]:
    return [record["id"] for record in page(store, **query)["content"]]


def only(store: Store, number: int, **query: Any) -> dict[str, Any]:
    (record,) = page(store, orderNumber=str(2_040_000_000_000 + number), **query)["content"]
    return record  # type: ignore[no-any-return]


def ms(seconds: float) -> int:
    return int(seconds * 1000)


def test_a_window_of_more_than_15_days_is_cut_to_its_last_15_without_a_word(store: Store) -> None:
    for number, days in enumerate((40, 20, 14, 1), start=1):
        store.sell(number, NOON - days * DAY)
    asked = {"startDate": ms(NOON - 50 * DAY), "endDate": ms(NOON)}
    assert ids(store, **asked) == ["4", "3"]
    assert ids(store, startDate=ms(NOON - 30 * DAY)) == ["2"]
    assert ids(store, endDate=ms(NOON - 10 * DAY)) == ["3", "2"]
    assert ids(store) == ["4", "3"]
    assert ids(store, startDate=ms(NOON - 45 * DAY), endDate=ms(NOON - 35 * DAY)) == ["1"]


def test_pages_begin_at_zero_and_are_never_larger_than_100(store: Store) -> None:
    for number in range(1, 131):
        store.sell(number, NOON - number)
    first = page(store, size=500)
    assert {name: first[name] for name in ("pageCount", "totalPages", "page", "size")} == {
        "pageCount": 100,
        "totalPages": 2,
        "page": 0,
        "size": 100,
    }
    last = page(store, size=100, page=1)
    assert (last["pageCount"], len(last["content"]), page(store, page=2)["content"]) == (30, 30, [])
    assert len({record["id"] for record in first["content"] + last["content"]}) == 130


def test_dates_are_those_of_the_last_change_only_when_asked_for(store: Store) -> None:
    store.sell(1, NOON - 20 * DAY)
    store.market.touch(1)
    assert ids(store) == []
    assert ids(store, orderByField="true") == ["1"]


def test_what_changed_last_comes_first_unless_asked_otherwise(store: Store) -> None:
    for number in (1, 2, 3):
        store.sell(number, NOON - 100 + number)
    assert ids(store, orderByDirection="DESC") == ["3", "2", "1"]
    assert ids(store, orderByDirection="ASC") == ["1", "2", "3"]


def test_one_status_is_told_at_a_time_and_an_unknown_one_is_an_empty_list(store: Store) -> None:
    stages = (Stage.CREATED, Stage.PREPARING, Stage.SHIPPED, Stage.DELIVERED, Stage.CANCELLED, Stage.UNSUPPLIED)
    for number, stage in enumerate((*stages, Stage.UNPAID), start=1):
        store.sell(number, NOON - number, stage=stage)
    words = ("Created", "Picking", "Shipped", "Delivered", "Cancelled", "UnSupplied", "Unpacked")
    assert [ids(store, status=word) for word in words] == [["1"], ["2"], ["3"], ["4"], ["5"], ["6"], []]
    unknown = page(store, status="Bilinmeyen")
    assert (unknown["content"], unknown["totalPages"]) == ([], 0)
    assert ids(store) == ["1", "2", "3", "4", "5", "6"]
    store.state.without_status = "none"
    assert ids(store) == []


def test_a_package_of_an_order_is_found_whatever_its_age(store: Store) -> None:
    store.sell(7, NOON - 300 * DAY)
    assert only(store, 7)["id"] == "7"
    assert ids(store, packageIds="7,8") == ["7"]


def test_a_wrong_key_is_refused_in_json_or_in_text_and_a_missing_one_with_a_page(store: Store) -> None:
    wrong = {"appKey": store.state.app_key, "appSecret": "wrong"}
    refused = answer(store, headers=wrong)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "SELLER_API.authenticationFailed")
    assert set(refused.json()) == {"code", "status", "errorCode", "errorMessage", "errorCategory"}
    store.state.refuses_in = "text"
    refused = answer(store, headers=wrong)
    assert (refused.status_code, refused.text) == (403, "Authentication failed")
    for missing in ({"appKey": store.state.app_key}, {}):
        refused = answer(store, headers=missing)
        assert (refused.status_code, refused.headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_more_than_1000_requests_in_a_minute_are_refused_where_limits_are_kept(store: Store) -> None:
    store.state.limits = True
    while store.state.counts():
        pass
    assert answer(store).status_code == 429
    store.now += 60
    assert answer(store).status_code == 200


def test_an_unknown_address_is_a_503_with_a_page(store: Store) -> None:
    refused = answer(store, "/rest/delivery/v2/shipmentPackages")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "text/html; charset=utf-8")


def test_a_parameter_that_n11_does_not_document_is_refused(store: Store) -> None:
    assert answer(store, sortBy="date").json()["errorCode"] == "SELLER_API.badRequest"


def test_while_the_market_is_silent_every_list_is_empty(store: Store) -> None:
    store.sell(1, NOON - 1)
    with store.market.silenced():
        assert page(store)["content"] == []
    assert ids(store) == ["1"]


def test_a_split_packages_parent_repeats_the_lines_of_its_children(store: Store) -> None:
    parent = store.sell(1, NOON - 100, stage=Stage.PREPARING, pieces=3)
    line = parent.lines[0].line_id
    store.market.split(1, [{line: 1}, {line: 2}])
    shown = {record["id"]: record for record in page(store, orderNumber=parent.order_number)["content"]}
    dead, *children = (shown[number] for number in sorted(shown, key=int))
    assert (dead["id"], dead["shipmentPackageStatus"]) == ("1", "UnPacked")
    assert [child["shipmentPackageStatus"] for child in children] == ["Picking", "Picking"]
    lines = [child["lines"][0] for child in children]
    assert sum(one["quantity"] for one in lines) == dead["lines"][0]["quantity"] == 3
    assert sum(one["sellerInvoiceAmount"] for one in lines) == dead["lines"][0]["sellerInvoiceAmount"]
    assert len({one["orderLineId"] for one in [*lines, dead["lines"][0]]}) == 3
    assert ids(store, status="Unpacked") == ["1"]


def test_a_package_may_have_no_id(store: Store) -> None:
    store.sell(1, NOON - 1, kind=Kind.NO_PACKAGE_ID)
    record = only(store, 1)
    assert (record["id"], record["deliveryAddressType"]) == (None, "KTN")


def test_blanks_stand_before_some_words_and_some_dates_are_missing(store: Store) -> None:
    for number in (3, 4):
        store.sell(number, NOON - 50, stage=Stage.PREPARING)
        store.now += 10
        store.market.move(number, Stage.SHIPPED)
    assert [entry["status"] for entry in only(store, 3)["packageHistories"]] == ["Created", "Picking", " Shipped"]
    assert ["createdDate" in entry for entry in only(store, 4)["packageHistories"]] == [True, False, True]


def test_an_identity_number_may_be_empty_null_or_not_there_at_all(store: Store) -> None:
    for number in (3, 4, 5):
        buyer = store.sell(number + 10, NOON - 1).buyer
        nameless = type(buyer)(**{**vars(buyer), "identity_number": ""})
        store.sell(number, NOON - 1, buyer=nameless)
    assert [only(store, number)["billingAddress"].get("tcId", "absent") for number in (3, 4, 5)] == ["", "absent", None]
    assert len(only(store, 13)["billingAddress"]["tcId"]) == 11


def test_a_pick_up_point_has_an_address_and_no_name(store: Store) -> None:
    store.sell(1, NOON - 1, ship_to=PICK_UP_POINT)
    record = only(store, 1)
    assert (record["shippingAddress"]["fullName"], record["shippingAddress"]["city"]) == (None, "Adana")
    assert record["billingAddress"]["fullName"]


def test_what_n11_sends_from_its_own_warehouse_is_shown_on_demand(store: Store) -> None:
    store.sell(1, NOON - 1)
    store.sell(2, NOON - 2)
    store.state.depot.add(2)
    assert [ids(store, **query) for query in ({}, {"sender": "N11"}, {"sender": "ALL"})] == [["1"], ["2"], ["1", "2"]]


def test_discounts_are_told_per_piece_and_for_the_line_and_n11s_own_is_not_deducted(store: Store) -> None:
    line = store.line(10, 1, 2)
    units = tuple(type(unit)(unit.unit_id, D("5.00"), D("20.00")) for unit in line.units)
    store.sell(1, NOON - 1, lines=(type(line)(**{**vars(line), "unit_price": D("300.00"), "units": units}),))
    record = only(store, 1)
    shown = record["lines"][0]
    assert [shown[name] for name in ("sellerDiscount", "totalSellerDiscountPrice")] == [D("5.00"), D("10.00")]
    assert [shown[name] for name in ("mallDiscount", "totalMallDiscountPrice")] == [D("20.00"), D("40.00")]
    assert (shown["sellerInvoiceAmount"], shown["dueAmount"]) == (D("590.00"), D("550.00"))
    assert (record["totalAmount"], record["totalDiscountAmount"]) == (D("550.00"), D("50.00"))


def test_the_clock_of_the_filter_may_be_the_turkish_one(store: Store) -> None:
    store.sell(1, NOON - 60)
    asked = {"startDate": ms(NOON - 3600), "endDate": ms(NOON)}
    assert ids(store, **asked) == ["1"]
    store.state.wall_clock = True
    assert ids(store, **asked) == []
    later = {name: moment + ms(3 * 3600) for name, moment in asked.items()}
    assert ids(store, **later) == ["1"]
