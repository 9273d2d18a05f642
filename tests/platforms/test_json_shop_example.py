"""examples/json-shop: a connector without Python, read through the shop that its API.md describes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dukkan_shop import STORE, TOKEN, Answer, Shop, served, wall_clock
from factories import ROOT

from syncd.config.settings import PlatformSettings, Secret
from syncd.errors import PlatformError
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.platforms.platform import Platform, open_platform
from syncd.problem import Position

EXAMPLE = ROOT / "examples" / "json-shop"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRETS = ("parasut_client_id", "parasut_client_secret", "parasut_username", "parasut_password", "dukkan_token")


def records() -> list[dict[str, Any]]:
    """The example's records, anew for each caller."""
    loaded: list[dict[str, Any]] = json.loads((EXAMPLE / "records" / "orders.json").read_text(encoding="utf-8"))
    return loaded


def record(number: int = 1042, **changes: Any) -> dict[str, Any]:
    return {**next(one for one in records() if one["id"] == number), **changes}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with served(NOW) as shop:
        yield shop


def connected(shop: Shop, slept: Callable[[float], None] = lambda seconds: None, **options: Any) -> Platform:
    keys = {"url": shop.url, "store": int(STORE), "token": Secret(TOKEN), **options}
    file = EXAMPLE / "mappings" / "platforms" / "json-shop.yaml"
    settings = PlatformSettings("dukkan", "json-shop", "Dükkan", keys, Position("syncd.yaml", 1, 1), {}, file)
    return open_platform(settings, clock=lambda: shop.now, sleep=slept)


class Poll:
    """One reading of the changes: the orders by id, and the new mark."""

    def __init__(self, platform: Platform, since: datetime) -> None:
        self.orders: dict[str, Order] = {}
        self.mark = since
        for page in platform.changes(since):
            for found in page.records:
                assert found.order is not None, found.problem
                self.orders[found.id] = found.order
            self.mark = page.mark or self.mark


def only(shop: Shop, shown: dict[str, Any]) -> Order:
    """The order that is made of the one record of the shop."""
    shop.put(shown)
    (order,) = Poll(connected(shop), NOW - timedelta(days=7)).orders.values()
    return order


# The order


def test_an_order_with_coupon_shipping_and_gift_wrap_is_read_to_the_kurus(shop: Shop) -> None:
    order = only(shop, record())
    assert (order.total, order.currency) == (Decimal("1559.30"), "TRY")
    figures: list[tuple[object, ...]] = [
        (line.id, line.kind, line.quantity, line.discount, line.total, line.vat_rate) for line in order.lines
    ]
    assert figures == [
        ("1", "product", 2, Decimal("50.00"), Decimal("1149.80"), 20),
        ("2", "product", 3, Decimal("0.20"), Decimal("334.60"), 1),
        ("kargo", "shipping", 1, 0, Decimal("49.90"), 20),
        ("hediye", "gift_wrap", 1, 0, Decimal("25.00"), 20),
    ]
    assert order.ordered_at == datetime(2026, 11, 19, 21, 30, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC)
    assert (order.payment.method, order.payment.title) == ("kredi_karti", "Kredi kartı")
    assert order.payment.paid_at == datetime(2026, 11, 19, 21, 31, 12, tzinfo=UTC)
    assert (order.billing.district, order.billing.city, order.shipping.postal_code) == ("Kadıköy", "İstanbul", "")


def test_the_lines_of_every_order_add_up_to_its_total(shop: Shop) -> None:
    for one in records():
        shop.put(one)
    orders = Poll(connected(shop), NOW - timedelta(days=7)).orders
    assert {order.id: sum(line.total for line in order.lines) for order in orders.values()} == {
        order.id: order.total for order in orders.values()
    }
    assert len(orders) == len(records()) - 1


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("odeme_bekliyor", Status.UNPAID),
        ("onaylandi", Status.AWAITING_APPROVAL),
        ("Hazirlaniyor", Status.PREPARING),
        ("HAZIRLANIYOR", Status.PREPARING),
        ("kargoda", Status.SHIPPED),
        ("Kargoda", Status.SHIPPED),
        ("teslim", Status.DELIVERED),
        ("iptal", Status.CANCELLED),
        ("IPTAL", Status.CANCELLED),
        ("İPTAL", Status.CANCELLED),
        ("iade", Status.RETURNED),
        ("İade", Status.RETURNED),
        ("depoda", Status.OTHER),
    ],
)
def test_every_status_is_known_whatever_its_capitals(shop: Shop, word: str, status: Status) -> None:
    assert only(shop, record(durum=word)).status is status


