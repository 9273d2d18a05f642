from __future__ import annotations

import base64
import json
import ssl
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import respx
from fake_shop import DATA, NOW, platform, record, sample, settings
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint

from syncd import __version__
from syncd.errors import ConfigurationError, PlatformError, PlatformUnreachable
from syncd.platforms.answer import UnreadableAnswer, parse_body
from syncd.platforms.client import ATTEMPTS
from syncd.platforms.platform import Finding, open_platform

Handler = Callable[[httpx.Request], httpx.Response]


def error(name: str) -> httpx.Response:
    recorded = sample("woocommerce_errors.json")[name]
    return httpx.Response(recorded["http_status"], json=recorded["body"])


def failing(response: httpx.Response | Exception, waits: list[float] | None = None, **options: Any) -> PlatformError:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    with pytest.raises(PlatformError) as caught:
        list(platform(handler, waits=waits, **options).changes(NOW))
    assert "ck_invented" not in str(caught.value)
    assert "cs_invented" not in str(caught.value)
    return caught.value


def counting(*responses: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """Gives the responses one after the other; the last again and again."""
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        response = responses[min(len(requests), len(responses)) - 1]
        if isinstance(response, Exception):
            raise response
        return response

    return handler, requests


def good() -> httpx.Response:
    return httpx.Response(200, json=[])


# Who asks


def test_over_tls_the_request_carries_basic_authentication_and_our_name() -> None:
    handler, requests = counting(good())
    list(platform(handler).changes(NOW))
    (request,) = requests
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"ck_invented:cs_invented").decode()
    assert request.headers["User-Agent"] == f"syncd/{__version__}"
    assert "consumer_key" not in str(request.url)


class Shop(RequestValidator):
    """Checks signatures the way a server does, with oauthlib's other half."""

    enforce_ssl = False
    client_key_length = (3, 60)
    nonce_length = (10, 60)
    safe_characters: ClassVar[set[str]] = set(string.ascii_letters + string.digits + "_")
    used: set[str]

    @property
    def allowed_signature_methods(self) -> list[str]:
        return ["HMAC-SHA256"]

    def get_client_secret(self, client_key: str, request: object) -> str:
        return "cs_invented"

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == "ck_invented"

    def validate_timestamp_and_nonce(
        self, client_key: str, timestamp: str, nonce: str, request: object, **_: object
    ) -> bool:
        fresh = nonce not in self.used
        self.used.add(nonce)
        return fresh

    @property
    def dummy_client(self) -> str:
        return "nobody"


def test_over_plain_http_every_attempt_is_signed_anew_with_a_fresh_nonce() -> None:
    handler, requests = counting(httpx.Response(503), httpx.ReadTimeout("slow"), good())
    list(platform(handler, url="http://shop.test").changes(NOW))
    shop = Shop()
    shop.used = set()
    endpoint = SignatureOnlyEndpoint(shop)
    assert len(requests) == 3
    for request in requests:
        assert "Authorization" not in request.headers
        valid, _ = endpoint.validate_request(str(request.url), "GET", "", dict(request.headers))
        assert valid
    again, _ = endpoint.validate_request(str(requests[0].url), "GET", "", dict(requests[0].headers))
    assert not again


# What fails, and what to do


def test_a_wrong_secret_says_which_keys_to_copy_again() -> None:
    failure = failing(error("wrong_secret"))
    assert failure.message == (
        "site: GET /orders answered HTTP 401: Consumer secret is invalid (woocommerce_rest_authentication_error)."
    )
    assert "Copy consumer_key and consumer_secret again" in failure.remedy


def test_a_refused_key_over_tls_points_at_the_proxy_header() -> None:
    assert "X-Forwarded-Proto" in failing(error("no_auth")).remedy


def test_a_refused_key_over_plain_http_points_at_key_and_clock() -> None:
    remedy = failing(error("basic_over_plain_http"), url="http://shop.test").remedy
    assert "clocks" in remedy
    assert "X-Forwarded-Proto" not in remedy


def test_a_refused_parameter_asks_for_a_newer_woocommerce() -> None:
    assert "5.8" in failing(error("bad_date")).remedy


def test_a_missing_route_asks_for_the_plugin() -> None:
    assert "is the plugin active" in failing(error("no_route")).remedy


def test_an_html_404_points_at_folder_and_permalinks() -> None:
    failure = failing(httpx.Response(404, html="<html>Sayfa bulunamadı</html>"))
    assert "answered HTTP 404 without JSON" in failure.message
    assert "Permalinks" in failure.remedy


def test_a_firewalls_403_asks_to_be_let_through() -> None:
    assert "firewall" in failing(httpx.Response(403, html="<html>Forbidden</html>")).remedy


