"""What WooCommerce's answers may look like besides the usual: empty payment methods, prices as numbers, links."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fake_shop import FakeShop, order_record, platform, sample, seconds

from syncd.orders.order import Order, Payment

START = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
ECHOED = "echoedbyashop"


def read(record: dict[str, Any], **options: Any) -> Order:
    return platform(**options).read(record)


# Payment


@pytest.mark.parametrize("method", ["", None])
def test_an_order_without_a_payment_method_has_an_empty_one(method: str | None) -> None:
    record = order_record(payment_method=method, payment_method_title="", transaction_id="", date_paid_gmt=None)
    assert read(record).payment == Payment("", "")


def test_an_order_that_lacks_the_payment_fields_is_read_all_the_same() -> None:
    record = order_record()
    for name in ("payment_method", "payment_method_title", "transaction_id", "date_paid_gmt"):
        del record[name]
    assert read(record).payment == Payment("", "")


def test_an_order_that_was_paid_by_hand_has_a_moment_and_no_method() -> None:
    record = order_record(payment_method="", payment_method_title="", transaction_id="")
    assert read(record).payment == Payment("", "", datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC))


# The unit price that WooCommerce computes


@pytest.mark.parametrize("price", [Decimal("61.35454566666667"), 0, -5, Decimal("1E+30"), "abc", None, [], {"a": 1}])
def test_the_price_of_a_line_is_never_read(price: Any) -> None:
    """It is a number, net, after discounts and unrounded: the line's total and tax say it better."""
    for record in sample("woocommerce_orders.json"):
        usual = read(record)
        changed = {**record, "line_items": [{**item, "price": price} for item in record["line_items"]]}
        assert replace(read(changed), raw={}) == replace(usual, raw={})


def test_a_line_without_a_price_is_read() -> None:
    record = order_record()
    usual = read(record)
    for item in record["line_items"]:
        del item["price"]
    assert replace(read(record), raw={}) == replace(usual, raw={})


# Pages


def linked(shop: FakeShop) -> Any:
    """The shop, with links to the neighbours of every page, which echo the signature of the request."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = shop(request)
        pages = int(response.headers["X-WP-TotalPages"])
        page = int(request.url.params["page"])
        base = request.url.copy_remove_param("page")
        for name in [name for name in base.params if name.startswith("oauth_")]:
            base = base.copy_set_param(name, ECHOED)
        links = [f'<{base.copy_set_param("page", page + 1)}>; rel="next"'] if page < pages else []
        links += [f'<{base.copy_set_param("page", page - 1)}>; rel="prev"'] if page > 1 else []
        links.append('<http://www.shop.test/wp-json/>; rel="https://api.w.org/"')
        return httpx.Response(200, content=response.content, headers={**response.headers, "Link": ", ".join(links)})

    return answer


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_pages_are_asked_for_anew_and_never_by_the_links_of_an_answer(scheme: str) -> None:
    stamps = {number: START + seconds(30) for number in range(1, 35)}  # one second: nothing but page numbers helps
    shop = FakeShop(stamps)
    reader = platform(linked(shop), url=f"{scheme}://www.shop.test", per_page=10)
    found = [record.id for page in reader.changes(START) for record in page.records]
    assert sorted(map(int, found)) == sorted(stamps)
    assert {"1", "2", "3", "4"} <= {url.params["page"] for url in shop.requests}
    assert not any(ECHOED in str(url) for url in shop.requests)
    signed = [url.params.get_list("oauth_nonce") for url in shop.requests]
    if scheme == "https":
        assert signed == [[]] * len(shop.requests)
    else:
        assert all(len(nonces) == 1 for nonces in signed)
        assert len({nonces[0] for nonces in signed}) == len(shop.requests)
        assert len({url.params["oauth_signature"] for url in shop.requests}) == len(shop.requests)


# Tax office


@pytest.mark.parametrize(
    "key",
    [
        "_billing_hez_tax_office", "_billing_vergi_dairesi", "_billing_Vergi_Dairesi", "_billing_VERGİ_DAİRESİ",
        "_billing_tax_office", "billing_hez_tax_office", "billing_vergi_dairesi", "billing_tax_office",
        "hez_tax_office", "vergi_dairesi", "tax_office", "_wc_billing/magaza/vergi-dairesi",
        "_wc_billing/magaza/tax-office", "_wc_other/eklenti/vergi_dairesi", "_wc_contact/eklenti/tax_office",
    ],
)  # fmt: skip
def test_a_tax_office_is_found_under_the_keys_of_turkish_plugins(key: str) -> None:
    record = order_record(meta_data=[{"id": 1, "key": key, "value": " Kadıköy "}])
    assert read(record).buyer.tax_office == "Kadıköy"


@pytest.mark.parametrize("key", ["_shipping_vergi_dairesi", "_wc_shipping/magaza/vergi-dairesi", "dairesi", "vergi"])
def test_other_keys_hold_no_tax_office(key: str) -> None:
    record = order_record(meta_data=[{"id": 1, "key": key, "value": "Kadıköy"}])
    assert read(record).buyer.tax_office == ""


def test_the_tax_office_of_hezarfen_comes_first_and_an_empty_one_gives_way() -> None:
    keys = ("_billing_tax_office", "_billing_vergi_dairesi", "_billing_hez_tax_office")
    values = ("Beyoğlu", "Şişli", "Kadıköy")
    entries = [{"id": 1, "key": key, "value": value} for key, value in zip(keys, values, strict=True)]
    assert read(order_record(meta_data=entries)).buyer.tax_office == "Kadıköy"
    entries[2]["value"] = "  "
    assert read(order_record(meta_data=entries)).buyer.tax_office == "Şişli"
    for useless in (None, [], {"a": 1}, 34):
        entries[1]["value"] = useless
        assert read(order_record(meta_data=entries)).buyer.tax_office == "Beyoğlu"
