from __future__ import annotations

import re
import ssl
from decimal import Decimal as D
from pathlib import Path

import httpx
import pytest
import simplejson
import trustme
from sandbox_clients import Clock, shop
from stdnum.tr import tckimlik, vkn

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox
from syncd.sandbox.shop.generate import SCENARIOS, generate

CANNOT_LIST = {
    "code": "woocommerce_rest_cannot_view",
    "message": "Sorry, you cannot list resources.",
    "data": {"status": 401},
}


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [order["id"] for order in answer.json()]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["data"]["status"] == answer.status_code
    return answer.status_code, body["message"] if "authentication" in body["code"] else body["code"]


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_a_signed_request_is_let_in(method: str) -> None:
    with shop() as (_, client):
        client._method = method
        assert len(ids(client.get("/orders", {"status": "processing,kargoda", "search": "Çağlar & Öz"}))) == 0
        for signature_type in ("AUTH_HEADER", "QUERY"):
            assert len(ids(client.get("/orders", {"per_page": 2}, signature_type=signature_type))) == 2


def test_a_bad_signature_is_told_apart_from_none() -> None:
    clock = Clock()
    with shop(clock) as (sandbox, client):
        url = f"{sandbox.shop_url}/wp-json/wc/v3/orders"
        keys = (sandbox.options.consumer_key, sandbox.options.consumer_secret)
        assert httpx.get(url).json() == CANNOT_LIST
        assert httpx.get(url, auth=keys).json() == CANNOT_LIST
        query = {"consumer_key": keys[0], "consumer_secret": keys[1]}
        assert httpx.get(url, params=query).json() == CANNOT_LIST
        refused = client.get("/orders", client_secret="cs_wrong")
        assert refusal(refused) == (401, "Invalid signature - provided signature does not match.")
        assert refusal(client.get("/orders", client_key="ck_wrong")) == (401, "Consumer key is invalid.")
        old = str(int(clock()) - 901)
        assert refusal(client.get("/orders", timestamp=old)) == (401, "Invalid timestamp.")
        request = client.signed("GET", "/orders")
        assert client.send(request).status_code == 200
        assert refusal(client.send(request)) == (401, "Invalid nonce - nonce has already been used.")


def test_keys_count_behind_a_proxy_that_ends_tls() -> None:
    with shop() as (sandbox, _):
        url = f"{sandbox.shop_url}/wp-json/wc/v3/orders"
        keys = (sandbox.options.consumer_key, sandbox.options.consumer_secret)
        over_tls = {"X-Forwarded-Proto": "https"}
        assert httpx.get(url, auth=keys, headers=over_tls).status_code == 200
        assert refusal(httpx.get(url, auth=(keys[0], "x"), headers=over_tls)) == (401, "Consumer secret is invalid.")
        assert httpx.get(url, auth=("ck_x", "x"), headers=over_tls).json() == CANNOT_LIST
        query = {"consumer_key": keys[0], "consumer_secret": keys[1]}
        assert httpx.get(url, params=query, headers=over_tls).status_code == 200


def test_the_shop_can_speak_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.private_key_pem.write_to_path(key)
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with Sandbox(SandboxOptions(shop_certificate=chain, shop_certificate_key=key)) as sandbox:
        assert sandbox.shop_url.startswith("https://")
        keys = (sandbox.options.consumer_key, sandbox.options.consumer_secret)
        answer = httpx.get(f"{sandbox.shop_url}/wp-json/wc/v3/orders", auth=keys, verify=context)
        assert len(ids(answer)) == 8