@pytest.mark.parametrize(
    ("url", "location", "advice"),
    [
        (
            "https://shop.test",
            "https://www.shop.test/wp-json/wc/v3/orders?oauth_signature=x",
            "url: https://www.shop.test",
        ),
        ("http://shop.test", "https://shop.test/wp-json/wc/v3/orders?page=1", "url: https://shop.test"),
        (
            "https://shop.test/magaza",
            "https://shop.test/tr/magaza/wp-json/wc/v3/orders",
            "url: https://shop.test/tr/magaza",
        ),
        ("https://shop.test", "/giris", "Write the address"),
    ],
)
def test_a_redirect_is_not_followed_but_names_the_address_to_write(url: str, location: str, advice: str) -> None:
    handler, requests = counting(httpx.Response(301, headers={"Location": location}))
    with pytest.raises(PlatformError) as caught:
        list(platform(handler, url=url).changes(NOW))
    assert len(requests) == 1
    assert advice in caught.value.remedy
    assert "oauth" not in str(caught.value)


def test_a_php_fatal_error_is_shown_without_its_html() -> None:
    body = {
        "code": "internal_server_error",
        "message": "<p>There has been a <b>critical error</b>.</p>",
        "data": {"status": 500},
    }
    failure = failing(httpx.Response(500, json=body))
    assert "There has been a critical error (internal_server_error)." in failure.message


def test_a_page_in_the_shops_place_is_an_error_and_not_an_empty_list() -> None:
    failure = failing(httpx.Response(200, html="<html>Bakımdayız</html>"))
    assert "/wp-json/ in a browser" in failure.remedy


def test_an_answer_that_is_no_list_is_an_error() -> None:
    assert "did not answer with a list" in failing(httpx.Response(200, json={"id": 1})).message


def test_a_certificate_that_is_not_trusted_points_at_ca_file_and_is_not_tried_again() -> None:
    waits: list[float] = []
    failed = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    failed.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    failure = failing(failed, waits)
    assert isinstance(failure, PlatformUnreachable)
    assert "ca_file" in failure.remedy
    assert waits == []


def test_a_ca_file_that_is_missing_is_a_problem_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match=r"syncd.yaml:12:5: .*ca_file .*missing.pem"):
        platform(ca_file="missing.pem")


def test_a_ca_file_that_holds_no_certificate_is_a_problem_of_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"ca\.pem"):
        platform(ca_file=str(file))


# Trying again


@pytest.mark.parametrize(
    "first",
    [httpx.Response(429), httpx.Response(500), httpx.Response(503, html="<p>"),
     httpx.ReadTimeout("x"), httpx.ConnectError("x"), httpx.RemoteProtocolError("x")],
)  # fmt: skip
def test_a_passing_failure_is_tried_again(first: httpx.Response | Exception) -> None:
    handler, requests = counting(first, good())
    waits: list[float] = []
    list(platform(handler, waits=waits).changes(NOW))
    assert (len(requests), waits) == (2, [2.0])


def test_the_waits_grow_and_end() -> None:
    waits: list[float] = []
    failure = failing(httpx.ConnectError("x"), waits)
    assert isinstance(failure, PlatformUnreachable)
    assert waits == [2.0, 4.0, 8.0]
    assert "www.shop.test can't be reached" in failure.message


def test_a_timeout_says_which_settings_help() -> None:
    failure = failing(httpx.ReadTimeout("x"))
    assert "did not answer in time" in failure.message
    assert "page size" in failure.remedy


@pytest.mark.parametrize("told", ["17", "Tue, 24 Nov 2026 09:00:17 GMT"])
def test_retry_after_is_obeyed_as_seconds_and_as_a_date(told: str) -> None:
    handler, _ = counting(httpx.Response(429, headers={"Retry-After": told}), good())
    waits: list[float] = []
    list(platform(handler, waits=waits).changes(NOW))
    assert waits == [17.0]


def test_a_long_retry_after_is_left_to_the_next_run() -> None:
    handler, requests = counting(httpx.Response(503, headers={"Retry-After": "3600"}))
    with pytest.raises(PlatformError, match="asks to wait 3600 seconds"):
        list(platform(handler).changes(NOW))
    assert len(requests) == 1


def test_a_refusal_is_not_tried_again() -> None:
    handler, requests = counting(error("wrong_secret"))
    with pytest.raises(PlatformError):
        list(platform(handler).changes(NOW))
    assert len(requests) == 1


def test_a_failure_in_the_middle_gives_no_mark() -> None:
    handler, requests = counting(
        httpx.Response(200, json=[record(1, NOW)], headers={"X-WP-TotalPages": "2"}), httpx.Response(500)
    )
    pages = platform(handler, per_page=1).changes(NOW)
    assert next(pages).mark is None
    with pytest.raises(PlatformError):
        next(pages)
    assert len(requests) == 1 + ATTEMPTS


# Bodies


