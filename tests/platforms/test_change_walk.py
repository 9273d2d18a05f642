from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fake_shop import NOW, FakeShop, platform, record, seconds

from syncd.errors import PlatformError

START = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def read(shop: FakeShop, since: datetime = START, **options: object) -> tuple[list[str], datetime | None]:
    pages = list(platform(shop, **options).changes(since))
    marks = [page.mark for page in pages if page.mark is not None]
    assert marks == sorted(marks)
    return [record.id for page in pages for record in page.records], pages[-1].mark


def test_one_short_page_completes_the_window_and_carries_the_mark() -> None:
    shop = FakeShop({1: START + seconds(5), 2: START + seconds(9)})
    ids, mark = read(shop)
    assert (ids, mark, len(shop.requests)) == (["1", "2"], START + seconds(9), 1)


def test_the_filter_is_written_with_z_and_without_dates_are_gmt() -> None:
    shop = FakeShop({})
    read(shop, since=datetime(2026, 11, 20, 15, 5, 0, tzinfo=UTC).astimezone(tz=None))
    assert dict(shop.requests[0].params) == {
        "status": "any", "orderby": "modified", "order": "asc", "dp": "2",
        "modified_after": "2026-11-20T15:00:00Z", "page": "1", "per_page": "100",
    }  # fmt: skip


def test_an_empty_window_keeps_the_mark() -> None:
    assert read(FakeShop({})) == ([], START)


def test_an_order_stamped_in_the_second_of_the_mark_is_seen() -> None:
    ids, _ = read(FakeShop({1: START, 2: START + seconds(1)}))
    assert ids == ["1", "2"]


def test_an_order_that_was_stamped_before_the_mark_but_stored_later_is_seen_within_the_overlap() -> None:
    ids, mark = read(FakeShop({1: START - seconds(200)}))
    assert (ids, mark) == (["1"], START)


def test_pages_go_on_from_the_last_stamp_and_never_use_page_numbers_for_different_seconds() -> None:
    shop = FakeShop({number: START + seconds(number) for number in range(1, 26)})
    ids, mark = read(shop, per_page=10)
    assert ids == [str(number) for number in range(1, 26)]
    assert mark == START + seconds(25)
    assert {url.params["page"] for url in shop.requests} == {"1"}