def test_pages_tell_of_their_neighbours() -> None:
    with shop() as (_, client):
        first = client.get("/orders", {"per_page": 3, "orderby": "id", "order": "asc"}, signature_type="QUERY")
        assert ids(first) == [15, 16, 17]
        assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("8", "3")
        assert set(first.links) == {"https://api.w.org/", "next"}
        assert "oauth_nonce" in first.links["next"]["url"]
        assert client.send(httpx.Request("GET", first.links["next"]["url"])).status_code == 401
        second = client.get("/orders", {"per_page": 3, "page": 2})
        assert {"next", "prev"} < set(second.links)
        assert ids(client.get("/orders", {"page": 9})) == []


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ({"per_page": 101}, {"per_page": "per_page must be between 1 (inclusive) and 100 (inclusive)"}),
        ({"modified_after": "dün"}, {"modified_after": "Invalid date."}),
        ({"orderby": "total"}, None),
        ({"status": "wc-processing"}, None),
    ],
)
def test_bad_parameters_are_refused(query: dict[str, object], params: dict[str, str] | None) -> None:
    with shop() as (_, client):
        answer = client.get("/orders", query)
        assert refusal(answer) == (400, "rest_invalid_param")
        assert params in (None, answer.json()["data"]["params"])


def test_unknown_parameters_and_orders() -> None:
    with shop() as (_, client):
        assert len(ids(client.get("/orders", {"number": "14"}))) == 8
        assert refusal(client.get("/orders/9999")) == (404, "woocommerce_rest_shop_order_invalid_id")
        assert refusal(client.write("PUT", "/orders/9999", {})) == (400, "woocommerce_rest_shop_order_invalid_id")
        assert refusal(client.get("/nothing")) == (404, "rest_no_route")


def test_times_are_exclusive_and_their_zone_follows_the_rules() -> None:
    # orders 15 and 16 were modified at 17:02:09 UTC, 17 a second later; the shop is at +03:00
    with shop(orders=3) as (_, client):

        def after(moment: str, **more: str) -> list[int]:
            return sorted(ids(client.get("/orders", {"modified_after": moment, **more})))

        assert after("2026-11-23T17:02:09Z") == [17]
        assert after("2026-11-23T17:02:08Z") == [15, 16, 17]
        assert after("2026-11-23T20:02:09+03:00") == [17]
        assert after("2026-11-23T20:02:09") == [17]
        assert after("2026-11-23T17:02:09") == [15, 16, 17]
        assert after("2026-11-23T17:02:09", dates_are_gmt="true") == [17]
        assert after("2026-11-23T17:02:08Z", dates_are_gmt="true") == []
        before = client.get("/orders", {"modified_before": "2026-11-23T17:02:10Z", "after": "2026-11-23T17:02:08Z"})
        assert sorted(ids(before)) == [15, 16]


def test_a_status_change_moves_an_order_to_the_end_of_the_changed() -> None:
    clock = Clock(1_796_000_000.0)
    with shop(clock, orders=3) as (sandbox, client):
        sandbox.shop.set_status(16, "completed")
        query = {"orderby": "modified", "order": "asc", "status": "any"}
        assert ids(client.get("/orders", query)) == [15, 17, 16]
        order = client.get("/orders/16").json()
        assert (order["status"], order["date_modified_gmt"]) == ("completed", "2026-11-30T00:53:20")
        assert (order["date_modified"], order["date_completed"]) == ("2026-11-30T03:53:20", "2026-11-30T03:53:20")
        sandbox.shop.set_status(15, "trash")
        assert ids(client.get("/orders", query)) == [17, 16]


def test_money_has_the_decimals_that_were_asked_for() -> None:
    with shop(orders=3) as (_, client):
        line = client.get("/orders/15").json()["line_items"][0]
        assert (line["total"], line["total_tax"]) == ("999.83", "199.97")
        exact = simplejson.loads(client.get("/orders/15", {"dp": 6}).text, use_decimal=True)["line_items"][0]
        assert (exact["total"], exact["total_tax"], exact["price"]) == ("999.833333", "199.970000", D("499.9166665"))
        picked = client.get("/orders/15", {"_fields": "id,billing.email"}).json()
        assert picked == {"id": 15, "billing": {"email": "ayse@ornek.test"}}


