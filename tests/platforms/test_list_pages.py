from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_platform import NOW, ORDER, connector, listed, small

from syncd.errors import ConfigurationError, Hold, PlatformError
from syncd.platforms.pages import next_link

SINCE = NOW - timedelta(days=1)
NUMBER = {"number": {"parameter": "page", "first": 0, "size": "size", "of": 2, "total": "{{ body.pages }}"}}
BLIND = {"number": {"parameter": "page", "size": "size", "of": 2}}
OFFSET = {"offset": {"parameter": "offset", "size": "limit", "of": 2, "total": "{{ headers.totalcount }}"}}
CURSOR = {"cursor": {"parameter": "next", "next": "{{ body.next | default('') }}", "size": "size", "of": 2}}


class Side:
    """The other side: answers by rules of the test and remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.asked.append(query)
        found = self.answer(query)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)


def cut(ids: list[int], query: dict[str, str], page: str = "page", size: str = "size", first: int = 0) -> list[Any]:
    at, of = (int(query[page]) - first) * int(query[size]), int(query[size])
    return [{"id": number} for number in ids[at : at + of]]


def ids(folder: Path, side: Side, **entry: Any) -> list[str]:
    platform = small(folder, connector({"lists": [listed(**entry)]}), side)
    pages = list(platform.changes(SINCE))
    assert pages[-1].mark is not None
    return [record.id for page in pages for record in page.records]


def test_a_list_without_pages_is_one_answer(tmp_path: Path) -> None:
    side = Side(lambda _: [{"id": 1}, {"id": 2}])
    assert (ids(tmp_path, side), side.asked) == (["1", "2"], [{}])


def test_pages_by_number_end_where_the_answer_says(tmp_path: Path) -> None:
    side = Side(lambda query: {"pages": 2, "content": cut([1, 2, 3, 4], query)})
    assert ids(tmp_path, side, records="{{ body.content }}", pages=NUMBER) == ["1", "2", "3", "4"]
    assert [query["page"] for query in side.asked] == ["0", "1"]


def test_without_a_count_a_short_page_is_the_last(tmp_path: Path) -> None:
    side = Side(lambda query: cut([1, 2, 3], query, first=1))
    assert ids(tmp_path, side, pages=BLIND) == ["1", "2", "3"]
    assert [query["page"] for query in side.asked] == ["1", "2"]


def test_without_a_count_a_full_last_page_is_followed_by_an_empty_one(tmp_path: Path) -> None:
    side = Side(lambda query: cut([1, 2, 3, 4], query, first=1))
    assert ids(tmp_path, side, pages=BLIND) == ["1", "2", "3", "4"]
    assert len(side.asked) == 3


def test_a_platform_that_repeats_its_pages_is_told_and_not_followed_for_ever(tmp_path: Path) -> None:
    side = Side(lambda query: [{"id": 1}, {"id": 2}])
    with pytest.raises(PlatformError, match="repeats its pages"):
        ids(tmp_path, side, pages=BLIND)


def test_offsets_go_by_page_sizes_and_both_parameters_always_go_together(tmp_path: Path) -> None:
    def answer(query: dict[str, str]) -> httpx.Response:
        at = int(query["offset"])
        found = [{"id": number} for number in (1, 2, 3)[at : at + int(query["limit"])]]
        return httpx.Response(200, json=found, headers={"TotalCount": "3"})

    side = Side(answer)
    assert ids(tmp_path, side, pages=OFFSET) == ["1", "2", "3"]
    assert [(query["offset"], query["limit"]) for query in side.asked] == [("0", "2"), ("2", "2")]


@pytest.mark.parametrize("told", ["0", "1", "²", "-1", "many", ""])
def test_a_count_of_records_that_the_pages_contradict_is_none(told: str, tmp_path: Path) -> None:
    def answer(query: dict[str, str]) -> httpx.Response:
        at = int(query["offset"])
        found = [{"id": number} for number in (1, 2, 3, 4, 5)[at : at + int(query["limit"])]]
        return httpx.Response(200, json=found, headers={"TotalCount": told.encode()})

    side = Side(answer)
    assert ids(tmp_path, side, pages=OFFSET) == ["1", "2", "3", "4", "5"]
    assert [query["offset"] for query in side.asked] == ["0", "2", "4"]


@pytest.mark.parametrize("told", [0, 1, "²"])
def test_a_count_of_pages_that_the_pages_contradict_is_none(told: Any, tmp_path: Path) -> None:
    side = Side(lambda query: {"pages": told if query["page"] == "0" else 0, "content": cut([1, 2, 3], query)})
    found = ids(tmp_path, side, records="{{ body.content }}", pages=NUMBER)
    # One page, and it is full: nothing contradicts that.
    assert found == (["1", "2"] if told == 1 else ["1", "2", "3"])


@pytest.mark.parametrize("told", [0, 3])
def test_a_past_window_is_read_to_its_end_whatever_count_is_told(told: int, tmp_path: Path) -> None:
    def answer(query: dict[str, str]) -> dict[str, Any]:
        if query["to"] == "24T09":
            return {"count": 1, "content": [{"id": 1}]}
        at = int(query["offset"])
        return {"count": told, "content": [{"id": number} for number in (1, 2, 3, 4, 5)[at : at + 2]]}

    side = Side(answer)
    changes = {"after": "from", "before": "to", "format": "%dT%H", "span": "1d", "overlap": "1h"}
    pages = {"offset": {"parameter": "offset", "size": "limit", "of": 2, "total": "{{ body.count }}"}}
    found = ids(tmp_path, side, records="{{ body.content }}", pages=pages, changes=changes)
    assert set(found) == {"1", "2", "3", "4", "5"}


def test_a_cursor_goes_with_an_unchanged_query_and_ends_when_none_is_named(tmp_path: Path) -> None:
    def answer(query: dict[str, str]) -> dict[str, Any]:
        return {"": {"next": "b", "all": [{"id": 1}]}, "b": {"all": [{"id": 2}]}}[query.get("next", "")]

    side = Side(answer)
    assert ids(tmp_path, side, records="{{ body['all'] }}", query={"status": "all"}, pages=CURSOR) == ["1", "2"]
    assert side.asked == [{"status": "all", "size": "2"}, {"status": "all", "size": "2", "next": "b"}]


def test_a_cursor_that_stands_still_is_told(tmp_path: Path) -> None:
    side = Side(lambda query: {"next": "same", "all": [{"id": 1}]})
    with pytest.raises(PlatformError, match="does not obey"):
        ids(tmp_path, side, records="{{ body['all'] }}", pages=CURSOR)


def test_the_link_header_is_followed_without_leaving_the_host(tmp_path: Path) -> None:
    def answer(query: dict[str, str]) -> httpx.Response:
        if query.get("after") == "2":
            return httpx.Response(200, json=[{"id": 3}], headers={"Link": '<https://x.test/?a=1>; rel="prev"'})
        link = '<https://evil.test/api/orders?after=2&n=2>; rel="next", <https://small.test/>; rel="first"'
        return httpx.Response(200, json=[{"id": 1}, {"id": 2}], headers={"Link": link})

    side = Side(answer)
    assert ids(tmp_path, side, pages={"link": {"size": "n", "of": 2}}) == ["1", "2", "3"]
    assert side.asked == [{"n": "2"}, {"after": "2", "n": "2"}]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("", ""),
        ("<https://a.test/?p=2>; rel=next", "https://a.test/?p=2"),
        ('<https://a.test/?p=2>; rel="prev next"', "https://a.test/?p=2"),
        ('<https://a.test/?p=2>; title="rel=next"; rel="last"', ""),
        ('<https://a.test/?q=a,b>; rel="first", <https://a.test/?q=a,b&p=3>; rel="next"', "https://a.test/?q=a,b&p=3"),
    ],
)
def test_the_next_page_is_found_in_every_form_of_the_link_header(header: str, address: str) -> None:
    assert next_link(header) == address


WINDOW = {
    "after": "from", "before": "to", "format": "%Y-%m-%d %H:%M", "zone": "Europe/Istanbul",
    "span": "1d", "overlap": "1h", "ahead": "2h",
}  # fmt: skip


def test_a_long_time_is_read_in_windows_that_share_a_minute_oldest_first(tmp_path: Path) -> None:
    side = Side(lambda _: [])
    platform = small(tmp_path, connector({"lists": [listed(changes=WINDOW)]}), side)
    marks = [page.mark for page in platform.changes(NOW - timedelta(hours=30))]
    assert [(query["from"], query["to"]) for query in side.asked] == [
        ("2026-11-23 05:00", "2026-11-24 05:00"),
        ("2026-11-24 04:59", "2026-11-24 14:00"),
    ]
    assert marks == [datetime(2026, 11, 24, 2, 0, tzinfo=UTC), NOW]


def test_no_window_goes_further_back_than_the_platform_reaches(tmp_path: Path) -> None:
    side = Side(lambda _: [])
    changes = {"after": "from", "format": "epoch_ms", "overlap": "1h", "reach": "30d"}
    list(small(tmp_path, connector({"lists": [listed(changes=changes)]}), side).changes(NOW - timedelta(days=400)))
    # an hour less: a request may have to wait before it leaves
    assert side.asked == [{"from": str(int((NOW - timedelta(days=30, hours=-1)).timestamp() * 1000))}]


def test_a_window_that_is_past_is_read_backwards_so_that_nothing_slips_over_an_edge(tmp_path: Path) -> None:
    """Order 1 changes, and so leaves the window, after the first page was shown: the others move up."""
    there = [1, 2, 3, 4, 5]

    def answer(query: dict[str, str]) -> dict[str, Any]:
        if query["to"] == "24T09":
            return {"pages": 1, "content": [{"id": 1}]}
        shown = {"pages": 3, "content": cut(there, query)}
        if 1 in there:
            there.remove(1)
        return shown

    side = Side(answer)
    changes = {"after": "from", "before": "to", "format": "%dT%H", "span": "1d", "overlap": "1h"}
    found = ids(tmp_path, side, records="{{ body.content }}", pages=NUMBER, changes=changes)
    assert set(found) == {"1", "2", "3", "4", "5"}


def test_the_newest_window_is_read_forwards_for_what_changes_moves_to_its_front(tmp_path: Path) -> None:
    there = [1, 2, 3, 4, 5]

    def answer(query: dict[str, str]) -> dict[str, Any]:
        shown = {"pages": 3, "content": cut(there, query)}
        if query["page"] == "0":
            there.insert(0, there.pop(3))  # 4 changes
        return shown

    side = Side(answer)
    changes = {"after": "from", "before": "to", "format": "epoch_ms", "overlap": "1h", "ahead": "3h"}
    found = ids(tmp_path, side, records="{{ body.content }}", pages=NUMBER, changes=changes)
    assert {"1", "2", "3", "5"} <= set(found)  # 4 is newer than this walk: the next one shows it
    assert found.count("2") == 1


def test_several_lists_raise_the_mark_only_at_their_end(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500) if request.url.path.endswith("second") else httpx.Response(200, json=[{"id": 1}])

    platform = small(tmp_path, connector({"lists": [listed("first"), listed("second")]}), answer)
    pages = []
    with pytest.raises(PlatformError):
        pages.extend(platform.changes(SINCE))
    pages = []
    reading = platform.changes(SINCE)
    pages.append(next(reading))
    assert [(page.records[0].id, page.mark) for page in pages] == [("1", None)]


def test_a_list_may_stand_for_every_element_of_a_table_and_daily_ones_wait_for_the_rescan(tmp_path: Path) -> None:
    side = Side(lambda query: [{"id": query.get("status", "rest")}])
    data = connector(
        {
            "lists": [
                listed(each="word in tables.words", query={"status": "{{ word }}"}),
                listed("missing", daily=True),
            ]
        },
        tables={"words": ["Created", "Picking"]},
    )
    platform = small(tmp_path, data, side)
    assert [record.id for page in platform.changes(SINCE) for record in page.records] == ["Created", "Picking"]
    again = [record.id for page in platform.changes(SINCE, rescan=True) for record in page.records]
    assert again == ["Created", "Picking", "rest"]


def test_the_same_version_of_a_record_comes_once_however_many_lists_show_it(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        new = request.url.path.endswith("third")
        return httpx.Response(200, json=[{"id": 1, "status": "On Way" if new else "new"}])

    data = connector({"lists": [listed("first"), listed("second"), listed("third")]})
    records = [record for page in small(tmp_path, data, answer).changes(SINCE) for record in page.records]
    assert [record.order.status_text for record in records if record.order] == ["new", "On Way"]


def test_records_that_are_no_orders_are_skipped(tmp_path: Path) -> None:
    side = Side(lambda _: [{"id": 0, "status": "Awaiting"}, {"id": 2}])
    data = connector({"lists": [listed()], "skip": "record.status | default('') == 'Awaiting'"})
    found = [record.id for page in small(tmp_path, data, side).changes(SINCE) for record in page.records]
    assert found == ["2"]


@pytest.mark.parametrize(("word", "status"), [("on_way", "shipped"), (" ON-WAY ", "shipped"), ("onwards", "other")])
def test_folded_status_words_differ_in_capitals_blanks_and_dashes_only(word: str, status: str, tmp_path: Path) -> None:
    platform = small(tmp_path, connector({"lists": [listed()], "case": "fold"}), Side(lambda _: []))
    assert platform.read({"id": 1, "status": word}).status == status


def test_an_answer_of_another_shape_is_told_with_the_list(tmp_path: Path) -> None:
    side = Side(lambda _: {"detail": "maintenance"})
    with pytest.raises(PlatformError, match="GET /orders did not answer as the connector expects"):
        ids(tmp_path, side, records="{{ body.content }}")


def test_several_lists_in_several_windows_raise_the_mark_to_now(tmp_path: Path) -> None:
    lists = [listed("first", changes=WINDOW), listed("second")]
    platform = small(tmp_path, connector({"lists": lists}), Side(lambda _: []))
    assert [page.mark for page in platform.changes(NOW - timedelta(days=5))][-1] == NOW


@pytest.mark.parametrize("pages", [NUMBER, BLIND], ids=["a told count", "no count"])
def test_nothing_is_lost_when_an_order_leaves_the_newest_window_that_ends_now(
    pages: dict[str, Any], tmp_path: Path
) -> None:
    """Order 1 changes after the first page was shown, and lies behind the window's end from then on."""
    there = [1, 2, 3, 4, 5]

    def answer(query: dict[str, str]) -> dict[str, Any]:
        first = 1 if pages is BLIND else 0
        shown = {"pages": -(-len(there) // 2), "content": cut(there, query, first=first)}
        if 1 in there:
            there.remove(1)
        return shown

    changes = {"after": "from", "before": "to", "format": "epoch_ms", "overlap": "1h"}
    found = ids(tmp_path, Side(answer), records="{{ body.content }}", pages=pages, changes=changes)
    assert set(found) == {"1", "2", "3", "4", "5"}


def test_details_are_asked_for_a_few_records_at_a_time(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        many = request.url.path.endswith("orders")
        return httpx.Response(200, json=[{"id": number} for number in range(50)] if many else {})

    details = [{"into": "_more", "get": "/more/{{ record.id }}"}]
    platform = small(tmp_path, connector({"lists": [listed()], "details": details}), answer)
    pages = platform.changes(SINCE)
    assert len(next(pages).records) == 20
    assert len(asked) == 21
    assert [len(page.records) for page in pages] == [20, 10, 0]


@pytest.mark.parametrize("word", ["İPTAL", "iptal", "IPTAL", "ıptal"])
def test_turkish_capitals_fold_as_well(word: str, tmp_path: Path) -> None:
    data = connector({"lists": [listed()], "case": "fold"}, statuses={"iptal": "cancelled"})
    assert small(tmp_path, data, Side(lambda _: [])).read({"id": 1, "status": word}).status == "cancelled"


LINE = {"id": "1", "name": "Kupa", "quantity": "1", "total": "10", "vat_rate": "20"}


@pytest.mark.parametrize(
    ("order", "missing"),
    [
        ({"id": "{{ record.none | default('') }}"}, "id is missing"),
        ({"number": ""}, "number is missing"),
        ({"total": "{{ record.none | default('') }}"}, "total is missing"),
        ({"lines": [{**LINE, "vat_rate": ""}]}, "lines[0].vat_rate is missing"),
        ({"lines": [{**LINE, "quantity": "{{ none }}"}]}, "lines[0].quantity is missing"),
        ({"lines": [{**LINE, "kind": "{{ 'kargo' }}"}]}, "lines[0].kind must be one of product, shipping, fee"),
    ],
)
def test_what_an_invoice_needs_is_never_made_up(order: dict[str, Any], missing: str, tmp_path: Path) -> None:
    platform = small(tmp_path, connector({"lists": [listed()], "order": {**ORDER, **order}}), Side(lambda _: []))
    with pytest.raises(Hold) as caught:
        platform.read({"id": 1})
    assert caught.value.code == "record-unreadable"
    assert missing in caught.value.message


FEW = {**ORDER, "lines": [{"id": "1", "name": "x"}]}
KIND = {**ORDER, "lines": [{**LINE, "kind": "kargo"}]}
FORMAT = {"after": "a", "format": "YYYY-MM-DD", "overlap": "1h"}


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        ({"order": FEW}, "missing key 'quantity' in an entry of orders.order.lines"),
        ({"order": KIND}, "'kind' must be one of product, shipping, fee, gift_wrap, not 'kargo'"),
        ({"case": "fold"}, "'ON WAY' and 'On Way' are the same word under `case: fold`, but mean different things"),
        ({"lists": [listed(changes=FORMAT)]}, "'YYYY-MM-DD' holds no moment: write epoch_ms, epoch_s, or letters"),
    ],
)
def test_mistakes_in_a_connector_are_told_by_check(orders: dict[str, Any], told: str, tmp_path: Path) -> None:
    words = {"new": "preparing", "On Way": "shipped", "ON WAY": "delivered"}
    with pytest.raises(ConfigurationError) as caught:
        small(tmp_path, connector({"lists": [listed()], **orders}, statuses=words), Side(lambda _: []))
    assert any(told in str(problem) for problem in caught.value.problems)