def test_a_company_is_read_with_its_tax_office(shop: Shop) -> None:
    buyer = only(shop, record(1043)).buyer
    assert (buyer.company, buyer.tax_number, buyer.tax_office) == (
        "DEMİR GIDA ÖRNEK SAN. VE TİC. LTD. ŞTİ.",
        "1000000018",
        "Çankaya",
    )


def test_a_person_is_read_by_tckn_and_what_is_missing_stays_empty(shop: Shop) -> None:
    buyer = only(shop, record(1046)).buyer
    assert (buyer.name, buyer.company, buyer.tax_number, buyer.email) == ("Ayşe Örnek", "", "10000000146", "")


def test_an_order_that_tells_nothing_about_its_buyer_can_be_read(shop: Shop) -> None:
    bare = {key: value for key, value in record(alici={}).items() if not key.endswith("Adresi")}
    order = only(shop, bare)
    assert (order.buyer.name, order.buyer.tax_number, order.billing.address) == ("", "", "")


def test_free_shipping_and_no_gift_wrap_make_no_lines(shop: Shop) -> None:
    order = only(shop, record(1044))
    assert [line.kind for line in order.lines] == ["product"]
    assert (order.payment.method, order.payment.paid_at) == ("kapida", None)


def test_orders_of_the_shops_own_tests_are_skipped(shop: Shop) -> None:
    shop.put(record(1048))
    assert Poll(connected(shop), NOW - timedelta(days=7)).orders == {}
    assert shop.lists


def test_a_replacement_is_held(shop: Shop) -> None:
    assert [doubt.hold_code for doubt in only(shop, record(1045)).doubts] == ["replacement-order"]


def test_an_order_of_which_lines_are_missing_is_held(shop: Shop) -> None:
    (doubt,) = only(shop, record(kalemSayisi=3)).doubts
    assert (doubt.hold_code, doubt.message) == ("amount-unclear", "the shop counts 3 lines and lists 2")


@pytest.mark.parametrize("rate", [None, ""])
def test_a_line_without_a_vat_rate_is_not_invoiced_without_vat(shop: Shop, rate: str | None) -> None:
    shown = record(1044)
    shown["_kalemler"][0]["kdv"] = rate
    shop.put(shown)
    (page, *_) = (page for page in connected(shop).changes(NOW - timedelta(days=7)) if page.records)
    assert [one.order for one in page.records] == [None]
    assert [one.problem.code for one in page.records if one.problem] == ["record-unreadable"]


# Windows and pages


def test_two_months_are_read_in_windows_of_a_week_oldest_first(shop: Shop) -> None:
    for day in range(58):
        shop.put(record(id=2000 + day, guncelleme=wall_clock(NOW - timedelta(days=day, minutes=1)), _kalemler=[]))
    found: list[str] = []
    for page in connected(shop, lambda seconds: later(shop, seconds)).changes(NOW - timedelta(days=400)):
        found += [one.id for one in page.records]
    assert set(found) == {str(2000 + day) for day in range(58)}
    windows = [one.window for one in shop.lists]
    assert windows[0][0] == NOW - timedelta(days=60, hours=-1)  # a request may have to wait before it leaves
    assert windows[-1][1] == NOW
    assert all(end - begin <= timedelta(days=7) for begin, end in windows)
    assert windows == sorted(windows)


def test_a_second_run_asks_only_for_what_changed_since(shop: Shop) -> None:
    platform = connected(shop)
    first = Poll(platform, NOW - timedelta(days=1))
    assert (first.orders, first.mark) == ({}, NOW)
    shop.now = NOW + timedelta(hours=1)
    shop.put(record(guncelleme=wall_clock(shop.now - timedelta(minutes=5))))
    assert set(Poll(platform, first.mark).orders) == {"1042"}
    assert shop.lists[-1].window == (NOW - timedelta(minutes=10), shop.now)


def many(shop: Shop, count: int) -> set[str]:
    """So many orders of the last hour, each with the same lines."""
    for number in range(2000, 2000 + count):
        shop.put(record(id=number, guncelleme=wall_clock(NOW - timedelta(minutes=1, seconds=number - 2000))))
    return {str(number) for number in range(2000, 2000 + count)}


def test_the_link_leads_from_page_to_page(shop: Shop) -> None:
    expected = many(shop, 55)
    assert set(Poll(connected(shop), NOW - timedelta(days=1)).orders) == expected
    assert [one.query["adet"] for one in shop.lists] == ["50", "50"]
    assert ["imlec" in one.query for one in shop.lists] == [False, True]