def test_meta_data_is_replaced_and_bumps_the_order_while_a_note_does_not() -> None:
    clock = Clock(1_796_000_000.0)
    with shop(clock, orders=3) as (_, client):
        for value in ("1", "2"):
            body = {"meta_data": [{"key": "_parasut_invoice_id", "value": value}]}
            assert client.write("PUT", "/orders/15", body).status_code == 200
        order = client.get("/orders/15").json()
        assert [one["value"] for one in order["meta_data"] if one["key"] == "_parasut_invoice_id"] == ["2"]
        assert order["date_modified_gmt"] == "2026-11-30T00:53:20"
        assert client.write("POST", "/orders/16/notes", {"note": "Fatura kesildi"}).status_code == 201
        assert client.get("/orders/16").json()["date_modified_gmt"] == "2026-11-23T17:02:09"
        assert [note["note"] for note in client.get("/orders/16/notes").json()] == ["Fatura kesildi"]


def test_a_read_key_may_not_write() -> None:
    with shop(shop_permissions="read") as (_, client):
        assert client.get("/orders").status_code == 200
        refused = client.write("PUT", "/orders/15", {"meta_data": []})
        assert refusal(refused) == (401, "The API key provided does not have write permissions.")


def test_refunds_and_settings_are_there() -> None:
    with shop(orders=3) as (sandbox, client):
        (refund,) = client.get("/orders/17/refunds").json()
        assert (refund["amount"], refund["line_items"][0]["meta_data"][0]["value"]) == ("299.50", "12")
        assert client.get("/orders/15/refunds").json() == []
        assert client.get("/settings/general/woocommerce_currency").json()["value"] == "TRY"
        assert client.get("/settings/tax/woocommerce_prices_include_tax").json()["value"] == "yes"
        assert client.get("/settings/tax/woocommerce_tax_round_at_subtotal").json()["value"] == "no"
        status = client.get("/system_status", {"_fields": "environment.version"}).json()
        assert status == {"environment": {"version": "11.0.1"}}
        assert [tax["rate"] for tax in client.get("/taxes").json()] == ["20.0000", "10.0000", "1.0000", "0.0000"]
        assert [one["id"] for one in client.get("/products", {"sku": "trm-500"}).json()] == [11]
        index = httpx.get(f"{sandbox.shop_url}/wp-json/").json()
        assert (index["timezone_string"], index["gmt_offset"]) == ("Europe/Istanbul", "3")


def test_a_seed_file_takes_the_place_of_the_shops_orders(tmp_path: Path) -> None:
    ((order, refunds, _),) = generate(1, 3)
    order.update(id=900, status="teslimatta")
    refunds = [{"id": 901, "amount": "5.00", "line_items": []}]
    orders_file, refunds_file = tmp_path / "orders.json", tmp_path / "refunds.json"
    orders_file.write_text(simplejson.dumps([order]), encoding="utf-8")
    refunds_file.write_text(simplejson.dumps({"900": refunds}), encoding="utf-8")
    with shop(seed_file=orders_file, refunds_file=refunds_file) as (_, client):
        assert ids(client.get("/orders", {"status": "teslimatta"})) == [900]
        assert [one["amount"] for one in client.get("/orders/900/refunds").json()] == ["5.00"]


def test_generated_orders_add_up_and_their_truth_is_right() -> None:
    made = generate(400, 7)
    assert len({order["id"] for order, _, _ in made}) == 400
    for order, refunds, truth in made:
        entries = [*order["line_items"], *order["shipping_lines"], *order["fee_lines"]]
        cents = [D(entry["total"]).quantize(D("0.01"), "ROUND_HALF_UP") + D(entry["total_tax"]) for entry in entries]
        assert sum(cents) == D(order["total"]) == truth.total == sum(truth.by_rate.values())
        assert sum(D(tax["tax_total"]) + D(tax["shipping_tax_total"]) for tax in order["tax_lines"]) == D(
            order["total_tax"]
        )
        assert sum(D(refund["amount"]) for refund in refunds) == truth.refunded <= truth.total
        assert order["billing"]["email"] == truth.email
        numbers = [one["value"] for one in order["meta_data"] if re.fullmatch(r"\d{10,11}", one["value"])]
        if truth.tax_number:
            assert numbers == [truth.tax_number]
            assert vkn.is_valid(truth.tax_number) if truth.company else tckimlik.is_valid(truth.tax_number)
    assert made == generate(400, 7)
    assert made != generate(400, 8)
    assert {truth.telling for _, _, truth in made[: len(SCENARIOS)]} == {scenario.telling for scenario in SCENARIOS}