def test_a_reading_that_is_cut_off_anywhere_loses_nothing_when_it_goes_on_at_its_mark() -> None:
    stamps = {number: START + seconds(number // 4) for number in range(1, 60)}
    whole = list(platform(FakeShop(stamps), per_page=10).changes(START))
    assert len([page for page in whole if page.mark is not None]) > 3
    for cut in range(1, len(whole)):
        shown = {record.id for page in whole[:cut] for record in page.records}
        mark = next((page.mark for page in reversed(whole[:cut]) if page.mark is not None), START)
        again = platform(FakeShop(stamps), per_page=10).changes(mark + seconds(5 * 60))  # without the overlap's help
        shown |= {record.id for page in again for record in page.records}
        assert shown == {str(number) for number in stamps}


def test_every_version_of_an_order_comes_once() -> None:
    def change(shop: FakeShop, number: int) -> None:
        if number == 2:
            shop.stamps[3] = START + seconds(60)

    shop = FakeShop({number: START + seconds(number) for number in range(1, 16)}, before_answer=change)
    ids, _ = read(shop, per_page=10)
    assert ids == [str(number) for number in range(1, 16)] + ["3"]


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("count", [10, 11, 20, 237])
def test_a_bulk_edit_that_stamps_many_orders_with_one_second_is_read_completely(count: int, headers: bool) -> None:
    stamps = {number: START + seconds(30) for number in range(1, count + 1)} | {900: START, 901: START + seconds(31)}
    ids, mark = read(FakeShop(stamps, headers=headers), per_page=10)
    assert sorted(map(int, ids)) == sorted(stamps)
    assert mark == START + seconds(31)


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_missed_while_the_shop_goes_on_changing(seed: int) -> None:
    chance = random.Random(seed)

    def change(shop: FakeShop, number: int) -> None:
        later = max(shop.stamps.values()) + seconds(chance.choice([0, 1, 2]))
        if number < 40:
            for order in chance.sample(sorted(shop.stamps), min(len(shop.stamps), chance.randint(0, 3))):
                shop.stamps[order] = later

    stamps = {number: START + seconds(chance.choice([1, 2, 2, 2, 2, 3, 9])) for number in range(chance.randint(1, 60))}
    shop = FakeShop(dict(stamps), headers=chance.random() < 0.5, before_answer=change)
    seen = {}
    for page in platform(shop, per_page=5).changes(START):
        for found in page.records:
            seen[found.id] = found.raw["date_modified_gmt"]
    assert set(seen) == {str(number) for number in stamps}
    settled = {str(number): record(number, stamp)["date_modified_gmt"] for number, stamp in shop.stamps.items()}
    assert seen == settled


def test_a_stamp_in_the_future_does_not_carry_the_mark_away() -> None:
    ids, mark = read(FakeShop({1: START + seconds(1), 2: NOW + timedelta(days=400)}))
    assert (ids, mark) == (["1", "2"], NOW)


def test_a_count_of_pages_is_believed_when_a_page_is_short() -> None:
    stamps = {number: START + seconds(number) for number in range(1, 16)}
    shop = FakeShop(stamps)

    def hiding(request: httpx.Request) -> httpx.Response:
        """A plugin hides the first record of each page from this user."""
        response = shop(request)
        return httpx.Response(200, json=response.json()[1:], headers=response.headers)

    ids = [found.id for page in platform(hiding, per_page=10).changes(START) for found in page.records]
    assert ids[-1] == "15"


def test_a_full_page_that_is_the_only_one_asks_no_more() -> None:
    shop = FakeShop({number: START + seconds(number) for number in range(10)})
    read(shop, per_page=10)
    assert len(shop.requests) == 1


def test_a_shop_that_ignores_the_filter_is_an_error_instead_of_an_endless_walk() -> None:
    old = [record(number, START - timedelta(days=90)) for number in range(10)]
    shop = platform(lambda request: httpx.Response(200, json=old), per_page=10)
    with pytest.raises(PlatformError, match="does not obey the filter"):
        list(shop.changes(START))


def test_one_bad_record_stops_no_other() -> None:
    good, bad = record(1, START + seconds(1)), record(2, START + seconds(2)) | {"total": "twelve"}
    answer = httpx.Response(200, json=[good, bad, "nonsense", {"id": 4}])
    (page,) = platform(lambda request: answer).changes(START)
    problems = [(found.id, found.problem.code if found.problem else None) for found in page.records]
    assert problems == [
        ("1", None), ("2", "record-unreadable"), ("", "record-unreadable"), ("4", "record-unreadable"),
    ]  # fmt: skip
    assert page.mark == START + seconds(2)


def test_a_problem_names_the_field_and_repeats_no_value() -> None:
    bad = record(2, START) | {"total": "deniz@ornek.test"}
    (page,) = platform(lambda request: httpx.Response(200, json=[bad])).changes(START)
    problem = page.records[0].problem
    assert problem is not None
    assert "total is not a number" in str(problem)
    assert "deniz" not in str(problem)
    assert problem.remedy


def test_refunds_are_looked_up_only_for_orders_that_have_some() -> None:
    asked: list[str] = []
    refund = {"id": 7, "amount": "5.00", "reason": "", "date_created_gmt": "2026-11-20T12:00:00", "line_items": []}

    def shop(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/refunds"):
            return httpx.Response(200, json=[refund])
        refunds = [{"id": 7, "reason": "", "total": "-5.00"}]
        return httpx.Response(200, json=[record(1, START), record(2, START) | {"refunds": refunds}])

    (page,) = platform(shop).changes(START)
    assert asked == ["/wp-json/wc/v3/orders", "/wp-json/wc/v3/orders/2/refunds"]
    assert page.records[1].raw["_refund_details"] == [refund]
    order = page.records[1].order
    assert order is not None
    assert [str(one.total) for one in order.returns] == ["5.00"]


def test_an_order_deleted_before_its_refunds_were_read_is_held_alone() -> None:
    def shop(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/refunds"):
            return httpx.Response(
                404, json={"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."}
            )
        return httpx.Response(200, json=[record(1, START) | {"refunds": [{"id": 7}]}, record(2, START)])

    (page,) = platform(shop).changes(START)
    assert [bool(found.problem) for found in page.records] == [True, False]