def test_an_order_that_changes_while_pages_are_read_pushes_none_out(shop: Shop) -> None:
    expected = many(shop, 55)

    def change() -> None:
        shop.orders[2003]["guncelleme"] = wall_clock(NOW + timedelta(seconds=5))

    shop.after_page = change
    platform = connected(shop)
    poll = Poll(platform, NOW - timedelta(days=1))
    assert set(poll.orders) == expected
    shop.now = NOW + timedelta(minutes=2)
    assert "2003" in Poll(platform, poll.mark).orders


def later(shop: Shop, seconds: float) -> None:
    """Time passes for the shop when syncd waits; a second more, as waits are rounded."""
    shop.now += timedelta(seconds=seconds + 1)


def test_sixty_requests_a_minute_are_kept(shop: Shop) -> None:
    expected = many(shop, 62)
    waits: list[float] = []

    def slept(seconds: float) -> None:
        waits.append(seconds)
        later(shop, seconds)

    assert set(Poll(connected(shop, slept), NOW - timedelta(days=1)).orders) == expected
    assert len(waits) == len(shop.asked) - 60
    assert all(50 < seconds <= 60 for seconds in waits)


# Errors


def test_the_connection_test_says_that_orders_can_be_read(shop: Shop) -> None:
    (result,) = connected(shop).check()
    assert (result.what, result.ok, result.message) == ("orders", True, "orders can be read")


def test_a_wrong_token_is_told_in_the_shops_words_with_what_to_do(shop: Shop) -> None:
    platform = connected(shop, token=Secret("wrong-token"))
    with pytest.raises(PlatformError) as caught:
        Poll(platform, NOW - timedelta(days=1))
    assert "HTTP 401: Anahtar geçersiz (yetkisiz)" in caught.value.message
    assert "Mağazam > Anahtarlar" in caught.value.remedy
    (result,) = platform.check()
    assert not result.ok
    assert "wrong-token" not in f"{caught.value} {caught.value.remedy} {result}"


def test_a_wrong_store_is_told_apart_from_a_wrong_token(shop: Shop) -> None:
    with pytest.raises(PlatformError) as caught:
        Poll(connected(shop, store=4712), NOW - timedelta(days=1))
    assert "HTTP 403" in caught.value.message
    assert "<html>" not in caught.value.message
    assert "Compare `store`" in caught.value.remedy


def test_an_error_in_plain_text_is_shown(shop: Shop) -> None:
    shop.next_answers = [Answer(400, "Bakım yapılıyor", kind="text/plain; charset=utf-8")]
    with pytest.raises(PlatformError, match="HTTP 400: Bakım yapılıyor"):
        Poll(connected(shop), NOW - timedelta(days=1))


def test_a_refusal_for_too_many_requests_is_waited_out_as_long_as_it_says(shop: Shop) -> None:
    busy = {"hata": {"kod": "cok_istek", "mesaj": "Dakikada 60 istek"}}
    shop.next_answers = [Answer(429, busy, {"X-Bekle": "17"})]
    shop.put(record())
    waits: list[float] = []
    assert set(Poll(connected(shop, waits.append), NOW - timedelta(days=7)).orders) == {"1042"}
    assert waits
    assert 17 <= waits[0] < 20


# The commands


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "json-shop"))


def syncd(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")} | environment
    return subprocess.run(
        [sys.executable, "-m", "syncd", *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )


def test_the_files_are_without_mistakes(place: Path) -> None:
    done = syncd(place, "check", "--without-secrets")
    assert (done.returncode, done.stdout, done.stderr) == (0, "syncd.yaml: no errors\n", "")


def test_the_cases_pass(place: Path) -> None:
    done = syncd(place, "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every rule is fired by a case" in done.stdout


@pytest.mark.parametrize(("number", "total"), [(1042, "1559.30"), (1043, "10093.90"), (1044, "59.90")])
def test_a_record_is_planned_to_the_kurus(place: Path, tmp_path: Path, number: int, total: str) -> None:
    for name in SECRETS:
        (tmp_path / name).write_text("invented", encoding="utf-8")
    (place / "record.json").write_text(json.dumps(record(number)), encoding="utf-8")
    arguments = ("plan", "--offline", "--input", "record.json", "--format", "json")
    done = syncd(place, *arguments, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout, parse_float=Decimal, parse_int=Decimal)["orders"]
    assert entry["order"] == f"dukkan/DK-{number}#{number}"
    plan = entry["plan"]
    assert (plan["payable"], plan["total"]) == (Decimal(total), Decimal(total))
    assert sum(line["gross"] for line in plan["lines"]) == Decimal(total)


def test_the_example_has_no_python() -> None:
    assert list(EXAMPLE.rglob("*.py")) == []
    assert "functions:" not in (EXAMPLE / "mappings" / "platforms" / "json-shop.yaml").read_text(encoding="utf-8")
