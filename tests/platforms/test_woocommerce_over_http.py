"""The connector against the sandbox's shop: other code, real HTTP, real TLS."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme
from fake_shop import settings

from syncd.config.settings import Secret
from syncd.errors import PlatformError, PlatformUnreachable
from syncd.orders.status import Status
from syncd.platforms.platform import Platform, Record, open_platform
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OPTIONS = SandboxOptions(orders=120, seed=7)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(OPTIONS) as running:
        yield running


def connected(sandbox: Sandbox, **options: Any) -> Platform:
    keys = {"consumer_key": Secret(OPTIONS.consumer_key), "consumer_secret": Secret(OPTIONS.consumer_secret)}
    waits: list[float] = []
    return open_platform(settings(**{"url": sandbox.shop_url, **keys, **options}), sleep=waits.append)


def everything(platform: Platform) -> list[Record]:
    return [record for page in platform.changes(LONG_AGO) for record in page.records]


def test_every_order_of_the_shop_is_read_and_agrees_with_what_is_known_about_it(sandbox: Sandbox) -> None:
    records = {int(record.id): record for record in everything(connected(sandbox, per_page=20))}
    known = {number for number, order in sandbox.shop.orders.items() if order["status"] != "trash"}
    assert set(records) == known
    for number, truth in sandbox.shop.truth.items():
        order = records[number].order
        assert order is not None, records[number].problem
        assert order.total == truth.total
        assert abs(sum(line.total for line in order.lines) - truth.total) <= Decimal("0.02")
        by_rate: dict[int, Decimal] = {}
        for line in order.lines:
            by_rate[int(line.vat_rate)] = by_rate.get(int(line.vat_rate), Decimal(0)) + line.total
        for rate, total in truth.by_rate.items():
            assert abs(by_rate.get(rate, Decimal(0)) - total) <= Decimal("0.02"), (number, truth.telling)
        assert order.buyer.tax_number == (truth.tax_number or ""), (number, truth.telling)
        assert bool(order.buyer.company) is truth.company
        assert sum(given_back.total for given_back in order.returns) == truth.refunded


def test_a_status_set_in_the_shop_comes_with_the_next_changes(sandbox: Sandbox) -> None:
    platform = connected(sandbox)
    *_, last = platform.changes(LONG_AGO)
    assert last.mark is not None
    number = next(number for number, order in sandbox.shop.orders.items() if order["status"] == "processing")
    sandbox.shop.set_status(number, "completed")
    found = {record.id: record.order for page in platform.changes(last.mark) for record in page.records}
    order = found[str(number)]
    assert order is not None
    assert order.status is Status.SHIPPED


def test_the_connection_test_passes_over_plain_http(sandbox: Sandbox) -> None:
    findings = connected(sandbox).check()
    assert [finding.what for finding in findings] == ["orders", "version", "currency", "taxes", "prices", "rounding"]
    assert all(finding.ok for finding in findings)


def test_a_wrong_secret_is_refused_with_a_remedy(sandbox: Sandbox) -> None:
    with pytest.raises(PlatformError) as caught:
        everything(connected(sandbox, consumer_secret=Secret("cs_" + "0" * 40)))
    assert "HTTP 401" in caught.value.message
    assert caught.value.remedy


def test_over_tls_the_shops_own_authority_is_trusted_when_it_is_named(tmp_path: Path) -> None:
    authority, strangers = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, ca_file, wrong = (tmp_path / name for name in ("chain.pem", "key.pem", "ca.pem", "wrong.pem"))
    certificate.private_key_pem.write_to_path(str(key))
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(str(chain), append=number > 0)
    authority.cert_pem.write_to_path(str(ca_file))
    strangers.cert_pem.write_to_path(str(wrong))
    options = dataclasses.replace(OPTIONS, orders=3, shop_certificate=chain, shop_certificate_key=key)
    with Sandbox(options) as sandbox:
        assert sandbox.shop_url.startswith("https://")
        records = everything(connected(sandbox, ca_file=str(ca_file)))
        assert len(records) == len(sandbox.shop.orders)
        for untrusting in (connected(sandbox), connected(sandbox, ca_file=str(wrong))):
            with pytest.raises(PlatformUnreachable, match="not trusted"):
                everything(untrusting)
