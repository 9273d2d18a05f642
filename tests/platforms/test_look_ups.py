from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_platform import NOW, connector, listed, small

from syncd.errors import PlatformError

SINCE = NOW - timedelta(days=1)
LOOK_UP = {
    "keys": "{{ record.numbers }}",
    "get": "/order/{{ key }}",
    "records": "{{ found.values() | select | list }}",
}


class Market:
    """Lists that name orders by number, and what each order holds."""

    def __init__(self, lists: dict[str, list[Any]], orders: dict[str, Any]) -> None:
        self.lists = lists
        self.orders = orders
        self.looked_up: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/api/")
        if not name.startswith("order/"):
            return httpx.Response(200, json=self.lists[name])
        key = name.removeprefix("order/")
        self.looked_up.append(key)
        found = self.orders.get(key)
        return httpx.Response(200, json=found) if isinstance(found, dict) else httpx.Response(found or 404)


def data(*names: str, **look_up: Any) -> dict[str, Any]:
    return connector({"lists": [listed(name) for name in names], "look_up": LOOK_UP | look_up})


def test_every_order_is_looked_up_once_however_many_lists_name_it(tmp_path: Path) -> None:
    market = Market({"open": [{"numbers": "1"}], "sent": [{"numbers": "1"}, {"numbers": "2"}]},
                    {"1": {"id": 11}, "2": {"id": 22}})  # fmt: skip
    pages = list(small(tmp_path, data("open", "sent"), market).changes(SINCE))
    assert [record.id for page in pages for record in page.records] == ["11", "22"]
    assert (market.looked_up, pages[-1].mark) == (["1", "2"], NOW)


def test_entries_that_share_a_key_belong_to_one_group(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": ["1", "2"]}, {"numbers": ["3"]}, {"numbers": ["2", "4"]}]},
                    {str(key): {"id": key} for key in range(1, 5)})  # fmt: skip
    records = "{{ [{'id': found.keys() | join('+')}] }}"
    pages = list(small(tmp_path, data("sent", records=records), market).changes(SINCE))
    assert [record.id for page in pages for record in page.records] == ["1+2+4", "3"]


def test_what_did_not_change_is_not_looked_up_again_but_counts_as_shown(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1"}, {"numbers": "2"}]}, {"1": {"id": 11}, "2": {"id": 22}})
    platform = small(tmp_path, data("sent"), market)
    list(platform.changes(SINCE))
    market.looked_up.clear()
    market.lists["sent"][1] = {"numbers": "2", "at": "later"}
    pages = list(platform.changes(SINCE))
    assert market.looked_up == ["2"]
    assert [page.unchanged for page in pages if page.unchanged] == [("11",)]


def test_what_could_not_be_read_is_looked_up_again(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1"}]}, {"1": {"id": 11, "total": "much"}})
    platform = small(tmp_path, data("sent"), market)
    first = [record for page in platform.changes(SINCE) for record in page.records]
    assert [record.problem is not None for record in first] == [True]
    list(platform.changes(SINCE))
    assert market.looked_up == ["1", "1"]


def test_a_refused_key_is_nothing_and_the_others_go_on(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1"}, {"numbers": "2"}]}, {"2": {"id": 22}})
    pages = list(small(tmp_path, data("sent"), market).changes(SINCE))
    assert [record.id for page in pages for record in page.records] == ["22"]
    assert pages[-1].mark == NOW


def test_a_refused_key_is_asked_for_again_at_the_next_turn(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1"}]}, {})
    platform = small(tmp_path, data("sent"), market)
    list(platform.changes(SINCE))
    market.orders["1"] = {"id": 11}
    assert [record.id for page in platform.changes(SINCE) for record in page.records] == ["11"]


def test_an_entry_without_a_key_is_left_out(tmp_path: Path) -> None:
    market = Market({"unpaid": [{"numbers": ""}, {"numbers": []}]}, {})
    assert not any(page.records for page in small(tmp_path, data("unpaid"), market).changes(SINCE))
    assert market.looked_up == []


def test_one_failing_look_up_leaves_the_mark_where_it_was_and_the_others_go_on(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1"}, {"numbers": "2"}]}, {"1": 403, "2": {"id": 22}})
    platform = small(tmp_path, data("sent"), market)
    pages = list(platform.changes(SINCE))
    assert [record.id for page in pages for record in page.records] == ["22"]
    assert [page.mark for page in pages] == [None] * len(pages)
    market.orders["1"] = {"id": 11}
    pages = list(platform.changes(SINCE))
    assert [record.id for page in pages for record in page.records] == ["11"]
    assert pages[-1].mark == NOW


def test_look_ups_that_fail_in_a_row_are_the_platforms_trouble(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": str(key)} for key in range(9)]}, {str(key): 403 for key in range(9)})
    with pytest.raises(PlatformError, match="GET /order/3 answered HTTP 403 without JSON"):
        list(small(tmp_path, data("sent"), market).changes(SINCE))


def test_an_order_is_looked_up_once_more_since_details_may_lag_behind_lists(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1"}]}, {"1": {"id": 11}})
    now = [NOW]
    platform = small(tmp_path, data("sent"), market, clock=lambda: now[0])
    for minutes in (0, 5, 11, 5, 60):
        now[0] += timedelta(minutes=minutes)
        list(platform.changes(SINCE))
    assert market.looked_up == ["1", "1"]


def test_an_entry_of_before_that_comes_back_alone_is_looked_up_again(tmp_path: Path) -> None:
    market = Market({"sent": [{"numbers": "1", "is": "cancelled"}]}, {"1": {"id": 11}})
    platform = small(tmp_path, data("sent"), market)
    fresh, stale = market.lists["sent"], [{"numbers": "1", "is": "sent"}]
    for entries in (fresh, stale, fresh, fresh, fresh + stale):
        market.lists["sent"] = entries
        list(platform.changes(SINCE))
    assert market.looked_up == ["1", "1", "1"]