@pytest.mark.parametrize(
    "before",
    ["", "\ufeff", "\n\n", "\ufeff\n",
     "<br />\n<b>Notice</b>: Undefined index [x] in <b>/var/www/a.php</b> on line <b>3</b><br />\n",
     "PHP Warning: Array to string {0} in a.php on line 3\n\n  "],
)  # fmt: skip
def test_marks_and_warnings_before_the_json_are_skipped(before: str) -> None:
    assert parse_body((before + '[{"id": 1}]\n').encode()) == [{"id": 1}]


@pytest.mark.parametrize("cut", range(1, 200))
def test_a_cut_answer_is_never_taken_for_a_smaller_one(cut: int) -> None:
    whole = (DATA / "woocommerce_orders.json").read_bytes()
    compact = json.dumps(json.loads(whole)[:2], separators=(",", ":")).encode()
    end = len(compact) * cut // 200
    for body in (compact[:end], b"<b>Notice</b>: x<br />\n" + compact[:end]):
        with pytest.raises(UnreadableAnswer):
            parse_body(body)


def test_numbers_are_read_exactly() -> None:
    assert str(parse_body(b'{"price": 61.35454566666667}')["price"]) == "61.35454566666667"


# The connection test


ORDERS = "/orders"
VERSION = "/system_status"
CURRENCY = "/settings/general/woocommerce_currency"
TAXES = "/settings/general/woocommerce_calc_taxes"
PRICES = "/settings/tax/woocommerce_prices_include_tax"
ROUNDING = "/settings/tax/woocommerce_tax_round_at_subtotal"


@pytest.fixture
def shop() -> Iterator[respx.MockRouter]:
    """A shop that sells in lira with VAT; a route of it can be given another answer."""
    with respx.mock(base_url="https://www.shop.test/wp-json/wc/v3", assert_all_called=False) as router:
        router.get(ORDERS).respond(json=[])
        router.get(VERSION).respond(json={"environment": {"version": "11.0.1"}})
        router.get(CURRENCY).respond(json={"value": "TRY"})
        router.get(TAXES).respond(json={"value": "yes"})
        router.get(PRICES).respond(json={"value": "yes"})
        router.get(ROUNDING).respond(json={"value": "no"})
        yield router


def check(**options: Any) -> tuple[Finding, ...]:
    """The connection test, over httpx's own transport."""
    return open_platform(settings(**options), clock=lambda: NOW).check()


def test_the_connection_test_asks_for_one_id_first(shop: respx.MockRouter) -> None:
    check()
    assert shop.calls[0].request.url.path == "/wp-json/wc/v3/orders"
    assert dict(shop.calls[0].request.url.params) == {"per_page": "1", "_fields": "id", "status": "any"}
    assert shop.calls.call_count == 6


def test_the_connection_test_tells_what_matters_for_invoices(shop: respx.MockRouter) -> None:
    found = check()
    assert [(one.what, one.ok, one.message) for one in found] == [
        ("orders", True, "orders can be read"),
        ("version", True, "WooCommerce 11.0.1"),
        ("currency", True, "the shop sells in TRY"),
        ("taxes", True, "the shop computes taxes"),
        ("prices", True, "prices are entered with VAT"),
        ("rounding", True, "VAT is rounded per line"),
    ]


def test_the_connection_test_warns_of_a_shop_without_taxes_unless_the_rate_is_set(shop: respx.MockRouter) -> None:
    shop.get(TAXES).respond(json={"value": "no"})
    assert [one.what for one in check() if not one.ok] == ["taxes"]
    assert all(one.ok for one in check(untaxed_vat_rate=20))


@pytest.mark.parametrize(
    ("version", "ok"), [("5.7.2", False), ("5.8.0", True), ("5.9.1", True), ("4.9", False), ("10.1.0", True)]
)
def test_the_connection_test_knows_which_versions_are_new_enough(
    shop: respx.MockRouter, version: str, ok: bool
) -> None:
    shop.get(VERSION).respond(json={"environment": {"version": version}})
    assert check()[1].ok is ok


def test_a_key_that_may_not_read_settings_is_fine(shop: respx.MockRouter) -> None:
    for path in (VERSION, CURRENCY, TAXES, PRICES, ROUNDING):
        shop.get(path).mock(return_value=error("no_auth"))
    found = check()
    assert all(one.ok for one in found)
    assert found[1].message == "not told (HTTP 401); it is not needed"


def test_the_connection_test_says_what_is_wrong_with_the_key(shop: respx.MockRouter) -> None:
    shop.get(ORDERS).mock(return_value=error("wrong_secret"))
    (finding,) = check()
    assert not finding.ok
    assert "Consumer secret is invalid" in finding.message
    assert finding.remedy


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("https://WWW.Shop.test/", "www.shop.test"),
        ("https://shop.test:443", "shop.test"),
        ("http://shop.test:80/", "shop.test"),
        ("http://shop.test:8080", "shop.test:8080"),
        ("https://shop.test/Magaza/", "shop.test/magaza"),
    ],
)
def test_the_account_is_the_shops_address_without_what_varies(url: str, account: str) -> None:
    assert platform(url=url).account == account
