"""The sandbox serves as many stand-ins as it is asked for, and spoils the answers of one of them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from syncd.sandbox.faults import Fault
from syncd.sandbox.options import ALL_STANDS, MARKETS, STANDS, SandboxOptions
from syncd.sandbox.server import Sandbox

KEYS = {
    "trendyol": ("/integration/order/sellers/107703/orders/stream?size=50", "content"),
    "hepsiburada": ("/orders/merchantid/0a0a0a0a-0000-4000-8000-00000000a001?offset=0&limit=50", "items"),
    "n11": ("/rest/delivery/v1/shipmentPackages?page=0&size=50&orderByField=true", "content"),
}


@pytest.fixture(scope="module")
def everything() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(stands=ALL_STANDS, market_age_hours=None, market_limits=False)) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def without_faults(everything: Sandbox) -> None:
    everything.faults.clear()


def asked(sandbox: Sandbox, name: str) -> httpx.Response:
    """The list of a marketplace, read with its own credentials."""
    options = sandbox.options
    headers = {
        "trendyol": {"User-Agent": f"{options.trendyol_seller_id} - SelfIntegration"},
        "hepsiburada": {"User-Agent": options.hepsiburada_user_agent},
        "n11": {"appKey": options.n11_app_key, "appSecret": options.n11_app_secret},
    }[name]
    basic = {
        "trendyol": (options.trendyol_api_key, options.trendyol_api_secret),
        "hepsiburada": (options.hepsiburada_merchant_id, options.hepsiburada_service_key),
    }.get(name)
    return httpx.get(sandbox.url(name) + KEYS[name][0], headers=headers, auth=basic)


def test_a_sandbox_serves_paraşüt_and_the_shop_unless_asked_for_more() -> None:
    sandbox = Sandbox()
    with sandbox:
        assert {sandbox.url("parasut"), sandbox.url("shop")} == {sandbox.parasut_url, sandbox.shop_url}
        with pytest.raises(RuntimeError, match="doesn't serve n11"):
            _ = sandbox.n11_url


def test_a_stand_in_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no such stand-in: ebay"):
        Sandbox(SandboxOptions(stands=frozenset({"ebay"})))


def test_every_stand_in_has_a_port_of_its_own(everything: Sandbox) -> None:
    assert len({everything.url(name) for name in STANDS}) == 5
    assert everything.trendyol_url == everything.url("trendyol")
    assert everything.n11.market is everything.market("n11")


@pytest.mark.parametrize("name", MARKETS)
def test_a_marketplace_lists_its_packages_and_records_who_asked(everything: Sandbox, name: str) -> None:
    before = len(everything.traffic_of(name))
    answer = asked(everything, name)
    assert answer.status_code == 200
    assert answer.json()[KEYS[name][1]]
    assert [exchange.method for exchange in everything.traffic_of(name)[before:]] == ["GET"]


@pytest.mark.parametrize("name", MARKETS)
def test_a_marketplace_that_is_suddenly_empty_says_so_in_its_own_shape(everything: Sandbox, name: str) -> None:
    everything.faults.add(Fault("empty", stand=name, times=2))
    full = {one for one in MARKETS if one != name}
    assert all(asked(everything, one).json()[KEYS[one][1]] for one in full)
    for _ in range(2):
        answer = asked(everything, name)
        assert (answer.status_code, answer.json()[KEYS[name][1]]) == (200, [])
    assert asked(everything, name).json()[KEYS[name][1]]


@pytest.mark.parametrize("kind", ["503", "556"])
def test_an_outage_hits_the_stand_in_that_is_meant(everything: Sandbox, kind: str) -> None:
    everything.faults.add(Fault(kind, stand="trendyol", nth=0))
    assert asked(everything, "trendyol").status_code == int(kind)
    assert asked(everything, "n11").status_code == 200


def test_hepsiburada_names_its_wait_in_a_header_of_its_own(everything: Sandbox) -> None:
    everything.faults.add(Fault("429", stand="hepsiburada"))
    answer = asked(everything, "hepsiburada")
    assert (answer.status_code, answer.headers.get("X-RateLimit-Reset")) == (429, "1")
    assert "Retry-After" not in answer.headers


def test_the_shop_can_be_empty_too(everything: Sandbox) -> None:
    everything.faults.add(Fault("empty", stand="shop"))
    answer = httpx.get(everything.shop_url + "/wp-json/wc/v3/orders")
    assert (answer.json(), answer.headers["X-WP-TotalPages"]) == ([], "0")
